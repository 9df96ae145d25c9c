import { limits } from '../../domain/limits.js';
import type { Passage } from '../../domain/memory.js';
import { textOf, type Message } from '../../domain/message.js';
import type { ToolResult } from '../../domain/tool.js';
import type { Zone } from '../../domain/zone.js';
import type { MemoryHit } from '../search-memory.js';
import { clipText } from './result.js';
import { writeTime } from './time-range.js';

/** A part of the hits of a search. */
export interface HitPage {
  hits: string[];
  /** The exact number of all hits. */
  total: number;
  /** Counted from 0. */
  page: number;
  /** Hits on a page. */
  size: number;
}

/** The least that is shown of a hit, however small the result may be. */
const hitCharsMin = 80;
/** Characters of a hit besides what was said: its time, its speaker, quotes and commas. */
const hitOverheadChars = 80;

/** Characters shown of each of some hits, so that all of them take up no more than half of a result. */
export function hitCharsFor(hits: number, resultCharsMax: number): number {
  const share = Math.floor(resultCharsMax / 2 / Math.max(1, hits)) - hitOverheadChars;
  return Math.max(hitCharsMin, Math.min(limits.searchHitCharsMax, share));
}

/** A hit in the form of MemGPT's search of its kind, its time as it was in the zone; a file's passage names the file. */
export function showHit(hit: MemoryHit, charsMax: number, zone: Zone): string {
  switch (hit.kind) {
    case 'recall':
      return messageHit(hit.message, charsMax, zone);
    case 'archival':
      return passageHit(hit.passage, charsMax, zone);
    case 'file':
      return passageHit(
        { ...hit.passage, text: `${hit.passage.text}\n[from the file ${hit.passage.fileName}]` },
        charsMax,
        zone,
      );
    default:
      return hit satisfies never;
  }
}

/** The same, with the id by which an agent changes or removes what it archived. */
export function showHitWithId(hit: MemoryHit, charsMax: number, zone: Zone): string {
  const shown = showHit(hit, charsMax, zone);
  return hit.kind === 'archival' ? `${shown} [passage ${hit.passage.id}]` : shown;
}

/** `timestamp: <time>, <role> - <text>`, the form of MemGPT's recall search. */
function messageHit(message: Message, charsMax: number, zone: Zone): string {
  return `timestamp: ${writeTime(message.createdAt, zone)}, ${message.role} - ${clipText(textOf(message), charsMax)}`;
}

/** `timestamp: <time>, memory: <text>`, the form of MemGPT's archive search. */
function passageHit(passage: Pick<Passage, 'text' | 'createdAt'>, charsMax: number, zone: Zone): string {
  return `timestamp: ${writeTime(passage.createdAt, zone)}, memory: ${clipText(passage.text, charsMax)}`;
}

/**
 * A page of hits in MemGPT's form: `Showing <n> of <total> results (page <p>/<last>):` and a JSON array of texts. Pages
 * are counted from 0. A page past the last says which is the last.
 */
export function hitPageResult({ hits, total, page, size }: HitPage): ToolResult {
  if (total === 0) return { output: 'No results found.', failed: false };
  const last = Math.ceil(total / size) - 1;
  if (hits.length === 0) {
    return {
      output: `No results on page ${page}. There are ${total} results; the last page is ${last}.`,
      failed: false,
    };
  }
  const head = `Showing ${hits.length} of ${total} results (page ${page}/${last}):`;
  return { output: `${head} ${JSON.stringify(hits)}`, failed: false };
}
