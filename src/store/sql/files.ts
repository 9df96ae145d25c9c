import { sql } from 'kysely';
import type { StoredFile } from '../../domain/file.js';
import { partPurpose } from '../../domain/upload.js';
import type { FileRepository } from '../library.js';
import { dropFile } from './library-files.js';
import type { FileRow } from './library-schema.js';
import { mapPage, readPage } from './page.js';
import type { Session } from './session.js';
import { fromJson, toJson } from './values.js';

/** Files, and which bytes are still somebody's. */
export function fileRepository(session: Session): FileRepository {
  const { db } = session;
  return {
    insert: (file) => session.atomic((inner) => insertFile(inner, file)),
    get: async (ownerId, id) => {
      const row = await db
        .selectFrom('files')
        .selectAll()
        .where('id', '=', id)
        .where('owner_id', '=', ownerId)
        .executeTakeFirst();
      return row === undefined ? null : fileFromRow(row);
    },
    find: async (id) => {
      const row = await db.selectFrom('files').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : fileFromRow(row);
    },
    page: async (ownerId, request) => {
      const where = [sql`owner_id = ${ownerId}`, sql`purpose <> ${partPurpose}`];
      if (request.purpose !== undefined) where.push(sql`purpose = ${request.purpose}`);
      const listing = { table: 'files', where: sql.join(where, sql` and `), order: ['created_at', 'id'] };
      return mapPage(await readPage<FileRow>(session, listing, request), fileFromRow);
    },
    delete: (ownerId, id, at) => session.atomic((inner) => deleteFile(inner, ownerId, id, at)),
    expired: async (now, limit) => {
      const rows = await db
        .selectFrom('files')
        .selectAll()
        .where('expires_at', '<=', now)
        .orderBy('expires_at')
        .limit(limit)
        .execute();
      return rows.map(fileFromRow);
    },
    ...blobQueries(session),
  };
}

/** Marks the bytes of a user's files, before the files go with the user. */
export async function disownFilesOf(session: Session, ownerId: string, at: number): Promise<void> {
  const theirs = session.db.selectFrom('files').select('sha256').where('owner_id', '=', ownerId);
  const others = sql<boolean>`not exists (select 1 from files as other
    where other.sha256 = blobs.sha256 and other.owner_id <> ${ownerId})`;
  await session.db
    .updateTable('blobs')
    .set({ nobodys_since: at })
    .where('sha256', 'in', theirs)
    .where(others)
    .execute();
}

function fileFromRow(row: FileRow): StoredFile {
  return {
    id: row.id,
    ownerId: row.owner_id,
    name: row.name,
    mimeType: row.mime_type,
    purpose: row.purpose,
    bytes: row.bytes,
    sha256: row.sha256,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    faceData: fromJson<Record<string, unknown>>(row.face_data),
  };
}

async function insertFile(session: Session, file: StoredFile): Promise<void> {
  await session.db
    .insertInto('files')
    .values({
      id: file.id,
      owner_id: file.ownerId,
      name: file.name,
      mime_type: file.mimeType,
      purpose: file.purpose,
      bytes: file.bytes,
      sha256: file.sha256,
      created_at: file.createdAt,
      expires_at: file.expiresAt,
      face_data: toJson(file.faceData),
    })
    .execute();
  await session.db.updateTable('blobs').set({ nobodys_since: null }).where('sha256', '=', file.sha256).execute();
}

async function deleteFile(session: Session, ownerId: string, id: string, at: number): Promise<boolean> {
  const row = await session.db
    .deleteFrom('files')
    .where('id', '=', id)
    .where('owner_id', '=', ownerId)
    .returning('sha256')
    .executeTakeFirst();
  if (row === undefined) return false;
  await dropFile(session, id);
  const others = sql<boolean>`not exists (select 1 from files where files.sha256 = blobs.sha256)`;
  await session.db
    .updateTable('blobs')
    .set({ nobodys_since: at })
    .where('sha256', '=', row.sha256)
    .where(others)
    .execute();
  return true;
}

type BlobQueries = Pick<FileRepository, 'reserveBlob' | 'doomBlobs' | 'forgetBlob'>;

function blobQueries({ db }: Session): BlobQueries {
  return {
    reserveBlob: async (sha256, bytes, at) => {
      const row = await db
        .insertInto('blobs')
        .values({ sha256, bytes, nobodys_since: at, doomed: 0 })
        .onConflict((conflict) =>
          conflict
            .column('sha256')
            .doUpdateSet({
              nobodys_since: sql<
                number | null
              >`case when blobs.nobodys_since is null then null else ${sql.lit(at)} end`,
            })
            .where('blobs.doomed', '=', 0),
        )
        .returning('sha256')
        .executeTakeFirst();
      return row !== undefined;
    },
    doomBlobs: async (nobodysSince, limit) => {
      const chosen = db
        .selectFrom('blobs')
        .select('sha256')
        .where('nobodys_since', '<=', nobodysSince)
        .orderBy('nobodys_since')
        .limit(limit);
      const rows = await db
        .updateTable('blobs')
        .set({ doomed: 1 })
        .where('sha256', 'in', chosen)
        .where('nobodys_since', '<=', nobodysSince)
        .where(sql<boolean>`not exists (select 1 from files where files.sha256 = blobs.sha256)`)
        .returning('sha256')
        .execute();
      return rows.map((row) => row.sha256);
    },
    forgetBlob: async (sha256) => {
      await db.deleteFrom('blobs').where('sha256', '=', sha256).where('doomed', '=', 1).execute();
    },
  };
}
