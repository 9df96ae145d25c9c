import { describe, expect, it } from 'vitest';
import { newId } from '../../../src/domain/ids.js';
import {
  transferKinds,
  type IdentifiedKind,
  type TransferKind,
  type TransferValues,
} from '../../../src/domain/transfer.js';
import type { TransferPart } from '../../../src/store/transfer.js';
import type { OpenStore } from '../contract.js';
import { makeUser } from '../rows.js';
import { oneOfEach } from '../transfer-values.js';

export function describeTransfers(store: OpenStore): void {
  describe('what is taken from server to server', () => {
    it('comes out as it went in, whatever its kind', async () => {
      const user = makeUser();
      const things = oneOfEach(user);
      for (const kind of transferKinds) {
        const value = things[kind];
        expect([kind, await insertOne(store, kind, user.id, value)]).toEqual([kind, true]);
        const parent = things.parents[kind];
        const { values } = await everything(store, kind, parent);
        expect([kind, ...values]).toContainEqual(value);
        expect([kind, await insertOne(store, kind, user.id, value)]).toEqual([kind, false]);
        if (!('id' in value)) continue;
        const found = await store().transfers.find(kind as IdentifiedKind, [value.id, newId()]);
        const ownerId = kind === 'organisation' ? null : user.id;
        expect([...found.values()]).toEqual([{ ownerId, value }]);
      }
    });

    it('is found by search, and counted, like what was made here', async () => {
      const user = makeUser();
      const things = oneOfEach(user);
      for (const kind of transferKinds) await insertOne(store, kind, user.id, things[kind]);
      const memoryId = things.memory.id;
      const words = { embedding: null, from: null, to: null, limit: 5, offset: 0 };
      const said = await store().search.messages({ ...words, memoryId, query: 'marmalade', roles: null });
      expect(said.hits.map((hit) => hit.id)).toEqual([things.message.id]);
      const known = await store().search.passages({
        ...words,
        memoryId,
        query: 'piano',
        tags: ['music'],
        tagMatch: 'any',
      });
      expect(known.hits.map((hit) => hit.id)).toEqual([things.passage.id]);
      expect(await store().memories.get(memoryId)).toMatchObject({ passageCount: 1 });
      expect(await store().memories.block(memoryId, 'human')).toMatchObject({ value: things.block.value, version: 3 });
      expect(await store().libraries.get(user.id, things.library.id)).toMatchObject({
        passageCount: 1,
        usageBytes: Buffer.byteLength(things['library-passage'].text),
        counts: { inProgress: 0, completed: 1, failed: 0, cancelled: 0 },
      });
      expect(await store().conversations.get(user.id, things.conversation.id)).toMatchObject({ lastSeq: 7 });
      expect(await store().transfers.newestSeq(things.conversation.id)).toBe(7);
      const { values } = await store().transfers.conversationsOf(things.agent.id, null, 5);
      expect(values.map((value) => value.id)).toEqual([things.conversation.id]);
    });

    it('keeps passages that say the same apart', async () => {
      const user = makeUser();
      const things = oneOfEach(user);
      for (const kind of transferKinds) await insertOne(store, kind, user.id, things[kind]);
      const twins = [newId(), newId()].map((id) => ({ ...things.passage, id }));
      expect(await store().transfers.insert('passage', user.id, twins)).toEqual([true, true]);
      expect(await store().memories.get(things.memory.id)).toMatchObject({ passageCount: 3 });
    });

    it('is listed in parts that neither overlap nor leave a gap', async () => {
      const user = makeUser();
      await store().transfers.insert('user', user.id, [user]);
      const one = oneOfEach(user).conversation;
      const many = [5, 3, 3, 3, 1].map((createdAt) => ({ ...one, id: newId(), createdAt }));
      await store().transfers.insert('conversation', user.id, many);
      const { values } = await everything(store, 'conversation', user.id, 2);
      const byAge = many.sort((left, right) => left.createdAt - right.createdAt || (left.id < right.id ? -1 : 1));
      expect(values).toEqual(byAge);
    });

    it('leaves a mark of how far it came, until it has come to its end', async () => {
      const fingerprint = newId();
      const mark = { id: newId(), fingerprint, position: 3, report: { read: 3 }, startedAt: 1, updatedAt: 2 };
      expect(await store().transfers.unfinished(fingerprint)).toBeNull();
      await store().transfers.mark({ ...mark, endedAt: null });
      await store().transfers.mark({ ...mark, position: 9, endedAt: null });
      expect(await store().transfers.unfinished(fingerprint)).toEqual({ ...mark, position: 9, endedAt: null });
      await store().transfers.mark({ ...mark, endedAt: 5 });
      expect(await store().transfers.unfinished(fingerprint)).toBeNull();
    });
  });
}

async function insertOne<K extends TransferKind>(
  store: OpenStore,
  kind: K,
  ownerId: string,
  value: TransferValues[K],
): Promise<boolean> {
  const [inserted] = await store().transfers.insert(kind, ownerId, [value]);
  return inserted === true;
}

async function everything<K extends TransferKind>(
  store: OpenStore,
  kind: K,
  parentId: string | null,
  limit = 100,
): Promise<{ values: TransferValues[K][] }> {
  const values: TransferValues[K][] = [];
  let after: string | null = null;
  do {
    const part: TransferPart<K> = await store().transfers.list(kind, parentId, after, limit);
    values.push(...part.values);
    after = part.next;
  } while (after !== null);
  return { values };
}
