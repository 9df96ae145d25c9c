import type { TimeSpan } from '../../store.js';
import type { WordsSought } from '../dialect.js';
import { chooseCandidates } from './candidates.js';
import { countHolders, holdingsOf, quotingTexts, type Field } from './holders.js';
import { heldWords } from './held-words.js';
import { countOfAny } from './keys.js';
import { featuresOf, relevanceOf } from './relevance.js';
import { readSurroundings } from './surroundings.js';
import { toldThen } from './told-then.js';
import { phrasesOf, wordsOf } from './words.js';
import { wantedOf } from './wanted.js';

/** What a query comes to. */
export interface Ranking {
  /** What the texts that match hold. Null where none does. */
  sought: WordsSought | null;
  /** The keys of the best of them, best first; the others follow, newest first. */
  ranked: number[];
  /** How many match; null where that was not seen on the way. */
  matching: number | null;
}

/**
 * Ranks the texts that match a query: those that hold any of its words, or one in the place of a word that nobody used;
 * where it quotes phrases that are there, those that hold all of the phrases. The best of them are read, with their
 * neighbours, and put in order by all that is known of them.
 */
export async function rankByWords(field: Field, query: string, times: readonly TimeSpan[] = []): Promise<Ranking> {
  const all = await phrasesIn(field, query);
  const held = await heldWords(field, wordsOf(query), all);
  if (all.length === 0 && held.length === 0) return { sought: null, ranked: [], matching: 0 };
  const sought = { any: all.length > 0 ? [] : held.map(({ word }) => word), all, orSpeaker: true };
  const told = await toldThen(field, times);
  const holdings = await holdingsOf(field, held, told);
  const candidates = chooseCandidates(holdings, await quotingTexts(field, query, holdings, all), told);
  const pool = await readSurroundings(field, candidates);
  const features = featuresOf(wantedOf(query, times), holdings, pool, new Set(candidates.map(({ key }) => key)));
  const rated = [...features].map(([key, of]) => ({ key, score: relevanceOf(of) }));
  rated.sort((left, right) => right.score - left.score || right.key - left.key);
  return {
    sought,
    ranked: rated.map(({ key }) => key),
    matching: all.length > 0 ? null : countOfAny(held.map(({ keys }) => keys)),
  };
}

/** The phrases that a query quotes. None where no text holds them all: then their words count like the others. */
async function phrasesIn(field: Field, query: string): Promise<string[]> {
  const all = phrasesOf(query).map((words) => words.join(' '));
  return all.length > 0 && (await countHolders(field, { any: [], all, orSpeaker: true })) > 0 ? all : [];
}
