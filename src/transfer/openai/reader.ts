import { AppError } from '../../domain/errors.js';
import type { Reader, ReaderSource } from '../reader.js';
import type { Problem, TransferRecord } from '../record.js';
import { assistantRecords } from './assistants.js';
import { problemAt } from './documents.js';
import { Contents, fileRecords } from './files.js';
import { gather, wayOf, type Gathered } from './gathering.js';
import { isUnaskable, type ApiIdKind } from './ids.js';
import { textOf } from './json.js';
import { recognisesExport } from './recognise.js';
import { Shelf, type Shelved } from './shelf.js';
import { readStoreFile, storeFileRecord, storeRecord } from './stores.js';
import { newIdGiven, openWriting, threadRecords, type Desk } from './threads.js';

/**
 * Reads what people saved from the Assistants API: assistants, threads, messages, runs and their steps, vector stores
 * and files, in the forms in which the API answered them and in those that well-known scripts gave them, in any number
 * of JSON files. All of it is put aside first, since nothing says in which order it comes.
 */
export const openaiReader: Reader = {
  recognises: ({ files }) => recognisesExport(files),
  async *read(source) {
    if (source.files.length === 0) throw new AppError('invalid_request', 'There is no file to be read.');
    const shelf = await Shelf.open(source.workspace);
    try {
      const contents = new Contents(source.files, source.workspace);
      const gathered: Gathered = { contents, doubts: new Map(), exports: new Set() };
      yield* gather(source.files, shelf, gathered);
      shelf.finish();
      yield* recordsOf(source, shelf, gathered);
    } finally {
      await shelf.close();
    }
  },
};

function* recordsOf(source: ReaderSource, shelf: Shelf, gathered: Gathered): Generator<TransferRecord | Problem> {
  const desk: Desk = {
    shelf,
    placeOf: ({ file, line, path }) => ({ file: source.files[file]?.name ?? '', line, at: wayOf(path) }),
    timeOf: ({ file }) => source.files[file]?.changedAt ?? 0,
  };
  const withBytes = new Set<string>();
  for (const shelved of shelf.all('file')) {
    yield* newIdOf(desk, 'file', shelved);
    const content = gathered.contents.find(shelved.object, ({ name }) => gathered.exports.has(name));
    if (content !== null && shelved.id !== null) withBytes.add(shelved.id);
    yield* fileRecords(openWriting(desk, 'file', shelved), content);
  }
  yield* remarksOnFiles(source, gathered);
  for (const shelved of shelf.all('store')) {
    yield* newIdOf(desk, 'library', shelved);
    const writing = openWriting(desk, 'library', shelved);
    yield storeRecord(writing, { id: writing.id });
  }
  for (const shelved of shelf.all('store-file')) {
    const fileId = textOf(shelved.object['id']);
    if (fileId === null || shelved.parentId === null) continue;
    const file = readStoreFile(shelved.object, fileId, shelved.parentId, withBytes.has(fileId));
    yield storeFileRecord(openWriting(desk, 'library', shelved), file);
  }
  for (const shelved of shelf.all('assistant')) {
    yield* newIdOf(desk, 'agent', shelved);
    yield* assistantRecords(openWriting(desk, 'agent', shelved));
  }
  for (const shelved of shelf.all('thread')) if (shelved.id !== null) yield* threadRecords(desk, shelved.id, shelved);
  for (const id of shelf.missingThreads()) yield* threadRecords(desk, id, null);
}

function* newIdOf(desk: Desk, kind: ApiIdKind, shelved: Shelved): Generator<Problem> {
  if (shelved.id === null || !isUnaskable(kind, shelved.id)) return;
  yield { kind: 'problem', place: desk.placeOf(shelved), severity: 'changed', why: newIdGiven };
}

/** What is to be told of files in which nothing was found and that are nobody's bytes. */
function* remarksOnFiles({ files }: ReaderSource, { contents, doubts, exports }: Gathered): Generator<Problem> {
  for (const file of files.filter(({ name }) => !contents.claimed.has(name) && !exports.has(name))) {
    const told = doubts.get(file.name);
    if (told !== undefined) yield* told;
    else if (/\.(?:pkl|pickle)$/iu.test(file.name)) {
      yield problemAt(
        file,
        null,
        'broken',
        'This is a pickle of Python, which is never opened: it could run anything.',
      );
    } else yield problemAt(file, null, 'left-out', 'Nothing in this file was recognised.');
  }
  if (exports.size > 0) return;
  const [first] = files;
  if (first !== undefined) yield problemAt(first, null, 'broken', 'No object of the Assistants API was found.');
}
