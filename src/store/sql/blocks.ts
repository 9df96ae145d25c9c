import { sql } from 'kysely';
import { AppError } from '../../domain/errors.js';
import type { Block, BlockVersion } from '../../domain/memory.js';
import type { BlockWrite, MemoryRepository } from '../store.js';
import type { BlockRow, BlockVersionRow } from './schema.js';
import type { Session } from './session.js';
import { toFlag } from './values.js';

type BlockQueries = Pick<
  MemoryRepository,
  | 'blocks'
  | 'block'
  | 'insertBlock'
  | 'writeBlock'
  | 'reshapeBlock'
  | 'deleteBlock'
  | 'ownedBlocks'
  | 'ownedBlock'
  | 'blockHistory'
>;

/** Blocks and their history. */
export function blockQueries(session: Session): BlockQueries {
  const { db } = session;
  return {
    blocks: async (memoryId) => {
      const rows = await db
        .selectFrom('blocks')
        .selectAll()
        .where('memory_id', '=', memoryId)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(fromRow);
    },
    block: async (memoryId, label) => {
      const row = await db
        .selectFrom('blocks')
        .selectAll()
        .where('memory_id', '=', memoryId)
        .where('label', '=', label)
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    insertBlock: (block, actor, runId) =>
      session.atomic(async (inner) => {
        const row = await inner.db
          .insertInto('blocks')
          .values({ ...toRow(block), version: 1 })
          .onConflict((conflict) => conflict.columns(['memory_id', 'label']).doNothing())
          .returningAll()
          .executeTakeFirst();
        if (row === undefined) return false;
        await remember(inner, { row, actor, run_id: runId, at: block.createdAt });
        return true;
      }),
    writeBlock: (edit) => session.atomic((inner) => writeBlock(inner, edit)),
    reshapeBlock: (block) => reshapeBlock(session, block),
    deleteBlock: async (id) => {
      const row = await db.deleteFrom('blocks').where('id', '=', id).returning('id').executeTakeFirst();
      return row !== undefined;
    },
    ownedBlocks: async (ownerId, { label, limit }) => {
      const owned = ownedBlocks(session, ownerId);
      const query = label === null ? owned : owned.where('blocks.label', '=', label);
      const rows = await query.orderBy('blocks.created_at', 'desc').orderBy('blocks.id', 'desc').limit(limit).execute();
      return rows.map(fromRow);
    },
    ownedBlock: async (ownerId, id) => {
      const row = await ownedBlocks(session, ownerId).where('blocks.id', '=', id).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    blockHistory: async (blockId, limit) => {
      const rows = await db
        .selectFrom('block_versions')
        .selectAll()
        .where('block_id', '=', blockId)
        .orderBy('version', 'desc')
        .limit(limit)
        .execute();
      return rows.map(fromVersionRow);
    },
  };
}

async function writeBlock(session: Session, edit: BlockWrite): Promise<Block | null> {
  const row = await session.db
    .updateTable('blocks')
    .set({ value: edit.value, version: sql`version + 1`, updated_at: edit.at })
    .where('id', '=', edit.blockId)
    .where('version', '=', edit.expectedVersion)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return null;
  await remember(session, { row, actor: edit.actor, run_id: edit.runId, at: edit.at });
  return fromRow(row);
}

async function reshapeBlock(session: Session, block: Block): Promise<void> {
  const { label, description, chars_max, read_only, updated_at } = toRow(block);
  try {
    await session.db
      .updateTable('blocks')
      .set({ label, description, chars_max, read_only, updated_at })
      .where('id', '=', block.id)
      .execute();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
    const message = `There is already a block labelled '${block.label}' in this memory.`;
    throw new AppError('conflict', message, { param: 'label', cause: error });
  }
}

async function remember(
  session: Session,
  entry: { row: BlockRow; actor: BlockVersion['actor']; run_id: string | null; at: number },
): Promise<void> {
  const { row, actor, run_id, at } = entry;
  await session.db
    .insertInto('block_versions')
    .values({ block_id: row.id, version: row.version, value: row.value, actor, run_id, created_at: at })
    .execute();
}

function ownedBlocks({ db }: Session, ownerId: string) {
  return db
    .selectFrom('agents')
    .innerJoin('memories', 'memories.agent_id', 'agents.id')
    .innerJoin('blocks', 'blocks.memory_id', 'memories.id')
    .selectAll('blocks')
    .where('agents.owner_id', '=', ownerId);
}

function toRow(block: Block): BlockRow {
  return {
    id: block.id,
    memory_id: block.memoryId,
    label: block.label,
    description: block.description,
    value: block.value,
    chars_max: block.charsMax,
    read_only: toFlag(block.readOnly),
    version: block.version,
    created_at: block.createdAt,
    updated_at: block.updatedAt,
  };
}

function fromRow(row: BlockRow): Block {
  return {
    id: row.id,
    memoryId: row.memory_id,
    label: row.label,
    description: row.description,
    value: row.value,
    charsMax: row.chars_max,
    readOnly: row.read_only === 1,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function fromVersionRow(row: BlockVersionRow): BlockVersion {
  return {
    blockId: row.block_id,
    version: row.version,
    value: row.value,
    actor: row.actor,
    runId: row.run_id,
    createdAt: row.created_at,
  };
}
