import { afterEach, describe, expect, it } from 'vitest';
import { textOf } from '../../src/domain/message.js';
import { isFinal } from '../../src/domain/status.js';
import type { Tool } from '../../src/engine/tools/tool.js';
import { ProviderError } from '../../src/providers/provider.js';
import type { ScriptedReply } from '../../src/providers/scripted.js';
import { openRoom, principal, type EngineRoom, type RoomOptions } from '../support/engine-room.js';
import { call, isValidHistory, lastUserText } from '../support/requests.js';

let room: EngineRoom;
const open = async (options: RoomOptions): Promise<EngineRoom> => (room = await openRoom(options));
afterEach(() => room.close());

describe('order and atomicity', () => {
  it('I-1: twenty messages sent at once to one agent are twenty whole exchanges in one order', async () => {
    await open({ script: (request) => `answer to ${lastUserText(request)}` });
    const agent = await room.newAgent();
    const texts = Array.from({ length: 20 }, (_, index) => `question ${index}`);
    const runs = await Promise.all(texts.map((text) => room.start(agent, text)));
    const ended = await Promise.all(runs.map((run) => room.rest(run)));
    expect(ended.map((run) => run.status)).toEqual(texts.map(() => 'completed'));
    const spoken = await room.spoken(agent);
    expect(spoken).toHaveLength(40);
    for (let at = 0; at < spoken.length; at += 2) {
      expect(spoken[at + 1]).toBe(`assistant: answer to ${(spoken[at] ?? '').replace('user: ', '')}`);
    }
    expect(new Set(spoken).size).toBe(40);
  });

  it('I-2: a message is on the record before the model is called, and in view after its worker died', async () => {
    let seen: string[] = [];
    await open({
      script: async (request) => {
        seen = (await room.messages(agent)).map(textOf);
        return `heard: ${request.messages.length}`;
      },
      working: false,
    });
    const agent = await room.newAgent();
    const run = await room.start(agent, 'do not lose me');
    expect((await room.messages(agent)).map(textOf)).toEqual(['do not lose me']);
    const dead = await room.store.runs.claim({ owner: 'dead', now: Date.now(), leaseUntil: Date.now() - 1 });
    expect(dead?.id).toBe(run.id);
    room.worker.start();
    expect((await room.rest(run)).status).toBe('completed');
    expect(seen).toEqual(['do not lose me']);
    expect(
      room.provider.requests.at(-1)?.messages.some((message) => JSON.stringify(message).includes('do not lose')),
    ).toBe(true);
  });

  it('I-3: an edit of memory, its result and its step are committed together or not at all', async () => {
    const breaking: Tool = {
      definition: { name: 'half_edit', description: 'Edits, then fails.', parameters: { type: 'object' } },
      effect: 'memory',
      async run(tx, context) {
        const [block] = await tx.memories.blocks(context.memory.id);
        if (block === undefined) throw new Error('no block');
        await tx.memories.writeBlock({
          blockId: block.id,
          expectedVersion: block.version,
          value: 'half done',
          actor: 'agent',
          runId: context.run.id,
          at: 0,
        });
        throw new Error('the second half failed');
      },
    };
    await open({ script: [call('half_edit', {}), 'sorry'], tools: [breaking] });
    const agent = await room.newAgent({ tools: ['half_edit'] });
    const run = await room.say(agent, 'edit');
    expect(run.status).toBe('completed');
    expect((await room.blocks(agent))['persona']).toBe('I am a test.');
    const [step] = await room.store.runs.steps(run.id);
    expect(step?.calls[0]).toMatchObject({ failed: true, output: 'the second half failed' });
  });

  it('I-4: the window only grows between compactions, and a compaction holds for one revision', async () => {
    await open({ script: (_request, index) => `answer ${index}` });
    const agent = await room.newAgent();
    const conversationId = agent.mainConversationId ?? '';
    for (const text of ['one', 'two', 'three']) await room.say(agent, text);
    const before = room.provider.requests.map((request) => JSON.stringify(request.messages));
    expect(before[1]?.startsWith(before[0]?.slice(0, -1) ?? 'x')).toBe(true);
    expect(before[2]?.startsWith(before[1]?.slice(0, -1) ?? 'x')).toBe(true);
    const window = await room.store.conversations.window(agent.id, conversationId);
    const swap = { agentId: agent.id, conversationId, summary: null, liveFromSeq: 3, at: 1 };
    const expectedRevision = window?.revision ?? -1;
    expect(await room.store.conversations.compactWindow({ ...swap, expectedRevision })).toBe(true);
    expect(await room.store.conversations.compactWindow({ ...swap, expectedRevision })).toBe(false);
  });

  it('I-5: messages are ordered by their number, whatever their time says', async () => {
    let now = 1_000_000;
    await open({ script: (_request, index) => `answer ${index}`, clock: { now: () => (now -= 1_000) } });
    const agent = await room.newAgent();
    await room.say(agent, 'first');
    await room.say(agent, 'second');
    const messages = await room.messages(agent);
    expect(messages.map((message) => message.seq)).toEqual([1, 2, 3, 4]);
    expect(messages.map(textOf)).toEqual(['first', 'answer 0', 'second', 'answer 1']);
  });

  it('I-6: every run ends with exactly one final status, whatever happened to it', async () => {
    const stories: ScriptedReply[] = [
      'fine',
      { error: new ProviderError('model_refused', 'No such model.') },
      { text: 'half', finish: 'length' },
      { text: '', finish: 'stop' },
      '',
      '',
      { error: new Error('a fault of ours') },
    ];
    await open({ script: stories });
    const agent = await room.newAgent();
    const statuses: string[] = [];
    for (const text of ['a', 'b', 'c', 'd', 'e']) {
      const run = await room.say(agent, text);
      const finals = (await room.log(run)).filter((event) => event.type === 'run-status' && isFinal(event.run.status));
      expect(finals).toHaveLength(1);
      statuses.push(run.status);
    }
    expect(statuses).toEqual(['completed', 'failed', 'incomplete', 'completed', 'failed']);
    expect(room.faults).toHaveLength(1);
  });
});

describe('history', () => {
  it('I-7: a call nobody answered is answered before the next model call', async () => {
    await open({ script: [call('client_function', {}, 'call_a'), 'going on'] });
    const agent = await room.newAgent({ functions: ['client_function'] });
    const parked = await room.say(agent, 'call it');
    expect(parked.status).toBe('requires_action');
    await room.runs.cancel(principal, parked.id);
    const next = await room.say(agent, 'never mind');
    expect(next.status).toBe('completed');
    const request = room.provider.requests.at(-1);
    expect(request === undefined ? false : isValidHistory(request)).toBe(true);
    expect(JSON.stringify(request?.messages)).toContain('call_a');
  });

  it('I-8: a compaction parts no call from its result and keeps what was last asked', async () => {
    const long = 'word '.repeat(900);
    await open({
      contextWindow: 6_000,
      script: (request, index) => {
        expect(isValidHistory(request)).toBe(true);
        if (request.tools.length === 0) return 'a summary';
        return index % 3 === 0
          ? call('memory_append', { label: 'human', text: `fact ${index}` }, `call_${index}`)
          : long;
      },
    });
    const agent = await room.newAgent();
    for (let index = 0; index < 12; index += 1) {
      const run = await room.say(agent, `question ${index} ${long}`);
      expect(run.status).toBe('completed');
      const asked = room.provider.requests.filter((request) => request.tools.length > 0).at(-1);
      expect(JSON.stringify(asked?.messages)).toContain(`question ${index}`);
    }
    const window = await room.store.conversations.window(agent.id, agent.mainConversationId ?? '');
    expect(window?.summary?.compactions).toBeGreaterThan(1);
  });

  it('I-9: the system prompt comes first, then at most one summary', async () => {
    await open({ script: (request) => (request.tools.length === 0 ? 'SUMMARY' : 'yes') });
    const agent = await room.newAgent();
    await room.say(agent, 'remember the pier');
    await room.say(agent, '', { compactOnly: true });
    await room.say(agent, 'and the boat');
    await room.say(agent, '', { compactOnly: true });
    await room.say(agent, 'what do you know?');
    const messages = room.provider.requests.at(-1)?.messages ?? [];
    expect(messages[0]?.role).toBe('system');
    expect(messages.filter((message) => message.role === 'system')).toHaveLength(1);
    expect(messages.filter((message) => JSON.stringify(message).includes('SUMMARY'))).toHaveLength(1);
    expect(JSON.stringify(messages[1])).toContain('SUMMARY');
  });

  it('I-10: after many compactions every text a person sent is still found', async () => {
    await open({ script: (request) => (request.tools.length === 0 ? 'shorter' : 'noted') });
    const agent = await room.newAgent();
    const words = ['heron', 'lantern', 'quarry', 'velvet', 'saffron', 'glacier'];
    for (const word of words) {
      await room.say(agent, `my word is ${word}`);
      await room.say(agent, '', { compactOnly: true });
    }
    const memory = await room.store.memories.findByKey(agent.id, 'default');
    for (const word of words) {
      const found = await room.store.search.messages({
        memoryId: memory?.id ?? '',
        query: word,
        embedding: null,
        from: null,
        to: null,
        roles: null,
        limit: 5,
        offset: 0,
      });
      expect(found.hits.map(textOf)).toEqual([`my word is ${word}`]);
    }
  });
});
