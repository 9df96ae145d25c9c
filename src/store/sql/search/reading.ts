import type { LabelledText } from './label.js';
import type { Lexicon } from './lexicon.js';
import { meaningAt } from './meaning/meaning.js';

/** A text as the ranking has read it. */
export interface ReadText extends LabelledText {
  /** Its words in order, without the label, by their numbers in the lexicon. */
  words: readonly number[];
  /** How often it holds each of the words that were looked for. */
  counts: readonly number[];
  isQuestion(): boolean;
  /** Where its words point; worked out with the first call. */
  meaning(): Float32Array;
}

/** A question mark at the end, whatever closes or follows it in brackets. */
const questionPattern = /\?[\s)"'”»]*(\[[^\]]*\]\s*)?$/u;

/** What texts are read for. */
export interface Sought {
  lexicon: Lexicon;
  /** The stems that are counted, in the order of the counts. */
  stems: readonly string[];
}

/** Reads texts for what is looked for. */
export function readTexts(texts: readonly LabelledText[], sought: Sought): ReadText[] {
  const { lexicon, stems } = sought;
  const words = texts.map(({ text, begin }) => lexicon.read(text, begin));
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
    return readText(text, own, counts, lexicon);
  });
}

function readText(
  { key, place, position, createdAt, role, speaker, text, label, toldAt, begin }: LabelledText,
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
    role,
    speaker,
    text,
    label,
    toldAt,
    begin,
    words,
    counts,
    isQuestion: () => questionPattern.test(text),
    meaning: () => (meaning ??= meaningAt(words.map(lexicon.meaningPlaceOf))),
  };
}
