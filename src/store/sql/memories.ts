import { sql } from 'kysely';
import type { Memory } from '../../domain/memory.js';
import type { MemoryRepository } from '../memory.js';
import { deleteBlocksOf } from './block-places.js';
import { blockQueries } from './blocks.js';
import { passageQueries } from './passages.js';
import type { MemoryRow } from './schema.js';
import type { Session } from './session.js';

/** Memories: blocks with their history, and the archive. */
export function memoryRepository(session: Session): MemoryRepository {
  const { db } = session;
  const findByKey = async (agentId: string, key: string): Promise<Memory | null> => {
    const row = await db
      .selectFrom('memories')
      .selectAll()
      .where('agent_id', '=', agentId)
      .where('key', '=', key)
      .executeTakeFirst();
    return row === undefined ? null : fromRow(row);
  };
  return {
    insert: async (memory) => {
      const row = await db
        .insertInto('memories')
        .values({
          id: memory.id,
          agent_id: memory.agentId,
          key: memory.key,
          passage_count: 0,
          created_at: memory.createdAt,
        })
        .onConflict((conflict) => conflict.columns(['agent_id', 'key']).doNothing())
        .returningAll()
        .executeTakeFirst();
      if (row !== undefined) return fromRow(row);
      return (await findByKey(memory.agentId, memory.key)) ?? memory;
    },
    get: async (id) => {
      const row = await db.selectFrom('memories').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    findByKey,
    deleteOpened: (conversationId, key) =>
      session.atomic(async (inner) => {
        const opened = sql`select id from memories where key = ${key} and agent_id in (
          select agent_id from windows where conversation_id = ${conversationId})`;
        await deleteBlocksOf(inner, opened);
        await sql`delete from memories where id in (${opened})`.execute(inner.db);
      }),
    ...blockQueries(session),
    ...passageQueries(session),
  };
}

function fromRow(row: MemoryRow): Memory {
  return {
    id: row.id,
    agentId: row.agent_id,
    key: row.key,
    passageCount: row.passage_count,
    createdAt: row.created_at,
  };
}
