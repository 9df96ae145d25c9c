import { sentenceChunking, windowChunking, type Chunking } from '../domain/chunk.js';
import { AppError, notFound } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import { limits } from '../domain/limits.js';
import type { AttributeValue, Library, LibraryBatch, LibraryFile } from '../domain/library.js';
import { toPage } from '../domain/page.js';
import { ingestTopic } from '../domain/topics.js';
import type { Principal } from '../domain/user.js';
import type { Repositories } from '../store/store.js';
import type { LibraryService, LibraryServiceParts, NewLibraryFile } from './libraries.js';
import { liveLibrary, ownLibrary } from './library-rows.js';

type LibraryFileVerbs = Pick<
  LibraryService,
  | 'addFile'
  | 'file'
  | 'files'
  | 'setAttributes'
  | 'removeFile'
  | 'fileText'
  | 'addBatch'
  | 'batch'
  | 'cancelBatch'
  | 'job'
  | 'jobs'
  | 'passages'
>;

/** Bounds of a window of tokens. */
const windowTokens = { min: 100, max: 4_096 };

/** The verbs of the files of libraries. */
export function libraryFileVerbs(parts: LibraryServiceParts): LibraryFileVerbs {
  const { store, clock } = parts;
  const found = async (principal: Principal, libraryId: string, fileId: string): Promise<LibraryFile> => {
    await ownLibrary(store, principal, libraryId);
    const file = await store.libraries.file(libraryId, fileId);
    if (file === null) throw notFound('file', fileId, { what: 'library', id: libraryId });
    return file;
  };
  return {
    ...batchVerbs(parts),
    addFile: (principal, libraryId, wanted) => addFile(parts, principal, libraryId, wanted),
    file: found,
    files: async (principal, libraryId, request) => {
      await ownLibrary(store, principal, libraryId);
      return store.libraries.files(libraryId, request);
    },
    setAttributes: async (principal, libraryId, fileId, attributes) => {
      checkAttributes(attributes);
      const file = await found(principal, libraryId, fileId);
      await store.transaction(async (tx) => {
        await tx.libraries.setAttributes(file.id, attributes);
        await tx.libraries.touch([libraryId], clock.now());
      });
      return found(principal, libraryId, fileId);
    },
    removeFile: async (principal, libraryId, fileId) => {
      await ownLibrary(store, principal, libraryId);
      const removed = await store.transaction((tx) => tx.libraries.removeFile(libraryId, fileId));
      if (!removed) throw notFound('file', fileId, { what: 'library', id: libraryId });
      parts.notifier.ring(ingestTopic);
    },
    fileText: async (principal, libraryId, fileId, { fromPosition, limit }) => {
      const file = await found(principal, libraryId, fileId);
      return toPage(await store.libraries.filePassages(file.id, fromPosition, limit + 1), limit);
    },
    job: async (principal, id) => {
      const file = await store.libraries.job(principal.userId, id);
      if (file === null) throw notFound('job', id);
      return file;
    },
    jobs: (principal, request) => store.libraries.jobs(principal.userId, request),
    passages: async (principal, libraryId, request) => {
      await ownLibrary(store, principal, libraryId);
      return store.libraries.passages(libraryId, request);
    },
  };
}

/** Puts files into a library inside a transaction. Throws before it writes where one of them is not the owner's. */
export async function insertFiles(
  tx: Repositories,
  principal: Principal,
  library: Library,
  wanted: { files: readonly NewLibraryFile[]; batchId: string | null; now: number },
): Promise<LibraryFile[]> {
  if (wanted.files.length > limits.filesPerBatch) {
    const message = `At most ${limits.filesPerBatch} files can be put in at once.`;
    throw new AppError('invalid_request', message, { param: 'file_ids' });
  }
  for (const { fileId, attributes, chunking } of wanted.files) {
    checkAttributes(attributes ?? {});
    checkChunking(chunking ?? null);
    if ((await tx.files.get(principal.userId, fileId)) === null) throw notFound('file', fileId);
  }
  const rows: LibraryFile[] = [];
  for (const file of wanted.files) {
    const { file: row, existed } = await tx.libraries.insertFile(newRow(library, file, wanted.batchId, wanted.now));
    if (existed && file.attributes !== undefined) await tx.libraries.setAttributes(row.id, file.attributes);
    if (existed) await tx.libraries.restartFile(row.id);
    rows.push((await tx.libraries.file(library.id, file.fileId)) ?? row);
  }
  await tx.libraries.touch([library.id], wanted.now);
  return rows;
}

async function addFile(
  { store, clock, notifier }: LibraryServiceParts,
  principal: Principal,
  libraryId: string,
  wanted: NewLibraryFile,
): Promise<LibraryFile> {
  const row = await store.transaction(async (tx) => {
    const now = clock.now();
    const library = await liveLibrary(tx, principal, libraryId, now);
    const [inserted] = await insertFiles(tx, principal, library, { files: [wanted], batchId: null, now });
    if (inserted === undefined) throw notFound('file', wanted.fileId);
    return inserted;
  });
  notifier.ring(ingestTopic);
  return row;
}

function batchVerbs({
  store,
  clock,
  notifier,
}: LibraryServiceParts): Pick<LibraryFileVerbs, 'addBatch' | 'batch' | 'cancelBatch'> {
  const found = async (reader: Repositories, libraryId: string, id: string): Promise<LibraryBatch> => {
    const batch = await reader.libraries.batch(libraryId, id);
    if (batch === null) throw notFound('batch', id);
    return batch;
  };
  return {
    addBatch: async (principal, libraryId, files) => {
      const batch = await store.transaction(async (tx) => {
        const now = clock.now();
        const library = await liveLibrary(tx, principal, libraryId, now);
        const counts = { inProgress: 0, completed: 0, failed: 0, cancelled: 0 };
        const id = newId();
        await tx.libraries.insertBatch({ id, libraryId, counts, cancelledAt: null, createdAt: now });
        const unique = [...new Map(files.map((file) => [file.fileId, file])).values()];
        await insertFiles(tx, principal, library, { files: unique, batchId: id, now });
        return found(tx, libraryId, id);
      });
      notifier.ring(ingestTopic);
      return batch;
    },
    batch: async (principal, libraryId, id) => {
      await ownLibrary(store, principal, libraryId);
      return found(store, libraryId, id);
    },
    cancelBatch: (principal, libraryId, id) =>
      store.transaction(async (tx) => {
        await ownLibrary(tx, principal, libraryId);
        await found(tx, libraryId, id);
        await tx.libraries.cancelBatch(libraryId, id, clock.now());
        return found(tx, libraryId, id);
      }),
  };
}

function newRow(library: Library, wanted: NewLibraryFile, batchId: string | null, now: number): LibraryFile {
  const usual: Chunking = library.kind === 'source' ? sentenceChunking : windowChunking;
  return {
    id: newId(),
    libraryId: library.id,
    fileId: wanted.fileId,
    ownerId: library.ownerId,
    batchId,
    status: 'in_progress',
    error: null,
    attributes: wanted.attributes ?? {},
    chunking: wanted.chunking ?? usual,
    usageBytes: 0,
    passageCount: 0,
    progress: { unit: 'bytes', done: 0, total: 0 },
    note: null,
    started: false,
    attempt: 0,
    createdAt: now,
    endedAt: null,
  };
}

function checkChunking(chunking: Chunking | null): void {
  if (chunking === null || chunking.kind === 'sentences') return;
  const { maxTokens, overlapTokens } = chunking;
  if (maxTokens < windowTokens.min || maxTokens > windowTokens.max) {
    const message = `Passages have ${windowTokens.min} to ${windowTokens.max} tokens.`;
    throw new AppError('invalid_request', message, { param: 'chunking_strategy.static.max_chunk_size_tokens' });
  }
  if (overlapTokens < 0 || overlapTokens > maxTokens / 2) {
    const message = 'Passages overlap by half of their tokens at the most.';
    throw new AppError('invalid_request', message, { param: 'chunking_strategy.static.chunk_overlap_tokens' });
  }
}

function checkAttributes(attributes: Record<string, AttributeValue>): void {
  const entries = Object.entries(attributes);
  const refuse = (message: string): never => {
    throw new AppError('invalid_request', message, { param: 'attributes' });
  };
  if (entries.length > limits.attributesPerFile) refuse(`A file has at most ${limits.attributesPerFile} attributes.`);
  for (const [name, value] of entries) {
    if (name.length > limits.attributeNameCharsMax) {
      refuse(`The name of an attribute has at most ${limits.attributeNameCharsMax} characters.`);
    }
    if (typeof value === 'string' && value.length > limits.attributeValueCharsMax) {
      refuse(`The value of an attribute has at most ${limits.attributeValueCharsMax} characters.`);
    }
  }
}
