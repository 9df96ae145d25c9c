import { sql } from 'kysely';
import type { Library, LibraryBatch } from '../../domain/library.js';
import type { LibraryRepository } from '../library.js';
import { countsFromRow } from './library-counts.js';
import { libraryFileQueries } from './library-files.js';
import { libraryPassageQueries } from './library-passages.js';
import { libraryQueueQueries } from './library-queue.js';
import type { LibraryBatchRow, LibraryRow } from './library-schema.js';
import { mapPage, readPage } from './page.js';
import type { Session } from './session.js';
import { fromJson, toJson } from './values.js';

/** Libraries, their files and passages, and who may search them. */
export function libraryRepository(session: Session): LibraryRepository {
  return {
    ...rowQueries(session),
    ...batchQueries(session),
    ...attachmentQueries(session),
    ...libraryFileQueries(session),
    ...libraryQueueQueries(session),
    ...libraryPassageQueries(session),
  };
}

/** A row as the rest of the program knows it. */
export function libraryFromRow(row: LibraryRow): Library {
  return {
    id: row.id,
    ownerId: row.owner_id,
    kind: row.kind,
    name: row.name,
    description: row.description,
    metadata: fromJson<Record<string, string>>(row.metadata),
    expiresAfterDays: row.expires_after_days,
    lastActiveAt: row.last_active_at,
    counts: countsFromRow(row),
    usageBytes: row.usage_bytes,
    passageCount: row.passage_count,
    faceData: fromJson<Record<string, unknown>>(row.face_data),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

type RowQueries = Pick<LibraryRepository, 'insert' | 'get' | 'findByName' | 'page' | 'update' | 'touch' | 'delete'>;

function rowQueries(session: Session): RowQueries {
  const { db } = session;
  return {
    insert: async (library) => {
      await db
        .insertInto('libraries')
        .values({ ...emptyCounts, ...changeable(library), ...unchangeable(library) })
        .execute();
    },
    get: async (ownerId, id) => {
      const row = await db
        .selectFrom('libraries')
        .selectAll()
        .where('id', '=', id)
        .where('owner_id', '=', ownerId)
        .where('removed', '=', 0)
        .executeTakeFirst();
      return row === undefined ? null : libraryFromRow(row);
    },
    findByName: async (ownerId, name) => {
      const row = await db
        .selectFrom('libraries')
        .selectAll()
        .where('owner_id', '=', ownerId)
        .where('name', '=', name)
        .where('removed', '=', sql.lit(0))
        .orderBy('created_at')
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? null : libraryFromRow(row);
    },
    page: async (ownerId, request) => {
      const where = [sql`owner_id = ${ownerId} and removed = 0`];
      if (request.kind !== undefined) where.push(sql`kind = ${request.kind}`);
      const listing = { table: 'libraries', where: sql.join(where, sql` and `), order: ['created_at', 'id'] };
      return mapPage(await readPage<LibraryRow>(session, listing, request), libraryFromRow);
    },
    update: async (library) => {
      await db.updateTable('libraries').set(changeable(library)).where('id', '=', library.id).execute();
    },
    touch: async (ids, at) => {
      if (ids.length === 0) return;
      await db.updateTable('libraries').set({ last_active_at: at }).where('id', 'in', ids).execute();
    },
    delete: (ownerId, id) => session.atomic((inner) => removeLibrary(inner, ownerId, id)),
  };
}

const emptyCounts = {
  in_progress: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  usage_bytes: 0,
  passage_count: 0,
  removed: 0,
};

function unchangeable(library: Library) {
  return { id: library.id, owner_id: library.ownerId, kind: library.kind, created_at: library.createdAt };
}

function changeable(library: Library) {
  return {
    name: library.name,
    description: library.description,
    metadata: toJson(library.metadata),
    expires_after_days: library.expiresAfterDays,
    last_active_at: library.lastActiveAt,
    face_data: toJson(library.faceData),
    updated_at: library.updatedAt,
  };
}

async function removeLibrary(session: Session, ownerId: string, id: string): Promise<boolean> {
  const row = await session.db
    .updateTable('libraries')
    .set({ removed: 1 })
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .where('removed', '=', 0)
    .returning('id')
    .executeTakeFirst();
  if (row === undefined) return false;
  await session.db.deleteFrom('agent_libraries').where('library_id', '=', id).execute();
  await session.db.deleteFrom('conversation_libraries').where('library_id', '=', id).execute();
  await session.db.updateTable('library_files').set({ removed: 1 }).where('library_id', '=', id).execute();
  return true;
}

type BatchQueries = Pick<LibraryRepository, 'insertBatch' | 'batch'>;

function batchQueries({ db }: Session): BatchQueries {
  return {
    insertBatch: async (batch) => {
      const { in_progress, completed, failed, cancelled } = emptyCounts;
      await db
        .insertInto('library_batches')
        .values({
          id: batch.id,
          library_id: batch.libraryId,
          in_progress,
          completed,
          failed,
          cancelled,
          cancelled_at: batch.cancelledAt,
          created_at: batch.createdAt,
        })
        .execute();
    },
    batch: async (libraryId, id) => {
      const row = await db
        .selectFrom('library_batches')
        .selectAll()
        .where('id', '=', id)
        .where('library_id', '=', libraryId)
        .executeTakeFirst();
      return row === undefined ? null : batchFromRow(row);
    },
  };
}

function batchFromRow(row: LibraryBatchRow): LibraryBatch {
  return {
    id: row.id,
    libraryId: row.library_id,
    counts: countsFromRow(row),
    cancelledAt: row.cancelled_at,
    createdAt: row.created_at,
  };
}

type AttachmentQueries = Pick<
  LibraryRepository,
  | 'attachToAgent'
  | 'detachFromAgent'
  | 'ofAgent'
  | 'agentsOf'
  | 'attachToConversation'
  | 'detachFromConversation'
  | 'ofConversation'
>;

function attachmentQueries(session: Session): AttachmentQueries {
  const { db } = session;
  return {
    attachToAgent: async (agentId, libraryId, at) => {
      await db
        .insertInto('agent_libraries')
        .values({ agent_id: agentId, library_id: libraryId, created_at: at })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    detachFromAgent: async (agentId, libraryId) => {
      const row = await db
        .deleteFrom('agent_libraries')
        .where('agent_id', '=', agentId)
        .where('library_id', '=', libraryId)
        .returning('library_id')
        .executeTakeFirst();
      return row !== undefined;
    },
    ofAgent: (agentId) => librariesOf(session, 'agent', agentId),
    agentsOf: (libraryId) =>
      db
        .selectFrom('agent_libraries')
        .innerJoin('agents', 'agents.id', 'agent_libraries.agent_id')
        .select(['agents.id', 'agents.name'])
        .where('agent_libraries.library_id', '=', libraryId)
        .orderBy('agent_libraries.created_at')
        .orderBy('agents.id')
        .execute(),
    attachToConversation: async (conversationId, libraryId, at) => {
      await db
        .insertInto('conversation_libraries')
        .values({ conversation_id: conversationId, library_id: libraryId, created_at: at })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    detachFromConversation: async (conversationId, libraryId) => {
      const row = await db
        .deleteFrom('conversation_libraries')
        .where('conversation_id', '=', conversationId)
        .where('library_id', '=', libraryId)
        .returning('library_id')
        .executeTakeFirst();
      return row !== undefined;
    },
    ofConversation: (conversationId) => librariesOf(session, 'conversation', conversationId),
  };
}

/** The libraries attached to an agent or a conversation, in the order they were attached. */
export async function librariesOf(session: Session, holder: 'agent' | 'conversation', id: string): Promise<Library[]> {
  const { rows } = await sql<LibraryRow>`
    select libraries.* from ${sql.table(`${holder}_libraries`)} as held
    join libraries on libraries.id = held.library_id
    where held.${sql.ref(`${holder}_id`)} = ${id} and libraries.removed = 0
    order by held.created_at, libraries.id`.execute(session.db);
  return rows.map(libraryFromRow);
}
