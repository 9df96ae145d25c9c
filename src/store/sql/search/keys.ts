import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from '../schema.js';

/** Keys of texts in rising order, each once. */
export type Keys = Uint32Array | Float64Array;

/** The highest key that a `Uint32Array` holds. */
export const smallKeyMax = 2 ** 32 - 1;

/** The keys that a select tells, in whatever order. In one value, for a row for each would take ten times as long. */
export async function readKeys<K extends Keys>(
  db: Kysely<Database>,
  select: RawBuilder<unknown>,
  from: (given: readonly number[]) => K,
): Promise<K> {
  const { rows } = await sql<{ keys: string | null }>`
    select string_agg(cast(held.key as text), ',') as keys from (${select}) as held`.execute(db);
  const keys = from(JSON.parse(`[${rows[0]?.keys ?? ''}]`) as number[]);
  return isRising(keys) ? keys : (keys.sort() as K);
}

function isRising(keys: Keys): boolean {
  for (let at = 1; at < keys.length; at += 1) if ((keys[at] ?? 0) <= (keys[at - 1] ?? 0)) return false;
  return true;
}

/** Where a key stands, or would stand, among others: how many of them are below it. */
export function placeOf(keys: Keys, key: number): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? 0) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Those of some keys that stand among others. */
export function amongKeys(keys: Keys, some: ReadonlySet<number>): number[] {
  return [...some].filter((key) => keys[placeOf(keys, key)] === key);
}

/** The keys with others that are all above them. */
export function joined(keys: Uint32Array, above: Uint32Array): Uint32Array {
  if (above.length === 0) return keys;
  const all = new Uint32Array(keys.length + above.length);
  all.set(keys);
  all.set(above, keys.length);
  return all;
}

/** The keys below another that are not among those that went. */
export function withoutAll(keys: Uint32Array, gone: ReadonlySet<number>, below: number): Uint32Array {
  const kept = keys.subarray(0, placeOf(keys, below));
  const isAnyGone = [...gone].some((key) => kept[placeOf(kept, key)] === key);
  return isAnyGone ? kept.filter((key) => !gone.has(key)) : kept;
}

/** From how many times as many keys on it is quicker to look each of the few up than to pass over all. */
const lookUpRatio = 16;

/** The keys that are in both lists. */
export function common(left: Uint32Array, right: Uint32Array): Uint32Array {
  const [few, many] = left.length < right.length ? [left, right] : [right, left];
  const looksUp = few.length * lookUpRatio < many.length;
  const both = new Uint32Array(few.length);
  let count = 0;
  let at = 0;
  for (const key of few) {
    if (looksUp) at = placeOf(many, key);
    else while (at < many.length && (many[at] ?? 0) < key) at += 1;
    if (many[at] === key) both[count++] = key;
  }
  return both.slice(0, count);
}

/** How many keys are in any of the lists. */
export function countOfAny(lists: readonly Keys[]): number {
  return unionOf(lists).length;
}

/** The keys of all lists, merged two by two, which takes a fraction of the time that sorting them does. */
export function unionOf(lists: readonly Uint32Array[]): Uint32Array;
export function unionOf(lists: readonly Keys[]): Keys;
export function unionOf(lists: readonly Keys[]): Keys {
  const [first, second] = lists;
  if (first === undefined) return new Uint32Array();
  if (second === undefined) return first;
  const middle = lists.length >> 1;
  return merged(unionOf(lists.slice(0, middle)), unionOf(lists.slice(middle)));
}

function merged(left: Keys, right: Keys): Keys {
  const length = left.length + right.length;
  const all =
    left instanceof Uint32Array && right instanceof Uint32Array ? new Uint32Array(length) : new Float64Array(length);
  let [atLeft, atRight, count] = [0, 0, 0];
  while (atLeft < left.length && atRight < right.length) {
    const [one, other] = [left[atLeft] ?? 0, right[atRight] ?? 0];
    all[count++] = one < other ? one : other;
    if (one <= other) atLeft += 1;
    if (other <= one) atRight += 1;
  }
  for (; atLeft < left.length; atLeft += 1) all[count++] = left[atLeft] ?? 0;
  for (; atRight < right.length; atRight += 1) all[count++] = right[atRight] ?? 0;
  return all.subarray(0, count);
}
