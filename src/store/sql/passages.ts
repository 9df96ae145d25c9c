import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { normalText } from '../../domain/likeness.js';
import type { Passage } from '../../domain/memory.js';
import { cleanText } from '../../domain/storable-text.js';
import type { MemoryRepository } from '../memory.js';
import type { Embedding } from '../store.js';
import { mapPage, readPage } from './page.js';
import type { PassageRow } from './schema.js';
import { fromBytes, product, toBytes } from './search/vectors.js';
import type { Session } from './session.js';
import { indexPassage } from './texts.js';
import { fromJson, toJson } from './values.js';

type PassageQueries = Pick<
  MemoryRepository,
  'insertPassage' | 'cosines' | 'passage' | 'updatePassage' | 'deletePassage' | 'passages'
>;

/** The archive. */
export function passageQueries(session: Session): PassageQueries {
  return {
    insertPassage: (passage) => session.atomic((inner) => insertPassage(inner, passage)),
    cosines: (passageIds, embedding) => cosines(session, passageIds, embedding),
    passage: (memoryId, id) => findPassage(session, memoryId, id),
    updatePassage: (passage) => session.atomic((inner) => updatePassage(inner, passage)),
    deletePassage: (memoryId, id) =>
      session.atomic(async (inner) => {
        const row = await inner.db
          .deleteFrom('passages')
          .where('id', '=', id)
          .where('memory_id', '=', memoryId)
          .returning('id')
          .executeTakeFirst();
        if (row === undefined) return false;
        await addToCount(inner, memoryId, -1);
        return true;
      }),
    passages: async (memoryId, request) => {
      const listing = { table: 'passages', where: sql`memory_id = ${memoryId}`, order: ['created_at', 'id'] };
      return mapPage(await readPage<PassageRow>(session, listing, request), passageFromRow);
    },
  };
}

/** A row of the archive as the rest of the program knows it. */
export function passageFromRow(row: PassageRow): Passage {
  return {
    id: row.id,
    memoryId: row.memory_id,
    text: row.text,
    tags: fromJson<string[]>(row.tags),
    createdAt: row.created_at,
  };
}

async function insertPassage(session: Session, passage: Passage): Promise<{ passage: Passage; existed: boolean }> {
  const digest = digestOf(passage);
  const row = await session.db
    .insertInto('passages')
    .values({
      id: passage.id,
      memory_id: passage.memoryId,
      text: passage.text,
      tags: toJson(passage.tags),
      digest,
      created_at: passage.createdAt,
    })
    .onConflict((conflict) => conflict.columns(['memory_id', 'digest']).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) {
    const known = await session.db
      .selectFrom('passages')
      .selectAll()
      .where('memory_id', '=', passage.memoryId)
      .where('digest', '=', digest)
      .executeTakeFirstOrThrow();
    return { passage: passageFromRow(known), existed: true };
  }
  const stored = passageFromRow(row);
  await addToCount(session, stored.memoryId, 1);
  await insertTags(session, stored);
  await indexPassage(session, stored);
  return { passage: stored, existed: false };
}

async function updatePassage(session: Session, passage: Passage): Promise<boolean> {
  const digest = digestOf(passage);
  // Two passages may be edited into one another's likeness; the second then goes without the mark of being the only one.
  const taken = sql`select 1 from passages as other where other.memory_id = ${passage.memoryId}
    and other.digest = ${digest} and other.id <> ${passage.id}`;
  const row = await session.db
    .updateTable('passages')
    .set({
      text: passage.text,
      tags: toJson(passage.tags),
      digest: sql<string | null>`case when exists (${taken}) then null else ${digest} end`,
    })
    .where('id', '=', passage.id)
    .where('memory_id', '=', passage.memoryId)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return false;
  const stored = passageFromRow(row);
  await session.db.deleteFrom('passage_tags').where('passage_id', '=', stored.id).execute();
  await insertTags(session, stored);
  await indexPassage(session, stored);
  return true;
}

async function cosines(
  { db }: Session,
  passageIds: readonly string[],
  { model, vector }: Embedding,
): Promise<Map<string, number>> {
  if (passageIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('texts')
    .innerJoin('vectors', 'vectors.text_key', 'texts.key')
    .select(['texts.passage_id', 'vectors.bytes'])
    .where('texts.passage_id', 'in', [...passageIds])
    .where('vectors.model', '=', model)
    .where('vectors.dimensions', '=', vector.length)
    .execute();
  const wanted = fromBytes(toBytes(vector));
  return new Map(rows.map((row) => [row.passage_id ?? '', product(wanted, fromBytes(row.bytes))]));
}

async function findPassage(session: Session, memoryId: string, id: string): Promise<Passage | null> {
  const row = await session.db
    .selectFrom('passages')
    .selectAll()
    .where('id', '=', id)
    .where('memory_id', '=', memoryId)
    .executeTakeFirst();
  return row === undefined ? null : passageFromRow(row);
}

async function addToCount(session: Session, memoryId: string, difference: number): Promise<void> {
  await session.db
    .updateTable('memories')
    .set({ passage_count: sql`passage_count + ${difference}` })
    .where('id', '=', memoryId)
    .execute();
}

/** Writes the tags of a new passage where search can ask for them. */
export async function insertTags(session: Session, passage: Passage): Promise<void> {
  const rows = [...new Set(passage.tags)].map((tag) => ({ passage_id: passage.id, tag }));
  if (rows.length > 0) await session.db.insertInto('passage_tags').values(rows).execute();
}

/** The same for passages of the same tags, in whatever order, and the same text, whatever blanks divide its words. */
export function digestOf(passage: Passage): string {
  const tags = [...new Set(passage.tags.map(cleanText))].sort();
  return createHash('sha256')
    .update(JSON.stringify([normalText(cleanText(passage.text)), tags]))
    .digest('hex');
}
