import { meaningPlaceOf } from './meaning/meaning.js';
import { stemOf, tokensOf } from './tokens.js';

/** Words as numbers: to read a text so takes a fraction of the time that it takes to cut it into strings. */
export interface Lexicon {
  /** The words of a text from one of its characters on, as `tokensOf` sees them, each by its number. */
  read(text: string, from: number): readonly number[];
  /** The number of a stem. -1 for one that no word had yet. */
  stem(stem: string): number;
  /** The number of a word's stem. */
  stemOf(word: number): number;
  /** How many stems there are; their numbers are below it. */
  stems(): number;
  /** Where the table of meanings has a word; -1 where it has not. */
  meaningPlaceOf(word: number): number;
  /** How many words it holds. */
  size(): number;
}

/** What each of the plain characters is folded to; 0 for what is part of no word. */
const folded = Uint8Array.from({ length: 128 }, (_, code) =>
  /[a-z0-9]/i.test(String.fromCharCode(code)) ? String.fromCharCode(code).toLowerCase().charCodeAt(0) : 0,
);

/** A lexicon without words. It learns those that it reads. */
export function createLexicon(): Lexicon {
  const words: string[] = [];
  const hashes: number[] = [];
  const stemNumbers: number[] = [];
  const meaningPlaces: (number | undefined)[] = [];
  const stems = new Map<string, number>();
  /** A table of hashes: the number of a word, and one more, at the first free slot from that of its hash on. */
  let slots = new Uint32Array(2 ** 15);

  const put = (number: number): void => {
    let slot = (hashes[number] ?? 0) & (slots.length - 1);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = number + 1;
  };
  const learn = (word: string, hash: number): number => {
    const stem = stemOf(word);
    const known = stems.get(stem);
    if (known === undefined) stems.set(stem, stems.size);
    stemNumbers.push(known ?? stems.size - 1);
    hashes.push(hash);
    const number = words.push(word) - 1;
    if (words.length * 2 > slots.length) {
      slots = new Uint32Array(slots.length * 2);
      for (let other = 0; other < number; other += 1) put(other);
    }
    put(number);
    return number;
  };
  /** The number of the word between two places of a text, in which every character is folded or stands for itself. */
  const numberOf = (text: string, start: number, end: number, hash: number): number => {
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (slots[slot] ?? 0) - 1;
      if (number < 0) return learn(text.slice(start, end).toLowerCase(), hash);
      if (hashes[number] === hash && isAt(words[number] ?? '', text, start, end)) return number;
    }
  };
  const readOther = (text: string): number[] =>
    tokensOf(text).map((word) => {
      let hash = 0;
      for (let at = 0; at < word.length; at += 1) hash = hashWith(hash, word.charCodeAt(at));
      return numberOf(word, 0, word.length, hash);
    });

  return {
    read: (text, from) => {
      const numbers: number[] = [];
      let hash = 0;
      let start = from;
      for (let at = from; at < text.length; at += 1) {
        const code = text.charCodeAt(at);
        if (code >= folded.length) return readOther(text.slice(from));
        const letter = folded[code] ?? 0;
        if (letter !== 0) hash = hashWith(hash, letter);
        else {
          if (start < at) numbers.push(numberOf(text, start, at, hash));
          start = at + 1;
          hash = 0;
        }
      }
      if (start < text.length) numbers.push(numberOf(text, start, text.length, hash));
      return numbers;
    },
    stem: (stem) => stems.get(stem) ?? -1,
    stemOf: (word) => stemNumbers[word] ?? -1,
    stems: () => stems.size,
    meaningPlaceOf: (word) => (meaningPlaces[word] ??= meaningPlaceOf(words[word] ?? '')),
    size: () => words.length,
  };
}

function hashWith(hash: number, code: number): number {
  return (Math.imul(hash, 31) + code) | 0;
}

/** True where a word stands between two places of a text. */
function isAt(word: string, text: string, start: number, end: number): boolean {
  if (word.length !== end - start) return false;
  for (let at = 0; at < word.length; at += 1) {
    const code = text.charCodeAt(start + at);
    if (word.charCodeAt(at) !== (folded[code] ?? code)) return false;
  }
  return true;
}
