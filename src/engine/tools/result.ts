import { charsOf, type Block } from '../../domain/memory.js';
import type { RunFact } from '../../domain/event.js';
import { describeFault, type MemoryFault } from '../../domain/memory-fault.js';
import type { EditResult } from '../memory-access.js';
import type { MemoryToolResult } from './tool.js';

/**
 * A result of at most `charsMax` code points. One that is longer is cut and ends with a note of its whole length and
 * of how to see the rest. Where the text is a JSON object with a `message`, only that value is cut, so that it stays
 * JSON.
 */
export function capResult(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const length = charsOf(text);
  if (length <= charsMax) return text;
  return capEnvelope(text, charsMax) ?? capText(leading(text, charsMax), length, charsMax);
}

/** The confirmation of an edit with the room that is left, or the sentence that says why it was refused. */
export function editResult(result: EditResult): MemoryToolResult {
  if (!result.ok) return refusal(result.fault);
  const { block, changed } = result;
  return changed
    ? { output: `ok, ${roomOf(block)}`, failed: false, facts: [editFact(block)] }
    : { output: `ok, nothing to change, ${roomOf(block)}`, failed: false, facts: [] };
}

/** A failed result that says what was wrong with an edit. */
export function refusal(fault: MemoryFault): MemoryToolResult {
  return { output: describeFault(fault), failed: true, facts: [] };
}

/** The fact that a block is now at its present version. */
export function editFact(block: Block): RunFact {
  return { type: 'memory-edit', memoryId: block.memoryId, label: block.label, version: block.version };
}

/** `1,210 of 5,000 characters used`. */
export function roomOf(block: Pick<Block, 'value' | 'charsMax'>): string {
  return `${withCommas(charsOf(block.value))} of ${withCommas(block.charsMax)} characters used`;
}

/** A text of at most `charsMax` code points that ends with `…` where it was longer. */
export function clipText(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const characters = Array.from(text);
  return characters.length <= charsMax ? text : `${characters.slice(0, Math.max(0, charsMax - 1)).join('')}…`;
}

/** The first code points of a text, at least `count` of them where it has so many, without reading the rest. */
function leading(text: string, count: number): string[] {
  return Array.from(text.slice(0, 2 * count));
}

/** Cuts a text of which the leading characters and the whole length are given. */
function capText(characters: string[], length: number, charsMax: number): string {
  const note =
    ` [cut: ${withCommas(length)} characters in all. ` +
    'Ask for less at a time, or for the rest with "page", "offset" or a narrower query.]';
  const room = charsMax - charsOf(note);
  return room > 0 ? characters.slice(0, room).join('') + note : characters.slice(0, charsMax).join('');
}

/** The envelope with its `message` cut as much as needed; null where the text is none or the rest alone is too long. */
function capEnvelope(text: string, charsMax: number): string | null {
  const envelope = readEnvelope(text);
  if (envelope === null) return null;
  const length = charsOf(envelope.message);
  const characters = leading(envelope.message, charsMax);
  const shortened = (room: number): string =>
    JSON.stringify({ ...envelope, message: capText(characters, length, room) });
  let fitting: string | null = null;
  let low = 0;
  let high = charsMax;
  while (low <= high) {
    const room = Math.floor((low + high) / 2);
    const candidate = shortened(room);
    if (charsOf(candidate) <= charsMax) {
      fitting = candidate;
      low = room + 1;
    } else {
      high = room - 1;
    }
  }
  return fitting;
}

function readEnvelope(text: string): (Record<string, unknown> & { message: string }) | null {
  if (!text.startsWith('{')) return null;
  try {
    const value = JSON.parse(text) as Record<string, unknown>;
    if (typeof value.message === 'string') return { ...value, message: value.message };
    return value.message === undefined ? null : { ...value, message: JSON.stringify(value.message) };
  } catch {
    return null;
  }
}

function withCommas(count: number): string {
  return count.toLocaleString('en-US');
}
