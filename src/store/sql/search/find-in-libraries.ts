import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { AttributeFilter, AttributeValue } from '../../../domain/library.js';
import type { Dialect } from '../dialect.js';
import type { Database } from '../schema.js';
import { nearest } from './find.js';
import { readKeys, type Keys } from './keys.js';
import type { LibraryAnswer, LibraryQuery } from './query.js';
import { rarityOf, type Scope } from './scope.js';
import { createBest } from './vectors.js';
import { scopeToken, wordsOf } from './words.js';

/**
 * Searches libraries together. A score is the chance that either way of looking has found the right thing: the share of
 * the query's words by their weight, and the cosine.
 */
export async function findInLibraries(
  db: Kysely<Database>,
  dialect: Dialect,
  query: LibraryQuery,
): Promise<LibraryAnswer> {
  const scope = await scopeOfLibraries(db, query.libraryIds);
  if (scope === null) return { found: [], total: 0 };
  const more = await fileConditions(db, query);
  const { scores: words, full } = await scoreByWords(db, dialect, scope, wordsOf(query.query), more);
  const meaning = query.embedding === null ? [] : await nearest(db, scope, more, query.embedding);
  const scores = new Map<number, number>();
  for (const [key, score] of words) scores.set(key, full > 0 ? Math.min(1, score / full) : 0);
  for (const { key, score } of meaning) scores.set(key, 1 - (1 - (scores.get(key) ?? 0)) * (1 - Math.min(1, score)));
  const best = createBest(query.offset + query.limit);
  let total = 0;
  for (const [key, score] of scores) {
    if (score < query.scoreMin) continue;
    total += 1;
    best.offer(key, score);
  }
  return { found: await withIds(db, best.entries().slice(query.offset)), total };
}

/** A word in more of the passages than this tells little beside rarer ones, and costs the most. */
const commonShare = 0.1;
/** Below this many passages no word is too common. */
const commonMin = 5_000;

/**
 * The share of the words' weight that each passage has. Passages of a library are of about one length, so their length
 * does not count. Words that are common are passed over where there are rarer ones.
 */
async function scoreByWords(
  db: Kysely<Database>,
  dialect: Dialect,
  scope: Scope,
  words: readonly string[],
  more: RawBuilder<unknown>[],
): Promise<{ scores: Map<number, number>; full: number }> {
  const cap = Math.max(commonMin, Math.ceil(scope.size * commonShare));
  const read = async (word: string, limit: RawBuilder<unknown>): Promise<Keys> => {
    const sought = { any: [word], all: [], orSpeaker: false };
    const keys =
      more.length === 0
        ? dialect.wordIndex.keysOf(sought, scope.tokens)
        : sql`select t.key as key ${dialect.wordIndex.matching(sought, scope.tokens)} and ${sql.join(more, sql` and `)}`;
    return readKeys(db, sql`${keys} ${limit}`, (given) => Float64Array.from(given));
  };
  const hits: Keys[] = [];
  const common: string[] = [];
  for (const word of words) {
    const keys = await read(word, sql`limit ${cap + 1}`);
    if (keys.length > cap) common.push(word);
    else hits.push(keys);
  }
  if (hits.every((keys) => keys.length === 0)) {
    for (const word of common) hits.push(await read(word, sql``));
  }
  const scores = new Map<number, number>();
  let full = 0;
  for (const keys of hits) {
    const rarity = rarityOf(scope, keys.length);
    full += rarity;
    for (const key of keys) scores.set(key, (scores.get(key) ?? 0) + rarity);
  }
  return { scores, full };
}

async function scopeOfLibraries(db: Kysely<Database>, ids: readonly string[]): Promise<Scope | null> {
  if (ids.length === 0) return null;
  const rows = await db
    .selectFrom('libraries')
    .select(['id', 'passage_count'])
    .where('id', 'in', [...ids])
    .where('removed', '=', 0)
    .execute();
  if (rows.length === 0) return null;
  const parts = rows.map((row) => row.id);
  return {
    parts,
    ids: sql`in (${sql.join(parts)})`,
    tokens: parts.map((id) => scopeToken('library', id)),
    conditions: [],
    size: rows.reduce((sum, row) => sum + row.passage_count, 0),
    isPlaced: false,
  };
}

/** Which files count: those that fit the filter and were not taken out. Nothing where that is all of them. */
async function fileConditions(db: Kysely<Database>, query: LibraryQuery): Promise<RawBuilder<unknown>[]> {
  const ids = sql.join(query.libraryIds);
  const { rows } = await sql`select 1 from library_files
    where library_id in (${ids}) and removed = 1 limit 1`.execute(db);
  if (query.filter === null && rows.length === 0) return [];
  const conditions = [sql`held.library_id in (${ids})`, sql`held.removed = 0`];
  if (query.filter !== null) conditions.push(conditionOf(query.filter));
  return [
    sql`t.library_file_id in (select held.id from library_files as held where ${sql.join(conditions, sql` and `)})`,
  ];
}

/** A filter as a condition on a file `held`. A file without the attribute is unlike every value. */
function conditionOf(filter: AttributeFilter): RawBuilder<unknown> {
  switch (filter.type) {
    case 'eq':
      return hasAttribute(filter.key, sql`=`, filter.value);
    case 'ne':
      return sql`not ${hasAttribute(filter.key, sql`=`, filter.value)}`;
    case 'gt':
      return hasAttribute(filter.key, sql`>`, filter.value);
    case 'gte':
      return hasAttribute(filter.key, sql`>=`, filter.value);
    case 'lt':
      return hasAttribute(filter.key, sql`<`, filter.value);
    case 'lte':
      return hasAttribute(filter.key, sql`<=`, filter.value);
    case 'in':
      return joined(
        filter.value.map((value) => hasAttribute(filter.key, sql`=`, value)),
        'or',
      );
    case 'nin':
      return sql`not ${joined(
        filter.value.map((value) => hasAttribute(filter.key, sql`=`, value)),
        'or',
      )}`;
    case 'and':
    case 'or':
      return joined(filter.filters.map(conditionOf), filter.type);
    default:
      return filter satisfies never;
  }
}

function joined(conditions: RawBuilder<unknown>[], word: 'and' | 'or'): RawBuilder<unknown> {
  if (conditions.length === 0) return word === 'and' ? sql`(1 = 1)` : sql`(1 = 0)`;
  return sql`(${sql.join(conditions, word === 'and' ? sql` and ` : sql` or `)})`;
}

function hasAttribute(name: string, operator: RawBuilder<unknown>, value: AttributeValue): RawBuilder<unknown> {
  const column =
    typeof value === 'string'
      ? sql`mark.text_value`
      : typeof value === 'number'
        ? sql`mark.number_value`
        : sql`mark.flag_value`;
  const stored = typeof value === 'boolean' ? Number(value) : value;
  return sql`exists (select 1 from library_attributes as mark where mark.library_file_id = held.id
    and mark.name = ${name} and ${column} ${operator} ${stored})`;
}

async function withIds(
  db: Kysely<Database>,
  entries: readonly { key: number; score: number }[],
): Promise<{ id: string; score: number }[]> {
  if (entries.length === 0) return [];
  const rows = await db
    .selectFrom('texts')
    .select(['key', 'library_passage_id'])
    .where(
      'key',
      'in',
      entries.map(({ key }) => key),
    )
    .execute();
  const ids = new Map(rows.map((row) => [row.key, row.library_passage_id]));
  return entries.flatMap(({ key, score }) => {
    const id = ids.get(key) ?? null;
    return id === null ? [] : [{ id, score }];
  });
}
