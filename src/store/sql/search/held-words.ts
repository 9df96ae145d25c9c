import { keysOfHolders, type Field } from './holders.js';
import type { Keys } from './keys.js';
import { similarWords } from './meaning/meaning.js';

/** A word that texts hold, and by which they are looked for. */
export interface HeldWord {
  word: string;
  /** The texts that hold it: at least one. */
  keys: Keys;
  /** How much it counts beside others that are as rare: 1 for a word of the query, less for one in the place of such. */
  share: number;
}

/** How much a word counts that stands in the place of another. */
const standInShare = 0.3;
/** Words that are looked up in the place of others. */
const standInsMax = 36;

/**
 * The words of a query that any text holds, and in the place of one that none holds those that are used most like it:
 * *puppy* where nobody spoke of a *dog*. A word that somebody used stands for itself alone, and so does a word that is
 * asked for by itself, for whoever does that wants this word.
 */
export async function heldWords(field: Field, words: readonly string[], all: readonly string[]): Promise<HeldWord[]> {
  const found = await lookedUp(field, words, all, 1);
  const missing = words.length < 2 ? [] : words.filter((_, at) => found[at]?.keys.length === 0);
  const standIns = new Set(missing.flatMap((word) => similarWords(word).map((similar) => similar.word)));
  for (const word of words) standIns.delete(word);
  found.push(...(await lookedUp(field, [...standIns].slice(0, standInsMax), all, standInShare)));
  return found.filter(({ keys }) => keys.length > 0);
}

async function lookedUp(
  field: Field,
  words: readonly string[],
  all: readonly string[],
  share: number,
): Promise<HeldWord[]> {
  const found: HeldWord[] = [];
  for (const word of words) found.push({ word, keys: await keysOfHolders(field, word, all), share });
  return found;
}
