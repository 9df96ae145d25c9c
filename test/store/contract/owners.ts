import { describe, expect, it } from 'vitest';
import { newId } from '../../../src/domain/ids.js';
import type { OpenStore } from '../contract.js';
import {
  makeAgent,
  makeConversation,
  makeMessage,
  makePassage,
  makeRun,
  makeScene,
  makeStep,
  makeUser,
} from '../rows.js';

export function describeOwners(store: OpenStore): void {
  describe('users', () => {
    it('come back as they were stored', async () => {
      const user = makeUser({ name: null, createdAt: 1_732_000_000_123 });
      expect(await store().users.insert(user)).toBe(true);
      expect(await store().users.get(user.id)).toEqual(user);
      expect(await store().users.get(newId())).toBeNull();
    });

    it('keep the first of two with one id', async () => {
      const user = makeUser();
      await store().users.insert(user);
      expect(await store().users.insert({ ...user, name: 'Eve' })).toBe(false);
      expect((await store().users.get(user.id))?.name).toBe('Ada');
    });

    it('are found by the hash of a key until it is withdrawn', async () => {
      const user = makeUser();
      await store().users.insert(user);
      const first = { id: newId(), userId: user.id, hash: newId(), hint: 'sk-a…', name: 'laptop', createdAt: 1 };
      const second = { ...first, id: newId(), hash: newId(), name: null, createdAt: 2 };
      await store().users.insertKey(second);
      await store().users.insertKey(first);
      expect(await store().users.findKey(first.hash)).toEqual(first);
      expect(await store().users.keys(user.id)).toEqual([first, second]);
      expect(await store().users.deleteKey(first.hash)).toBe(true);
      expect(await store().users.deleteKey(first.hash)).toBe(false);
      expect(await store().users.findKey(first.hash)).toBeNull();
      expect(await store().users.keys(user.id)).toEqual([second]);
    });

    it('take everything of theirs with them and nothing else', async () => {
      const gone = await makeScene(store());
      const kept = await makeScene(store());
      for (const { conversation, memory, owner } of [gone, kept]) {
        await store().messages.append(conversation.id, [makeMessage(conversation.id, 'farewell')]);
        await store().memories.insertPassage(makePassage(memory.id, { text: 'farewell' }));
        await store().runs.insert(makeRun(owner));
      }
      expect(await store().users.delete(gone.user.id)).toBe(true);
      expect(await store().users.delete(gone.user.id)).toBe(false);
      expect(await store().agents.find(gone.agent.id)).toBeNull();
      expect(await store().memories.get(gone.memory.id)).toBeNull();
      expect(await store().conversations.find(gone.conversation.id)).toBeNull();
      expect(await store().runs.active(gone.conversation.id)).toBeNull();
      const anywhere = { query: 'farewell', embedding: null, from: null, to: null, limit: 5, offset: 0 };
      const found = { ...anywhere, tags: null, tagMatch: 'any' as const };
      expect((await store().search.passages({ ...found, memoryId: gone.memory.id })).total).toBe(0);
      expect((await store().search.passages({ ...found, memoryId: kept.memory.id })).total).toBe(1);
      expect(await store().agents.find(kept.agent.id)).toEqual(kept.agent);
      expect(await store().runs.active(kept.conversation.id)).not.toBeNull();
    });

    it('are listed page by page', async () => {
      const users = [0, 1, 2].map((index) => makeUser({ createdAt: 5_000_000_000_000 + index }));
      for (const user of users) await store().users.insert(user);
      const [first, second, third] = users;
      const page = await store().users.page({ limit: 2, order: 'desc' });
      expect(page).toEqual({ items: [third, second], hasMore: true });
      const next = await store().users.page({ limit: 1, order: 'desc', after: second?.id ?? '' });
      expect(next.items).toEqual([first]);
    });
  });

  describe('agents', () => {
    it('come back as they were stored, to their owner alone', async () => {
      const { user, agent } = await makeScene(store());
      const stranger = makeUser();
      await store().users.insert(stranger);
      expect(await store().agents.get(user.id, agent.id)).toEqual(agent);
      expect(await store().agents.get(stranger.id, agent.id)).toBeNull();
      expect(await store().agents.find(agent.id)).toEqual(agent);
      expect(await store().agents.delete(stranger.id, agent.id)).toBe(false);
      expect(await store().agents.find(agent.id)).toEqual(agent);
    });

    it('keep their id, owner and birth through an update of everything else', async () => {
      const { user, agent } = await makeScene(store());
      const changed = {
        ...makeAgent(user.id, { name: 'new', protocol: 'heartbeat', origin: 'native', envelope: 'json' }),
        id: agent.id,
        settings: {},
        tools: [],
        mainConversationId: newId(),
        updatedAt: 2_000,
      };
      await store().agents.update({ ...changed, ownerId: newId(), createdAt: 9 });
      expect(await store().agents.find(agent.id)).toEqual({ ...changed, ownerId: user.id, createdAt: 1_000 });
    });

    it('have one name each among the native agents of an owner, and any name elsewhere', async () => {
      const { user } = await makeScene(store());
      const other = await makeScene(store());
      const sam = makeAgent(user.id, { name: 'Sam', origin: 'native' });
      await store().agents.insert(sam);
      const twin = makeAgent(user.id, { name: 'Sam', origin: 'native' });
      await expect(store().agents.insert(twin)).rejects.toMatchObject({ code: 'conflict', param: 'name' });
      await store().agents.insert(makeAgent(other.user.id, { name: 'Sam', origin: 'native' }));
      const first = makeAgent(user.id, { name: 'Sam', createdAt: 1 });
      await store().agents.insert(makeAgent(user.id, { name: 'Sam', createdAt: 2 }));
      await store().agents.insert(first);
      expect(await store().agents.findByName(user.id, 'Sam', 'native')).toEqual(sam);
      expect(await store().agents.findByName(user.id, 'Sam', 'openai')).toEqual(first);
      expect(await store().agents.findByName(user.id, 'sam', 'native')).toBeNull();
    });

    it('leave their conversations, messages and runs behind and take memories and windows along', async () => {
      const { user, agent, memory, conversation, owner } = await makeScene(store());
      const spoken = makeMessage(conversation.id, 'hello', { role: 'assistant', agentId: agent.id });
      const [message] = await store().messages.append(conversation.id, [spoken]);
      const run = makeRun(owner);
      await store().runs.insert(run);
      await store().runs.insertStep(makeStep(run));
      await store().events.append([{ runId: run.id, seq: 1, at: 1, type: 'run-status', run }]);
      expect(await store().agents.delete(user.id, agent.id)).toBe(true);
      expect(await store().memories.get(memory.id)).toBeNull();
      expect(await store().conversations.window(agent.id, conversation.id)).toBeNull();
      expect(await store().runs.find(run.id)).toMatchObject({ agentId: agent.id });
      expect(await store().runs.steps(run.id)).toHaveLength(1);
      expect(await store().events.read(run.id, 0, 10)).toHaveLength(1);
      expect(await store().conversations.get(user.id, conversation.id)).toMatchObject({ lastSeq: 1 });
      expect(await store().messages.get(conversation.id, spoken.id)).toEqual(message);
    });
  });

  describe('a list', () => {
    it('keeps the order of making for things of one moment, and pages both ways', async () => {
      const { user } = await makeScene(store());
      const other = await makeScene(store());
      const ids: string[] = [];
      for (let index = 0; index < 7; index += 1) {
        const conversation = makeConversation(user.id, { createdAt: 2_000 });
        ids.push(conversation.id);
        await store().conversations.insert(conversation);
      }
      const page = async (request: object): Promise<unknown> => {
        const { items, hasMore } = await store().conversations.page(user.id, { limit: 3, order: 'asc', ...request });
        return [...items.map((item) => ids.indexOf(item.id)), hasMore];
      };
      // The scene's own conversation, made earlier, is none of the seven.
      expect(await page({})).toEqual([-1, 0, 1, true]);
      expect(await page({ after: ids[1] })).toEqual([2, 3, 4, true]);
      expect(await page({ after: ids[4] })).toEqual([5, 6, false]);
      expect(await page({ after: ids[6] })).toEqual([false]);
      expect(await page({ order: 'desc' })).toEqual([6, 5, 4, true]);
      expect(await page({ order: 'desc', after: ids[3] })).toEqual([2, 1, 0, true]);
      expect(await page({ before: ids[5] })).toEqual([2, 3, 4, true]);
      expect(await page({ before: ids[1] })).toEqual([-1, 0, false]);
      expect(await page({ order: 'desc', before: ids[3] })).toEqual([6, 5, 4, false]);
      expect(await page({ order: 'desc', before: ids[1] })).toEqual([4, 3, 2, true]);
      expect(await page({ after: ids[0], before: ids[6], limit: 2 })).toEqual([1, 2, true]);
      expect(await page({ after: ids[4], before: ids[6] })).toEqual([5, false]);
      const theirs = await store().conversations.page(other.user.id, { limit: 100, order: 'asc' });
      expect(theirs.items.map((item) => item.id)).toEqual([other.conversation.id]);
    });

    it('refuses a cursor that names nothing of it', async () => {
      const { user } = await makeScene(store());
      const other = await makeScene(store());
      const page = { limit: 3, order: 'asc' } as const;
      const after = store().conversations.page(user.id, { ...page, after: other.conversation.id });
      await expect(after).rejects.toMatchObject({ code: 'invalid_request', param: 'after' });
      const before = store().agents.page(user.id, { ...page, before: 'null' });
      await expect(before).rejects.toMatchObject({ code: 'invalid_request', param: 'before' });
    });
  });
}
