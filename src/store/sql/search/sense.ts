import { likeness, meaningOf } from './meaning/meaning.js';
import type { ReadText } from './reading.js';

/** How much the text before and the one after count in a text's meaning. */
const neighboursShare = 0.5;

/**
 * Tells how alike texts of a pool are to a query in what they mean, taken together with the texts beside them: between
 * -1 and 1. What all of the pool means counts for nothing, since it tells none from another.
 */
export function createSense(
  words: readonly string[],
  pool: readonly ReadText[],
): (text: ReadText, near: readonly ReadText[]) => number {
  const usual = usualMeaning(pool);
  const sense = meaningOf(words);
  toLengthOne(sense);
  add(sense, usual, -1);
  // Filled anew for each text, since to allocate another takes longer than to fill it.
  const meaning = meaningOf([]);
  return (text, near) => {
    meaning.set(text.meaning());
    for (const other of near) if (other !== text) add(meaning, other.meaning(), neighboursShare);
    toLengthOne(meaning);
    add(meaning, usual, -1);
    return likeness(sense, meaning);
  };
}

/** The mean of the directions in which texts point. */
function usualMeaning(texts: readonly ReadText[]): Float32Array {
  const usual = meaningOf([]);
  for (const text of texts) add(usual, text.meaning(), 1 / texts.length / (lengthOf(text.meaning()) || 1));
  return usual;
}

function toLengthOne(meaning: Float32Array): void {
  const length = lengthOf(meaning) || 1;
  for (let at = 0; at < meaning.length; at += 1) meaning[at] = (meaning[at] ?? 0) / length;
}

function lengthOf(meaning: Float32Array): number {
  let square = 0;
  for (const value of meaning) square += value * value;
  return Math.sqrt(square);
}

function add(sum: Float32Array, other: Float32Array, share: number): void {
  for (let at = 0; at < sum.length; at += 1) sum[at] = (sum[at] ?? 0) + (other[at] ?? 0) * share;
}
