import { sql, type RawBuilder } from 'kysely';
import type { Chunking } from '../../domain/chunk.js';
import type { AttributeValue, LibraryFile, LibraryFileError, ReadingProgress } from '../../domain/library.js';
import type { LibraryRepository } from '../library.js';
import { addToBatch, addToCounts } from './library-counts.js';
import type { LibraryFileRow } from './library-schema.js';
import { mapPage, readPage } from './page.js';
import type { Session } from './session.js';
import { chunksOf, fromJson, fromJsonOrNull, toJson, toJsonOrNull } from './values.js';

type LibraryFileQueries = Pick<
  LibraryRepository,
  | 'insertFile'
  | 'file'
  | 'job'
  | 'jobs'
  | 'files'
  | 'countWith'
  | 'fileWithContent'
  | 'setAttributes'
  | 'restartFile'
  | 'removeFile'
  | 'cancelBatch'
>;

const filesPerStatement = 200;

/** The files of libraries. */
export function libraryFileQueries(session: Session): LibraryFileQueries {
  const { db } = session;
  return {
    insertFile: (file) => session.atomic((inner) => insertLibraryFile(inner, file)),
    file: (libraryId, fileId) => findFile(session, libraryId, fileId),
    job: async (ownerId, id) => {
      const row = await db
        .selectFrom('library_files')
        .selectAll()
        .where('id', '=', id)
        .where('owner_id', '=', ownerId)
        .where('removed', '=', 0)
        .executeTakeFirst();
      return row === undefined ? null : libraryFileFromRow(row);
    },
    jobs: async (ownerId, request) => {
      const where = [sql`owner_id = ${ownerId} and removed = 0`];
      if (request.libraryId !== undefined) where.push(sql`library_id = ${request.libraryId}`);
      if (request.activeOnly === true) where.push(sql`status = 'in_progress'`);
      return mapPage(await readPage<LibraryFileRow>(session, listingOf(where), request), libraryFileFromRow);
    },
    files: async (libraryId, request) => {
      const where = [sql`library_id = ${libraryId} and removed = 0`];
      if (request.status !== undefined) where.push(sql`status = ${request.status}`);
      if (request.batchId !== undefined) where.push(sql`batch_id = ${request.batchId}`);
      // Cursors are ids of files, the rows have ids of their own.
      const [after, before] = await Promise.all(
        [request.after, request.before].map(async (id) =>
          id === undefined ? undefined : ((await findFile(session, libraryId, id))?.id ?? id),
        ),
      );
      const { limit, order } = request;
      const page = await readPage<LibraryFileRow>(session, listingOf(where), { limit, order, after, before });
      return mapPage(page, libraryFileFromRow);
    },
    fileWithContent: async (libraryId, sha256) => {
      const row = await db
        .selectFrom('library_files')
        .innerJoin('files', 'files.id', 'library_files.file_id')
        .selectAll('library_files')
        .where('files.sha256', '=', sha256)
        .where('library_files.library_id', '=', libraryId)
        .where('library_files.removed', '=', 0)
        .orderBy('library_files.created_at')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? null : libraryFileFromRow(row);
    },
    countWith: async (fileId) => {
      const row = await db
        .selectFrom('library_files')
        .select(sql<number>`count(*)`.as('count'))
        .where('file_id', '=', fileId)
        .where('removed', '=', 0)
        .executeTakeFirst();
      return row?.count ?? 0;
    },
    setAttributes: (id, attributes) => session.atomic((inner) => writeAttributes(inner, id, attributes)),
    restartFile: (id) => session.atomic((inner) => restartFile(inner, id)),
    removeFile: (libraryId, fileId) =>
      session.atomic((inner) =>
        removeFiles(inner, sql`library_id = ${libraryId} and file_id = ${fileId} and removed = 0`),
      ),
    cancelBatch: (libraryId, id, at) => session.atomic((inner) => cancelBatch(inner, libraryId, id, at)),
  };
}

/** A row as the rest of the program knows it. */
export function libraryFileFromRow(row: LibraryFileRow): LibraryFile {
  return {
    id: row.id,
    libraryId: row.library_id,
    fileId: row.file_id,
    ownerId: row.owner_id,
    batchId: row.batch_id,
    status: row.status,
    error: fromJsonOrNull<LibraryFileError>(row.error),
    attributes: fromJson<Record<string, AttributeValue>>(row.attributes),
    chunking: fromJson<Chunking>(row.chunking),
    usageBytes: row.usage_bytes,
    passageCount: row.passage_count,
    progress: fromJson<ReadingProgress>(row.progress),
    note: row.note,
    started: row.attempt > 0,
    attempt: row.attempt,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  };
}

/** Takes a file out of every library it is in. */
export async function dropFile(session: Session, fileId: string): Promise<void> {
  await removeFiles(session, sql`file_id = ${fileId} and removed = 0`);
}

/** Sets files aside to be cleared away, and takes them out of the counts at once. */
async function removeFiles(session: Session, condition: RawBuilder<unknown>): Promise<boolean> {
  const { rows } = await sql<LibraryFileRow>`
    update library_files set removed = 1 where ${condition} returning *`.execute(session.db);
  for (const row of rows) {
    await addToCounts(session, {
      libraryId: row.library_id,
      batchId: null,
      files: { [row.status]: -1 },
      usageBytes: -row.usage_bytes,
      passages: -row.passage_count,
    });
    // A batch must end, also where one of its files was taken away before it was read.
    if (row.batch_id !== null && row.status === 'in_progress') {
      await addToBatch(session, row.batch_id, { in_progress: -1, cancelled: 1 });
    }
  }
  return rows.length > 0;
}

function listingOf(where: RawBuilder<unknown>[]) {
  return { table: 'library_files', where: sql.join(where, sql` and `), order: ['created_at', 'id'] };
}

async function findFile(session: Session, libraryId: string, fileId: string): Promise<LibraryFile | null> {
  const row = await session.db
    .selectFrom('library_files')
    .selectAll()
    .where('library_id', '=', libraryId)
    .where('file_id', '=', fileId)
    .where('removed', '=', sql.lit(0))
    .executeTakeFirst();
  return row === undefined ? null : libraryFileFromRow(row);
}

async function insertLibraryFile(
  session: Session,
  file: LibraryFile,
): Promise<{ file: LibraryFile; existed: boolean }> {
  const row = await session.db
    .insertInto('library_files')
    .values({
      id: file.id,
      library_id: file.libraryId,
      file_id: file.fileId,
      owner_id: file.ownerId,
      batch_id: file.batchId,
      status: file.status,
      error: toJsonOrNull(file.error),
      attributes: toJson(file.attributes),
      chunking: toJson(file.chunking),
      usage_bytes: 0,
      passage_count: 0,
      progress: toJson(file.progress),
      note: file.note,
      attempt: 0,
      lease_owner: null,
      lease_until: null,
      created_at: file.createdAt,
      ended_at: file.endedAt,
      removed: 0,
      stale: 0,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) {
    const known = (await findFile(session, file.libraryId, file.fileId)) ?? file;
    if (file.batchId !== null) await moveToBatch(session, known, file.batchId);
    return { file: known, existed: true };
  }
  await writeAttributes(session, file.id, file.attributes);
  await addToCounts(session, {
    libraryId: file.libraryId,
    batchId: file.batchId,
    files: { [file.status]: 1 },
  });
  return { file: libraryFileFromRow(row), existed: false };
}

/** A file that is in the library already counts for the batch that brought it last. */
async function moveToBatch(session: Session, known: LibraryFile, batchId: string): Promise<void> {
  await session.db.updateTable('library_files').set({ batch_id: batchId }).where('id', '=', known.id).execute();
  await addToBatch(session, batchId, { [known.status]: 1 });
  if (known.batchId !== null) await addToBatch(session, known.batchId, { [known.status]: -1 });
}

/** Writes the attributes of a file in a library, here and where search can ask for them. */
export async function writeAttributes(
  session: Session,
  id: string,
  attributes: Record<string, AttributeValue>,
): Promise<void> {
  await session.db
    .updateTable('library_files')
    .set({ attributes: toJson(attributes) })
    .where('id', '=', id)
    .execute();
  await session.db.deleteFrom('library_attributes').where('library_file_id', '=', id).execute();
  const rows = Object.entries(attributes).map(([name, value]) => ({
    library_file_id: id,
    name,
    text_value: typeof value === 'string' ? value : null,
    number_value: typeof value === 'number' ? value : null,
    flag_value: typeof value === 'boolean' ? Number(value) : null,
  }));
  if (rows.length > 0) await session.db.insertInto('library_attributes').values(rows).execute();
}

async function restartFile(session: Session, id: string): Promise<boolean> {
  // The status before is needed for the counts, so the row is held while it is read.
  const { rows } = await sql<LibraryFileRow>`select * from library_files where id = ${id}
    and removed = 0 and status in ('failed', 'cancelled') ${session.dialect.holdRows}`.execute(session.db);
  const [row] = rows;
  if (row === undefined) return false;
  await session.db
    .updateTable('library_files')
    .set({
      status: 'in_progress',
      error: null,
      attempt: 0,
      lease_owner: null,
      lease_until: null,
      ended_at: null,
      stale: 0,
    })
    .where('id', '=', id)
    .execute();
  await addToCounts(session, {
    libraryId: row.library_id,
    batchId: row.batch_id,
    files: { [row.status]: -1, in_progress: 1 },
  });
  return true;
}

async function cancelBatch(session: Session, libraryId: string, id: string, at: number): Promise<void> {
  await session.db
    .updateTable('library_batches')
    .set({ cancelled_at: sql`coalesce(cancelled_at, ${at})` })
    .where('id', '=', id)
    .where('library_id', '=', libraryId)
    .execute();
  const { rows } = await sql<{ id: string; usage_bytes: number; passage_count: number }>`
    update library_files set status = 'cancelled', ended_at = ${at}, stale = 1, lease_owner = null, lease_until = null
    where batch_id = ${id} and library_id = ${libraryId} and status = 'in_progress' and removed = 0
    returning id, usage_bytes, passage_count`.execute(session.db);
  for (const part of chunksOf(rows, filesPerStatement)) {
    await session.db
      .updateTable('library_files')
      .set({ usage_bytes: 0, passage_count: 0 })
      .where(
        'id',
        'in',
        part.map((row) => row.id),
      )
      .execute();
  }
  const sum = (pick: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((total, row) => total + pick(row), 0);
  await addToCounts(session, {
    libraryId,
    batchId: id,
    files: { in_progress: -rows.length, cancelled: rows.length },
    usageBytes: -sum((row) => row.usage_bytes),
    passages: -sum((row) => row.passage_count),
  });
}
