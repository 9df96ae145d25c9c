import { sql, type RawBuilder } from 'kysely';
import { type LibraryFile } from '../../domain/library.js';
import type { FileEnd, FileLease, LibraryRepository, ReadPart } from '../library.js';
import { addToCounts } from './library-counts.js';
import { libraryFileFromRow } from './library-files.js';
import { clearPassages } from './library-passages.js';
import type { LibraryFileRow } from './library-schema.js';
import type { Session } from './session.js';
import { indexLibraryPassages } from './texts.js';
import { toJson, toJsonOrNull } from './values.js';

type LibraryQueueQueries = Pick<
  LibraryRepository,
  'claimFile' | 'renewFiles' | 'releaseFile' | 'putPart' | 'endFile' | 'lapseFileLeases' | 'clearRemoved'
>;

const waiting = sql`status = 'in_progress' and removed = 0`;
/** Files that are looked at in one round of clearing. */
const clearedFilesMax = 20;

/** Who reads a file, and what becomes of it. */
export function libraryQueueQueries(session: Session): LibraryQueueQueries {
  const { db } = session;
  return {
    claimFile: (claim) => session.atomic((inner) => claimFile(inner, claim)),
    renewFiles: async (owner, leaseUntil) => {
      await db
        .updateTable('library_files')
        .set({ lease_until: leaseUntil })
        .where('lease_owner', '=', owner)
        .where(sql<boolean>`${waiting}`)
        .execute();
    },
    releaseFile: async (lease) => {
      await db
        .updateTable('library_files')
        .set({ lease_owner: null, lease_until: null, attempt: sql`attempt - 1` })
        .where(sql<boolean>`${heldBy(lease)}`)
        .execute();
    },
    putPart: (part) => session.atomic((inner) => putPart(inner, part)),
    endFile: (end) => session.atomic((inner) => endFile(inner, end)),
    lapseFileLeases: async (now) => {
      const rows = await db
        .updateTable('library_files')
        .set({ lease_until: now })
        .where(sql<boolean>`${waiting}`)
        .where('lease_until', '>', now)
        .returning('id')
        .execute();
      return rows.length;
    },
    clearRemoved: (limit) => session.atomic((inner) => clearRemoved(inner, limit)),
  };
}

function heldBy({ id, owner, attempt }: FileLease): RawBuilder<unknown> {
  return sql`id = ${id} and lease_owner = ${owner} and attempt = ${attempt} and ${waiting}`;
}

async function claimFile(
  session: Session,
  claim: { owner: string; afterOwnerId: string; now: number; leaseUntil: number },
): Promise<LibraryFile | null> {
  const free = sql`${waiting} and (lease_until is null or lease_until <= ${claim.now})`;
  const oldest = sql`order by owner_id, created_at, id limit 1 ${session.dialect.holdFreeRows}`;
  for (const turn of [sql`owner_id > ${claim.afterOwnerId}`, sql`owner_id <= ${claim.afterOwnerId}`]) {
    const { rows } = await sql<LibraryFileRow>`
      update library_files set lease_owner = ${claim.owner}, lease_until = ${claim.leaseUntil}, attempt = attempt + 1
      where id = (select id from library_files where ${free} and ${turn} ${oldest}) returning *`.execute(session.db);
    const [row] = rows;
    if (row === undefined) continue;
    await forgetEarlierAttempt(session, row);
    return libraryFileFromRow({ ...row, usage_bytes: 0, passage_count: 0 });
  }
  return null;
}

/** What an attempt before this one has written does not count; its passages are the reader's to clear away. */
async function forgetEarlierAttempt(session: Session, row: LibraryFileRow): Promise<void> {
  if (row.passage_count === 0 && row.usage_bytes === 0) return;
  await session.db
    .updateTable('library_files')
    .set({ usage_bytes: 0, passage_count: 0 })
    .where('id', '=', row.id)
    .execute();
  await addToCounts(session, {
    libraryId: row.library_id,
    batchId: null,
    files: {},
    usageBytes: -row.usage_bytes,
    passages: -row.passage_count,
  });
}

async function putPart(session: Session, part: ReadPart): Promise<boolean> {
  const bytes = part.passages.reduce((sum, passage) => sum + Buffer.byteLength(passage.text, 'utf8'), 0);
  const row = await session.db
    .updateTable('library_files')
    .set({
      progress: toJson(part.progress),
      note: sql<string | null>`coalesce(${part.note}, note)`,
      usage_bytes: sql`usage_bytes + ${bytes}`,
      passage_count: sql`passage_count + ${part.passages.length}`,
      lease_until: part.leaseUntil,
    })
    .where(sql<boolean>`${heldBy(part)}`)
    .returning('library_id')
    .executeTakeFirst();
  if (row === undefined) return false;
  const passages = part.passages.map(({ id, text }, index) => ({
    id,
    text,
    libraryId: row.library_id,
    libraryFileId: part.id,
    position: part.position + index,
  }));
  await indexLibraryPassages(session, passages, part.at);
  await addToCounts(session, {
    libraryId: row.library_id,
    batchId: null,
    files: {},
    usageBytes: bytes,
    passages: passages.length,
  });
  return true;
}

async function endFile(session: Session, end: FileEnd): Promise<boolean> {
  const failed = end.status === 'failed';
  const { rows } = await sql<LibraryFileRow>`select * from library_files
    where ${heldBy(end)} ${session.dialect.holdRows}`.execute(session.db);
  const [row] = rows;
  if (row === undefined) return false;
  await session.db
    .updateTable('library_files')
    .set({
      status: end.status,
      error: toJsonOrNull(end.error),
      ended_at: end.at,
      lease_owner: null,
      lease_until: null,
      ...(failed ? { usage_bytes: 0, passage_count: 0, stale: 1 } : {}),
    })
    .where('id', '=', end.id)
    .execute();
  await addToCounts(session, {
    libraryId: row.library_id,
    batchId: row.batch_id,
    files: { in_progress: -1, [end.status]: 1 },
    usageBytes: failed ? -row.usage_bytes : 0,
    passages: failed ? -row.passage_count : 0,
  });
  return true;
}

async function clearRemoved(session: Session, limit: number): Promise<number> {
  const { rows } = await sql<{ id: string; removed: number }>`select id, removed from library_files
    where removed = 1 or stale = 1 limit ${clearedFilesMax}`.execute(session.db);
  let cleared = 0;
  for (const row of rows) {
    const room = limit - cleared;
    if (room <= 0) return cleared;
    const count = await clearPassages(session, row.id, room);
    cleared += count;
    if (count === room) return cleared;
    if (row.removed === 1) await session.db.deleteFrom('library_files').where('id', '=', row.id).execute();
    else await session.db.updateTable('library_files').set({ stale: 0 }).where('id', '=', row.id).execute();
    cleared += 1;
  }
  if (rows.length > 0) return cleared;
  const { rows: gone } = await sql<{ id: string }>`delete from libraries where id in (
    select id from libraries where removed = 1 limit ${clearedFilesMax})
    and not exists (select 1 from library_files where library_files.library_id = libraries.id)
    returning id`.execute(session.db);
  return gone.length;
}
