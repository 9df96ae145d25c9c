import { sql } from 'kysely';
import type { BlockVersion } from '../../domain/memory.js';
import type { BlockWrite, MemoryRepository } from '../memory.js';
import type { BlockVersionRow } from './schema.js';
import type { Session } from './session.js';

/** What stood in blocks, and who put it there. */
export function historyQueries({
  db,
}: Session): Pick<MemoryRepository, 'blockHistory' | 'blockVersion' | 'blockEditUpon'> {
  const versions = (blockId: string) => db.selectFrom('block_versions').selectAll().where('block_id', '=', blockId);
  return {
    blockHistory: async (blockId, limit) => {
      const rows = await versions(blockId).orderBy('version', 'desc').limit(limit).execute();
      return rows.map(fromRow);
    },
    blockVersion: async (blockId, version) => {
      const row = await versions(blockId).where('version', '=', version).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    blockEditUpon: async (blockId, version) => {
      const row = await versions(blockId)
        .where('parent', '=', version)
        .orderBy('version', 'desc')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
  };
}

/** Writes an entry of history. An edit stands upon the edit that was in force before it, however that came back. */
export async function remember(
  session: Session,
  entry: Pick<BlockWrite, 'blockId' | 'value' | 'actor' | 'runId' | 'restores' | 'at'> & {
    version: number;
    stepId: string | null;
  },
): Promise<void> {
  const { blockId, version, value, actor, runId, stepId, restores, at } = entry;
  const before = sql<number | null>`(select coalesce(restores, version) from block_versions
    where block_id = ${blockId} and version = ${version - 1})`;
  await session.db
    .insertInto('block_versions')
    .values({
      block_id: blockId,
      version,
      value,
      actor,
      run_id: runId,
      step_id: stepId,
      parent: restores === undefined ? before : null,
      restores: restores ?? null,
      created_at: at,
    })
    .execute();
}

function fromRow(row: BlockVersionRow): BlockVersion {
  return {
    blockId: row.block_id,
    version: row.version,
    value: row.value,
    actor: row.actor,
    runId: row.run_id,
    stepId: row.step_id,
    parent: row.parent,
    restores: row.restores,
    createdAt: row.created_at,
  };
}
