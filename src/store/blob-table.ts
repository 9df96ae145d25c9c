import { randomUUID } from 'node:crypto';
import { open, rm, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notFound } from '../domain/errors.js';
import { clearFolder, stageFile } from './blob-folder.js';
import type { Blobs } from './library.js';
import type { Session } from './sql/session.js';

/** Bytes of a row: one of them at a time is in memory. */
const partBytes = 1024 * 1024;

/** Blobs in the database itself, in pieces, so that every process that shares it has them. */
export function openBlobTable(session: Session): Blobs {
  const { db } = session;
  const staging = join(tmpdir(), 'threadkeeper-incoming');
  const exists = async (sha256: string): Promise<void> => {
    const row = await db
      .selectFrom('blob_parts')
      .select('position')
      .where('sha256', '=', sha256)
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) throw notFound('file content', sha256);
  };
  return {
    stage: async (content, bytesMax) => {
      await mkdir(staging, { recursive: true, mode: 0o700 });
      return stageFile(join(staging, randomUUID()), content, bytesMax);
    },
    keep: async ({ sha256, path }) => {
      let position = 0;
      for await (const bytes of piecesOf(path)) {
        await db
          .insertInto('blob_parts')
          .values({ sha256, position, bytes })
          .onConflict((conflict) => conflict.doNothing())
          .execute();
        position += 1;
      }
      await rm(path, { force: true });
    },
    discard: ({ path }) => rm(path, { force: true }),
    clearStaged: (writtenBefore) => clearFolder(staging, writtenBefore),
    read: (sha256) => readParts(session, sha256),
    borrow: async (sha256) => {
      await exists(sha256);
      await mkdir(staging, { recursive: true, mode: 0o700 });
      const { path } = await stageFile(join(staging, randomUUID()), readParts(session, sha256), Infinity);
      return { path, release: () => rm(path, { force: true }) };
    },
    delete: async (sha256) => {
      await db.deleteFrom('blob_parts').where('sha256', '=', sha256).execute();
    },
  };
}

/** The pieces of a file, at least one: an empty file has an empty piece. */
async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r');
  try {
    for (let first = true; ; first = false) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(partBytes), 0, partBytes, null);
      if (bytesRead === 0 && !first) return;
      yield buffer.subarray(0, bytesRead);
      if (bytesRead < partBytes) return;
    }
  } finally {
    await file.close();
  }
}

async function* readParts({ db }: Session, sha256: string): AsyncGenerator<Uint8Array> {
  for (let position = 0; ; position += 1) {
    const row = await db
      .selectFrom('blob_parts')
      .select('bytes')
      .where('sha256', '=', sha256)
      .where('position', '=', position)
      .executeTakeFirst();
    if (row === undefined && position === 0) throw notFound('file content', sha256);
    if (row === undefined) return;
    yield row.bytes;
  }
}
