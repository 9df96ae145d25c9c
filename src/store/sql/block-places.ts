import { sql, type RawBuilder } from 'kysely';
import { defaultMemoryKey } from '../../domain/memory.js';
import type { BlockPlace, MemoryRepository } from '../memory.js';
import type { Session } from './session.js';
import { toFlag } from './values.js';

/** What is asked of the places of blocks. */
export type PlaceQueries = Pick<
  MemoryRepository,
  'attachBlock' | 'spreadBlock' | 'detachBlock' | 'agentsWithBlock' | 'sharedBlockIds'
>;

/** In which memories blocks lie. No statement puts a block in a memory of another owner. */
export function placeQueries(session: Session): PlaceQueries {
  const { db } = session;
  return {
    attachBlock: ({ blockId, memoryId, readOnly, at }) =>
      attach(session, { blockId, readOnly, at, memories: sql`memories.id = ${memoryId}` }),
    spreadBlock: async (blockId, agentId, at) => {
      const memories = sql`memories.agent_id = ${agentId} and memories.key <> ${defaultMemoryKey}`;
      await attach(session, { blockId, readOnly: true, at, memories });
    },
    detachBlock: (blockId, from) =>
      session.atomic(async (inner) => {
        const places = inner.db.deleteFrom('memory_blocks').where('block_id', '=', blockId);
        const ofAgent = (agentId: string) =>
          inner.db.selectFrom('memories').select('id').where('agent_id', '=', agentId);
        await (
          'memoryId' in from
            ? places.where('memory_id', '=', from.memoryId)
            : places.where('memory_id', 'in', ofAgent(from.agentId))
        ).execute();
        const left = await inner.db
          .selectFrom('memory_blocks')
          .select(sql<number>`count(*)`.as('count'))
          .where('block_id', '=', blockId)
          .executeTakeFirst();
        return left?.count ?? 0;
      }),
    agentsWithBlock: async (blockId) => {
      const rows = await db
        .selectFrom('memory_blocks')
        .innerJoin('memories', 'memories.id', 'memory_blocks.memory_id')
        .select('memories.agent_id')
        .distinct()
        .where('memory_blocks.block_id', '=', blockId)
        .orderBy('memories.agent_id')
        .execute();
      return rows.map((row) => row.agent_id);
    },
    sharedBlockIds: async (memoryId) => {
      const rows = await db
        .selectFrom('memory_blocks as here')
        .innerJoin('memories as mine', 'mine.id', 'here.memory_id')
        .innerJoin('memory_blocks as there', 'there.block_id', 'here.block_id')
        .innerJoin('memories as theirs', 'theirs.id', 'there.memory_id')
        .select('here.block_id')
        .distinct()
        .where('here.memory_id', '=', memoryId)
        .whereRef('theirs.agent_id', '<>', 'mine.agent_id')
        .execute();
      return rows.map((row) => row.block_id);
    },
  };
}

/** Deletes the blocks that lie in no other memories than these: a block goes with the last memory that has it. */
export async function deleteBlocksOf({ db }: Session, memories: RawBuilder<unknown>): Promise<void> {
  await sql`delete from blocks
    where id in (select block_id from memory_blocks where memory_id in (${memories}))
    and not exists (select 1 from memory_blocks as other
      where other.block_id = blocks.id and other.memory_id not in (${memories}))`.execute(db);
}

/** Puts a block in the memories that have neither it nor one of its label; true where there was one. */
async function attach(
  { db }: Session,
  place: Omit<BlockPlace, 'memoryId'> & { memories: RawBuilder<unknown> },
): Promise<boolean> {
  const { blockId, readOnly, at, memories } = place;
  const { rows } = await sql`insert into memory_blocks (memory_id, block_id, label, read_only, created_at)
    select memories.id, blocks.id, blocks.label, ${toFlag(readOnly)}, ${at}
    from memories join agents on agents.id = memories.agent_id join blocks on blocks.owner_id = agents.owner_id
    where blocks.id = ${blockId} and ${memories}
    on conflict do nothing returning block_id`.execute(db);
  return rows.length > 0;
}
