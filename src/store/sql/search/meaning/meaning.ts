import { readFileSync } from 'node:fs';
import { readWordTable, type WordTable } from './word-table.js';

/*
 * A sense of meaning that needs no model: vectors of English words, in a table that comes with the program. Words that
 * are used alike point alike, and a text points where its words do. It knows nothing of the order of words, of negation
 * or of other languages, so it may put what was found in a better order and find words to look for; it decides nothing.
 */

/** A word that is so much of all text counts half: smooth inverse frequency, after Arora, Liang and Ma. */
const halfShare = 1e-3;

/** The share of the most frequent word in a text, and the words before the first of the table; the rest is Zipf's law. */
const firstShare = 0.1;
const wordsBefore = 200;

interface Loaded extends WordTable {
  /** By how much the row of each word is multiplied for its part in a text. */
  scales: Float32Array;
}

let loaded: Loaded | null = null;

/** Reads the table with the first question to it, so that a thread that asks nothing holds nothing. */
function table(): Loaded {
  return (loaded ??= load());
}

function load(): Loaded {
  const read = readWordTable(readFileSync(new URL('./word-vectors.bin', import.meta.url)));
  const { rows, dimensions } = read;
  const scales = new Float32Array(read.words.length);
  for (let place = 0, from = 0; place < scales.length; place += 1, from += dimensions) {
    let square = 0;
    for (let at = from; at < from + dimensions; at += 1) square += (rows[at] ?? 0) ** 2;
    const share = firstShare / (place + 1 + wordsBefore);
    scales[place] = halfShare / (halfShare + share) / Math.sqrt(square);
  }
  return { ...read, scales };
}

/**
 * The sum of the vectors of a text's words, in lower case, the rarer of them counting more. All zeros where none is
 * known. Sums of parts may be added to the sum of the whole.
 */
export function meaningOf(words: readonly string[]): Float32Array {
  return meaningAt(words.map(meaningPlaceOf));
}

/** Where the table has a word; -1 where it has not. */
export function meaningPlaceOf(word: string): number {
  return table().placeOf(word) ?? -1;
}

/** The same sum, of words that are known by their places. */
export function meaningAt(places: readonly number[]): Float32Array {
  const { rows, scales, dimensions } = table();
  const sum = new Float32Array(dimensions);
  for (const place of places) {
    if (place < 0) continue;
    const scale = scales[place] ?? 0;
    for (let at = 0, from = place * dimensions; at < dimensions; at += 1) {
      sum[at] = (sum[at] ?? 0) + (rows[from + at] ?? 0) * scale;
    }
  }
  return sum;
}

/** How alike two meanings are: their cosine, between -1 and 1. Zero where either is of no known word. */
export function likeness(one: Float32Array, other: Float32Array): number {
  let across = 0;
  let ofOne = 0;
  let ofOther = 0;
  for (let at = 0; at < one.length; at += 1) {
    const left = one[at] ?? 0;
    const right = other[at] ?? 0;
    across += left * right;
    ofOne += left * left;
    ofOther += right * right;
  }
  return ofOne === 0 || ofOther === 0 ? 0 : across / Math.sqrt(ofOne * ofOther);
}

/** A word that is used like another, and how alike the two are, up to 1. */
export interface SimilarWord {
  word: string;
  similarity: number;
}

/** Up to twelve words used most like a word in lower case, the likest first; of its own forms none. */
export function similarWords(word: string): SimilarWord[] {
  const { placeOf, words, similar } = table();
  const place = placeOf(word);
  if (place === undefined) return [];
  const meaning = meaningOf([word]);
  return similar(place)
    .map((other) => words[other] ?? '')
    .map((other) => ({ word: other, similarity: likeness(meaning, meaningOf([other])) }));
}
