import { expect, it } from 'vitest';
import type { Agent, Protocol } from '../../src/domain/agent.js';
import { textOf } from '../../src/domain/message.js';
import type { Tool } from '../../src/engine/tools/tool.js';
import { failureIn } from '../../src/providers/failures.js';
import { ProviderError, type ModelRequest } from '../../src/providers/provider.js';
import type { Script, ScriptedReply } from '../../src/providers/scripted.js';
import { describeOnBothDatabases } from '../support/both-databases.js';
import type { EngineRoom } from '../support/engine-room.js';
import { call, isValidHistory, lastUserText } from '../support/requests.js';

const contextWindow = 8_192;
/** About a tenth of the window. */
const long = 'we walked along the shore and talked '.repeat(100);
const protocols: Protocol[] = ['native', 'heartbeat'];

const isSummary = (request: ModelRequest): boolean => request.tools.length === 0;

/** A model that writes summaries, and else answers; it refuses what is no valid history or longer than its window. */
const modelOf =
  (answer: (request: ModelRequest, index: number) => ScriptedReply): Script =>
  (request, index) => {
    expect(isValidHistory(request)).toBe(true);
    if (JSON.stringify(request).length > contextWindow * 5) {
      return { error: new ProviderError('context_too_small', 'maximum context length', { overflow: true }) };
    }
    return isSummary(request) ? 'They walked.' : answer(request, index);
  };

async function summaryOf(room: EngineRoom, agent: Agent) {
  return (await room.store.conversations.window(agent.id, agent.mainConversationId ?? ''))?.summary ?? null;
}

/** Says long things until the window was compacted; how many. */
async function fill(room: EngineRoom, agent: Agent): Promise<number> {
  let said = 0;
  while ((await summaryOf(room, agent)) === null) {
    said += 1;
    expect(said).toBeLessThan(20);
    expect((await room.say(agent, `number ${said}: ${long}`)).status).toBe('completed');
  }
  return said;
}

describeOnBothDatabases('the window', (open) => {
  it('29. I-8: is compacted once when it is full, and keeps its newest messages and their pairs', async () => {
    const room = await open({
      contextWindow,
      script: modelOf((_request, index) =>
        index % 3 === 1 ? call('memory_append', { label: 'human', text: `fact ${index}` }, `call_${index}`) : 'Yes.',
      ),
    });
    const agent = await room.newAgent({ tools: ['memory_append'] });
    const said = await fill(room, agent);
    expect(await summaryOf(room, agent)).toMatchObject({ compactions: 1 });
    const sent = JSON.stringify(room.provider.requests.at(-1)?.messages);
    for (const kept of [said - 1, said]) expect(sent).toContain(`number ${kept}: ${long}`);
    expect(sent).not.toContain('number 1:');
  });

  it.each(protocols)(
    '30. I-12: one result ten times its size leaves the next small message working (%s)',
    async (protocol) => {
      const huge: Tool = {
        definition: { name: 'huge', description: 'Says much.', parameters: { type: 'object' } },
        effect: 'search',
        run: () => Promise.resolve({ output: 'so much of it '.repeat(contextWindow * 4), failed: false }),
      };
      const room = await open({
        contextWindow,
        tools: [huge],
        script: modelOf((request) =>
          lastUserText(request).includes('look') && request.messages.at(-1)?.role !== 'tool'
            ? call('huge', {})
            : 'Fine.',
        ),
      });
      const agent = await room.newAgent({ protocol, tools: ['huge', 'send_message'] });
      expect((await room.say(agent, 'look')).status).toBe('completed');
      expect((await room.say(agent, 'small')).status).toBe('completed');
    },
  );

  it.each(protocols)(
    '31. I-12: one message ten times its size leaves the next small one working (%s)',
    async (protocol) => {
      const room = await open({ contextWindow, script: modelOf(() => 'Fine.') });
      const agent = await room.newAgent({ protocol, tools: ['send_message'] });
      expect((await room.say(agent, `begin ${'word '.repeat(contextWindow * 10)} end`)).status).toBe('completed');
      expect((await room.say(agent, 'small')).status).toBe('completed');
      expect(JSON.stringify(room.provider.requests.at(-1)?.messages.at(-1))).toContain('small');
    },
  );

  it('32. a prompt that fills it alone is an error of its own name, cured by a shorter one', async () => {
    const room = await open({ contextWindow, script: modelOf(() => 'Fine.') });
    const agent = await room.newAgent({ instructions: 'rule '.repeat(contextWindow * 3) });
    const run = await room.say(agent, 'Hello?');
    expect(run).toMatchObject({ status: 'failed', error: { code: 'context_window_overflow_in_system_prompt' } });
    expect(room.provider.requests).toEqual([]);
    await room.store.agents.update({ ...agent, instructions: 'Be brief.' });
    expect((await room.say(agent, 'Hello again.')).status).toBe('completed');
  });

  it.each([
    "This model's maximum context length is 8192 tokens.",
    'context_length_exceeded',
    'Your input exceeds the context window of this model.',
    'Input tokens exceed the configured limit of 272000 tokens.',
    'The prompt is too long: 210000 tokens > 200000 maximum',
    'Input is too long for requested model.',
    'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    'the request exceeds the available context size, try increasing it',
    'exceed_context_size_error',
    'Trying to keep the first 9000 tokens when context the overflows.',
    'Please reduce the length of the messages or completion.',
    'Too many tokens: the model takes 8192.',
  ])('33. a server that says “%s” gets a shorter prompt, and the run an answer', async (message) => {
    let refused = 0;
    const room = await open({
      contextWindow,
      script: modelOf((request) => {
        if (!lastUserText(request).includes('and then') || refused > 0) return 'Yes.';
        refused = JSON.stringify(request.messages).length;
        return { error: failureIn({ message }, 0) };
      }),
    });
    const agent = await room.newAgent();
    for (let said = 0; said < 3; said += 1) await room.say(agent, long);
    expect((await room.say(agent, 'and then?')).status).toBe('completed');
    expect(refused).toBeGreaterThan(0);
    expect(JSON.stringify(room.provider.requests.at(-1)?.messages).length).toBeLessThan(refused * 0.9);
  });

  it('34. I-29: is kept though no usage is told, which is then estimated and says so', async () => {
    const usage = { promptTokens: 0, completionTokens: 0, cachedTokens: null, reasoningTokens: null, estimated: true };
    const events: Extract<ScriptedReply, object>['events'] = [
      { type: 'text', text: 'Yes.' },
      { type: 'finish', reason: 'stop', usage },
    ];
    const room = await open({ contextWindow, script: modelOf(() => ({ events })) });
    const agent = await room.newAgent();
    await fill(room, agent);
    expect((await room.say(agent, 'small')).usage).toMatchObject({ estimated: true });
  });

  it.each<[string, ScriptedReply]>([
    ['fails', { error: new ProviderError('provider_unavailable', 'Down.') }],
    ['is a call', call('memory_append', { label: 'human', text: 'no' })],
    ['is empty', ''],
    ['never ends', 'and then '.repeat(5_000)],
  ])('35. makes room though its summary %s', async (_what, summary) => {
    const room = await open({ contextWindow, script: (request) => (isSummary(request) ? summary : 'Yes.') });
    const agent = await room.newAgent();
    await fill(room, agent);
    const written = await summaryOf(room, agent);
    expect(written?.text.length).toBeLessThanOrEqual(contextWindow * 0.08 * 4);
    expect(written?.tokensAfter).toBeLessThan((written?.tokensBefore ?? 0) * 0.8);
    expect((await room.blocks(agent))['human']).toBe('');
  });

  it('36. is compacted once, where the first worker died in the midst of it', async () => {
    let asked: () => void = () => undefined;
    const underWay = new Promise<void>((resolve) => (asked = resolve));
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let summaries = 0;
    const room = await open({
      contextWindow,
      script: async (request) => {
        if (!isSummary(request)) return 'Yes.';
        summaries += 1;
        asked();
        if (summaries === 1) await held;
        return 'They walked.';
      },
    });
    const agent = await room.newAgent();
    const filling = fill(room, agent);
    await underWay;
    await room.store.runs.lapseLeases(Date.now());
    const second = room.newWorker();
    second.start();
    const said = await filling;
    release();
    await second.stop(0);
    expect(await summaryOf(room, agent)).toMatchObject({ compactions: 1 });
    expect(await room.spoken(agent)).toHaveLength(said * 2);
  });

  it('37. I-10: fifty compactions leave every word that was said to be found', { timeout: 60_000 }, async () => {
    const room = await open({ script: (request) => (isSummary(request) ? 'Shorter.' : 'I see.') });
    const agent = await room.newAgent();
    const words = Array.from(
      { length: 50 },
      (_none, index) => `word${String.fromCodePoint(97 + (index % 26))}${index}`,
    );
    for (const word of words) {
      await room.say(agent, `It is ${word}.`);
      await room.say(agent, '', { compactOnly: true });
    }
    expect(await summaryOf(room, agent)).toMatchObject({ compactions: 50 });
    const memory = await room.store.memories.findByKey(agent.id, 'default');
    const wanted = { memoryId: memory?.id ?? '', embedding: null, from: null, to: null, roles: null };
    for (const word of words) {
      const found = await room.store.search.messages({ ...wanted, query: word, limit: 5, offset: 0 });
      expect(found.hits.map(textOf)).toEqual([`It is ${word}.`]);
    }
  });
});
