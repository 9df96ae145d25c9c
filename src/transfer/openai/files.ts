import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cleanFileName } from '../../domain/file.js';
import type { SourceFile } from '../reader.js';
import type { Problem, TransferRecord } from '../record.js';
import { savedFields } from './fields.js';
import { numberOf, stringOf, textOf, type Json } from './json.js';
import type { Writing } from './writing.js';

/** What the API says that files are for. */
const purposes = [
  ...['assistants', 'assistants_output', 'batch', 'batch_output', 'fine-tune', 'fine-tune-results', 'vision'],
  ...['user_data', 'evals'],
];
/** Those that the face knows; others it calls after the first. */
const shownPurposes = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'];

/** A file, and its bytes where the export has them. */
export function* fileRecords(writing: Writing, content: string | null): Generator<TransferRecord | Problem> {
  const { object, id, createdAt, record, problem } = writing;
  if (content === null)
    yield problem('note', 'The bytes of a file are not in the export; only what is said of it is kept.');
  const given = textOf(object['filename']) ?? id;
  const name = cleanFileName(given);
  if (name !== given) yield problem('changed', 'The name of a file held what no name may hold.');
  const purpose = purposes.find((each) => each === object['purpose']) ?? 'assistants';
  const shown: Json = {
    ...{ filename: name, status: 'processed', bytes: content === null ? undefined : object['bytes'] },
    purpose: shownPurposes.includes(purpose) ? purpose : 'assistants',
  };
  const skipped = ['id', 'object', 'created_at', ...(name === given ? [] : ['filename'])];
  yield record('file', {
    ...{ id, name, mimeType: stringOf(object['mime_type']), purpose, createdAt, expiresAt: null, content },
    faceData: savedFields(object, { shown, skipped }),
  });
}

const idInName = /^((?:file|assistant)-[A-Za-z0-9]+)/u;

/** The bytes of files, wherever in an export they lie. */
export class Contents {
  private readonly byName = new Map<string, SourceFile[]>();
  private readonly byId = new Map<string, string>();
  /** Files that turned out to be bytes of a file of the export. */
  readonly claimed = new Set<string>();

  constructor(
    files: readonly SourceFile[],
    private readonly workspace: string,
  ) {
    for (const file of files) {
      const name = basename(file.name);
      for (const key of new Set([name, idInName.exec(name)?.[1] ?? name])) {
        this.byName.set(key, [...(this.byName.get(key) ?? []), file]);
      }
    }
  }

  /** Puts aside bytes that stand inside a document. */
  async keep(fileId: string, base64: string): Promise<void> {
    const path = join(this.workspace, `content-${this.byId.size}`);
    await writeFile(path, Buffer.from(base64, 'base64'));
    this.byId.set(fileId, path);
  }

  /** Where the bytes of a file lie: under its id before its name, and in the size it is said to have before another. */
  find(object: Json, isExport: (file: SourceFile) => boolean): string | null {
    const id = textOf(object['id']) ?? '';
    const inside = this.byId.get(id);
    if (inside !== undefined) return inside;
    const named = [id, textOf(object['filename']) ?? ''].flatMap((name) => this.byName.get(name) ?? []);
    const candidates = named.filter((file) => !isExport(file));
    const bytes = numberOf(object['bytes']);
    const found = candidates.find((file) => file.bytes === bytes) ?? candidates[0];
    if (found !== undefined) this.claimed.add(found.name);
    return found?.path ?? null;
  }
}
