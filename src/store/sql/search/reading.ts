import type { Lexicon } from './lexicon.js';
import { meaningAt } from './meaning/meaning.js';
import type { PlacedText } from './surroundings.js';

/** A text as the ranking has read it. */
export interface ReadText extends PlacedText {
  /** The name it goes under: its speaker's, or one that stands before a colon at its beginning. */
  label: string | null;
  /** Its words in order, without the label, by their numbers in the lexicon. */
  words: readonly number[];
  /** How often it holds each of the words that were looked for. */
  counts: readonly number[];
  isQuestion(): boolean;
  /** Where its words point; worked out with the first call. */
  meaning(): Float32Array;
}

/** The name that a text goes under, and where what is said begins. */
export interface Label {
  name: string | null;
  end: number;
}

/** As in the script of a play. */
const labelPattern = /^(\p{Lu}[\p{L}\p{M}\p{N}.'’-]*(?: \p{Lu}[\p{L}\p{M}\p{N}.'’-]*){0,2}):\s/u;

/** A question mark at the end, whatever closes or follows it in brackets. */
const questionPattern = /\?[\s)"'”»]*(\[[^\]]*\]\s*)?$/u;

/** Reads the label of a text. */
export function labelOf({ speaker, text }: PlacedText): Label {
  const [label, name] = labelPattern.exec(text) ?? [];
  return { name: speaker ?? name ?? null, end: label?.length ?? 0 };
}

/** What texts are read for. */
export interface Sought {
  lexicon: Lexicon;
  /** The stems that are counted, in the order of the counts. */
  stems: readonly string[];
}

/** Reads texts with their labels for what is looked for. */
export function readTexts(texts: readonly PlacedText[], labels: readonly Label[], sought: Sought): ReadText[] {
  const { lexicon, stems } = sought;
  const words = texts.map(({ text }, index) => lexicon.read(text, labels[index]?.end ?? 0));
  // By the number of a stem the place of its count, and one more; only now are all stems known.
  const places = new Uint8Array(lexicon.stems());
  for (const [place, stem] of stems.entries()) if (lexicon.stem(stem) >= 0) places[lexicon.stem(stem)] = place + 1;
  return texts.map((text, index) => {
    const own = words[index] ?? [];
    const counts = new Array<number>(stems.length).fill(0);
    for (const word of own) {
      const place = places[lexicon.stemOf(word)] ?? 0;
      if (place > 0) counts[place - 1] = (counts[place - 1] ?? 0) + 1;
    }
    return readText(text, labels[index]?.name ?? null, own, counts, lexicon);
  });
}

function readText(
  { key, place, position, createdAt, speaker, text }: PlacedText,
  label: string | null,
  words: readonly number[],
  counts: readonly number[],
  lexicon: Lexicon,
): ReadText {
  let meaning: Float32Array | null = null;
  // Named one by one, for a spread takes ten times as long.
  return {
    key,
    place,
    position,
    createdAt,
    speaker,
    text,
    label,
    words,
    counts,
    isQuestion: () => questionPattern.test(text),
    meaning: () => (meaning ??= meaningAt(words.map(lexicon.meaningPlaceOf))),
  };
}
