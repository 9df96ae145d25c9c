import type { Holder, Holding } from './holders.js';

/** Texts that are read for one query: those that are ranked, and their neighbours. */
const textsMax = 450;

/** Neighbours are no further apart than so many positions. */
export const reach = 4;

/** Up to this many positions away a word of the query still tells of a text. */
const spread = 12;

/** What it counts that a text was told when it is asked for, beside all words of the query. */
const toldWeight = 0.4;

/** A text that may be what is looked for. */
export interface Candidate extends Holder {
  /** The share of the query's weight that stands in the text or near it, from 0 to 1, and what its time counts. */
  around: number;
}

/**
 * The most promising of the texts that hold a word of the query: those that have most of its weight in themselves and
 * around them, a word counting the less the further away it stands; and those that were told when it is asked for. Of
 * equal ones the newer.
 */
export function chooseCandidates(
  holdings: readonly Holding[],
  quoting: readonly Holder[],
  told: ReadonlySet<number>,
): Candidate[] {
  const texts = new Map<number, Holder>();
  for (const { holders } of holdings) for (const holder of holders) texts.set(holder.key, holder);
  for (const holder of quoting) texts.set(holder.key, holder);
  const full = holdings.reduce((sum, { rarity }) => sum + rarity, 0) || 1;
  const fields = holdings.map(({ rarity, holders }) => ({ weight: rarity / full, near: nearnessTo(holders) }));
  const quotes = new Set(quoting.map(({ key }) => key));
  const rated = Array.from(texts.values(), ({ key, place, position }) => {
    const words = fields.reduce((sum, { weight, near }) => sum + weight * near({ key, place, position }), 0);
    return { key, place, position, around: words + (told.has(key) ? toldWeight : 0) };
  });
  rated.sort((left, right) => right.around - left.around || right.key - left.key);
  return affordable([...rated.filter(({ key }) => quotes.has(key)), ...rated.filter(({ key }) => !quotes.has(key))]);
}

/** As many of the texts, from the first on, as can be read with all that stands around them. */
function affordable(rated: readonly Candidate[]): Candidate[] {
  const covered = new Map<string, Set<number>>();
  let count = 0;
  const past = rated.findIndex(({ place, position }) => {
    if (place === null) count += 1;
    else {
      const positions = covered.get(place) ?? new Set();
      covered.set(place, positions);
      count -= positions.size;
      for (let at = position - reach; at <= position + reach; at += 1) positions.add(at);
      count += positions.size;
    }
    return count > textsMax;
  });
  return rated.slice(0, past < 0 ? rated.length : past);
}

/** Tells how near a text is to the next of the holders in its place: 1 for one of them, 0 where there is none around. */
function nearnessTo(holders: readonly Holder[]): (text: Holder) => number {
  const keys = new Set(holders.map(({ key }) => key));
  const places = new Map<string, number[]>();
  for (const { place, position } of holders) {
    if (place === null) continue;
    const positions = places.get(place);
    if (positions === undefined) places.set(place, [position]);
    else positions.push(position);
  }
  for (const positions of places.values()) positions.sort((left, right) => left - right);
  return ({ key, place, position }) => {
    if (keys.has(key)) return 1;
    const positions = place === null ? undefined : places.get(place);
    if (positions === undefined) return 0;
    const distance = distanceTo(positions, position);
    return distance > spread ? 0 : (1 - distance / (spread + 1)) / 2;
  };
}

/** The distance to the nearest of some positions in rising order. */
function distanceTo(positions: readonly number[], position: number): number {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((positions[middle] ?? 0) < position) low = middle + 1;
    else high = middle;
  }
  const before = Math.abs((positions[low - 1] ?? Number.NEGATIVE_INFINITY) - position);
  const after = Math.abs((positions[low] ?? Number.POSITIVE_INFINITY) - position);
  return Math.min(before, after);
}
