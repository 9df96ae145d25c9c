import { createWriteStream } from 'node:fs';
import { mkdir, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { AppError } from '../domain/errors.js';

/** What a package may unfold to: entries, and bytes of all of them together. */
export const entriesMax = 100_000;
const unpackedBytesMax = 64 * 1024 ** 3;
/** How far a package may unfold for each of its bytes; text seldom comes to 50, and a bomb to thousands. */
const unfoldingMax = 1_000;

/** Passes on the bytes of a package of so many bytes, and breaks off with `too_large` where they unfold past its bounds. */
export function boundedBytes(packedBytes: number): Transform {
  let left = boundOf(packedBytes);
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      left -= chunk.length;
      if (left < 0) done(new AppError('too_large', 'The package unfolds past every bound.'));
      else done(null, chunk);
    },
  });
}

function boundOf(packedBytes: number): number {
  return Math.min(unpackedBytesMax, packedBytes * unfoldingMax);
}

/**
 * Unpacks a zip archive into a folder that is there. Links in it are left out. Throws `invalid_request` where it is
 * damaged or holds names that lead out of the folder, and `too_large` past its bounds.
 */
export async function unpackZip(path: string, folder: string): Promise<void> {
  const openZip = promisify<string, yauzl.Options, ZipFile>(yauzl.open);
  const zip = await openZip(path, { lazyEntries: true, autoClose: false }).catch((cause: unknown) => {
    throw damaged(cause);
  });
  try {
    if (zip.entryCount > entriesMax)
      throw new AppError('too_large', `The archive holds more than ${entriesMax} entries.`);
    let left = boundOf(zip.fileSize);
    for (let entry = await nextEntry(zip); entry !== null; entry = await nextEntry(zip)) {
      if (!isPlainFile(entry)) continue;
      left -= entry.uncompressedSize;
      if (left < 0) throw new AppError('too_large', 'The archive unfolds past every bound.');
      await unpackEntry(zip, entry, join(folder, entry.fileName));
    }
  } catch (error) {
    throw error instanceof AppError ? error : damaged(error);
  } finally {
    zip.close();
  }
}

/** The library has checked that the name leads nowhere else, and checks that the bytes are as many as it says. */
async function unpackEntry(zip: ZipFile, entry: Entry, target: string): Promise<void> {
  const openEntry = promisify<Entry, Readable>((each, done) => zip.openReadStream(each, done));
  try {
    await mkdir(dirname(target), { recursive: true });
    await pipeline(await openEntry(entry), createWriteStream(target, { flags: 'wx' }));
    const changedAt = entry.getLastModDate();
    await utimes(target, changedAt, changedAt);
  } catch (cause) {
    // The error's own words may tell where on this machine it was.
    throw new AppError('invalid_request', `The entry ${entry.fileName} of the archive cannot be unpacked.`, { cause });
  }
}

function isPlainFile(entry: Entry): boolean {
  const fileType = (entry.externalFileAttributes >>> 16) & 0o170000;
  return !entry.fileName.endsWith('/') && (fileType === 0 || fileType === 0o100000);
}

function nextEntry(zip: ZipFile): Promise<Entry | null> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      zip.removeAllListeners();
      act();
    };
    zip.once('entry', (entry: Entry) => settle(() => resolve(entry)));
    zip.once('end', () => settle(() => resolve(null)));
    zip.once('error', (error: unknown) => settle(() => reject(damaged(error))));
    zip.readEntry();
  });
}

/** The error for an archive that cannot be read. */
export function damaged(cause: unknown): AppError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new AppError('invalid_request', `The archive is damaged and cannot be unpacked${why}.`, { cause });
}
