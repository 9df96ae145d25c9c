/** What a table knows of words, the most frequent word first. */
export interface WordTableContent {
  words: readonly string[];
  dimensions: number;
  /** For each word, in whole numbers, the direction in which it points; words of like meaning point alike. */
  rows: readonly Int8Array[];
  /** For each word the places of those nearest to it, the nearest first. */
  similar: readonly (readonly number[])[];
}

/** A table as it lies in memory. Words are known by their places. */
export interface WordTable {
  words: readonly string[];
  dimensions: number;
  /** Undefined for a word that is not in the table. Words are in lower case. */
  placeOf(word: string): number | undefined;
  /** All rows, one after the other. */
  rows: Int8Array;
  similar(place: number): number[];
}

/*
 * The bytes: five numbers (form, words, dimensions, similar words of each at most, bytes of the words), then the rows,
 * then the places of the similar words, then the words, one a line. Numbers are little-endian.
 */
const form = 1;
const headBytes = 20;
const noPlace = 0xffff;

/** The bytes of a table. It holds fewer than 65,535 words. */
export function writeWordTable({ words, dimensions, rows, similar }: WordTableContent): Uint8Array {
  if (words.length >= noPlace) throw new Error(`A table holds fewer than ${noPlace} words.`);
  const similarMax = Math.max(0, ...similar.map((places) => places.length));
  const text = Buffer.from(words.join('\n'));
  const head = Buffer.alloc(headBytes);
  [form, words.length, dimensions, similarMax, text.length].forEach((value, at) => head.writeUInt32LE(value, at * 4));
  const places = Buffer.alloc(words.length * similarMax * 2, 0xff);
  similar.forEach((of, word) => {
    of.forEach((place, at) => places.writeUInt16LE(place, (word * similarMax + at) * 2));
  });
  return Buffer.concat([head, ...rows.map((row) => Buffer.from(row.buffer, row.byteOffset, row.length)), places, text]);
}

/** The table of such bytes, whose memory it shares. */
export function readWordTable(bytes: Uint8Array): WordTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [found, count, dimensions, similarMax, textBytes] = [0, 4, 8, 12, 16].map((at) => view.getUint32(at, true));
  if (found !== form || count === undefined || dimensions === undefined || similarMax === undefined)
    throw new Error('This is no table of words.');
  const placesAt = headBytes + count * dimensions;
  const textAt = placesAt + count * similarMax * 2;
  if (textBytes === undefined || bytes.length !== textAt + textBytes) throw new Error('The table of words is cut.');
  const words = Buffer.from(bytes.buffer, bytes.byteOffset + textAt, textBytes)
    .toString()
    .split('\n');
  const places = new Map(words.map((word, place) => [word, place]));
  return {
    words,
    dimensions,
    placeOf: (word) => places.get(word),
    rows: new Int8Array(bytes.buffer, bytes.byteOffset + headBytes, count * dimensions),
    similar: (place) => {
      const all = Array.from({ length: similarMax }, (_, at) =>
        view.getUint16(placesAt + (place * similarMax + at) * 2, true),
      );
      return all.filter((other) => other !== noPlace);
    },
  };
}
