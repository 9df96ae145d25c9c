import { open } from 'node:fs/promises';
import { derivedId } from '../../domain/derived-id.js';
import type { SourceFile } from '../reader.js';
import type { Problem } from '../record.js';
import { csvTableOf, isCsv } from './csv.js';
import { problemAt, readDocuments } from './documents.js';
import { type Contents } from './files.js';
import { readTime, textOf, type Json } from './json.js';
import { besideSettings } from './settings.js';
import type { ObjectKind } from './shapes.js';
import type { Shelf } from './shelf.js';
import { findObjects, type Find } from './walk.js';
import { isYaml } from './yaml.js';

/** Everything an export holds, put aside. */
export interface Gathered {
  contents: Contents;
  /** What is wrong with files in which no object was found: of no interest where they are some file's bytes. */
  doubts: Map<string, Problem[]>;
  /** Files in which objects were found. */
  exports: Set<string>;
}

/** Folders in which scripts keep the bytes of files. */
const contentFolder = /(?:^|\/)(?:_?files?_?contents?|contents?|files|datafiles|knowledge|[^/]*-files)\//iu;
const contentName = /(?:^|\/)(?:file|assistant)-[A-Za-z0-9]+[^/]*$/u;
const documentName = /(?:\.(?:json|jsonl|ndjson|txt)|^[^.]*|\/[^./]*)$/iu;
/** The largest file in a folder of bytes that may rather tell of a file. */
const tellingBytesMax = 65_536;
const doubtsPerFile = 20;

/** Looks through all files, and puts what is found on the shelf. */
export async function* gather(files: readonly SourceFile[], shelf: Shelf, gathered: Gathered): AsyncGenerator<Problem> {
  for (const [number, file] of files.entries()) {
    if (!(await isDocument(file, files.length === 1))) continue;
    const isContent = isAmongContents(file);
    let doubts: Problem[] = [];
    for await (const problem of gatherFile({ file, number, isContent, files }, shelf, gathered)) {
      doubts.push(problem);
      if (!gathered.exports.has(file.name) && doubts.length < doubtsPerFile) continue;
      yield* doubts;
      doubts = [];
    }
    if (gathered.exports.has(file.name)) yield* doubts;
    else if (!isContent && doubts.length > 0) gathered.doubts.set(file.name, doubts);
  }
}

export function isAmongContents({ name }: SourceFile): boolean {
  return contentFolder.test(name) || contentName.test(name);
}

export async function isDocument(file: SourceFile, isAlone: boolean): Promise<boolean> {
  if (/\.(?:pkl|pickle)$/iu.test(file.name)) return false;
  if (isAlone) return true;
  if (isAmongContents(file)) return /\.json$/iu.test(file.name) && file.bytes <= tellingBytesMax;
  if (/\.(?:json|jsonl|ndjson|tar|tgz)$/iu.test(file.name) || isYaml(file.name)) return true;
  if (isCsv(file)) return (await csvTableOf(file)) !== null;
  return documentName.test(file.name) && (await beginsLikeJson(file.path));
}

async function beginsLikeJson(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0);
    return /^[\uFEFF\0\s]*[[{]/u.test(buffer.toString('utf8', 0, bytesRead).replace(/^\uFFFD+/u, ''));
  } finally {
    await file.close();
  }
}

interface Opened {
  file: SourceFile;
  /** Its number in the source. */
  number: number;
  /** True where it may as well be the bytes of a file. */
  isContent: boolean;
  /** All files of the source. */
  files: readonly SourceFile[];
}

async function* gatherFile(opened: Opened, shelf: Shelf, gathered: Gathered): AsyncGenerator<Problem> {
  const { file, isContent } = opened;
  const place = placement(file);
  if (/\.(?:tar|tgz)$/iu.test(file.name)) {
    yield problemAt(file, null, 'broken', 'This is a tar archive; unpack it first, or pack its files as a zip.');
    return;
  }
  for await (const document of readDocuments(file)) {
    if (document.kind === 'problem') {
      yield document;
      continue;
    }
    for (const find of findObjects(document.value, { expected: null, parentId: null, at: '$' })) {
      if (find.type === 'remark') yield problemAt(file, document.line, find.severity, find.why, wayOf(find.at));
      else if (find.type === 'bytes') {
        gathered.exports.add(file.name);
        await gathered.contents.keep(find.fileId, find.base64);
      } else if (!isContent || find.object['object'] === 'file') {
        gathered.exports.add(file.name);
        const at = { ...opened, line: document.line, parentId: place(find) };
        const whole = find.kind === 'assistant' ? await withBeside(find, at, shelf, gathered) : find;
        const why = shelve(shelf, whole, at);
        if (why !== null) yield problemAt(file, document.line, 'changed', why, wayOf(find.at));
      }
    }
  }
}

/** The way to something, told only where it leads anywhere. */
export function wayOf(at: string): string | null {
  return at === '$' ? null : at;
}

type FoundObject = Extract<Find, { type: 'object' }>;

/** Tells what objects of a file belong to that do not say so themselves: by the name of the file or its folder. */
function placement({ name }: SourceFile): (find: FoundObject) => string | null {
  const threadId = /thread_[A-Za-z0-9]+/gu;
  const thread = [...name.matchAll(threadId)].at(-1)?.[0] ?? derivedId('openai', 'thread', name);
  const store = /vs_[A-Za-z0-9]+/u.exec(name)?.[0] ?? null;
  const run = /run_[A-Za-z0-9]+/u.exec(name)?.[0] ?? null;
  const parents: Partial<Record<ObjectKind, string | null>> = {
    message: thread,
    run: thread,
    step: run,
    'store-file': store,
  };
  return ({ kind, parentId }) => parentId ?? parents[kind] ?? null;
}

/** An assistant with what lies beside its settings; the files among that are put aside. */
async function withBeside(find: FoundObject, at: Spot, shelf: Shelf, { exports }: Gathered): Promise<FoundObject> {
  const beside = await besideSettings(find.object, at.file, at.files);
  if (beside === null) return find;
  for (const object of beside.files) shelve(shelf, { ...find, kind: 'file', object }, { ...at, parentId: null });
  for (const name of beside.used) exports.add(name);
  return { ...find, object: beside.assistant };
}

type Spot = Opened & { line: number; parentId: string | null };

const needed: Partial<Record<ObjectKind, string>> = {
  step: 'The run that a step belongs to is not named.',
  'store-file': 'The vector store that a file lies in is not named.',
};

/** Puts an object aside; what there is to tell of that, or null. */
function shelve(
  shelf: Shelf,
  { kind, object, at: path }: FoundObject,
  { number, line, parentId }: Spot,
): string | null {
  const id = textOf(object['id']);
  if (kind === 'thread' && id === null) return 'A thread has no id.';
  if (parentId === null && needed[kind] !== undefined) return needed[kind];
  const key = kind === 'store-file' ? `${parentId ?? ''}/${id ?? ''}` : id;
  const shelving = shelf.add({ kind, id: key, parentId, at: timeOf(object), file: number, line, path, object });
  return shelving === 'other' ? 'Two objects of one id differ; the fuller was taken.' : null;
}

function timeOf(object: Json): number | null {
  // When something was last changed is nearer to the truth than when its file was written.
  const told = object['created_at'] ?? object['created'] ?? object['timestamp'] ?? object['updated_at'];
  return readTime(told ?? null);
}
