import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { SourceFile } from '../reader.js';
import { listOf, textOf, type Json } from './json.js';

/** An assistant with what a script keeps beside its settings. */
export interface Beside {
  assistant: Json;
  /** The files it may read, as the API would tell of them. */
  files: Json[];
  /** Names of the files that were made use of. */
  used: string[];
}

const instructionsMax = 1_000_000;

/**
 * What lies beside the settings of an assistant, `config.yaml`: its instructions in `instructions.txt`, and what it may
 * read in `datafiles`. Null where the file at hand holds no settings.
 */
export async function besideSettings(
  assistant: Json,
  { name }: SourceFile,
  files: readonly SourceFile[],
): Promise<Beside | null> {
  if (!/(?:^|\/)config\.[a-z]+$/iu.test(name)) return null;
  const folder = name.slice(0, name.length - basename(name).length);
  const text = files.find((file) => file.name === `${folder}instructions.txt` && file.bytes <= instructionsMax);
  const instructions = text === undefined ? null : await readFile(text.path, 'utf8');
  const data = files.filter((file) => file.name.startsWith(`${folder}datafiles/`));
  const objects = data.map((file): Json => ({
    ...{ id: idOf(textOf(assistant['id']) ?? '', file.name), object: 'file', filename: basename(file.name) },
    ...{ bytes: file.bytes, purpose: 'assistants', created_at: Math.floor(file.changedAt / 1_000) },
  }));
  const ids = objects.map((object) => object['id']);
  return {
    assistant: {
      ...assistant,
      ...(instructions === null || textOf(assistant['instructions']) !== null ? {} : { instructions }),
      ...(ids.length === 0 ? {} : { file_ids: [...listOf(assistant['file_ids']), ...ids] }),
    },
    files: objects,
    used: text === undefined ? [] : [text.name],
  };
}

/** An id for a file that has none, the same each time. */
function idOf(assistantId: string, name: string): string {
  return `file-${createHash('sha256').update(`${assistantId} ${name}`).digest('hex').slice(0, 24)}`;
}
