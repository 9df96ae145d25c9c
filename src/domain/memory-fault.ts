import { beginningOf, nearestText, type NearText } from './near-text.js';

/** Why an edit of a memory was refused. Nothing was changed. */
export type MemoryFault =
  | { reason: 'over-limit'; label: string; limit: number; current: number; requested: number; overshoot: number }
  | { reason: 'read-only'; label: string }
  | { reason: 'unknown-label'; label: string; labels: string[] }
  | { reason: 'label-taken'; label: string }
  | { reason: 'label-form'; label: string; charsMax: number }
  | { reason: 'too-many-blocks'; limit: number }
  | { reason: 'empty-text'; field: string }
  | { reason: 'empty-search'; field: string }
  | { reason: 'line-numbers'; field: string }
  | { reason: 'not-found'; label: string; search: string; near: NearText | null; excerpt: string }
  | { reason: 'ambiguous'; label: string; search: string; lines: number[] }
  | { reason: 'line-range'; label: string; line: number; lineCount: number }
  | { reason: 'patch-form'; line: number }
  | { reason: 'contended'; label: string; excerpt: string };

/** Characters of a text that a sentence repeats. */
const quotedCharsMax = 200;
/** Line numbers that a sentence lists. */
const listedLinesMax = 20;

/** The fault of a text that is not in a block, with what the block has instead. */
export function absenceOf(label: string, value: string, search: string): MemoryFault {
  const near = nearestText(value, search);
  return { reason: 'not-found', label, search, near, excerpt: beginningOf(value, quotedCharsMax) };
}

/** The fault as a sentence or two for the model: what is wrong, the figures, and what to do instead. */
export function describeFault(fault: MemoryFault): string {
  switch (fault.reason) {
    case 'over-limit':
      return (
        `Block "${fault.label}" holds at most ${count(fault.limit)} characters. It has ${count(fault.current)} now; ` +
        `this edit would make it ${count(fault.requested)}, which is ${count(fault.overshoot)} too many. ` +
        'Nothing was changed. Shorten the text, condense the block first, or put the details in the archive.'
      );
    case 'read-only':
      return `Block "${fault.label}" is read-only. Nothing was changed; write to another block or to the archive.`;
    case 'unknown-label':
      return fault.labels.length === 0
        ? `There is no block "${fault.label}": this memory has no blocks. Create one first.`
        : `There is no block "${fault.label}". The blocks of this memory are: ${fault.labels.join(', ')}.`;
    case 'label-taken':
      return `There is a block "${fault.label}" already. Edit it, or choose another label.`;
    case 'label-form':
      return (
        `"${quote(fault.label)}" cannot be a label. A label has 1 to ${fault.charsMax} letters, digits, ` +
        '"_", "-" or "." and begins with a letter or digit, such as "project_notes".'
      );
    case 'too-many-blocks':
      return `A memory has at most ${fault.limit} blocks. Extend one of them, or put the text in the archive.`;
    case 'empty-text':
      return `"${fault.field}" is empty, so there is nothing to add.`;
    case 'empty-search':
      return `"${fault.field}" is empty. Give the exact text to look for; to add text, append or insert it instead.`;
    case 'line-numbers':
      return `"${fault.field}" contains line numbers ("12→ "). They are not part of the block: leave them out.`;
    case 'not-found':
      return describeAbsence(fault);
    case 'ambiguous':
      return (
        `"${quote(fault.search)}" occurs ${fault.lines.length} times in block "${fault.label}", ` +
        `on lines ${listLines(fault.lines)}. Nothing was changed. Give a longer text that occurs once.`
      );
    case 'line-range':
      return (
        `Line ${fault.line} is outside block "${fault.label}", which has ${fault.lineCount} lines. Valid are ` +
        `0 (before the first line) to ${fault.lineCount} (after the last), and -1 for the end.`
      );
    case 'patch-form':
      return (
        `Line ${fault.line} of the patch begins with none of " ", "-", "+" and "@@". Keep a line with " ", ` +
        'remove it with "-", add it with "+".'
      );
    case 'contended':
      return (
        `Block "${fault.label}" kept changing while this edit was made. Nothing was changed. ` +
        `It now begins: "${fault.excerpt}". Try again.`
      );
    default:
      return fault satisfies never;
  }
}

function describeAbsence(fault: Extract<MemoryFault, { reason: 'not-found' }>): string {
  const start = `"${quote(fault.search)}" is not in block "${fault.label}". Nothing was changed. `;
  if (fault.near !== null) {
    return `${start}The nearest text is on line ${fault.near.line}: "${fault.near.text}". Copy the text exactly.`;
  }
  if (fault.excerpt === '') return `${start}The block is empty: append the new text instead.`;
  return `${start}The block begins: "${fault.excerpt}". Copy the text exactly.`;
}

function listLines(lines: number[]): string {
  const listed = lines.slice(0, listedLinesMax).join(', ');
  return lines.length > listedLinesMax ? `${listed} and more` : listed;
}

function quote(text: string): string {
  return beginningOf(text, quotedCharsMax);
}

function count(characters: number): string {
  return characters.toLocaleString('en-US');
}
