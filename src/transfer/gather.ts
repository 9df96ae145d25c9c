import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, open, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { AppError } from '../domain/errors.js';
import type { SourceFile } from './reader.js';
import { boundedBytes, unpackZip } from './unpack.js';
import { isTar, unpackTar } from './untar.js';

/** Files of an export. */
const filesMax = 100_000;

/** Folders and files that other programs leave behind. */
const passedOver = new Set(['__MACOSX', '.DS_Store', 'node_modules', '.git']);

/**
 * The files of an export, sorted by name: of a folder and the folders in it, of a zip or tar archive, of a file or
 * a tar archive packed with gzip, or the one file itself. What is packed is unpacked into the folder given. Links are not followed. Throws
 * `invalid_request` where the path cannot be read, or where a package is damaged or unfolds past its bounds.
 */
export async function gatherFiles(path: string, unpackedFolder: string, name = basename(path)): Promise<SourceFile[]> {
  const found = await lstat(path).catch((cause: unknown) => {
    throw new AppError('invalid_request', `There is nothing at ${name} that can be read.`, { cause });
  });
  const files: SourceFile[] = [];
  if (found.isDirectory()) await walk(path, '', files);
  else if (found.isFile()) files.push(...(await unpacked(path, name, unpackedFolder)));
  else throw new AppError('invalid_request', `${name} is neither a file nor a folder.`);
  return files.sort((left, right) => (left.name < right.name ? -1 : 1));
}

async function walk(folder: string, prefix: string, files: SourceFile[]): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (passedOver.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await walk(path, `${prefix}${entry.name}/`, files);
    else if (entry.isFile()) files.push(await sourceFile(path, `${prefix}${entry.name}`));
    if (files.length > filesMax) throw new AppError('too_large', `The folder holds more than ${filesMax} files.`);
  }
}

async function sourceFile(path: string, name: string): Promise<SourceFile> {
  const { size, mtimeMs } = await lstat(path);
  return { name, path, bytes: size, changedAt: Math.round(mtimeMs) };
}

/** A file as it is, or what is packed in it. A document that only looks packed stays what it is. */
async function unpacked(path: string, name: string, folder: string): Promise<SourceFile[]> {
  const start = await firstBytes(path);
  const other = otherPackers.find(([mark]) => start.startsWith(mark))?.[1];
  if (other !== undefined) {
    throw new AppError(
      'invalid_request',
      `The file ${name} is packed with ${other}; unpack it first, or use gzip or zip.`,
    );
  }
  if (start.startsWith('504b0304')) return unpackedFolder(folder, () => unpackZip(path, folder));
  if (await isTar(path)) return unpackedFolder(folder, () => unpackTar(path, folder));
  if (!start.startsWith('1f8b')) return [await sourceFile(path, name)];
  await mkdir(folder);
  const { bytes, changedAt } = await sourceFile(path, name);
  const target = join(folder, 'content');
  try {
    await pipeline(createReadStream(path), createGunzip(), boundedBytes(bytes), createWriteStream(target));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('invalid_request', `The file ${name} is damaged and cannot be unpacked.`, { cause });
  }
  if (await isTar(target)) {
    const inner = join(folder, 'inner');
    return unpackedFolder(inner, () => unpackTar(target, inner));
  }
  return [{ ...(await sourceFile(target, name.replace(/\.gz$/iu, ''))), changedAt }];
}

/** Packages that are not opened, by how they begin. */
const otherPackers: readonly (readonly [mark: string, name: string])[] = [
  ['425a68', 'bzip2'],
  ['fd377a58', 'xz'],
  ['28b52ffd', 'zstd'],
  ['377abcaf', '7-Zip'],
];

async function unpackedFolder(folder: string, unpack: () => Promise<void>): Promise<SourceFile[]> {
  await mkdir(folder);
  await unpack();
  const files: SourceFile[] = [];
  await walk(folder, '', files);
  return files;
}

async function firstBytes(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead).toString('hex');
  } finally {
    await file.close();
  }
}
