import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/domain/ids.js';
import type { PageRequest } from '../../src/domain/page.js';
import { archivePage } from '../../src/services/archive-list.js';
import type { Store } from '../../src/store/store.js';
import { temporarySqlite } from '../support/databases.js';
import { makeFile, makeLibrary, makeLibraryFile, makeScene } from '../store/rows.js';

/*
 * The archive of an agent that archived two texts itself and has two sources of three passages each: eight texts in one
 * list, each part of which may begin or end in another of the three.
 */

const texts = ['own 1', 'own 2', 'a 1', 'a 2', 'a 3', 'b 1', 'b 2', 'b 3'];

let store: Store;
let close: () => Promise<void>;
let place: { agentId: string; memoryId: string };
const ids = new Map<string, string>();

beforeAll(async () => {
  const database = await temporarySqlite();
  ({ store } = database);
  close = () => database.close();
  const { user, agent, memory } = await makeScene(store);
  place = { agentId: agent.id, memoryId: memory.id };
  for (const [index, text] of ['own 1', 'own 2'].entries()) {
    await store.memories.insertPassage({ id: newId(), memoryId: memory.id, text, tags: [], createdAt: 1_000 + index });
  }
  for (const [index, name] of ['a', 'b'].entries()) {
    const library = makeLibrary(user.id, { name });
    await store.libraries.insert(library);
    const file = makeFile(user.id, { name: `${name}.txt` });
    await store.files.insert(file);
    await store.libraries.insertFile(makeLibraryFile(library, file.id));
    const claimed = await store.libraries.claimFile({
      owner: 'reader',
      afterOwnerId: '',
      now: 9e12,
      leaseUntil: 9.1e12,
    });
    if (claimed === null) throw new Error('nothing to read');
    const passages = [1, 2, 3].map((number) => ({ id: newId(), text: `${name} ${number}` }));
    const progress = { unit: 'bytes', done: 1, total: 1 } as const;
    const lease = { id: claimed.id, owner: 'reader', attempt: claimed.attempt };
    await store.libraries.putPart({
      ...lease,
      position: 0,
      passages,
      progress,
      note: null,
      leaseUntil: 9.2e12,
      at: 9e12,
    });
    await store.libraries.endFile({ ...lease, status: 'completed', error: null, at: 9e12 });
    await store.libraries.attachToAgent(agent.id, library.id, 2_000 + index);
  }
  for (const { id, text } of (await archivePage(store, place, { limit: 100 })).items) ids.set(text, id);
});
afterAll(() => close());

const page = async (request: Omit<PageRequest, 'order'>): Promise<[string[], boolean]> => {
  const { items, hasMore } = await archivePage(store, place, {
    ...request,
    after: request.after === undefined ? undefined : ids.get(request.after),
    before: request.before === undefined ? undefined : ids.get(request.before),
  });
  return [items.map(({ text }) => text), hasMore];
};

describe('the list of an archive', () => {
  it('holds what the agent archived and then each source, and tells them apart', async () => {
    const { items } = await archivePage(store, place, { limit: 100 });
    expect(items.map(({ text }) => text)).toEqual(texts);
    expect(items.map(({ source }) => source === null)).toEqual(texts.map((text) => text.startsWith('own')));
  });

  it('is read onwards in parts of any size, without gap or double', async () => {
    for (let limit = 1; limit <= texts.length + 1; limit += 1) {
      const read: string[] = [];
      for (let after: string | undefined; ; after = read.at(-1)) {
        const [part, hasMore] = await page({ limit, after });
        read.push(...part);
        expect(hasMore).toBe(read.length < texts.length);
        if (!hasMore) break;
      }
      expect(read).toEqual(texts);
    }
  });

  it('is read backwards in parts of any size, without gap or double', async () => {
    for (let limit = 1; limit <= texts.length; limit += 1) {
      let read = ['b 3'];
      for (;;) {
        const [part, hasMore] = await page({ limit, before: read[0] });
        read = [...part, ...read];
        expect(hasMore).toBe(read.length < texts.length);
        if (!hasMore) break;
      }
      expect(read).toEqual(texts);
    }
  });

  it('is read between two of its texts, wherever they stand', async () => {
    for (const [from, after] of texts.entries()) {
      for (const [to, before] of texts.entries()) {
        if (to <= from) continue;
        const between = texts.slice(from + 1, to);
        expect(await page({ limit: 100, after, before })).toEqual([between, false]);
        expect(await page({ limit: 2, after, before })).toEqual([between.slice(0, 2), between.length > 2]);
      }
    }
  });

  it('refuses a cursor that is none of its texts', async () => {
    const cursor = newId();
    for (const param of ['after', 'before'] as const) {
      const wanted = { limit: 1, [param]: cursor };
      await expect(archivePage(store, place, wanted)).rejects.toMatchObject({ code: 'invalid_request', param });
    }
  });
});
