import { sql } from 'kysely';
import { AppError } from '../../domain/errors.js';
import type { Block } from '../../domain/memory.js';
import type { BlockWrite, MemoryRepository } from '../memory.js';
import { historyQueries, remember } from './block-history.js';
import { placeQueries, type PlaceQueries } from './block-places.js';
import type { BlockRow } from './schema.js';
import type { Session } from './session.js';
import { toFlag } from './values.js';

type BlockQueries = PlaceQueries &
  Pick<
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
    | 'blockVersion'
    | 'blockEditUpon'
  >;

/** A block as it is read through one of the memories it lies in. */
type PlacedRow = Omit<BlockRow, 'owner_id'> & { memory_id: string };

/** Blocks, the memories they lie in, and their history. */
export function blockQueries(session: Session): BlockQueries {
  const { db } = session;
  return {
    blocks: async (memoryId) => {
      const rows = await blocksOf(session, memoryId)
        .orderBy('memory_blocks.created_at')
        .orderBy('memory_blocks.block_id')
        .execute();
      return rows.map(fromRow);
    },
    block: async (memoryId, label) => {
      const row = await blocksOf(session, memoryId).where('memory_blocks.label', '=', label).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    insertBlock: (block, actor, runId, stepId = null) =>
      session.atomic(async (inner) => {
        await insertRow(inner, block);
        const place = { blockId: block.id, memoryId: block.memoryId, readOnly: false, at: block.createdAt };
        if (!(await placeQueries(inner).attachBlock(place))) {
          await inner.db.deleteFrom('blocks').where('id', '=', block.id).execute();
          return false;
        }
        const { id, value, createdAt } = block;
        await remember(inner, { blockId: id, version: 1, value, actor, runId, stepId, at: createdAt });
        return true;
      }),
    writeBlock: (edit) => session.atomic((inner) => writeBlock(inner, edit)),
    reshapeBlock: (block) => session.atomic((inner) => reshapeBlock(inner, block)),
    deleteBlock: async (id) => {
      const row = await db.deleteFrom('blocks').where('id', '=', id).returning('id').executeTakeFirst();
      return row !== undefined;
    },
    ownedBlocks: async (ownerId, { label, limit }) => {
      const owned = blocksById(session).where('blocks.owner_id', '=', ownerId);
      const query = label === null ? owned : owned.where('blocks.label', '=', label);
      const rows = await query.orderBy('blocks.created_at', 'desc').orderBy('blocks.id', 'desc').limit(limit).execute();
      return rows.map(fromRow);
    },
    ownedBlock: async (ownerId, id) => {
      const row = await blocksById(session)
        .where('blocks.owner_id', '=', ownerId)
        .where('blocks.id', '=', id)
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    ...historyQueries(session),
    ...placeQueries(session),
  };
}

const columns = [
  'blocks.id',
  'blocks.label',
  'blocks.description',
  'blocks.value',
  'blocks.chars_max',
  'blocks.version',
  'blocks.created_at',
  'blocks.updated_at',
] as const;

function blocksOf({ db }: Session, memoryId: string) {
  return db
    .selectFrom('memory_blocks')
    .innerJoin('blocks', 'blocks.id', 'memory_blocks.block_id')
    .where('memory_blocks.memory_id', '=', memoryId)
    .select(columns)
    .select(['memory_blocks.memory_id', sql<number>`blocks.read_only | memory_blocks.read_only`.as('read_only')]);
}

function blocksById({ db }: Session) {
  const first = sql<string>`(select memory_id from memory_blocks where memory_blocks.block_id = blocks.id
    order by memory_blocks.created_at, memory_id limit 1)`;
  return db
    .selectFrom('blocks')
    .select(columns)
    .select(['blocks.read_only', first.as('memory_id')]);
}

async function insertRow({ db }: Session, block: Block): Promise<void> {
  const owner = db
    .selectFrom('memories')
    .innerJoin('agents', 'agents.id', 'memories.agent_id')
    .select('agents.owner_id')
    .where('memories.id', '=', block.memoryId);
  await db
    .insertInto('blocks')
    .values({
      id: block.id,
      owner_id: sql`${owner}`,
      ...shapeOf(block),
      value: block.value,
      version: 1,
      created_at: block.createdAt,
    })
    .execute();
}

async function writeBlock(session: Session, edit: BlockWrite): Promise<Block | null> {
  const row = await session.db
    .updateTable('blocks')
    .set({ value: edit.value, version: sql`version + 1`, updated_at: edit.at })
    .where('id', '=', edit.blockId)
    .where('version', '=', edit.expectedVersion)
    .returning('id')
    .executeTakeFirst();
  if (row === undefined) return null;
  await remember(session, { ...edit, stepId: edit.stepId ?? null, version: edit.expectedVersion + 1 });
  return fromRow(await blocksById(session).where('blocks.id', '=', edit.blockId).executeTakeFirstOrThrow());
}

async function reshapeBlock({ db }: Session, block: Block): Promise<void> {
  try {
    await db.updateTable('blocks').set(shapeOf(block)).where('id', '=', block.id).execute();
    await db.updateTable('memory_blocks').set({ label: block.label }).where('block_id', '=', block.id).execute();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
    const message = `There is already a block labelled '${block.label}' in a memory that has this one.`;
    throw new AppError('conflict', message, { param: 'label', cause: error });
  }
}

function shapeOf(block: Block): Pick<BlockRow, 'label' | 'description' | 'chars_max' | 'read_only' | 'updated_at'> {
  return {
    label: block.label,
    description: block.description,
    chars_max: block.charsMax,
    read_only: toFlag(block.readOnly),
    updated_at: block.updatedAt,
  };
}

function fromRow(row: PlacedRow): Block {
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
