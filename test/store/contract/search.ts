import { describe, expect, it } from 'vitest';
import { newId } from '../../../src/domain/ids.js';
import type { Message } from '../../../src/domain/message.js';
import type { MessageSearchRequest, PassageSearchRequest } from '../../../src/store/store.js';
import type { OpenStore } from '../contract.js';
import { makeConversation, makeMessage, makePassage, makeScene, makeWindow } from '../rows.js';

export function describeSearch(store: OpenStore): void {
  const sayings = async (memoryId: string, query: string | null, more: Partial<MessageSearchRequest> = {}) => {
    const base = { memoryId, query, embedding: null, from: null, to: null, limit: 10, offset: 0, roles: null };
    const { hits, total } = await store().search.messages({ ...base, ...more });
    return { texts: hits.map(textOfHit), total };
  };
  const archive = async (memoryId: string, query: string | null, more: Partial<PassageSearchRequest> = {}) => {
    const base = { memoryId, query, embedding: null, from: null, to: null, limit: 10, offset: 0 };
    const { hits, total } = await store().search.passages({ ...base, tags: null, tagMatch: 'any', ...more });
    return { texts: hits.map((hit) => hit.text), total };
  };

  describe('searching by words', () => {
    it('finds other forms of a word, in any case, with or without accents', async () => {
      const { memory } = await makeScene(store());
      await store().memories.insertPassage(makePassage(memory.id, { text: 'They were RUNNING past the café.' }));
      for (const query of ['run', 'Runs', 'cafe', 'CAFÉ', 'cafés']) {
        expect(await archive(memory.id, query), query).toMatchObject({ total: 1 });
      }
      expect(await archive(memory.id, 'walk')).toEqual({ texts: [], total: 0 });
    });

    it('finds any of the words, and first what has more of the rarer ones', async () => {
      const { memory } = await makeScene(store());
      const texts = ['blue bird', 'blue whale', 'blue sky and blue sea', 'green bird of the forest', 'red'];
      for (const text of texts) await store().memories.insertPassage(makePassage(memory.id, { text }));
      const found = await archive(memory.id, 'blue bird');
      expect(found.total).toBe(4);
      expect(found.texts[0]).toBe('blue bird');
      expect(found.texts[1]).toBe('green bird of the forest');
      expect(found.texts).not.toContain('red');
    });

    it('answers a question by the words that matter in it', async () => {
      const { memory } = await makeScene(store());
      for (const text of ['What is the weather?', 'The piano was tuned.', 'Who are you to me?']) {
        await store().memories.insertPassage(makePassage(memory.id, { text }));
      }
      const question = 'What was it that you did to the PIANO?';
      expect(await archive(memory.id, question)).toEqual({ texts: ['The piano was tuned.'], total: 1 });
    });

    it('puts first what was told at a time that is spoken of, or soon after it, and finds the rest as well', async () => {
      const { memory, conversation } = await makeScene(store());
      const dayMs = 86_400_000;
      const told = Array.from({ length: 1_800 }, (_, day) =>
        makeMessage(conversation.id, 'some tea', { createdAt: 1_000 * dayMs + day * dayMs }),
      );
      const messages = await store().messages.append(conversation.id, told);
      const day = (at: number): string | undefined => messages[at]?.id;
      const idsOf = async (more: Partial<MessageSearchRequest>): Promise<{ ids: string[]; total: number }> => {
        const base = { memoryId: memory.id, query: 'tea', embedding: null, from: null, to: null, roles: null };
        const { hits, total } = await store().search.messages({ ...base, limit: 3, offset: 0, ...more });
        return { ids: hits.map(({ id }) => id), total };
      };
      const second = { from: 1_002 * dayMs, to: 1_003 * dayMs - 1 };
      const eleventh = { from: 1_011 * dayMs, to: 1_012 * dayMs - 1 };
      expect(await idsOf({ times: [second] })).toEqual({ ids: [day(2), day(3), day(4)], total: 1_800 });
      expect((await idsOf({ times: [eleventh, second] })).ids.slice(0, 2)).toEqual([day(11), day(2)]);
      expect(await idsOf({})).toEqual({ ids: [day(1_799), day(1_798), day(1_797)], total: 1_800 });
      expect((await idsOf({ times: [{ from: 0, to: 1 }] })).ids[0]).toBe(day(1_799));
    });

    it('takes every query for words and nothing else', async () => {
      const { memory } = await makeScene(store());
      await store().memories.insertPassage(makePassage(memory.id, { text: 'near the and or not text scope' }));
      for (const query of ['', ' ', '"', '***', '()', "';--", '👋', '\0', '\ud800', '-', '^', ':', '%_']) {
        expect(await archive(memory.id, query), JSON.stringify(query)).toEqual({ texts: [], total: 0 });
      }
      const hostile = [
        'NEAR(text scope)',
        '"text',
        'text"',
        'scope:*',
        'text AND',
        'tex* text',
        '{text}',
        'a & | ! text',
      ];
      for (const query of hostile) {
        expect((await archive(memory.id, query)).total, query).toBe(1);
      }
      expect((await archive(memory.id, `text ${'word '.repeat(20_000)}`)).total).toBe(1);
      const words = Array.from({ length: 5_000 }, (_, index) => `word${index}`).join(' ');
      expect((await archive(memory.id, `text ${words}`)).total).toBe(1);
    });

    it('stays within the memory it is asked for', async () => {
      const one = await makeScene(store());
      const two = await makeScene(store());
      await store().memories.insertPassage(makePassage(one.memory.id, { text: 'a secret of one' }));
      await store().memories.insertPassage(makePassage(two.memory.id, { text: 'a secret of two' }));
      for (const { conversation } of [one, two]) {
        await store().messages.append(conversation.id, [makeMessage(conversation.id, 'a secret was told')]);
      }
      expect(await archive(one.memory.id, 'secret')).toEqual({ texts: ['a secret of one'], total: 1 });
      expect(await sayings(two.memory.id, 'secret')).toEqual({ texts: ['a secret was told'], total: 1 });
      expect(await archive(newId(), 'secret')).toEqual({ texts: [], total: 0 });
      expect(await sayings(newId(), 'secret')).toEqual({ texts: [], total: 0 });
      // The token of a scope is no word of a text.
      expect((await archive(one.memory.id, `m${one.memory.id.replaceAll('-', '')}x`)).total).toBe(0);
    });

    it('sees all conversations that have the memory open, few or many', async () => {
      const { user, agent, memory, conversation } = await makeScene(store());
      await store().messages.append(conversation.id, [makeMessage(conversation.id, 'an apple')]);
      const closed = makeConversation(user.id);
      await store().conversations.insert(closed);
      await store().messages.append(closed.id, [makeMessage(closed.id, 'an apple elsewhere')]);
      expect((await sayings(memory.id, 'apples')).total).toBe(1);
      await store().transaction(async (tx) => {
        for (let index = 0; index < 230; index += 1) {
          const next = makeConversation(user.id);
          await tx.conversations.insert(next);
          await tx.conversations.openWindow(makeWindow(agent.id, next.id, memory.id));
          await tx.messages.append(next.id, [makeMessage(next.id, index % 10 === 0 ? 'another apple' : 'a pear')]);
        }
      });
      expect((await sayings(memory.id, 'apples')).total).toBe(24);
      expect((await sayings(memory.id, null)).total).toBe(231);
    });

    it('covers what was said and is finished, and no thoughts, results or notices', async () => {
      const { agent, memory, conversation } = await makeScene(store());
      const inner = { visible: false, kind: 'inner' as const, agentId: agent.id };
      const result = {
        type: 'tool-result' as const,
        callId: 'c',
        name: 'recall_search',
        output: 'melon',
        failed: false,
      };
      await store().messages.append(conversation.id, [
        makeMessage(conversation.id, 'melon one'),
        makeMessage(conversation.id, 'melon two', { role: 'assistant', agentId: agent.id }),
        makeMessage(conversation.id, 'melon', { ...inner, role: 'assistant' }),
        makeMessage(conversation.id, '', { ...inner, role: 'tool', parts: [result] }),
        makeMessage(conversation.id, 'melon', { role: 'system', kind: 'inner' }),
        makeMessage(conversation.id, 'melon', { kind: 'alert' }),
        makeMessage(conversation.id, 'melon', { kind: 'heartbeat', visible: false }),
        makeMessage(conversation.id, 'melon', { role: 'assistant', status: 'in_progress' }),
      ]);
      expect((await sayings(memory.id, 'melon')).texts.sort()).toEqual(['melon one', 'melon two']);
      expect(await sayings(memory.id, 'melon', { roles: ['assistant'] })).toEqual({ texts: ['melon two'], total: 1 });
      expect((await sayings(memory.id, 'melon', { roles: [] })).total).toBe(0);
    });

    it('follows every change of a message and of a passage', async () => {
      const { memory, conversation } = await makeScene(store());
      const draft = makeMessage(conversation.id, '', { role: 'assistant', status: 'in_progress', parts: [] });
      const [message] = (await store().messages.append(conversation.id, [draft])) as [Message];
      const parts = [{ type: 'text' as const, text: 'plum' }];
      await store().messages.update({ ...message, parts, status: 'completed' });
      expect((await sayings(memory.id, 'plums')).total).toBe(1);
      await store().messages.update({ ...message, parts: [{ type: 'text', text: 'fig' }], status: 'completed' });
      expect((await sayings(memory.id, 'plums')).total).toBe(0);
      expect((await sayings(memory.id, 'figs')).total).toBe(1);
      await store().messages.update({ ...message, parts, status: 'completed', visible: false });
      expect((await sayings(memory.id, null)).total).toBe(0);

      const passage = makePassage(memory.id, { text: 'plum', tags: ['a'] });
      await store().memories.insertPassage(passage);
      await store().memories.updatePassage({ ...passage, text: 'fig', tags: ['b'] });
      expect((await archive(memory.id, 'plum')).total).toBe(0);
      expect((await archive(memory.id, 'fig', { tags: ['b'] })).total).toBe(1);
      expect((await archive(memory.id, 'fig', { tags: ['a'] })).total).toBe(0);
      await store().memories.deletePassage(memory.id, passage.id);
      expect((await archive(memory.id, 'fig')).total).toBe(0);
    });

    it('forgets a deleted message and the messages of a deleted conversation', async () => {
      const { user, memory, conversation } = await makeScene(store());
      const first = makeMessage(conversation.id, 'quince');
      await store().messages.append(conversation.id, [first, makeMessage(conversation.id, 'quince jam')]);
      await store().messages.delete(conversation.id, first.id);
      expect(await sayings(memory.id, 'quince')).toEqual({ texts: ['quince jam'], total: 1 });
      await store().conversations.delete(user.id, conversation.id);
      expect((await sayings(memory.id, 'quince')).total).toBe(0);
    });

    it('takes both ends of a span of time', async () => {
      const { memory } = await makeScene(store());
      for (const createdAt of [10, 20, 30, 40]) {
        await store().memories.insertPassage(makePassage(memory.id, { text: `day ${createdAt}`, createdAt }));
      }
      expect((await archive(memory.id, 'days', { from: 20, to: 30 })).texts.sort()).toEqual(['day 20', 'day 30']);
      expect((await archive(memory.id, null, { from: 30 })).texts).toEqual(['day 40', 'day 30']);
      expect((await archive(memory.id, null, { to: 10 })).texts).toEqual(['day 10']);
    });

    it('narrows to any or all of some tags', async () => {
      const { memory } = await makeScene(store());
      await store().memories.insertPassage(makePassage(memory.id, { text: 'note one', tags: ['a', 'b'] }));
      await store().memories.insertPassage(makePassage(memory.id, { text: 'note two', tags: ['b', 'c'] }));
      await store().memories.insertPassage(makePassage(memory.id, { text: 'note three' }));
      const tagged = (tags: string[], tagMatch: 'any' | 'all') => archive(memory.id, 'notes', { tags, tagMatch });
      expect((await tagged(['a', 'c'], 'any')).total).toBe(2);
      expect((await tagged(['b', 'a', 'b'], 'all')).texts).toEqual(['note one']);
      expect((await tagged(['a', 'c'], 'all')).total).toBe(0);
      expect((await tagged([], 'all')).total).toBe(3);
      expect((await archive(memory.id, null, { tags: ['c'] })).texts).toEqual(['note two']);
    });

    it('counts all hits exactly and pages through them without gap or double', async () => {
      const { memory } = await makeScene(store());
      await store().transaction(async (tx) => {
        for (let index = 0; index < 73; index += 1) {
          const text = `the same words, number ${index % 4 === 0 ? '' : index}`;
          await tx.memories.insertPassage(makePassage(memory.id, { text, tags: [`${index}`] }));
        }
      });
      for (const query of ['words', null]) {
        const seen: string[] = [];
        for (let offset = 0; offset < 80; offset += 10) {
          const request = { memoryId: memory.id, query, embedding: null, from: null, to: null, limit: 10, offset };
          const page = await store().search.passages({ ...request, tags: null, tagMatch: 'any' });
          expect(page.total).toBe(73);
          seen.push(...page.hits.map((hit) => hit.id));
        }
        expect(seen).toHaveLength(73);
        expect(new Set(seen).size).toBe(73);
      }
    });

    it('lists by time, newest first, where it is asked for no words', async () => {
      const { memory, conversation } = await makeScene(store());
      await store().messages.append(
        conversation.id,
        [30, 10, 20, 20].map((createdAt, index) =>
          makeMessage(conversation.id, `${createdAt}/${index}`, { createdAt }),
        ),
      );
      expect(await sayings(memory.id, null, { limit: 3 })).toEqual({ texts: ['30/0', '20/3', '20/2'], total: 4 });
      expect(await sayings(memory.id, null, { offset: 3 })).toEqual({ texts: ['10/1'], total: 4 });
    });
  });

  describe('searching by vectors', () => {
    it('ranks by the nearest, fuses with words, and counts both', async () => {
      const { memory } = await makeScene(store());
      const model = newId();
      const put = async (text: string, vector: number[]): Promise<void> => {
        const passage = makePassage(memory.id, { text });
        await store().memories.insertPassage(passage);
        await store().search.putVectors(model, [
          { kind: 'passage', id: passage.id, vector: Float32Array.from(vector) },
        ]);
      };
      await put('physician', [10, 1, 0]);
      await put('nurse', [1, 1, 0]);
      await put('away', [-1, 0, 0]);
      await put('doctor here', [0.1, 1, 0]);
      const embedding = { model, vector: Float32Array.from([1, 0, 0]) };
      expect(await archive(memory.id, 'nothing', { embedding })).toEqual({
        texts: ['physician', 'nurse', 'doctor here'],
        total: 3,
      });
      const fused = await archive(memory.id, 'doctor', { embedding });
      expect(fused).toEqual({ texts: ['doctor here', 'physician', 'nurse'], total: 3 });
      expect((await archive(memory.id, 'doctor', { embedding, limit: 1, offset: 1 })).texts).toEqual(['physician']);
    });

    it('never compares vectors of different models or sizes', async () => {
      const { memory } = await makeScene(store());
      const passage = makePassage(memory.id, { text: 'alone' });
      await store().memories.insertPassage(passage);
      const model = newId();
      const vector = Float32Array.from([1, 0, 0]);
      await store().search.putVectors(model, [{ kind: 'passage', id: passage.id, vector }]);
      const near = (name: string, values: number[]) =>
        archive(memory.id, 'zzz', { embedding: { model: name, vector: Float32Array.from(values) } });
      expect((await near(model, [1, 0, 0])).total).toBe(1);
      expect((await near(newId(), [1, 0, 0])).total).toBe(0);
      expect((await near(model, [1, 0])).total).toBe(0);
    });

    it('keeps to memory, dates and roles like the words do', async () => {
      const { memory, conversation } = await makeScene(store());
      const other = await makeScene(store());
      const model = newId();
      const vector = Float32Array.from([1, 0]);
      const messages = [
        makeMessage(conversation.id, 'one', { createdAt: 10 }),
        makeMessage(conversation.id, 'two', { createdAt: 20, role: 'assistant' }),
      ];
      await store().messages.append(conversation.id, messages);
      const stranger = makeMessage(other.conversation.id, 'three');
      await store().messages.append(other.conversation.id, [stranger]);
      const all = [...messages, stranger].map(({ id }) => ({ kind: 'message' as const, id, vector }));
      await store().search.putVectors(model, all);
      const embedding = { model, vector };
      expect((await sayings(memory.id, 'zzz', { embedding })).texts.sort()).toEqual(['one', 'two']);
      expect((await sayings(memory.id, 'zzz', { embedding, to: 19 })).texts).toEqual(['one']);
      expect((await sayings(memory.id, 'zzz', { embedding, roles: ['assistant'] })).texts).toEqual(['two']);
    });

    it('knows which texts still want a vector, oldest first, and which want a new one', async () => {
      const { memory, conversation } = await makeScene(store());
      const model = newId();
      const passage = makePassage(memory.id, { text: 'older', createdAt: -20 });
      const message = makeMessage(conversation.id, 'newer', { createdAt: -10 });
      await store().messages.append(conversation.id, [message]);
      await store().memories.insertPassage(passage);
      const wanted = [
        { kind: 'passage', id: passage.id, text: 'older' },
        { kind: 'message', id: message.id, text: 'newer' },
      ];
      expect(await store().search.withoutVector(model, 2)).toEqual(wanted);
      const vector = Float32Array.from([1]);
      await store().search.putVectors(model, [{ kind: 'passage', id: passage.id, vector }]);
      expect(await store().search.withoutVector(model, 1)).toEqual(wanted.slice(1));
      expect(await store().search.withoutVector(newId(), 2)).toEqual(wanted);
      await store().memories.updatePassage({ ...passage, tags: ['same text'] });
      expect(await store().search.withoutVector(model, 1)).toEqual(wanted.slice(1));
      await store().memories.updatePassage({ ...passage, text: 'edited' });
      expect((await store().search.withoutVector(model, 1))[0]).toMatchObject({ id: passage.id, text: 'edited' });
      const embedding = { model, vector };
      expect((await archive(memory.id, 'zzz', { embedding })).total).toBe(0);
    });

    it('passes over texts that went away in the meantime', async () => {
      const vector = Float32Array.from([1]);
      const absent = store().search.putVectors(newId(), [{ kind: 'message', id: newId(), vector }]);
      await expect(absent).resolves.toBeUndefined();
    });
  });
}

function textOfHit(message: Message): string {
  return message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
}
