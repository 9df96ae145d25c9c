import { sql, type Kysely, type RawBuilder } from 'kysely';
import { limits } from '../../../domain/limits.js';
import type { Embedding } from '../../store.js';
import type { Dialect, WordsSought } from '../dialect.js';
import type { Database } from '../schema.js';
import { countHolders, readHolders, type Field } from './holders.js';
import { createKnownScopes, type KnownScopes } from './known-scopes.js';
import type { SearchAnswer, SearchQuery } from './query.js';
import { rankByWords } from './ranking.js';
import { narrowed } from './narrowed.js';
import { bounds, scopeOf, type Scope } from './scope.js';
import { createBest, fromBytes, product, toBytes } from './vectors.js';

/** The constant of reciprocal rank fusion: how little the first places are allowed to outweigh the next. */
const fusionConstant = 60;

const vectorsPerRead = 2_000;

/** Where searches are carried out, one after the other, with what is known from the earlier ones. */
export interface Ground {
  db: Kysely<Database>;
  dialect: Dialect;
  /** Null where the database is of a kind of which nothing can be kept. */
  known: KnownScopes | null;
}

/** A ground on which nothing is known yet. */
export function createGround(db: Kysely<Database>, dialect: Dialect): Ground {
  const { growing } = dialect.wordIndex;
  return { db, dialect, known: growing === null ? null : createKnownScopes(growing) };
}

/** Carries out a search. Every word is looked up within the scope alone, so other memories neither slow nor sway it. */
export async function find({ db, dialect, known }: Ground, query: SearchQuery): Promise<SearchAnswer> {
  if (known === null) return findAt({ db, dialect, known }, query);
  // What is known and what is read must be of one moment.
  return db.connection().execute(async (held) => {
    await sql`begin`.execute(held);
    try {
      return await findAt({ db: held, dialect, known }, query);
    } finally {
      await sql`commit`.execute(held);
    }
  });
}

async function findAt(ground: Ground, query: SearchQuery): Promise<SearchAnswer> {
  const { db } = ground;
  const scope = await scopeOf(db, query);
  if (scope === null) return { ids: [], total: 0 };
  if (query.query === null) return listByTime(db, scope, query);
  const field = await fieldOf(ground, scope, query);
  const { sought, ranked, matching } = await rankByWords(field, query.query, query.times);
  const near = query.embedding === null ? [] : await nearest(db, scope, bounds(query), query.embedding);
  const first = near.length === 0 ? ranked : fuse([ranked, near.map(({ key }) => key)]);
  const total = await countAll(field, sought, matching, near);
  const keys = first.slice(query.offset, query.offset + query.limit);
  if (sought !== null && keys.length < query.limit && first.length < total) {
    const more = { limit: query.limit - keys.length, offset: Math.max(0, query.offset - first.length) };
    keys.push(...(await restOf(field, sought, first, more)));
  }
  return { ids: await idsOf(db, query, keys), total };
}

/** How many texts match by their words or are near by meaning. */
async function countAll(
  field: Field,
  sought: WordsSought | null,
  seen: number | null,
  near: readonly { key: number }[],
): Promise<number> {
  if (sought === null) return near.length;
  const matching = seen ?? (await countHolders(field, sought));
  if (near.length === 0) return matching;
  const isNear = sql`t.key in (${sql.join(near.map(({ key }) => key))})`;
  return matching + near.length - (await countHolders({ ...field, conditions: [...field.conditions, isNear] }, sought));
}

/** The texts that match beside the first ones, newest first. */
async function restOf(
  field: Field,
  sought: WordsSought,
  first: readonly number[],
  page: { limit: number; offset: number },
): Promise<number[]> {
  const others = first.length === 0 ? [] : [sql`t.key not in (${sql.join([...first])})`];
  const rest = await readHolders({ ...field, conditions: [...field.conditions, ...others] }, sought, page);
  return rest.map(({ key }) => key);
}

async function fieldOf({ db, dialect, known }: Ground, scope: Scope, query: SearchQuery): Promise<Field> {
  const narrowing = bounds(query);
  const conditions = [...scope.conditions, ...narrowing];
  const place = scope.isPlaced ? sql`t.scope_id` : sql`null`;
  const placed = scope.isPlaced ? sql`t.message_id is not null` : sql`1 = 0`;
  const name = `${query.kind} ${query.memoryId}`;
  const all = known === null ? null : await known.open(db, name, scope);
  const knownScope = all === null ? null : await narrowed(db, all, scope, query);
  return { db, dialect, scope, known: knownScope, conditions, place, placed };
}

async function listByTime(db: Kysely<Database>, scope: Scope, query: SearchQuery): Promise<SearchAnswer> {
  const where = sql.join([sql`t.scope_id ${scope.ids}`, ...bounds(query)], sql` and `);
  const counted = await sql<{ count: number }>`select count(*) as count from texts as t where ${where}`.execute(db);
  const { rows } = await sql<{ id: string }>`
    select ${idColumn(query)} as id from texts as t where ${where}
    order by t.created_at desc, t.key desc limit ${query.limit} offset ${query.offset}`.execute(db);
  return { ids: rows.map((row) => row.id), total: counted.rows[0]?.count ?? 0 };
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
