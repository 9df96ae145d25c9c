import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, notFound } from '../domain/errors.js';
import type { Blobs, StagedBlob } from './library.js';

const hashForm = /^[0-9a-f]{64}$/u;

/** Blobs in a folder, each under its hash. Several processes may share it. */
export function openBlobFolder(folder: string): Blobs {
  const staging = join(folder, 'incoming');
  const placeOf = (sha256: string): string => {
    if (!hashForm.test(sha256)) throw notFound('file content', sha256);
    return join(folder, sha256.slice(0, 2), sha256);
  };
  return {
    stage: async (content, bytesMax) => {
      await mkdir(staging, { recursive: true });
      return stageFile(join(staging, randomUUID()), content, bytesMax);
    },
    keep: async ({ sha256, path }) => {
      const place = placeOf(sha256);
      await mkdir(join(place, '..'), { recursive: true });
      await rename(path, place);
      await syncFolder(join(place, '..'));
      await syncFolder(folder);
    },
    discard: ({ path }) => rm(path, { force: true }),
    clearStaged: (writtenBefore) => clearFolder(staging, writtenBefore),
    read: (sha256) => createReadStream(placeOf(sha256)),
    borrow: async (sha256) => {
      const path = placeOf(sha256);
      await access(path).catch(() => {
        throw notFound('file content', sha256);
      });
      return { path, release: () => Promise.resolve() };
    },
    delete: (sha256) => rm(placeOf(sha256), { force: true }),
  };
}

/** Writes bytes to a new file as they arrive, and to the disk before it returns. Leaves nothing behind where it fails. */
export async function stageFile(
  path: string,
  content: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<StagedBlob> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx');
  let bytes = 0;
  try {
    for await (const piece of content) {
      bytes += piece.length;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      hash.update(piece);
      await file.appendFile(piece);
    }
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(path, { force: true });
    throw error;
  }
  await file.close();
  return { sha256: hash.digest('hex'), bytes, path };
}

function tooLarge(bytesMax: number): AppError {
  return new AppError('too_large', `The file is larger than ${Math.floor(bytesMax / 1024 / 1024)} MB.`, {
    param: 'file',
  });
}

/** A new name is safe only once its folder is on the disk; systems that cannot do that need not. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch {
    return;
  }
}

/** Deletes the files of a folder that were last written before a time; a folder that is not there has none. */
export async function clearFolder(folder: string, writtenBefore: number): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found !== null && found.mtimeMs < writtenBefore) await rm(path, { force: true });
  }
}
