import { mkdtemp, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Reader } from '../../../src/transfer/reader.js';
import type { Problem, TransferRecord } from '../../../src/transfer/record.js';

/** All that a reader yields of some files, read here and not in a thread; its workspace lies in the folder given. */
export async function readAll(
  reader: Reader,
  paths: readonly string[],
  folder: string,
): Promise<(TransferRecord | Problem)[]> {
  const files = await Promise.all(
    paths.map(async (path) => ({ name: basename(path), path, bytes: (await stat(path)).size, changedAt: 0 })),
  );
  const workspace = await mkdtemp(join(folder, 'workspace-'));
  const items: (TransferRecord | Problem)[] = [];
  const source = { files, url: null, workspace };
  for await (const item of reader.read(source, new AbortController().signal)) items.push(item);
  return items;
}
