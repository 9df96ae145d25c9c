import { describe, expect, it } from 'vitest';
import { newId } from '../../../src/domain/ids.js';
import type { AttributeFilter, AttributeValue, Library, LibraryFile } from '../../../src/domain/library.js';
import type { LibraryRepository } from '../../../src/store/library.js';
import type { OpenStore } from '../contract.js';
import { makeFile, makeLibrary, makeLibraryFile, makeScene, makeUser } from '../rows.js';

/** Far from the clock of other tests, so that claims here find their own files first. */
const now = 9_000_000_000_000;

export function describeLibraries(store: OpenStore): void {
  const newLibrary = async (changes: Partial<Library> = {}) => {
    const user = makeUser();
    await store().users.insert(user);
    const library = makeLibrary(user.id, changes);
    await store().libraries.insert(library);
    return { user, library };
  };
  const newFile = async (library: Library, changes: Partial<LibraryFile> = {}, name = 'birds.md') => {
    const file = makeFile(library.ownerId, { name });
    await store().files.insert(file);
    const row = makeLibraryFile(library, file.id, changes);
    return (await store().libraries.insertFile(row)).file;
  };
  /** Claims until the file wanted is found: other tests leave theirs waiting. */
  const claim = async (id: string, at = now): Promise<LibraryFile> => {
    for (;;) {
      const request = { owner: 'reader', afterOwnerId: '', now: at, leaseUntil: at + 1_000 };
      const file = await store().libraries.claimFile(request);
      if (file === null) throw new Error('Nothing is left to claim.');
      if (file.id === id) return file;
    }
  };
  const part = (file: LibraryFile, position: number, texts: string[]): Parameters<LibraryRepository['putPart']>[0] => ({
    id: file.id,
    owner: 'reader',
    attempt: file.attempt,
    position,
    passages: texts.map((text) => ({ id: newId(), text })),
    progress: { unit: 'pages', done: 1, total: 2 },
    note: null,
    leaseUntil: now + 2_000,
    at: now,
  });
  const end = (file: LibraryFile, status: 'completed' | 'failed' = 'completed') =>
    store().libraries.endFile({
      id: file.id,
      owner: 'reader',
      attempt: file.attempt,
      status,
      error: status === 'failed' ? { code: 'invalid_file', message: 'It is damaged.' } : null,
      at: now,
    });
  const readIn = async (library: Library, texts: string[], changes: Partial<LibraryFile> = {}, name?: string) => {
    const claimed = await claim((await newFile(library, changes, name)).id);
    expect(await store().libraries.putPart(part(claimed, 0, texts))).toBe(true);
    expect(await end(claimed)).toBe(true);
    return claimed;
  };
  const find = async (libraryIds: string[], query: string, filter: AttributeFilter | null = null) => {
    const request = { libraryIds, query, embedding: null, filter, scoreMin: 0, limit: 10, offset: 0 };
    return store().search.libraries(request);
  };
  const current = async (library: Library): Promise<Library | null> =>
    store().libraries.get(library.ownerId, library.id);

  describe('files', () => {
    it('come back as they were stored, to their owner alone', async () => {
      const { user } = await newLibrary();
      const file = makeFile(user.id, { name: 'ünïcödé 文.md', expiresAt: 5, faceData: { a: [1] } });
      await store().files.insert(file);
      expect(await store().files.get(user.id, file.id)).toEqual(file);
      expect(await store().files.get(newId(), file.id)).toBeNull();
      expect(await store().files.delete(newId(), file.id, now)).toBe(false);
      expect(await store().files.delete(user.id, file.id, now)).toBe(true);
      expect(await store().files.find(file.id)).toBeNull();
    });

    it('are listed by their purpose', async () => {
      const { user } = await newLibrary();
      const files = ['assistants', 'vision', 'assistants'].map((purpose, index) =>
        makeFile(user.id, { purpose, createdAt: index }),
      );
      for (const file of files) await store().files.insert(file);
      const page = await store().files.page(user.id, { limit: 10, order: 'desc', purpose: 'assistants' });
      expect(page.items).toEqual([files[2], files[0]]);
    });

    it('that are deleted are in no library any more, and a batch does not wait for them', async () => {
      const { user, library } = await newLibrary();
      const batch = { id: newId(), libraryId: library.id, counts: library.counts, cancelledAt: null, createdAt: now };
      await store().libraries.insertBatch(batch);
      const row = await newFile(library, { batchId: batch.id });
      await store().files.delete(user.id, row.fileId, now);
      expect(await store().libraries.file(library.id, row.fileId)).toBeNull();
      expect((await current(library))?.counts).toEqual({ inProgress: 0, completed: 0, failed: 0, cancelled: 0 });
      expect((await store().libraries.batch(library.id, batch.id))?.counts).toMatchObject({
        inProgress: 0,
        cancelled: 1,
      });
    });
  });

  describe('libraries', () => {
    it('come back as they were stored, to their owner alone', async () => {
      const { user, library } = await newLibrary({ expiresAfterDays: 7, metadata: { a: 'b' }, faceData: { x: null } });
      expect(await store().libraries.get(user.id, library.id)).toEqual(library);
      expect(await store().libraries.get(newId(), library.id)).toBeNull();
      const changed = { ...library, name: 'other', expiresAfterDays: null, lastActiveAt: 2, updatedAt: 3 };
      await store().libraries.update(changed);
      expect(await store().libraries.get(user.id, library.id)).toEqual(changed);
      expect(await store().libraries.findByName(user.id, 'other')).toEqual(changed);
      expect(await store().libraries.findByName(newId(), 'other')).toBeNull();
    });

    it('that are deleted are gone from everywhere at once, and their rows soon after', async () => {
      const { user, library } = await newLibrary();
      const file = await readIn(library, ['The heron fishes.']);
      expect(await store().libraries.delete(newId(), library.id)).toBe(false);
      expect(await store().libraries.delete(user.id, library.id)).toBe(true);
      expect(await store().libraries.get(user.id, library.id)).toBeNull();
      expect((await store().libraries.page(user.id, { limit: 5, order: 'asc' })).items).toEqual([]);
      expect(await find([library.id], 'heron')).toEqual({ hits: [], total: 0 });
      while ((await store().transaction((tx) => tx.libraries.clearRemoved(50))) > 0);
      expect(await store().libraries.filePassages(file.id, 0, 10)).toEqual([]);
      expect(await store().libraries.job(user.id, file.id)).toBeNull();
    });

    it('hold a file once', async () => {
      const { library } = await newLibrary();
      const file = await newFile(library);
      const again = await store().libraries.insertFile(makeLibraryFile(library, file.fileId));
      expect(again).toEqual({ file, existed: true });
      expect((await current(library))?.counts.inProgress).toBe(1);
    });

    it('list their files by state, and from one file to the next', async () => {
      const { library } = await newLibrary();
      const files = [];
      for (const createdAt of [1, 2, 3]) files.push(await newFile(library, { createdAt }));
      const [first, second, third] = files.map((file) => file.fileId);
      const page = await store().libraries.files(library.id, { limit: 1, order: 'asc', after: first });
      expect(page).toMatchObject({ items: [{ fileId: second }], hasMore: true });
      const back = await store().libraries.files(library.id, { limit: 5, order: 'asc', before: third });
      expect(back.items.map((file) => file.fileId)).toEqual([first, second]);
      const done = await store().libraries.files(library.id, { limit: 5, order: 'asc', status: 'completed' });
      expect(done.items).toEqual([]);
      const strange = store().libraries.files(library.id, { limit: 5, order: 'asc', after: newId() });
      await expect(strange).rejects.toMatchObject({ code: 'invalid_request', param: 'after' });
    });
  });

  describe('reading a file', () => {
    it('is one reader’s until its lease lapses, and what the first writes then is refused', async () => {
      const { library } = await newLibrary();
      const first = await claim((await newFile(library)).id);
      expect(await store().libraries.putPart(part(first, 0, ['one']))).toBe(true);
      expect((await current(library))?.passageCount).toBe(1);
      const second = await claim(first.id, now + 5_000);
      expect(second.attempt).toBe(first.attempt + 1);
      expect((await current(library))?.passageCount).toBe(0);
      expect(await store().libraries.putPart(part(first, 1, ['two']))).toBe(false);
      expect(await end(first)).toBe(false);
      expect(await store().libraries.clearPassages(second.id, 10)).toBe(1);
      expect(await store().libraries.putPart(part(second, 0, ['one']))).toBe(true);
      expect(await end(second)).toBe(true);
      expect(await current(library)).toMatchObject({ passageCount: 1, usageBytes: 3, counts: { completed: 1 } });
    });

    it('is never done by two at once, however many ask', async () => {
      const { library } = await newLibrary();
      const ids = new Set<string>();
      for (let index = 0; index < 8; index += 1) ids.add((await newFile(library)).id);
      const request = { afterOwnerId: '', now, leaseUntil: now + 1_000 };
      const claimed = await Promise.all(
        Array.from({ length: 24 }, (_none, index) => store().libraries.claimFile({ ...request, owner: `r${index}` })),
      );
      const own = claimed.flatMap((file) => (file !== null && ids.has(file.id) ? [file.id] : []));
      expect(new Set(own).size).toBe(own.length);
    });

    it('goes round from owner to owner', async () => {
      const [anna, ben] = [await newLibrary(), await newLibrary()];
      const [low, high] = [anna, ben].sort((left, right) => (left.user.id < right.user.id ? -1 : 1));
      if (low === undefined || high === undefined) throw new Error('Two owners are needed.');
      for (const { library } of [low, low, high]) await newFile(library);
      const request = { owner: 'turns', now: now + 60_000, leaseUntil: now + 90_000 };
      const after = await store().libraries.claimFile({ ...request, afterOwnerId: low.user.id });
      expect((after?.ownerId ?? '') > low.user.id).toBe(true);
    });

    it('starts as if nothing had been where it is handed back', async () => {
      const { library } = await newLibrary();
      const claimed = await claim((await newFile(library)).id);
      await store().libraries.releaseFile({ id: claimed.id, owner: 'reader', attempt: claimed.attempt });
      expect(await claim(claimed.id)).toEqual(claimed);
    });

    it('leaves nothing of a file that failed, which says why', async () => {
      const { library } = await newLibrary();
      const claimed = await claim((await newFile(library)).id);
      await store().libraries.putPart(part(claimed, 0, ['half of it']));
      await end(claimed, 'failed');
      expect(await store().libraries.file(library.id, claimed.fileId)).toMatchObject({
        status: 'failed',
        error: { code: 'invalid_file', message: 'It is damaged.' },
        passageCount: 0,
      });
      expect(await current(library)).toMatchObject({ passageCount: 0, usageBytes: 0, counts: { failed: 1 } });
      while ((await store().transaction((tx) => tx.libraries.clearRemoved(50))) > 0);
      expect(await store().libraries.filePassages(claimed.id, 0, 10)).toEqual([]);
      expect(await store().libraries.restartFile(claimed.id)).toBe(true);
      expect((await current(library))?.counts).toMatchObject({ inProgress: 1, failed: 0 });
    });

    it('ends for a whole batch at once, but for what is read already', async () => {
      const { library } = await newLibrary();
      const batch = { id: newId(), libraryId: library.id, counts: library.counts, cancelledAt: null, createdAt: now };
      await store().libraries.insertBatch(batch);
      await readIn(library, ['done'], { batchId: batch.id });
      const begun = await claim((await newFile(library, { batchId: batch.id })).id);
      await newFile(library, { batchId: batch.id });
      await store().transaction((tx) => tx.libraries.cancelBatch(library.id, batch.id, now));
      const counts = { inProgress: 0, completed: 1, failed: 0, cancelled: 2 };
      expect(await store().libraries.batch(library.id, batch.id)).toEqual({ ...batch, counts, cancelledAt: now });
      expect((await current(library))?.counts).toEqual(counts);
      expect(await store().libraries.putPart(part(begun, 0, ['late']))).toBe(false);
      expect(await end(begun)).toBe(false);
    });
  });

  describe('searching libraries', () => {
    it('finds in all that are asked and in no other, best first, with a score', async () => {
      const [birds, boats, other] = [await newLibrary(), await newLibrary(), await newLibrary()];
      await readIn(birds.library, ['The falcon nests on the tower.', 'An owl sleeps.'], {}, 'birds.md');
      await readIn(boats.library, ['The boat Falcon lies in the harbour by the tower.']);
      await readIn(other.library, ['A falcon that is somebody else’s.']);
      const { hits, total } = await find([birds.library.id, boats.library.id], 'falcon nests');
      expect(total).toBe(2);
      expect(hits[0]).toMatchObject({
        libraryId: birds.library.id,
        fileName: 'birds.md',
        position: 0,
        text: 'The falcon nests on the tower.',
      });
      for (const { score } of hits) expect(score > 0 && score <= 1).toBe(true);
      expect((hits[0]?.score ?? 0) > (hits[1]?.score ?? 0)).toBe(true);
      const strict = await store().search.libraries({
        libraryIds: [birds.library.id, boats.library.id],
        query: 'falcon nests',
        embedding: null,
        filter: null,
        scoreMin: hits[0]?.score ?? 1,
        limit: 10,
        offset: 0,
      });
      expect(strict.hits).toHaveLength(1);
    });

    it('finds by meaning once a passage has its vector', async () => {
      const { library } = await newLibrary();
      await readIn(library, ['The vessel is moored.', 'Tea is served.']);
      const texts = (await store().search.withoutVector('test/library', 100_000)).filter(
        ({ text }) => text === 'The vessel is moored.' || text === 'Tea is served.',
      );
      expect(texts.map(({ kind }) => kind)).toEqual(['library-passage', 'library-passage']);
      const vectors = texts.map(({ kind, id, text }) => ({
        kind,
        id,
        vector: Float32Array.from(text.startsWith('Tea') ? [0, 1] : [1, 0]),
      }));
      await store().search.putVectors('test/library', vectors);
      const embedding = { model: 'test/library', vector: Float32Array.from([1, 0.1]) };
      const request = { libraryIds: [library.id], query: 'boat', filter: null, scoreMin: 0, limit: 1, offset: 0 };
      const { hits } = await store().search.libraries({ ...request, embedding });
      expect(hits.map((hit) => hit.text)).toEqual(['The vessel is moored.']);
    });

    it.each<[string, AttributeFilter, string[]]>([
      ['eq', { type: 'eq', key: 'kind', value: 'book' }, ['a', 'b']],
      ['ne', { type: 'ne', key: 'kind', value: 'book' }, ['c', 'd']],
      ['gt', { type: 'gt', key: 'year', value: 2_000 }, ['b']],
      ['gte', { type: 'gte', key: 'year', value: 2_000 }, ['a', 'b']],
      ['lt', { type: 'lt', key: 'year', value: 2_000.5 }, ['a', 'c']],
      ['lte', { type: 'lte', key: 'year', value: 1_999 }, ['c']],
      ['in', { type: 'in', key: 'kind', value: ['film', 'book'] }, ['a', 'b', 'c']],
      ['nin', { type: 'nin', key: 'kind', value: ['book'] }, ['c', 'd']],
      ['truth', { type: 'eq', key: 'public', value: true }, ['a']],
      ['number against text', { type: 'eq', key: 'year', value: '2000' }, []],
      [
        'and with or',
        {
          type: 'and',
          filters: [
            { type: 'eq', key: 'kind', value: 'book' },
            {
              type: 'or',
              filters: [
                { type: 'gt', key: 'year', value: 2_005 },
                { type: 'eq', key: 'public', value: true },
              ],
            },
          ],
        },
        ['a', 'b'],
      ],
    ])('keeps to the files that a filter lets through: %s', async (_what, filter, wanted) => {
      const { library } = await newLibrary();
      const attributes: Record<string, Record<string, AttributeValue>> = {
        a: { kind: 'book', year: 2_000, public: true },
        b: { kind: 'book', year: 2_010, public: false },
        c: { kind: 'film', year: 1_999 },
        d: {},
      };
      for (const [name, values] of Object.entries(attributes)) {
        await readIn(library, ['the same words'], { attributes: values }, name);
      }
      const { hits } = await find([library.id], 'words', filter);
      expect(hits.map((hit) => hit.fileName).sort()).toEqual(wanted);
    });

    it('finds nothing of a file that was taken out, though its passages are still there', async () => {
      const { library } = await newLibrary();
      const file = await readIn(library, ['The stork flies.']);
      await readIn(library, ['The stork stands.']);
      await store().transaction((tx) => tx.libraries.removeFile(library.id, file.fileId));
      const { hits, total } = await find([library.id], 'stork');
      expect(hits.map((hit) => hit.text)).toEqual(['The stork stands.']);
      expect(total).toBe(1);
      expect((await store().libraries.passages(library.id, { limit: 10 })).items).toHaveLength(1);
    });

    it('lists its passages in parts from either end, and tells one by its id', async () => {
      const { library } = await newLibrary();
      const { library: other } = await newLibrary();
      await readIn(library, ['one', 'two', 'three', 'four', 'five']);
      const read = async (request: Parameters<LibraryRepository['passages']>[1]) => {
        const { items, hasMore } = await store().libraries.passages(library.id, request);
        return [items.map(({ text }) => text), hasMore];
      };
      const all = (await store().libraries.passages(library.id, { limit: 9 })).items;
      const idOf = (text: string): string => all.find((passage) => passage.text === text)?.id ?? '';
      expect(await read({ limit: 2 })).toEqual([['one', 'two'], true]);
      expect(await read({ limit: 9, after: idOf('three') })).toEqual([['four', 'five'], false]);
      expect(await read({ limit: 2, before: idOf('four') })).toEqual([['two', 'three'], true]);
      expect(await read({ limit: 9, before: idOf('five'), after: idOf('two') })).toEqual([['three', 'four'], false]);
      expect(await read({ limit: 2, order: 'desc' })).toEqual([['five', 'four'], true]);
      expect(await read({ limit: 2, order: 'desc', after: idOf('two') })).toEqual([['one'], false]);
      await expect(read({ limit: 2, before: newId() })).rejects.toMatchObject({ param: 'before' });
      expect(await store().libraries.passage(library.id, idOf('two'))).toEqual(all[1]);
      expect(await store().libraries.passage(other.id, idOf('two'))).toBeNull();
    });

    it('knows what an agent and a conversation have attached, each once', async () => {
      const { agent, conversation } = await makeScene(store());
      const [one, two] = [await newLibrary(), await newLibrary()];
      const at = now;
      await store().libraries.attachToAgent(agent.id, one.library.id, at);
      await store().libraries.attachToAgent(agent.id, one.library.id, at);
      await store().libraries.attachToConversation(conversation.id, one.library.id, at);
      await store().libraries.attachToConversation(conversation.id, two.library.id, at);
      const attached = await store().search.attachedLibraries(agent.id, conversation.id);
      expect(attached.map(({ id }) => id)).toEqual([one.library.id, two.library.id]);
      expect(await store().libraries.agentsOf(one.library.id)).toEqual([{ id: agent.id, name: agent.name }]);
      expect(await store().libraries.detachFromAgent(agent.id, one.library.id)).toBe(true);
      expect(await store().libraries.detachFromAgent(agent.id, one.library.id)).toBe(false);
      await store().libraries.delete(two.user.id, two.library.id);
      expect((await store().libraries.ofConversation(conversation.id)).map(({ id }) => id)).toEqual([one.library.id]);
    });
  });
}
