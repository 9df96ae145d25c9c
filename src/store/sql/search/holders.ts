import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Dialect, WordsSought } from '../dialect.js';
import type { Database } from '../schema.js';
import type { HeldWord } from './held-words.js';
import { amongKeys, readKeys, type Keys } from './keys.js';
import type { KnownScope } from './known-scopes.js';
import { rarityOf, type Scope } from './scope.js';
import { stemOf, tokensOf } from './tokens.js';

/** Where words are looked for. */
export interface Field {
  db: Kysely<Database>;
  dialect: Dialect;
  scope: Scope;
  /** What is known of the scope from earlier searches. Null where nothing is, or not all of it is searched. */
  known: KnownScope | null;
  /** What else a text `t` must be. */
  conditions: readonly RawBuilder<unknown>[];
  /** The column of `t` that neighbours have in common; null where texts stand alone. */
  place: RawBuilder<unknown>;
  /** True for a `t` that has neighbours. */
  placed: RawBuilder<unknown>;
}

/** A text that holds a word. */
export interface Holder {
  key: number;
  place: string | null;
  position: number;
}

/** A word of a query and what is known of who holds it. */
export interface Holding {
  stem: string;
  /** How much the word counts: the more, the fewer texts hold it. */
  rarity: number;
  /** How many texts hold it. */
  count: number;
  /** Those texts, or the newest of them; none where so many do that others have to decide. */
  holders: readonly Holder[];
}

/** Entries of words that are read for one query, the rarest words first; of a rarest word with more, the newest. */
const holdersMax = 1_500;
/** Texts that hold the query word for word, which are read whatever its words are. */
const quotesMax = 50;
/** Words by which a text is recognised as the one that is quoted. */
const quotedWordsMax = 60;

/** How many texts hold the words. */
export async function countHolders(field: Field, words: WordsSought): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (${selectHolders(field, words)}) as held`.execute(field.db);
  return rows[0]?.count ?? 0;
}

/** The keys of all texts that hold one word, and all of some phrases. */
export async function keysOfHolders(field: Field, word: string, all: readonly string[]): Promise<Keys> {
  if (field.known !== null && all.length === 0) return field.known.holdersOf(word);
  const select = selectHolders(field, { any: [word], all, orSpeaker: true });
  return readKeys(field.db, select, (given) => Float64Array.from(given));
}

/** A select of their keys. The index alone is asked where nothing else is wanted of them. */
function selectHolders({ dialect, scope, conditions }: Field, words: WordsSought): RawBuilder<unknown> {
  if (conditions.length === 0) return dialect.wordIndex.keysOf(words, scope.tokens);
  const matching = dialect.wordIndex.matching(words, scope.tokens);
  return sql`select t.key as key ${matching} and ${sql.join([...conditions], sql` and `)}`;
}

/** The holders of some words, newest first. */
export async function readHolders(
  field: Field,
  words: WordsSought,
  { limit, offset = 0 }: { limit: number; offset?: number },
): Promise<Holder[]> {
  const { db, dialect, scope, conditions, place } = field;
  const { wordIndex } = dialect;
  const more = conditions.map((condition) => sql` and ${condition}`);
  const { rows } = await sql<Holder>`
    select t.key as key, ${place} as place, coalesce(t.position, 0) as position
    ${wordIndex.matching(words, scope.tokens)} ${sql.join(more, sql``)}
    ${wordIndex.newestFirst} limit ${limit} offset ${offset}`.execute(db);
  return rows;
}

/** What is known of who holds the words, the rarest first; of some texts in any case whether they do. */
export async function holdingsOf(
  field: Field,
  held: readonly HeldWord[],
  always: ReadonlySet<number>,
): Promise<Holding[]> {
  const rarestFirst = [...held].sort((left, right) => left.keys.length - right.keys.length);
  let room = holdersMax;
  const chosen = rarestFirst.map(({ keys }) => {
    if (keys.length <= room) {
      room -= keys.length;
      return [...keys];
    }
    const newest = room < holdersMax ? [] : keys.slice(-holdersMax);
    room = 0;
    return [...new Set([...newest, ...amongKeys(keys, always)])];
  });
  const places = await placesOf(field, new Set(chosen.flat()));
  return rarestFirst.map(({ word, keys, share }, index) => ({
    stem: stemOf(tokensOf(word).join('')),
    rarity: share * rarityOf(field.scope, keys.length),
    count: keys.length,
    holders: (chosen[index] ?? []).flatMap((key) => places.get(key) ?? []),
  }));
}

/** Where texts stand. */
async function placesOf(field: Field, keys: ReadonlySet<number>): Promise<Map<number, Holder>> {
  const holders = field.known?.placesOf(keys) ?? (await readPlaces(field, keys));
  return new Map(holders.map((holder) => [holder.key, holder]));
}

async function readPlaces({ db, dialect, place }: Field, keys: ReadonlySet<number>): Promise<Holder[]> {
  const { rows } = await sql<{ place: string | null; positions: string }>`
    select ${place} as place,
      string_agg('[' || cast(t.key as text) || ',' || cast(coalesce(t.position, 0) as text) || ']', ',') as positions
    from texts as t
    where t.key in (select cast(given.value ->> 0 as bigint) from ${dialect.rowsGiven([...keys].map((key) => [key]))})
    group by 1`.execute(db);
  return rows.flatMap(({ place: at, positions }) =>
    (JSON.parse(`[${positions}]`) as [number, number][]).map(([key, position]) => ({ key, place: at, position })),
  );
}

/**
 * The newest texts in which the words of a query stand in its order, one after the other, where not all holders of its
 * rarest word were read; else they are among those.
 */
export async function quotingTexts(
  field: Field,
  query: string,
  holdings: readonly Holding[],
  all: readonly string[],
): Promise<Holder[]> {
  const [rarest] = holdings;
  const tokens = tokensOf(query).slice(0, quotedWordsMax);
  if (rarest === undefined || rarest.count === rarest.holders.length || tokens.length < 2) return [];
  return readHolders(field, { any: [], all: [...all, tokens.join(' ')], orSpeaker: true }, { limit: quotesMax });
}
