import { afterEach, describe, expect, it } from 'vitest';
import { textOf } from '../../src/domain/message.js';
import { isFinal } from '../../src/domain/status.js';
import type { Tool } from '../../src/engine/tools/tool.js';
import { ProviderError, type ModelRequest } from '../../src/providers/provider.js';
import type { ScriptedReply } from '../../src/providers/scripted.js';
import { openRoom, principal, type EngineRoom, type RoomOptions } from '../support/engine-room.js';

let room: EngineRoom;
const open = async (options: RoomOptions): Promise<EngineRoom> => (room = await openRoom(options));
afterEach(() => room.close());

const call = (name: string, input: unknown, id?: string): ScriptedReply => ({
  calls: [{ name, arguments: input, ...(id === undefined ? {} : { id }) }],
});

/** What was last said by a person, as the model sees it. */
function lastUserText(request: ModelRequest): string {
  const message = request.messages.findLast((candidate) => candidate.role === 'user');
  return message?.role === 'user'
    ? message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
    : '';
}

/** True where every call of a request has exactly one later result, and no result stands alone. */
function isValidHistory(request: ModelRequest): boolean {
  const open = new Set<string>();
  const seen = new Set<string>();
  for (const message of request.messages) {
    if (message.role === 'tool') {
      if (!open.delete(message.callId)) return false;
    } else {
      if (open.size > 0) return false;
      if (message.role === 'assistant')
        for (const { id } of message.calls) {
          if (seen.has(id)) return false;
          seen.add(id);
          open.add(id);
        }
    }
  }
  return open.size === 0;
}

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

describe('progress and bounds', () => {
  it('I-11: a run takes no more turns than it may, and its history stays valid', async () => {
    await open({
      script: (request, index) => {
        expect(isValidHistory(request)).toBe(true);
        return index < 50 ? call('memory_append', { label: 'human', text: `fact ${index}` }) : 'enough';
      },
    });
    const agent = await room.newAgent();
    const run = await room.say(agent, 'go on for ever');
    expect(run).toMatchObject({ status: 'incomplete', incompleteReason: 'max_turns', turn: 50 });
    expect((await room.say(agent, 'still there?')).status).toBe('completed');
  });

  it('I-11: a provider that calls every prompt too long is asked a bounded number of times', async () => {
    await open({
      script: (request) =>
        request.tools.length === 0
          ? 'a summary'
          : { error: new ProviderError('invalid_request', 'maximum context length', { overflow: true }) },
    });
    const agent = await room.newAgent();
    const run = await room.say(agent, 'hello');
    expect(run.status).toBe('failed');
    expect(room.provider.requests.length).toBeLessThanOrEqual(10);
  });

  it.each(['native', 'heartbeat'] as const)(
    'I-12: one oversize message or result never stops the next small message (%s)',
    async (protocol) => {
      const huge: Tool = {
        definition: { name: 'huge', description: 'Says much.', parameters: { type: 'object' } },
        effect: 'search',
        run: () => Promise.resolve({ output: 'x'.repeat(2_000_000), failed: false }),
      };
      await open({
        contextWindow: 8_192,
        tools: [huge],
        script: (request) => {
          expect(JSON.stringify(request.messages).length).toBeLessThan(8_192 * 4.5);
          if (request.tools.length === 0) return 'a summary';
          const text = lastUserText(request);
          const last = request.messages.at(-1);
          return text.includes('use the tool') && last?.role !== 'tool' ? call('huge', {}) : 'fine';
        },
      });
      const agent = await room.newAgent({ protocol, tools: ['huge', 'send_message'] });
      expect((await room.say(agent, 'word '.repeat(50_000))).status).toBe('completed');
      expect((await room.say(agent, 'small')).status).toBe('completed');
      expect((await room.say(agent, 'use the tool')).status).toBe('completed');
      expect((await room.say(agent, 'small again')).status).toBe('completed');
    },
  );

  it('I-12: instructions larger than the window are refused with a clear error, and cured by shorter ones', async () => {
    await open({ contextWindow: 8_192, script: () => 'fine' });
    const agent = await room.newAgent({ instructions: 'rule '.repeat(20_000) });
    const run = await room.say(agent, 'hello');
    expect(run.error?.code).toBe('context_too_small');
    await room.store.agents.update({ ...agent, instructions: 'Be brief.' });
    expect((await room.say(agent, 'hello')).status).toBe('completed');
  });

  it('I-13: the same failing call three times brings a hint, five times the end', async () => {
    const hinted: number[] = [];
    await open({
      script: (request, index) => {
        if (JSON.stringify(request.messages).includes('has now failed')) hinted.push(index);
        return call('memory_replace', { label: 'human', old_string: 'absent', new_string: 'x' });
      },
    });
    const agent = await room.newAgent({ tools: ['memory_replace'] });
    const run = await room.say(agent, 'loop');
    expect(run).toMatchObject({ status: 'failed', error: { code: 'error_loop' } });
    expect(hinted).toEqual([3, 4]);
    expect(room.provider.requests).toHaveLength(5);
  });

  it('I-14: plain text in the heartbeat protocol is the answer', async () => {
    await open({ script: ['I forgot to call the tool.'] });
    const agent = await room.newAgent({ protocol: 'heartbeat' });
    const run = await room.say(agent, 'hello');
    expect(run.status).toBe('completed');
    expect(await room.spoken(agent)).toEqual(['user: hello', 'assistant: I forgot to call the tool.']);
  });

  it.each(['native', 'heartbeat'] as const)(
    'I-15: a failed call is followed by another model call (%s)',
    async (protocol) => {
      const answer = protocol === 'native' ? 'mended' : call('send_message', { message: 'mended' });
      await open({ script: [call('no_such_tool', {}), answer] });
      const agent = await room.newAgent({ protocol });
      await room.say(agent, 'hello');
      expect(await room.spoken(agent)).toEqual(['user: hello', 'assistant: mended']);
      expect(JSON.stringify(room.provider.requests[1]?.messages)).toContain('There is no tool called');
    },
  );

  it('I-16: the result of a tool is cut to its limit and says how long it was', async () => {
    const long: Tool = {
      definition: { name: 'long', description: 'Says much.', parameters: { type: 'object' } },
      effect: 'search',
      run: () => Promise.resolve({ output: 'y'.repeat(80_000), failed: false }),
    };
    await open({ script: [call('long', {}), 'done'], tools: [long], contextWindow: 8_192 });
    const agent = await room.newAgent({ tools: ['long'] });
    const run = await room.say(agent, 'go');
    const output = (await room.store.runs.steps(run.id))[0]?.calls[0]?.output ?? '';
    expect(output.length).toBeLessThan(7_000);
    expect(output).toMatch(/80,?000/);
  });
});

describe('effects outside', () => {
  const sender = (sent: string[], gate: () => Promise<void>): Tool => ({
    definition: { name: 'send_mail', description: 'Sends.', parameters: { type: 'object' } },
    effect: 'outside',
    repeatable: false,
    async run(context) {
      sent.push(context.callId);
      await gate();
      return { output: 'sent', failed: false };
    },
  });

  it('I-25: a call that had begun when its worker died is not made again', async () => {
    const sent: string[] = [];
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    await open({ script: [call('send_mail', {}, 'call_mail'), 'told'], tools: [sender(sent, () => gate)] });
    const agent = await room.newAgent({ tools: ['send_mail'] });
    const run = await room.start(agent, 'mail it');
    while (sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await room.store.runs.lapseLeases(Date.now());
    const second = room.newWorker();
    second.start();
    expect((await room.rest(run)).status).toBe('completed');
    release();
    await second.stop(0);
    expect(sent).toEqual(['call_mail']);
    expect(JSON.stringify(room.provider.requests.at(-1)?.messages)).toContain('was interrupted');
  });

  it('I-26: a cancel stops the model at once, and the next message is answered', async () => {
    let aborted = false;
    await open({
      script: (_request, index) =>
        index > 0
          ? 'here again'
          : {
              text: 'a long answer that never ends',
              deltaChars: 4,
              cutAfter: 3,
              ending: 'silence',
              before: (signal) => signal.addEventListener('abort', () => (aborted = true)),
            },
    });
    const agent = await room.newAgent();
    const run = await room.start(agent, 'talk');
    for await (const event of room.follow(run.id, { afterSeq: 0, signal: AbortSignal.timeout(5_000) })) {
      if (event.type === 'text-delta') break;
    }
    expect((await room.runs.cancel(principal, run.id)).status).toBe('cancelling');
    expect((await room.rest(run)).status).toBe('cancelled');
    expect(aborted).toBe(true);
    await room.log(run);
    expect((await room.say(agent, 'are you there?')).status).toBe('completed');
  });

  it('I-26: a cancel stops a tool at work and answers its call', async () => {
    const sent: string[] = [];
    const never = new Promise<void>(() => undefined);
    await open({ script: [call('send_mail', {}), 'next'], tools: [sender(sent, () => never)] });
    const agent = await room.newAgent({ tools: ['send_mail'] });
    const run = await room.start(agent, 'mail it');
    while (sent.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await room.runs.cancel(principal, run.id);
    expect((await room.rest(run)).status).toBe('cancelled');
    await room.say(agent, 'go on');
    expect(isValidHistory(room.provider.requests.at(-1) ?? ({ messages: [] } as unknown as ModelRequest))).toBe(true);
  });
});
