import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract, type Headers } from 'tar-stream';
import { AppError } from '../domain/errors.js';
import { boundedBytes, damaged, entriesMax } from './unpack.js';

const blockBytes = 512;

/** Where in a header its sum stands, which is taken as if spaces stood there. */
const sumAt = { start: 148, end: 156 };

/** True for a file that begins as a tar archive does, of the old form too, by the sum of its first header. */
export async function isTar(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(blockBytes), 0, blockBytes, 0);
    if (bytesRead < blockBytes || buffer[0] === 0) return false;
    const told = Number.parseInt(buffer.toString('latin1', sumAt.start, sumAt.end).replaceAll(/[\0 ]/gu, ''), 8);
    let sum = 0;
    for (const [index, byte] of buffer.entries()) sum += index >= sumAt.start && index < sumAt.end ? 0x20 : byte;
    return sum === told;
  } finally {
    await file.close();
  }
}

/**
 * Unpacks a tar archive into a folder that is there. Links and whatever else is no file are left out. Throws
 * `invalid_request` where it is damaged, cut off, or holds names that lead out of the folder, and `too_large` past its
 * bounds.
 */
export async function unpackTar(path: string, folder: string): Promise<void> {
  const entries = extract();
  const { size } = await stat(path);
  const reading = pipeline(createReadStream(path), boundedBytes(size), entries);
  // An entry that is cut off would wait for the rest of it for good.
  const broken = new AbortController();
  reading.catch((error: unknown) => broken.abort(error));
  let count = 0;
  let bytes = 0;
  try {
    for await (const entry of entries) {
      count += 1;
      bytes += blockBytes + Math.ceil((entry.header.size ?? 0) / blockBytes) * blockBytes;
      if (count > entriesMax) throw new AppError('too_large', `The archive holds more than ${entriesMax} entries.`);
      if (isPlainFile(entry.header)) await unpackEntry(entry, entry.header, { folder, signal: broken.signal });
      else entry.resume();
    }
    await reading;
  } catch (error) {
    throw error instanceof AppError ? error : damaged(error);
  }
  if (count === 0 || bytes > size) throw damaged(new Error('it is cut off'));
}

async function unpackEntry(
  content: NodeJS.ReadableStream,
  { name, mtime }: Headers,
  { folder, signal }: { folder: string; signal: AbortSignal },
): Promise<void> {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || /[\\\0]/u.test(name) || parts.length === 0 || parts.includes('..')) {
    throw new AppError('invalid_request', `The archive holds a name that leads out of it: ${name.slice(0, 200)}.`);
  }
  const target = join(folder, ...parts);
  try {
    await mkdir(dirname(target), { recursive: true });
    await pipeline(content, createWriteStream(target), { signal });
    if (mtime !== undefined) await utimes(target, mtime, mtime);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    // The error's own words may tell where on this machine it was.
    throw new AppError('invalid_request', `The entry ${name.slice(0, 200)} of the archive cannot be unpacked.`, {
      cause,
    });
  }
}

function isPlainFile({ type, name }: Headers): boolean {
  return (type === 'file' || type === 'contiguous-file') && !name.endsWith('/');
}
