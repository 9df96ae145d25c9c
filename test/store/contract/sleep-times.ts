import { describe, expect, it } from 'vitest';
import type { Conversation } from '../../../src/domain/conversation.js';
import type { Memory } from '../../../src/domain/memory.js';
import type { Store } from '../../../src/store/store.js';
import type { OpenStore } from '../contract.js';
import { makeAgent, makeConversation, makeMemory, makeMessage, makeRun, makeUser, makeWindow } from '../rows.js';

interface Scene {
  ownerId: string;
  memory: Memory;
  /** In which two messages were said. */
  conversation: Conversation;
}

async function makeScene(store: Store): Promise<Scene> {
  const owner = makeUser();
  await store.users.insert(owner);
  const agent = makeAgent(owner.id);
  await store.agents.insert(agent);
  const memory = makeMemory(agent.id);
  await store.memories.insert(memory);
  const conversation = makeConversation(owner.id);
  await store.conversations.insert(conversation);
  await store.conversations.openWindow(makeWindow(agent.id, conversation.id, memory.id));
  await store.messages.append(conversation.id, [
    makeMessage(conversation.id, 'one'),
    makeMessage(conversation.id, 'two'),
  ]);
  return { ownerId: owner.id, memory, conversation };
}

/** When memories are tidied, and how far they have been read. */
export function describeSleepTimes(open: OpenStore): void {
  describe('the tidying of a memory', () => {
    it('is due with the last of so many runs, from then on, and taken by one alone', async () => {
      const store = open();
      const { memory } = await makeScene(store);
      for (const at of [1, 2, 3, 4]) await store.sleepTimes.countRun(memory.id, 3, at);
      const known = { memoryId: memory.id, runs: 4, failures: 0, dueAt: 3 };
      expect(await store.sleepTimes.get(memory.id)).toEqual(known);
      expect(await store.sleepTimes.due(2, 10)).not.toContainEqual(known);
      expect(await store.sleepTimes.due(3, 10)).toContainEqual(known);
      expect(await store.sleepTimes.take(memory.id, 2)).toBeNull();
      const taken = await Promise.all([store.sleepTimes.take(memory.id, 3), store.sleepTimes.take(memory.id, 3)]);
      expect(taken.filter((one) => one !== null)).toEqual([{ ...known, dueAt: null }]);
      await store.sleepTimes.write({ ...known, runs: 0, failures: 2, dueAt: 9 });
      expect(await store.sleepTimes.get(memory.id)).toEqual({ ...known, runs: 0, failures: 2, dueAt: 9 });
    });

    it('stands in a conversation that is none of those which share the memory', async () => {
      const store = open();
      const { ownerId, memory } = await makeScene(store);
      const count = (limit: number): Promise<number> => store.conversations.countSharing(memory.id, limit);
      expect(await count(10)).toBe(1);
      const hidden = makeConversation(ownerId);
      await store.sleepTimes.openConversation(hidden, memory.id);
      await store.conversations.openWindow(makeWindow(memory.agentId, hidden.id, memory.id));
      expect(await count(10)).toBe(1);
      for (let made = 0; made < 2; made += 1) {
        const other = makeConversation(ownerId);
        await store.conversations.insert(other);
        await store.conversations.openWindow(makeWindow(memory.agentId, other.id, memory.id));
      }
      expect([await count(10), await count(2)]).toEqual([3, 2]);
    });

    it('is due at once where it comes after every run', async () => {
      const store = open();
      const { memory } = await makeScene(store);
      await store.sleepTimes.countRun(memory.id, 1, 5);
      expect(await store.sleepTimes.get(memory.id)).toMatchObject({ runs: 1, dueAt: 5 });
    });

    it('reads on behind its marks, which never go back', async () => {
      const store = open();
      const { memory, conversation } = await makeScene(store);
      const unread = { conversationId: conversation.id, afterSeq: 0, lastSeq: 2 };
      expect(await store.sleepTimes.unread(memory.id, 10)).toEqual([unread]);
      await store.sleepTimes.advance(memory.id, [{ conversationId: conversation.id, toSeq: 1 }]);
      expect(await store.sleepTimes.unread(memory.id, 10)).toEqual([{ ...unread, afterSeq: 1 }]);
      await store.sleepTimes.advance(memory.id, [{ conversationId: conversation.id, toSeq: 2 }]);
      await store.sleepTimes.advance(memory.id, [{ conversationId: conversation.id, toSeq: 1 }]);
      expect(await store.sleepTimes.unread(memory.id, 10)).toEqual([]);
    });

    it('has a conversation on no list, which is never read for the memory and goes with it', async () => {
      const store = open();
      const { ownerId, memory, conversation } = await makeScene(store);
      const hidden = makeConversation(ownerId);
      expect(await store.sleepTimes.conversationOf(memory.id)).toBeNull();
      await store.sleepTimes.openConversation(hidden, memory.id);
      await store.conversations.openWindow(makeWindow(memory.agentId, hidden.id, memory.id));
      await store.messages.append(hidden.id, [makeMessage(hidden.id, 'shown')]);
      expect(await store.sleepTimes.conversationOf(memory.id)).toBe(hidden.id);
      const listed = await store.conversations.page(ownerId, { limit: 10, order: 'asc' });
      expect(listed.items.map(({ id }) => id)).toEqual([conversation.id]);
      expect(await store.sleepTimes.unread(memory.id, 10)).toHaveLength(1);
      await store.agents.delete(ownerId, memory.agentId);
      expect(await store.conversations.find(hidden.id)).toBeNull();
      expect(await store.sleepTimes.get(memory.id)).toBeNull();
    });

    it('is claimed apart from the runs that answer', async () => {
      const store = open();
      const { ownerId, memory, conversation } = await makeScene(store);
      const hidden = makeConversation(ownerId);
      await store.sleepTimes.openConversation(hidden, memory.id);
      const owned = { ownerId, agentId: memory.agentId };
      const tidying = { memoryId: memory.id, read: null, more: false };
      const early = makeRun({ ...owned, conversationId: hidden.id }, { overrides: { tidying }, createdAt: 1 });
      const late = makeRun({ ...owned, conversationId: conversation.id }, { createdAt: 2 });
      for (const run of [early, late]) await store.runs.insert(run);
      const claim = { owner: 'worker', now: 10, leaseUntil: 20 };
      expect((await store.runs.claim(claim))?.id).toBe(late.id);
      expect((await store.runs.claim(claim))?.id).not.toBe(early.id);
      expect((await store.runs.claim({ ...claim, background: true }))?.id).toBe(early.id);
    });
  });
}
