import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../src/domain/clock.js';
import type { ExtractedPart, Extractor } from '../../src/domain/extraction.js';
import { windowChunking } from '../../src/domain/chunk.js';
import { limits } from '../../src/domain/limits.js';
import { createExtractor } from '../../src/extract/extractor.js';
import { Ingester } from '../../src/runs/ingester.js';
import { createFileService, type FileService } from '../../src/services/files.js';
import { createLibraryService, type LibraryService } from '../../src/services/libraries.js';
import { openRoom, principal, type EngineRoom } from '../support/engine-room.js';

let room: EngineRoom;
let files: FileService;
let libraries: LibraryService;
let extractor: Extractor;
let skipMs = 0;
const clock: Clock = { now: () => Date.now() + skipMs };
const running: Ingester[] = [];

beforeEach(async () => {
  skipMs = 0;
  room = await openRoom({ script: [], working: false });
  files = createFileService({ store: room.store, clock, fileBytesMax: 1_000_000 });
  const embed = () => Promise.resolve(null);
  libraries = createLibraryService({ store: room.store, clock, notifier: room.notifier, files, embed });
  extractor = createExtractor();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((ingester) => ingester.stop()));
  await extractor.close();
  await room.close();
});

function ingesterWith(reader: Extractor, faults: unknown[] = []): Ingester {
  const { store, notifier } = room;
  const onFault = (error: unknown): void => void faults.push(error);
  const ingester = new Ingester({ store, notifier, clock, extractor: reader, concurrency: 2, onFault });
  running.push(ingester);
  return ingester;
}

async function newFile(name: string, text: string): Promise<string> {
  const received = await files.receive(piecesOf(text));
  const file = await files.keep(principal, received, { name, mimeType: null, purpose: 'assistants' });
  return file.id;
}

async function* piecesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

const newLibrary = () => libraries.create(principal, { kind: 'vector_store', name: 'birds' });

describe('a batch', () => {
  it('goes on past a file that cannot be read, and counts both', async () => {
    const { id } = await newLibrary();
    const ids = [
      await newFile('a.txt', 'The heron.'),
      await newFile('b.pdf', 'no pdf'),
      await newFile('c.txt', 'The owl.'),
    ];
    const batch = await libraries.addBatch(
      principal,
      id,
      ids.map((fileId) => ({ fileId })),
    );
    expect(batch.counts).toEqual({ inProgress: 3, completed: 0, failed: 0, cancelled: 0 });
    ingesterWith(extractor).start();
    await until(async () => (await libraries.batch(principal, id, batch.id)).counts.inProgress === 0);
    const counts = { inProgress: 0, completed: 2, failed: 1, cancelled: 0 };
    expect((await libraries.batch(principal, id, batch.id)).counts).toEqual(counts);
    expect((await libraries.get(principal, id)).counts).toEqual(counts);
    const failed = await libraries.files(principal, id, {
      limit: 5,
      order: 'asc',
      status: 'failed',
      batchId: batch.id,
    });
    expect(failed.items).toMatchObject([{ fileId: ids[1], error: { code: 'invalid_file' } }]);
    const { hits } = await libraries.search(principal, [id], { query: 'heron' });
    expect(hits.map((hit) => [hit.fileId, hit.text])).toEqual([[ids[0], 'The heron.']]);
  });

  it('takes in nothing where one of its files is not the caller’s', async () => {
    const { id } = await newLibrary();
    const own = await newFile('a.txt', 'The heron.');
    const adding = libraries.addBatch(principal, id, [{ fileId: own }, { fileId: 'nobody’s' }]);
    await expect(adding).rejects.toMatchObject({ code: 'not_found' });
    expect((await libraries.get(principal, id)).counts.inProgress).toBe(0);
  });
});

describe('the ingester', () => {
  /** Gives a part, and then nothing until it is let go. */
  function stuckExtractor(): Extractor & { letGo(): void } {
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const part = (text: string): ExtractedPart => ({
      passages: [text],
      progress: { unit: 'bytes', done: 1, total: 2 },
      note: null,
    });
    async function* extract(_request: unknown, signal: AbortSignal): AsyncGenerator<ExtractedPart> {
      yield part('first');
      const aborted = new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
      await Promise.race([held, aborted]);
      yield part('second');
    }
    return { extract, close: () => Promise.resolve(), letGo };
  }

  it('hands a file back where it stops, and the next one reads it whole', async () => {
    const { id } = await newLibrary();
    const fileId = await newFile('a.txt', 'The heron.');
    await libraries.addFile(principal, id, { fileId });
    const first = ingesterWith(stuckExtractor());
    first.start();
    await until(async () => (await libraries.file(principal, id, fileId)).passageCount === 1);
    await first.stop();
    expect(await libraries.file(principal, id, fileId)).toMatchObject({ status: 'in_progress', attempt: 0 });
    ingesterWith(extractor).start();
    await until(async () => (await libraries.file(principal, id, fileId)).status === 'completed');
    const { items } = await libraries.passages(principal, id, { limit: 10 });
    expect(items.map((passage) => passage.text)).toEqual(['The heron.']);
  });

  it('writes nothing more of a file that was taken out while it was read', async () => {
    const { id } = await newLibrary();
    const fileId = await newFile('a.txt', 'The heron.');
    await libraries.addFile(principal, id, { fileId });
    const reader = stuckExtractor();
    const faults: unknown[] = [];
    const ingester = ingesterWith(reader, faults);
    ingester.start();
    await until(async () => (await libraries.file(principal, id, fileId)).passageCount === 1);
    await libraries.removeFile(principal, id, fileId);
    reader.letGo();
    await ingester.stop();
    while (await ingester.tidy());
    expect(faults).toEqual([]);
    expect(await libraries.get(principal, id)).toMatchObject({ passageCount: 0, usageBytes: 0 });
    expect((await room.store.search.withoutVector('any/model', 10)).length).toBe(0);
  });

  it('gives a file up that stops its readers again and again', async () => {
    const { id } = await newLibrary();
    const fileId = await newFile('a.txt', 'The heron.');
    await libraries.addFile(principal, id, { fileId });
    for (let crash = 0; crash < 3; crash += 1) {
      const now = clock.now();
      const claim = { owner: `dead ${crash}`, afterOwnerId: '', now, leaseUntil: now + limits.leaseMs };
      expect(await room.store.libraries.claimFile(claim)).toMatchObject({ fileId });
      skipMs += limits.leaseMs + 1;
    }
    ingesterWith(extractor).start();
    await until(async () => (await libraries.file(principal, id, fileId)).status === 'failed');
    expect((await libraries.file(principal, id, fileId)).error).toMatchObject({ code: 'server_error' });
    await libraries.addFile(principal, id, { fileId });
    await until(async () => (await libraries.file(principal, id, fileId)).status === 'completed');
  });

  it('tells of a fault of ours without its details', async () => {
    const { id } = await newLibrary();
    const fileId = await newFile('a.txt', 'The heron.');
    await libraries.addFile(principal, id, { fileId });
    const faults: unknown[] = [];
    const broken: Extractor = {
      extract: async function* () {
        throw new Error('secret detail');
      },
      close: () => Promise.resolve(),
    };
    ingesterWith(broken, faults).start();
    await until(async () => (await libraries.file(principal, id, fileId)).status === 'failed');
    expect((await libraries.file(principal, id, fileId)).error?.message).not.toContain('secret');
    expect(faults).toHaveLength(1);
  });

  it('deletes bytes that were put into their place for a file that was never made', async () => {
    const received = await files.receive(piecesOf('cut off'));
    await room.store.transaction((tx) => tx.files.reserveBlob(received.sha256, received.bytes, clock.now()));
    await room.store.blobs.keep(received);
    const ingester = ingesterWith(extractor);
    while (await ingester.tidy());
    await (await room.store.blobs.borrow(received.sha256)).release();
    skipMs = limits.blobGraceMs + 1;
    while (await ingester.tidy());
    await expect(room.store.blobs.borrow(received.sha256)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('deletes bytes once they are nobody’s for long enough, and files once they expire', async () => {
    const ingester = ingesterWith(extractor);
    const received = await files.receive(piecesOf('short-lived'));
    const details = { name: 'a.txt', mimeType: null, purpose: 'assistants', expiresAfterMs: 3_600_000 };
    const file = await files.keep(principal, received, details);
    const twin = await newFile('twin.txt', 'short-lived');
    skipMs = 3_600_001;
    await expect(files.get(principal, file.id)).rejects.toMatchObject({ code: 'not_found' });
    while (await ingester.tidy());
    expect(await room.store.files.find(file.id)).toBeNull();
    skipMs += limits.blobGraceMs + 1;
    while (await ingester.tidy());
    await (await room.store.blobs.borrow(received.sha256)).release();
    await files.delete(principal, twin);
    while (await ingester.tidy());
    await (await room.store.blobs.borrow(received.sha256)).release();
    skipMs += limits.blobGraceMs + 1;
    while (await ingester.tidy());
    await expect(room.store.blobs.borrow(received.sha256)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a library', () => {
  it('that has expired is searched and filled no more, until it is given a new expiry', async () => {
    const library = await libraries.create(principal, { kind: 'vector_store', name: 'brief', expiresAfterDays: 1 });
    const fileId = await newFile('a.txt', 'The heron.');
    skipMs = 25 * 3_600_000;
    const search = libraries.search(principal, [library.id], { query: 'heron' });
    await expect(search).rejects.toMatchObject({ code: 'conflict' });
    await expect(libraries.addFile(principal, library.id, { fileId })).rejects.toMatchObject({ code: 'conflict' });
    await libraries.update(principal, library.id, { expiresAfterDays: null });
    expect(await libraries.search(principal, [library.id], { query: 'heron' })).toEqual({ hits: [], hasMore: false });
  });

  it.each([
    ['a window that is too small', { kind: 'window', maxTokens: 99, overlapTokens: 0 }],
    ['a window that is too large', { kind: 'window', maxTokens: 4_097, overlapTokens: 0 }],
    ['an overlap of more than half', { kind: 'window', maxTokens: 200, overlapTokens: 101 }],
  ] as const)('refuses %s', async (_what, chunking) => {
    const { id } = await newLibrary();
    const fileId = await newFile('a.txt', 'The heron.');
    const adding = libraries.addFile(principal, id, { fileId, chunking: { ...windowChunking, ...chunking } });
    await expect(adding).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('is searched in the order of the meaning alone where that is asked for', async () => {
    const { id } = await newLibrary();
    const named = await newFile('named.txt', 'The heron.');
    const meant = await newFile('meant.txt', 'A wading bird.');
    ingesterWith(extractor).start();
    for (const fileId of [named, meant]) {
      await libraries.addFile(principal, id, { fileId });
      await until(async () => (await libraries.file(principal, id, fileId)).status === 'completed');
    }
    const vectors = new Map([
      [named, [1, 0.9]],
      [meant, [0.1, 1]],
    ]);
    const model = 'test/meaning';
    for (const { id: passage, fileId } of (await libraries.passages(principal, id, { limit: 10 })).items) {
      const vector = Float32Array.from(vectors.get(fileId) ?? []);
      await room.store.search.putVectors(model, [{ kind: 'library-passage', id: passage, vector }]);
    }
    const embed = () => Promise.resolve({ model, vector: Float32Array.of(0, 1) });
    const meaning = createLibraryService({ store: room.store, clock, notifier: room.notifier, files, embed });
    const order = async (ranking: 'together' | 'one') => {
      const { hits } = await meaning.search(principal, [id], { query: 'heron', ranking });
      return hits.map(({ fileId }) => fileId);
    };
    expect(await order('together')).toEqual([named, meant]);
    expect(await order('one')).toEqual([meant, named]);
  });

  it('refuses a file that is larger than it may be, and keeps nothing of it', async () => {
    const tooMuch = 'x'.repeat(1_000_001);
    await expect(files.receive(piecesOf(tooMuch))).rejects.toMatchObject({ code: 'too_large' });
  });
});
