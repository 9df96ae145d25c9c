import { describe, expect, it } from 'vitest';
import { newId } from '../../../src/domain/ids.js';
import type { Message } from '../../../src/domain/message.js';
import type { OpenStore } from '../contract.js';
import { makeAgent, makeConversation, makeMessage, makeRun, makeScene, makeWindow } from '../rows.js';

export function describeConversations(store: OpenStore): void {
  describe('conversations', () => {
    it('come back as they were stored, to their owner alone', async () => {
      const { user, conversation } = await makeScene(store());
      const other = await makeScene(store());
      expect(await store().conversations.get(user.id, conversation.id)).toEqual(conversation);
      expect(await store().conversations.get(other.user.id, conversation.id)).toBeNull();
      expect(await store().conversations.delete(other.user.id, conversation.id)).toBe(false);
      expect(await store().conversations.lock(conversation.id)).toEqual(conversation);
      expect(await store().conversations.lock(newId())).toBeNull();
    });

    it('keep the number of their newest message through an update', async () => {
      const { conversation } = await makeScene(store());
      await store().messages.append(conversation.id, [makeMessage(conversation.id, 'one')]);
      await store().conversations.update({ ...conversation, memoryKey: 'anna', metadata: {}, lastSeq: 99 });
      expect(await store().conversations.find(conversation.id)).toEqual({
        ...conversation,
        memoryKey: 'anna',
        metadata: {},
        lastSeq: 1,
      });
    });

    it('take messages, windows and runs along and leave the memory', async () => {
      const { user, agent, memory, conversation, owner } = await makeScene(store());
      const message = makeMessage(conversation.id, 'one');
      await store().messages.append(conversation.id, [message]);
      const run = makeRun(owner);
      await store().runs.insert(run);
      expect(await store().conversations.delete(user.id, conversation.id)).toBe(true);
      expect(await store().messages.get(conversation.id, message.id)).toBeNull();
      expect(await store().conversations.window(agent.id, conversation.id)).toBeNull();
      expect(await store().runs.find(run.id)).toBeNull();
      expect(await store().memories.get(memory.id)).toEqual(memory);
    });

    it('are found by their memory, by an agent that spoke in them and by all pairs of their metadata', async () => {
      const { user, agent } = await makeScene(store());
      const said = (pairs: Record<string, string>, memoryKey: string | null) =>
        makeConversation(user.id, { metadata: pairs, memoryKey });
      const plain = said({ a: 'x"y', b: 'Z' }, null);
      const other = said({ a: '"b":"Z"', ba: 'x"y' }, 'user:anna');
      for (const conversation of [plain, other]) await store().conversations.insert(conversation);
      const memory = await store().memories.findByKey(agent.id, 'default');
      await store().conversations.openWindow(makeWindow(agent.id, other.id, memory?.id ?? ''));
      const found = async (filter: object): Promise<string[]> => {
        const page = await store().conversations.page(user.id, { limit: 10, order: 'desc', ...filter });
        return page.items.map((conversation) => conversation.id);
      };
      expect(await found({ memoryKey: 'user:anna' })).toEqual([other.id]);
      expect(await found({ agentId: agent.id })).toContain(other.id);
      expect(await found({ agentId: agent.id })).not.toContain(plain.id);
      expect(await found({ metadata: { a: 'x"y', b: 'Z' } })).toEqual([plain.id]);
      expect(await found({ metadata: { a: 'x"y', b: 'z' } })).toEqual([]);
      expect(await found({ metadata: { b: 'Z' } })).toEqual([plain.id]);
    });

    it('can take the memories along that agents opened in them under a key, and no others', async () => {
      const { user, agent, memory, conversation } = await makeScene(store());
      const elsewhere = makeConversation(user.id);
      await store().conversations.insert(elsewhere);
      const own = await store().memories.insert({ ...memory, id: newId(), key: 'private' });
      await store().conversations.openWindow(makeWindow(agent.id, elsewhere.id, own.id));
      await store().memories.deleteOpened(conversation.id, 'nobody');
      await store().memories.deleteOpened(newId(), 'private');
      expect(await store().memories.get(own.id)).not.toBeNull();
      await store().memories.deleteOpened(elsewhere.id, 'private');
      expect(await store().memories.get(own.id)).toBeNull();
      expect(await store().memories.get(memory.id)).toEqual(memory);
    });
  });

  describe('windows', () => {
    it('are opened once, whatever memory the second asks for', async () => {
      const { agent, memory, conversation } = await makeScene(store());
      const opened = await store().conversations.window(agent.id, conversation.id);
      const again = makeWindow(agent.id, conversation.id, newId(), { liveFromSeq: 9 });
      expect(await store().conversations.openWindow(again)).toEqual(opened);
      expect(opened).toMatchObject({ memoryId: memory.id, liveFromSeq: 1 });
    });

    it('move forward only for who has seen their newest revision', async () => {
      const { agent, conversation } = await makeScene(store());
      await store().conversations.noticePressure(agent.id, conversation.id, 2_000);
      expect(await store().conversations.window(agent.id, conversation.id)).toMatchObject({
        pressureNoticed: true,
        updatedAt: 2_000,
      });
      const summary = {
        text: 'They spoke of tea.',
        covers: [1, 4] as [number, number],
        tokensBefore: 900,
        tokensAfter: 90,
        model: 'offline/demo',
        compactions: 1,
        createdAt: 3_000,
      };
      const compaction = { agentId: agent.id, conversationId: conversation.id, expectedRevision: 0, summary };
      expect(await store().conversations.compactWindow({ ...compaction, liveFromSeq: 5, at: 3_000 })).toBe(true);
      expect(await store().conversations.compactWindow({ ...compaction, liveFromSeq: 7, at: 4_000 })).toBe(false);
      expect(await store().conversations.window(agent.id, conversation.id)).toMatchObject({
        summary,
        liveFromSeq: 5,
        revision: 1,
        pressureNoticed: false,
        updatedAt: 3_000,
      });
    });
  });

  describe('messages', () => {
    it('are numbered in the order they are given, from one on', async () => {
      const { conversation } = await makeScene(store());
      const texts = Array.from({ length: 450 }, (_, index) => makeMessage(conversation.id, `text ${index}`));
      const first = await store().messages.append(conversation.id, texts);
      expect(first.map((message) => message.seq)).toEqual(texts.map((_, index) => index + 1));
      expect(first.map((message) => message.id)).toEqual(texts.map((message) => message.id));
      const [next] = await store().messages.append(conversation.id, [makeMessage(conversation.id, 'last')]);
      expect(next?.seq).toBe(451);
      expect(await store().messages.append(conversation.id, [])).toEqual([]);
      expect(await store().conversations.find(conversation.id)).toMatchObject({ lastSeq: 451 });
    });

    it('get numbers without gap or double when many are appended at once', async () => {
      const { conversation } = await makeScene(store());
      await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          store().messages.append(conversation.id, [
            makeMessage(conversation.id, `a ${index}`),
            makeMessage(conversation.id, `b ${index}`),
          ]),
        ),
      );
      const page = await store().messages.page(conversation.id, { limit: 100, order: 'asc', visibleOnly: false });
      expect(page.items.map((message) => message.seq)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    });

    it('find no place in a conversation that is gone', async () => {
      const appending = store().messages.append(newId(), [makeMessage('x', 'lost')]);
      await expect(appending).rejects.toMatchObject({ code: 'not_found' });
    });

    it('come back with every part and field', async () => {
      const { conversation } = await makeScene(store());
      const message = makeMessage(conversation.id, '', {
        parts: [
          { type: 'text', text: 'Καλημέρα 👩‍👩‍👧 "quoted" \\u0041', annotations: [{ start: 1 }] },
          { type: 'image', url: null, fileId: 'file-1', detail: 'low' },
          { type: 'reasoning', text: 'hm' },
          { type: 'tool-call', callId: 'c1', name: 'f', arguments: '{"a":1}' },
          { type: 'tool-result', callId: 'c1', name: 'f', output: 'ok', failed: false },
        ],
        role: 'assistant',
        kind: 'inner',
        visible: false,
        status: 'incomplete',
        agentId: newId(),
        runId: newId(),
        stepId: newId(),
        callId: 'c1',
        name: 'sam',
        metadata: { k: 'v' },
        faceData: { nested: { list: [1, null, true] } },
        createdAt: 1_732_000_000_123,
      });
      const [stored] = await store().messages.append(conversation.id, [message]);
      expect(stored).toEqual({ ...message, seq: 1 });
      expect(await store().messages.get(conversation.id, message.id)).toEqual(stored);
      const other = await makeScene(store());
      expect(await store().messages.get(other.conversation.id, message.id)).toBeNull();
      expect(await store().messages.delete(other.conversation.id, message.id)).toBe(false);
      expect(await store().messages.delete(conversation.id, message.id)).toBe(true);
      expect(await store().messages.get(conversation.id, message.id)).toBeNull();
    });

    it('lose characters that no database can hold, in columns and in JSON alike', async () => {
      const { conversation } = await makeScene(store());
      const broken = 'a\0b\ud800c';
      const message = makeMessage(conversation.id, broken, { name: broken, metadata: { [`k\0`]: broken } });
      const [stored] = await store().messages.append(conversation.id, [message]);
      const clean = { parts: [{ type: 'text', text: 'ab\ufffdc' }], name: 'ab\ufffdc', metadata: { k: 'ab\ufffdc' } };
      expect(stored).toMatchObject(clean);
      expect(await store().messages.get(conversation.id, message.id)).toMatchObject(clean);
    });

    it('keep number and time through an update of what they say, and of who said it', async () => {
      const { conversation } = await makeScene(store());
      const [before] = await store().messages.append(conversation.id, [
        makeMessage(conversation.id, 'one', { status: 'in_progress' }),
      ]);
      const written = {
        parts: [{ type: 'text' as const, text: 'two' }],
        status: 'completed' as const,
        visible: false,
        name: 'n',
        metadata: { a: 'b' },
        faceData: { x: 1 },
        role: 'assistant' as const,
      };
      const fixed = { seq: 40, createdAt: 9 };
      await store().messages.update({ ...(before as Message), ...written, ...fixed });
      expect(await store().messages.get(conversation.id, before?.id ?? '')).toEqual({ ...before, ...written });
    });

    it('are paged by number, narrowed to what a reader may see', async () => {
      const { conversation, agent } = await makeScene(store());
      const runId = newId();
      const inner = { visible: false, kind: 'inner' as const, role: 'tool' as const };
      await store().messages.append(conversation.id, [
        makeMessage(conversation.id, '1'),
        makeMessage(conversation.id, '2', { ...inner, agentId: agent.id, runId }),
        makeMessage(conversation.id, '3', { ...inner, agentId: newId() }),
        makeMessage(conversation.id, '4', { role: 'assistant', agentId: agent.id, runId }),
      ]);
      const page = async (request: object): Promise<number[]> => {
        const base = { limit: 10, order: 'asc' as const, visibleOnly: false };
        const { items } = await store().messages.page(conversation.id, { ...base, ...request });
        return items.map((message) => message.seq);
      };
      expect(await page({})).toEqual([1, 2, 3, 4]);
      expect(await page({ visibleOnly: true, order: 'desc' })).toEqual([4, 1]);
      expect(await page({ visibleOnly: true, madeByAgents: true })).toEqual([4]);
      expect(await page({ runId })).toEqual([2, 4]);
      expect(await page({ agentId: agent.id })).toEqual([1, 2, 4]);
      const [, second] = (await store().messages.page(conversation.id, { limit: 2, order: 'asc', visibleOnly: false }))
        .items;
      const hidden = store().messages.page(conversation.id, {
        limit: 2,
        order: 'asc',
        visibleOnly: true,
        after: second?.id ?? '',
      });
      await expect(hidden).rejects.toMatchObject({ code: 'invalid_request', param: 'after' });
    });

    it('are seen by an agent as far as they are finished, said, or its own', async () => {
      const { user, conversation, agent } = await makeScene(store());
      const other = makeAgent(user.id);
      await store().agents.insert(other);
      const inner = { visible: false, kind: 'inner' as const, role: 'tool' as const };
      await store().messages.append(conversation.id, [
        makeMessage(conversation.id, '1'),
        makeMessage(conversation.id, '2', { role: 'system', visible: false, agentId: agent.id, kind: 'inner' }),
        makeMessage(conversation.id, '3', { ...inner, agentId: agent.id }),
        makeMessage(conversation.id, '4', { ...inner, agentId: other.id }),
        makeMessage(conversation.id, '5', { role: 'assistant', agentId: other.id, status: 'incomplete' }),
        makeMessage(conversation.id, '6', { role: 'assistant', agentId: other.id, status: 'in_progress' }),
        makeMessage(conversation.id, '7'),
      ]);
      const view = async (request: object): Promise<number[]> => {
        const base = { conversationId: conversation.id, agentId: agent.id, fromSeq: 1, toSeq: null };
        return (await store().messages.view({ ...base, ...request })).map((message) => message.seq);
      };
      expect(await view({})).toEqual([1, 3, 5, 7]);
      expect(await view({ agentId: other.id })).toEqual([1, 4, 5, 7]);
      expect(await view({ fromSeq: 3, toSeq: 5 })).toEqual([3, 5]);
      expect(await view({ newest: 2 })).toEqual([5, 7]);
      expect(await view({ toSeq: 5, newest: 2 })).toEqual([3, 5]);
      const elsewhere = makeConversation(user.id);
      await store().conversations.insert(elsewhere);
      expect(await view({ conversationId: elsewhere.id })).toEqual([]);
    });
  });
}
