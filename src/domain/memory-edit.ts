import { limits } from './limits.js';
import { charsOf, type Block } from './memory.js';
import { absenceOf, type MemoryFault } from './memory-fault.js';
import { applyPatch } from './memory-patch.js';

/**
 * An edit of a block, as data, so that it can be applied again to a newer value. `replace-all` changes every
 * occurrence, `replace-one` the only one. `insert` puts text before the first line at 0, after line n at n, and at the
 * end at -1. All texts are literal.
 */
export type BlockEdit =
  | { kind: 'append'; text: string }
  | { kind: 'replace-all'; search: string; replacement: string }
  | { kind: 'replace-one'; search: string; replacement: string }
  | { kind: 'insert'; line: number; text: string }
  | { kind: 'rewrite'; text: string }
  | { kind: 'patch'; patch: string };

/** The new value, checked against the block's limit, or why there is none. */
export type EditOutcome = { ok: true; value: string } | { ok: false; fault: MemoryFault };

/** What an edit needs to know of a block. */
export type EditableBlock = Pick<Block, 'label' | 'value' | 'charsMax' | 'readOnly'>;

const lineNumberPrefix = /^[ \t]*\d+→/mu;
const labelForm = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_.-]*$/u;

/**
 * The value a block would have after an edit. Changes nothing itself and answers every refusal with a fault. Lengths
 * are Unicode code points; a block that is over its limit already may be made shorter, never longer.
 */
export function editBlock(block: EditableBlock, edit: BlockEdit): EditOutcome {
  if (block.readOnly) return refuse({ reason: 'read-only', label: block.label });
  const outcome = valueAfter(block, edit);
  if (!outcome.ok) return outcome;
  const fault = checkLength(block, outcome.value);
  return fault === null ? outcome : refuse(fault);
}

/** Checks the label and first value of a block that is to be made. Null where nothing is wrong. */
export function checkNewBlock(block: EditableBlock, labels: readonly string[]): MemoryFault | null {
  const fault = checkLabel(block.label, labels);
  if (fault !== null) return fault;
  if (labels.length >= limits.blocksPerMemory) return { reason: 'too-many-blocks', limit: limits.blocksPerMemory };
  return checkLength({ ...block, value: '' }, block.value);
}

/** Checks the length of a value that a block is to be given. Null where nothing is wrong. */
export function checkLength(block: Pick<Block, 'label' | 'value' | 'charsMax'>, value: string): MemoryFault | null {
  const requested = charsOf(value);
  const current = charsOf(block.value);
  if (requested <= block.charsMax || requested < current) return null;
  const overshoot = requested - block.charsMax;
  return { reason: 'over-limit', label: block.label, limit: block.charsMax, current, requested, overshoot };
}

/** Checks a label that is to be given to a block beside those that are there. Null where nothing is wrong. */
export function checkLabel(label: string, labels: readonly string[]): MemoryFault | null {
  if (!labelForm.test(label) || charsOf(label) > limits.blockLabelCharsMax) {
    return { reason: 'label-form', label, charsMax: limits.blockLabelCharsMax };
  }
  return labels.includes(label) ? { reason: 'label-taken', label } : null;
}

function valueAfter(block: EditableBlock, edit: BlockEdit): EditOutcome {
  switch (edit.kind) {
    case 'append':
      if (edit.text === '') return refuse({ reason: 'empty-text', field: 'text' });
      return accept(block.value === '' ? edit.text : `${block.value}\n${edit.text}`);
    case 'replace-all':
      return replaceAll(block, edit.search, edit.replacement);
    case 'replace-one':
      return replaceOne(block, edit.search, edit.replacement);
    case 'insert':
      return insertAt(block, edit.line, edit.text);
    case 'rewrite':
      return accept(edit.text);
    case 'patch':
      return applyPatch(block, edit.patch);
    default:
      return edit satisfies never;
  }
}

function replaceAll(block: EditableBlock, given: string, replacement: string): EditOutcome {
  if (given === '') return refuse({ reason: 'empty-search', field: 'old text' });
  const search = asItStands(block.value, given);
  if (!block.value.includes(search)) return refuse(absenceOf(block.label, block.value, given));
  return accept(block.value.split(search).join(replacement));
}

function replaceOne(block: EditableBlock, given: string, replacement: string): EditOutcome {
  const search = asItStands(block.value, given);
  if (search === '') return refuse({ reason: 'empty-search', field: 'old text' });
  if (lineNumberPrefix.test(search)) return refuse({ reason: 'line-numbers', field: 'old text' });
  if (lineNumberPrefix.test(replacement)) return refuse({ reason: 'line-numbers', field: 'new text' });
  const [at, ...others] = positionsOf(block.value, search);
  if (at === undefined) return refuse(absenceOf(block.label, block.value, search));
  if (others.length > 0) {
    const lines = linesOf(block.value, [at, ...others]);
    return refuse({ reason: 'ambiguous', label: block.label, search, lines });
  }
  return accept(block.value.slice(0, at) + replacement + block.value.slice(at + search.length));
}

function insertAt(block: EditableBlock, line: number, text: string): EditOutcome {
  if (text === '') return refuse({ reason: 'empty-text', field: 'new text' });
  if (lineNumberPrefix.test(text)) return refuse({ reason: 'line-numbers', field: 'new text' });
  const lines = block.value === '' ? [] : block.value.split('\n');
  if (!Number.isInteger(line) || line < -1 || line > lines.length) {
    return refuse({ reason: 'line-range', label: block.label, line, lineCount: lines.length });
  }
  const at = line === -1 ? lines.length : line;
  return accept([...lines.slice(0, at), text, ...lines.slice(at)].join('\n'));
}

/** The text with the line ends of the value, where it is only found with them: a model does not see which they are. */
function asItStands(value: string, search: string): string {
  return value.includes(search) ? search : search.replace(/\r?\n/gu, value.includes('\r\n') ? '\r\n' : '\n');
}

/** Where a text occurs, overlapping occurrences included: "aa" stands twice in "aaa" and so names no single place. */
function positionsOf(value: string, search: string): number[] {
  const positions: number[] = [];
  for (let at = value.indexOf(search); at !== -1; at = value.indexOf(search, at + 1)) positions.push(at);
  return positions;
}

/** The lines, counted from 1, on which rising positions of a text stand. */
function linesOf(value: string, positions: number[]): number[] {
  let line = 1;
  let passed = 0;
  return positions.map((position) => {
    line += value.slice(passed, position).split('\n').length - 1;
    passed = position;
    return line;
  });
}

function accept(value: string): EditOutcome {
  return { ok: true, value };
}

function refuse(fault: MemoryFault): EditOutcome {
  return { ok: false, fault };
}
