import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createChunkReader } from '../../src/providers/openai-chunks.js';
import { createOpenaiProvider } from '../../src/providers/openai.js';
import type { ModelEvent } from '../../src/providers/provider.js';
import { startMockUpstream, streamChunks, type MockUpstream } from '../support/mock-upstream.js';
import { collect, requestOf } from './small-engine.js';

const open: MockUpstream[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((upstream) => upstream.close()));
});

async function read(deltas: unknown[], finish: string | null = 'stop', usage?: unknown) {
  const reader = createChunkReader(requestOf(), () => 0);
  const chunks = [
    ...deltas.map((delta) => ({ choices: [{ delta }] })),
    { choices: [{ delta: {}, finish_reason: finish }], usage },
  ];
  async function* events(): AsyncGenerator<ModelEvent> {
    for (const chunk of chunks) yield* reader.read(chunk);
    yield reader.finish();
  }
  return collect(events());
}

const call = (fields: object) => ({ tool_calls: [fields] });

describe('Chunks of a reply', () => {
  it('with content null and no choices say nothing', async () => {
    const reader = createChunkReader(requestOf(), () => 0);
    expect(reader.read({ choices: [{ delta: { role: 'assistant', content: null } }] })).toEqual([]);
    expect(reader.read({ choices: [] })).toEqual([]);
    expect(reader.read({})).toEqual([]);
    expect(reader.isFinished()).toBe(false);
  });

  it('join fragments by index, however they are mixed', async () => {
    const reply = await read([
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '' } }),
      call({ index: 1, id: 'b', function: { name: 'g', arguments: '{"y"' } }),
      call({ index: 0, function: { arguments: '{"x":' } }),
      call({ index: 1, function: { arguments: ':2}' } }),
      call({ index: 0, function: { arguments: '1}' } }),
    ]);
    expect(reply.calls).toEqual([
      { id: 'a', name: 'f', arguments: '{"x":1}' },
      { id: 'b', name: 'g', arguments: '{"y":2}' },
    ]);
  });

  it('join fragments without an index by their order and ids', async () => {
    const reply = await read([
      call({ id: 'a', function: { name: 'f', arguments: '{"x":' } }),
      call({ function: { arguments: '1}' } }),
      call({ id: 'b', function: { name: 'g', arguments: '{}' } }),
      { tool_calls: [{ function: { name: 'h', arguments: '{}' } }, { function: { name: 'h', arguments: '{"z":1}' } }] },
    ]);
    expect(reply.calls.map((one) => [one.name, one.arguments])).toEqual([
      ['f', '{"x":1}'],
      ['g', '{}'],
      ['h', '{}'],
      ['h', '{"z":1}'],
    ]);
    expect(new Set(reply.calls.map((one) => one.id)).size).toBe(4);
  });

  it('keep calls apart that all claim index 0', async () => {
    const reply = await read([
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x":1}' } }),
      call({ index: 0, id: 'b', function: { name: 'f', arguments: '{"x":2}' } }),
    ]);
    expect(reply.calls.map((one) => one.arguments)).toEqual(['{"x":1}', '{"x":2}']);
  });

  it('give a second call of the same id another one', async () => {
    const reply = await read([
      call({ index: 0, id: 'same', function: { name: 'f', arguments: '{}' } }),
      call({ index: 1, id: 'same', function: { name: 'g', arguments: '{}' } }),
    ]);
    expect(reply.calls.map((one) => one.id)).toEqual(['same', 'same_2']);
  });

  it('that repeat id and name with every fragment make one call', async () => {
    const reply = await read([
      call({ index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' } }),
      call({ index: 0, id: 'a', function: { name: 'f', arguments: ':1}' } }),
    ]);
    expect(reply.calls).toEqual([{ id: 'a', name: 'f', arguments: '{"x":1}' }]);
  });

  it('bring arguments as an object, or as none', async () => {
    const reply = await read([
      call({ index: 0, id: 'a', function: { name: 'f', arguments: { x: 1 } } }),
      call({ index: 1, id: '', function: { name: 'g', arguments: null } }),
    ]);
    expect(reply.calls[0]?.arguments).toBe('{"x":1}');
    expect(reply.calls[1]).toMatchObject({ name: 'g', arguments: '' });
    expect(reply.calls[1]?.id).toMatch(/^call_\w{22}$/);
  });

  it('of the oldest dialect hold a function_call', async () => {
    const reply = await read(
      [{ function_call: { name: 'f', arguments: '{' } }, { function_call: { arguments: '}' } }],
      'function_call',
    );
    expect(reply.calls).toMatchObject([{ name: 'f', arguments: '{}' }]);
    expect(reply.finish?.reason).toBe('calls');
  });

  it.each([
    ['stop', 'calls'],
    ['tool_calls', 'calls'],
    ['length', 'length'],
    ['content_filter', 'filter'],
    ['eos', 'calls'],
  ])('that finish with %s after a call end as %s', async (reason, expected) => {
    const reply = await read([call({ index: 0, id: 'a', function: { name: 'f', arguments: '{}' } })], reason);
    expect(reply.finish?.reason).toBe(expected);
  });

  it('that finish with tool_calls and bring none end as stop', async () => {
    expect((await read([{ content: 'Hi' }], 'tool_calls')).finish?.reason).toBe('stop');
  });

  it.each([
    { reasoning_content: 'hm' },
    { reasoning: 'hm' },
    { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] }] },
  ])('tell thoughts from words: %j', async (delta) => {
    const reply = await read([delta, { content: [{ type: 'text', text: 'Hi' }] }]);
    expect([reply.reasoning, reply.text]).toEqual(['hm', 'Hi']);
  });

  it('without usage, or with one of zeros, are estimated and say so', async () => {
    for (const usage of [undefined, null, { prompt_tokens: 0, completion_tokens: 0 }]) {
      const { finish } = await read([{ content: 'Hello there, you.' }], 'stop', usage);
      expect(finish?.usage.estimated).toBe(true);
      expect(finish?.usage.completionTokens).toBe(4);
      expect(finish?.usage.promptTokens).toBeGreaterThan(0);
    }
  });

  it('may count only the total', async () => {
    const { finish } = await read([{ content: 'Hi' }], 'stop', { prompt_tokens: 10, total_tokens: 14 });
    expect(finish?.usage).toMatchObject({ completionTokens: 4, estimated: false });
  });
});

describe('A recorded stream', () => {
  it('gives the same reply wherever its bytes are cut', async () => {
    const recording = streamChunks(null, {
      reasoning: 'Müßig 思考',
      text: 'Grüße 👋🏽 an alle, 世界!',
      calls: [{ id: 'c1', name: 'f', arguments: '{"city":"Zürich","n":[1,2]}' }],
      usage: { prompt_tokens: 3, completion_tokens: 4 },
    }).join('');
    const bytes = Buffer.from(recording);
    let pieces: Uint8Array[] = [];
    const upstream = await startMockUpstream({ chat: () => ({ raw: pieces }) });
    open.push(upstream);
    const provider = createOpenaiProvider({ name: 'x', kind: 'openai', baseUrl: upstream.url, apiKey: null });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: bytes.length }), { maxLength: 8 }), async (points) => {
        const at = [0, ...[...new Set(points)].sort((left, right) => left - right), bytes.length];
        pieces = at.slice(1).map((to, index) => bytes.subarray(at[index], to));
        const reply = await collect(provider.stream(requestOf(), new AbortController().signal));
        expect(reply.text).toBe('Grüße 👋🏽 an alle, 世界!');
        expect(reply.reasoning).toBe('Müßig 思考');
        expect(reply.calls).toEqual([{ id: 'c1', name: 'f', arguments: '{"city":"Zürich","n":[1,2]}' }]);
        expect(reply.finish).toMatchObject({ reason: 'calls', usage: { promptTokens: 3, completionTokens: 4 } });
      }),
      { numRuns: 40 },
    );
  });
});
