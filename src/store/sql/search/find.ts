import { sql, type Kysely, type RawBuilder } from 'kysely';
import { limits } from '../../../domain/limits.js';
import type { Embedding } from '../../store.js';
import type { Dialect } from '../dialect.js';
import type { Database } from '../schema.js';
import type { SearchAnswer, SearchQuery } from './query.js';
import { bounds, scopeOf, type Scope } from './scope.js';
import { createBest, fromBytes, product, toBytes } from './vectors.js';
import { wordsOf } from './words.js';

/** The constant of reciprocal rank fusion: how little the first places are allowed to outweigh the next. */
const fusionConstant = 60;

/** BM25's share of a text's length in its score, and how soon more of it stops counting. */
const lengthShare = 0.75;
const saturation = 1.2;

const vectorsPerRead = 2_000;

/** Carries out a search. Every word is looked up within the scope alone, so other memories neither slow nor sway it. */
export async function find(db: Kysely<Database>, dialect: Dialect, query: SearchQuery): Promise<SearchAnswer> {
  const scope = await scopeOf(db, query);
  if (scope === null) return { ids: [], total: 0 };
  if (query.query === null) return listByTime(db, scope, query);
  const words = await rankByWords(db, dialect, scope, query);
  const meaning = query.embedding === null ? [] : await rankByMeaning(db, scope, query, query.embedding);
  const ranked = meaning.length === 0 ? words : fuse([words, meaning]);
  const keys = ranked.slice(query.offset, query.offset + query.limit);
  return { ids: await idsOf(db, query, keys), total: ranked.length };
}

async function listByTime(db: Kysely<Database>, scope: Scope, query: SearchQuery): Promise<SearchAnswer> {
  const where = sql.join([sql`t.scope_id ${scope.ids}`, ...bounds(query)], sql` and `);
  const counted = await sql<{ count: number }>`select count(*) as count from texts as t where ${where}`.execute(db);
  const { rows } = await sql<{ id: string }>`
    select ${idColumn(query)} as id from texts as t where ${where}
    order by t.created_at desc, t.key desc limit ${query.limit} offset ${query.offset}`.execute(db);
  return { ids: rows.map((row) => row.id), total: counted.rows[0]?.count ?? 0 };
}

/**
 * Ranks by the words of the query, any of them: BM25 with each word counted once for a text, and with the scope in the
 * place of the whole collection. Nothing is read but the entries of the words, however much else the scope holds.
 */
async function rankByWords(
  db: Kysely<Database>,
  dialect: Dialect,
  scope: Scope,
  query: SearchQuery,
): Promise<number[]> {
  const words = wordsOf(query.query ?? '');
  const conditions = sql.join([sql`t.scope_id ${scope.ids}`, ...bounds(query)], sql` and `);
  const hits: { key: number; chars: number }[][] = [];
  for (const word of words) {
    const { rows } = await sql<{ key: number; chars: number }>`
      select t.key as key, t.chars as chars ${dialect.wordIndex.matching(word, scope.tokens)}
      and ${conditions}`.execute(db);
    if (rows.length > 0) hits.push(rows);
  }
  const lengths = new Map(hits.flat().map((row) => [row.key, row.chars]));
  const average = [...lengths.values()].reduce((sum, chars) => sum + chars, 0) / lengths.size;
  const scores = new Map<number, number>();
  for (const rows of hits) {
    const rarity = rarityOf(scope, rows.length);
    for (const row of rows) {
      const length = 1 - lengthShare + lengthShare * (row.chars / average);
      const score = (rarity * (saturation + 1)) / (1 + saturation * length);
      scores.set(row.key, (scores.get(row.key) ?? 0) + score);
    }
  }
  return byScore(scores);
}

/** How much a word counts: the more, the fewer texts of the scope hold it. */
export function rarityOf(scope: Scope, holders: number): number {
  return Math.log(1 + (Math.max(scope.size - holders, 0) + 0.5) / (holders + 0.5));
}

/** The nearest by cosine among the vectors of the same model and size. What points away is no neighbour. */
async function rankByMeaning(
  db: Kysely<Database>,
  scope: Scope,
  query: SearchQuery,
  embedding: Embedding,
): Promise<number[]> {
  return (await nearest(db, scope, bounds(query), embedding)).map((entry) => entry.key);
}

/** The nearest by cosine with their cosines, the nearest first. */
export async function nearest(
  db: Kysely<Database>,
  scope: Scope,
  more: RawBuilder<unknown>[],
  embedding: Embedding,
): Promise<{ key: number; score: number }[]> {
  const wanted = fromBytes(toBytes(embedding.vector));
  const conditions: RawBuilder<unknown>[] = [
    sql`v.scope_id ${scope.ids}`,
    sql`v.model = ${embedding.model}`,
    sql`v.dimensions = ${wanted.length}`,
  ];
  const joined = more.length === 0 ? sql`` : sql`join texts as t on t.key = v.text_key`;
  const statement = sql<{ key: number; bytes: Uint8Array }>`
    select v.text_key as key, v.bytes as bytes from vectors as v ${joined}
    where ${sql.join([...conditions, ...more], sql` and `)}`.compile(db);
  const best = createBest(limits.searchDepth);
  for await (const { rows } of db.getExecutor().stream<{ key: number; bytes: Uint8Array }>(statement, vectorsPerRead)) {
    for (const row of rows) {
      const cosine = product(wanted, fromBytes(row.bytes));
      if (cosine > 0) best.offer(row.key, cosine);
    }
  }
  return best.entries();
}

/** Reciprocal rank fusion: each ranking gives a text the more the higher it stands there. */
function fuse(rankings: number[][]): number[] {
  const scores = new Map<number, number>();
  for (const ranking of rankings) {
    ranking.forEach((key, index) => {
      scores.set(key, (scores.get(key) ?? 0) + 1 / (fusionConstant + index + 1));
    });
  }
  return byScore(scores);
}

function byScore(scores: Map<number, number>): number[] {
  const entries = [...scores].sort(([keyA, scoreA], [keyB, scoreB]) => scoreB - scoreA || keyB - keyA);
  return entries.map(([key]) => key);
}

async function idsOf(db: Kysely<Database>, query: SearchQuery, keys: number[]): Promise<string[]> {
  if (keys.length === 0) return [];
  const { rows } = await sql<{ key: number; id: string }>`
    select t.key as key, ${idColumn(query)} as id from texts as t where t.key in (${sql.join(keys)})`.execute(db);
  const ids = new Map(rows.map((row) => [row.key, row.id]));
  return keys.flatMap((key) => ids.get(key) ?? []);
}

function idColumn(query: SearchQuery): RawBuilder<unknown> {
  switch (query.kind) {
    case 'message':
      return sql`t.message_id`;
    case 'passage':
      return sql`t.passage_id`;
    default:
      return query.kind satisfies never;
  }
}
