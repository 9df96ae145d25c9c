import { meaningOf } from './meaning/meaning.js';
import type { PlacedText } from './surroundings.js';
import { stemOf, tokensOf } from './tokens.js';

/** A text as the ranking has read it. */
export interface ReadText extends PlacedText {
  /** The name it goes under: its speaker's, or one that stands before a colon at its beginning. */
  label: string | null;
  /** Its words in order, without the label; those as stems that may be looked for. */
  stems: readonly string[];
  /** How often it holds each of the words that were looked for. */
  counts: readonly number[];
  isQuestion: boolean;
  /** Where its words point; worked out with the first call. */
  meaning(): Float32Array;
}

/** As in the script of a play. */
const labelPattern = /^(\p{Lu}[\p{L}\p{M}\p{N}.'’-]*(?: \p{Lu}[\p{L}\p{M}\p{N}.'’-]*){0,2}):\s/u;

/** A question mark at the end, whatever closes or follows it in brackets. */
const questionPattern = /\?[\s)"'”»]*(\[[^\]]*\]\s*)?$/u;

/** The name that a text goes under. */
export function labelOf({ speaker, text }: PlacedText): string | null {
  return speaker ?? labelPattern.exec(text)?.[1] ?? null;
}

/** What texts are read for. */
export interface Sought {
  /** The stems that are counted, with their places among the counts. */
  places: ReadonlyMap<string, number>;
  /** The codes with which these stems begin, and all others that a text is compared with. */
  initials: ReadonlySet<number>;
}

/** Reads a text for what is looked for. */
export function readText(text: PlacedText, label: string | null, { places, initials }: Sought): ReadText {
  const tokens = tokensOf(text.text.replace(labelPattern, ''));
  const counts = new Array<number>(places.size).fill(0);
  const stems = tokens.map((token) => {
    // A stem begins as its word does, so most words need none.
    if (!initials.has(token.charCodeAt(0))) return token;
    const stem = stemOf(token);
    const place = places.get(stem);
    if (place !== undefined) counts[place] = (counts[place] ?? 0) + 1;
    return stem;
  });
  let meaning: Float32Array | null = null;
  return {
    ...text,
    label,
    stems,
    counts,
    isQuestion: questionPattern.test(text.text),
    meaning: () => (meaning ??= meaningOf(tokens)),
  };
}
