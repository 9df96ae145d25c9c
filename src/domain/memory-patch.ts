import type { EditableBlock, EditOutcome } from './memory-edit.js';
import { absenceOf } from './memory-fault.js';

interface Hunk {
  /** Lines that must be there, and what stands in their place afterwards. */
  before: string[];
  after: string[];
}

/**
 * Applies a patch in the manner of a unified diff: hunks divided by `@@` lines, of lines to keep (` `), to remove (`-`)
 * and to add (`+`). File headers are passed over and line numbers ignored: the kept and removed lines of a hunk must
 * stand together in exactly one place. A hunk that only adds goes to the end. All hunks are applied, or none.
 */
export function applyPatch(block: EditableBlock, patch: string): EditOutcome {
  const hunks = readHunks(patch);
  if (!Array.isArray(hunks)) return { ok: false, fault: { reason: 'patch-form', line: hunks.faultyLine } };
  if (hunks.length === 0) return { ok: false, fault: { reason: 'empty-text', field: 'patch' } };
  let lines = block.value === '' ? [] : block.value.split('\n');
  for (const hunk of hunks) {
    const search = hunk.before.join('\n');
    const places = placesOf(lines, hunk.before);
    const [at, ...others] = places;
    if (at === undefined) return { ok: false, fault: absenceOf(block.label, lines.join('\n'), search) };
    if (others.length > 0) {
      const found = places.map((place) => place + 1);
      return { ok: false, fault: { reason: 'ambiguous', label: block.label, search, lines: found } };
    }
    lines = [...lines.slice(0, at), ...hunk.after, ...lines.slice(at + hunk.before.length)];
  }
  return { ok: true, value: lines.join('\n') };
}

function readHunks(patch: string): Hunk[] | { faultyLine: number } {
  const hunks: Hunk[] = [];
  if (patch.trim() === '') return hunks;
  let hunk: Hunk | null = null;
  const lines = patch.replace(/\n$/u, '').split('\n');
  for (const [index, line] of lines.entries()) {
    if (isHeader(line, lines[index + 1], lines[index - 1])) continue;
    if (line.startsWith('@@')) {
      hunk = null;
      continue;
    }
    if (hunk === null) {
      hunk = { before: [], after: [] };
      hunks.push(hunk);
    }
    if (!readLine(hunk, line)) return { faultyLine: index + 1 };
  }
  return hunks;
}

/** An empty line is a kept empty line whose blank was trimmed away on its way here. */
function readLine(hunk: Hunk, line: string): boolean {
  const sign = line === '' ? ' ' : line.charAt(0);
  if (sign !== ' ' && sign !== '-' && sign !== '+') return false;
  const text = line.slice(1);
  if (sign !== '+') hunk.before.push(text);
  if (sign !== '-') hunk.after.push(text);
  return true;
}

function isHeader(line: string, next: string | undefined, previous: string | undefined): boolean {
  if (line.startsWith('--- ')) return next?.startsWith('+++ ') === true;
  return line.startsWith('+++ ') && previous?.startsWith('--- ') === true;
}

function placesOf(lines: string[], sought: string[]): number[] {
  if (sought.length === 0) return [lines.length];
  const places: number[] = [];
  for (let at = 0; at + sought.length <= lines.length; at += 1) {
    if (sought.every((line, index) => lines[at + index] === line)) places.push(at);
  }
  return places;
}
