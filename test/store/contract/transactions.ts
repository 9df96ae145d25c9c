import { describe, expect, it } from 'vitest';
import { newId } from '../../../src/domain/ids.js';
import type { OpenStore } from '../contract.js';
import { makeBlock, makeMessage, makePassage, makeRun, makeScene, makeUser } from '../rows.js';

export function describeTransactions(store: OpenStore): void {
  describe('a transaction', () => {
    it('leaves nothing behind when its work throws', async () => {
      const { conversation, memory, owner } = await makeScene(store());
      const user = makeUser();
      const failing = store().transaction(async (tx) => {
        await tx.users.insert(user);
        await tx.messages.append(conversation.id, [makeMessage(conversation.id, 'never')]);
        await tx.memories.insertPassage(makePassage(memory.id));
        await tx.memories.insertBlock(makeBlock(memory.id), 'agent', null);
        await tx.runs.insert(makeRun(owner));
        throw new Error('on purpose');
      });
      await expect(failing).rejects.toThrow('on purpose');
      expect(await store().users.get(user.id)).toBeNull();
      expect(await store().conversations.find(conversation.id)).toMatchObject({ lastSeq: 0 });
      expect(await store().memories.get(memory.id)).toMatchObject({ passageCount: 0 });
      expect(await store().memories.blocks(memory.id)).toEqual([]);
      expect(await store().runs.active(conversation.id)).toBeNull();
      const everything = { query: null, embedding: null, from: null, to: null, limit: 5, offset: 0 };
      const found = await store().search.messages({ ...everything, memoryId: memory.id, roles: null });
      expect(found.total).toBe(0);
    });

    it('returns what its work returns and is then seen by all, relaxed or not', async () => {
      for (const relaxed of [false, true, false]) {
        const user = makeUser();
        const result = await store().transaction(
          async (tx) => {
            await tx.users.insert(user);
            return (await tx.users.get(user.id))?.name;
          },
          { relaxed },
        );
        expect(result).toBe('Ada');
        expect(await store().users.get(user.id)).toEqual(user);
      }
    });

    it('keeps its halves apart from fifty others that read and write the same row', async () => {
      const { conversation } = await makeScene(store());
      await store().conversations.update({ ...conversation, metadata: { count: '0' } });
      await Promise.all(
        Array.from({ length: 50 }, () =>
          store().transaction(async (tx) => {
            const row = await tx.conversations.lock(conversation.id);
            if (row === null) throw new Error('The conversation is gone.');
            const count = Number(row.metadata['count']) + 1;
            await tx.conversations.update({ ...row, metadata: { count: String(count) } });
          }),
        ),
      );
      expect(await store().conversations.find(conversation.id)).toMatchObject({ metadata: { count: '50' } });
    });

    it('goes on after one that failed', async () => {
      const user = makeUser();
      await expect(store().transaction(() => Promise.reject(new Error('first')))).rejects.toThrow('first');
      await store().transaction((tx) => tx.users.insert(user));
      expect(await store().users.get(user.id)).toEqual(user);
    });

    it('says what is missing where a row has nothing to belong to', async () => {
      const { owner } = await makeScene(store());
      const orphan = store().runs.insert(makeRun({ ...owner, conversationId: newId() }));
      await expect(orphan).rejects.toMatchObject({ code: 'not_found' });
    });
  });

  describe('the database', () => {
    it('answers when it is asked whether it does', async () => {
      await expect(store().check()).resolves.toBeUndefined();
    });

    it('takes a ring inside and outside of a transaction', async () => {
      await store().bell.ring('runs');
      await expect(store().transaction((tx) => tx.bell.ring('runs'))).resolves.toBeUndefined();
    });
  });
}
