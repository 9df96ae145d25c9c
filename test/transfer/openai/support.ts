import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gatherFiles } from '../../../src/transfer/gather.js';
import { openaiReader } from '../../../src/transfer/openai/reader.js';
import type { Problem, RecordValues, TransferRecord } from '../../../src/transfer/record.js';
import type { TransferKind } from '../../../src/domain/transfer.js';

/** The files of an export, by name; what is neither text nor bytes is written as JSON. */
export type ExportFiles = Record<string, unknown>;

/** Writes an export into a new folder; its path. */
export async function writeExport(files: ExportFiles): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'threadkeeper-export-'));
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    const isRaw = typeof content === 'string' || content instanceof Uint8Array;
    await writeFile(path, isRaw ? content : JSON.stringify(content));
  }
  return folder;
}

/** What a reader found in an export. */
export interface ReadExport {
  records: TransferRecord[];
  problems: Problem[];
  /** The values of the records of one kind. */
  values<K extends TransferKind>(kind: K): RecordValues[K][];
  /** What was told of problems, each wording once. */
  told: string[];
}

/** Reads an export without importing it. */
export async function readExport(files: ExportFiles): Promise<ReadExport> {
  const folder = await writeExport(files);
  const workspace = await mkdtemp(join(tmpdir(), 'threadkeeper-workspace-'));
  try {
    const source = { files: await gatherFiles(folder, join(workspace, 'unpacked')), url: null, workspace };
    const records: TransferRecord[] = [];
    const problems: Problem[] = [];
    for await (const item of openaiReader.read(source, new AbortController().signal)) {
      if (item.kind === 'problem') problems.push(item);
      else records.push(item);
    }
    return {
      records,
      problems,
      // Records of a kind have values of that kind.
      values: <K extends TransferKind>(kind: K) =>
        records.filter((record) => record.kind === kind).map(({ value }) => value) as RecordValues[K][],
      told: [...new Set(problems.map(({ why }) => why))],
    };
  } finally {
    await Promise.all([folder, workspace].map((path) => rm(path, { recursive: true, force: true })));
  }
}
