import type { Upload } from '../../domain/upload.js';
import type { UploadRepository } from '../library.js';
import type { UploadRow } from './library-schema.js';
import type { Session } from './session.js';

/** Files that are sent in parts. */
export function uploadRepository({ db }: Session): UploadRepository {
  return {
    insert: async (upload) => {
      await db.insertInto('uploads').values(toRow(upload)).execute();
    },
    get: async (ownerId, id) => {
      const row = await db
        .selectFrom('uploads')
        .selectAll()
        .where('id', '=', id)
        .where('owner_id', '=', ownerId)
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    end: async (id, status, fileId) => {
      const row = await db
        .updateTable('uploads')
        .set({ status, file_id: fileId })
        .where('id', '=', id)
        .where('status', '=', 'pending')
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}

function toRow(upload: Upload): UploadRow {
  return {
    id: upload.id,
    owner_id: upload.ownerId,
    name: upload.name,
    mime_type: upload.mimeType,
    purpose: upload.purpose,
    bytes: upload.bytes,
    status: upload.status,
    file_life_ms: upload.fileLifeMs,
    file_id: upload.fileId,
    created_at: upload.createdAt,
    expires_at: upload.expiresAt,
  };
}

function fromRow(row: UploadRow): Upload {
  return {
    id: row.id,
    ownerId: row.owner_id,
    name: row.name,
    mimeType: row.mime_type,
    purpose: row.purpose,
    bytes: row.bytes,
    status: row.status,
    fileLifeMs: row.file_life_ms,
    fileId: row.file_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}
