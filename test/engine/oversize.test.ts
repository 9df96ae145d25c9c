import { afterEach, describe, expect, it } from 'vitest';
import type { Agent, Protocol } from '../../src/domain/agent.js';
import type { Tool } from '../../src/engine/tools/tool.js';
import { ProviderError, type ModelRequest } from '../../src/providers/provider.js';
import type { ScriptedReply } from '../../src/providers/scripted.js';
import { openRoom, type EngineRoom, type RoomOptions } from '../support/engine-room.js';
import { isValidHistory, lastUserText } from '../support/requests.js';

let room: EngineRoom;
const open = async (options: RoomOptions): Promise<EngineRoom> => (room = await openRoom(options));
afterEach(() => room.close());

const contextWindow = 8_192;
const overflow = new ProviderError('context_too_small', 'maximum context length', { overflow: true });

/** A server that takes so many characters, and answers with a word of every request that it took. */
const strict =
  (charsMax: number, answer: (request: ModelRequest) => ScriptedReply) =>
  (request: ModelRequest): ScriptedReply => {
    expect(isValidHistory(request)).toBe(true);
    if (JSON.stringify(request).length > charsMax) return { error: overflow };
    return request.tools.length === 0 ? 'A summary.' : answer(request);
  };

const huge: Tool = {
  definition: { name: 'huge', description: 'Says much.', parameters: { type: 'object' } },
  effect: 'search',
  run: () => Promise.resolve({ output: 'so much of it '.repeat(60_000), failed: false }),
};

async function summaryOf(agent: Agent) {
  return (await room.store.conversations.window(agent.id, agent.mainConversationId ?? ''))?.summary ?? null;
}

describe.each<Protocol>(['native', 'heartbeat'])('I-12: in the %s protocol', (protocol) => {
  const tools = protocol === 'native' ? ['huge'] : ['huge', 'send_message'];

  it('30. results ten times the window leave the next small message working, and are read as far as they fit', async () => {
    await open({
      contextWindow,
      tools: [huge],
      script: strict(40_000, (request) => {
        const last = request.messages.at(-1);
        if (!lastUserText(request).includes('search') || last?.role === 'tool') return 'fine';
        return { calls: Array.from({ length: 12 }, (_none, at) => ({ id: `c${at}`, name: 'huge', arguments: {} })) };
      }),
    });
    const agent = await room.newAgent({ protocol, tools });
    expect((await room.say(agent, 'search')).status).toBe('completed');
    const sent = room.provider.requests.findLast((request) => request.messages.some(({ role }) => role === 'tool'));
    expect(JSON.stringify(sent?.messages)).toContain('so much of it');
    expect((await room.say(agent, 'small')).status).toBe('completed');
  });

  it.each(['word ', '世界', '🎉', '{"a": 1.5}, '])(
    '31. a message of %s ten times the window leaves it working',
    async (word) => {
      await open({ contextWindow, script: strict(40_000, () => 'fine') });
      const agent = await room.newAgent({ protocol, tools: protocol === 'native' ? [] : ['send_message'] });
      await room.say(agent, 'hello');
      expect((await room.say(agent, `begin ${word.repeat(40_000)} end`)).status).toBe('completed');
      expect(lastUserText(room.provider.requests.at(-1) ?? ({ messages: [] } as unknown as ModelRequest))).toContain(
        'end',
      );
      expect((await room.say(agent, 'small')).status).toBe('completed');
    },
  );

  it('32. blocks that fill the window are a typed error that costs no memory, cured by shrinking one', async () => {
    await open({ contextWindow, script: strict(40_000, () => 'fine') });
    const notes = 'a note that matters '.repeat(450);
    const labels = ['a', 'b', 'c', 'd', 'e'];
    const agent = await room.newAgent({
      protocol,
      blocks: labels.map((label) => ({ label, value: '', charsMax: 10_000 })),
    });
    await room.say(agent, 'hello');
    const memory = await room.store.memories.findByKey(agent.id, 'default');
    const fill = async (value: string): Promise<void> => {
      for (const block of await room.store.memories.blocks(memory?.id ?? '')) {
        const edit = { blockId: block.id, expectedVersion: block.version, value, at: 1 };
        await room.store.memories.writeBlock({ ...edit, actor: 'user', runId: null });
      }
    };
    await fill(notes);
    const asked = room.provider.requests.length;
    const run = await room.say(agent, 'hello?');
    expect(run).toMatchObject({ status: 'failed', error: { code: 'context_window_overflow_in_system_prompt' } });
    expect(room.provider.requests).toHaveLength(asked);
    expect(await summaryOf(agent)).toBeNull();
    await fill('short');
    expect((await room.say(agent, 'hello again')).status).toBe('completed');
    expect(JSON.stringify(room.provider.requests.at(-1)?.messages)).toContain('hello?');
  });

  it('F6: a window that is served smaller than it was configured is found out, and then respected', async () => {
    let refused = 0;
    await open({
      contextWindow: 128_000,
      script: (request) => {
        const reply = strict(30_000, () => 'fine')(request);
        if (typeof reply === 'object' && reply.error !== undefined) refused += 1;
        return reply;
      },
    });
    const agent = await room.newAgent({ protocol });
    const long = 'we walked along the shore and talked '.repeat(60);
    for (let said = 0; said < 30; said += 1) {
      expect((await room.say(agent, `number ${said}: ${long}`)).status).toBe('completed');
    }
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThanOrEqual(4);
  });
});
