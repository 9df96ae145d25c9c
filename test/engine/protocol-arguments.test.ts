import { describe, expect, it } from 'vitest';
import type { ToolDefinition } from '../../src/domain/tool.js';
import { injectHeartbeatArguments, showThoughtsInCalls } from '../../src/engine/protocol-arguments.js';
import type { RequestMessage } from '../../src/providers/provider.js';

const search: ToolDefinition = {
  name: 'conversation_search',
  description: 'Search.',
  parameters: {
    type: 'object',
    properties: { query: { type: 'string' }, page: { type: 'integer' } },
    required: ['query'],
    additionalProperties: false,
  },
};

function shape(definition: ToolDefinition | undefined): { names: string[]; required: unknown } {
  const { properties, required } = definition?.parameters ?? {};
  return { names: Object.keys(properties as object), required };
}

describe('a tool in the heartbeat protocol', () => {
  it('takes a thought first and a heartbeat last, both required', () => {
    const [offered] = injectHeartbeatArguments([search], { thoughts: true });
    expect(shape(offered)).toEqual({
      names: ['inner_thoughts', 'query', 'page', 'request_heartbeat'],
      required: ['inner_thoughts', 'query', 'request_heartbeat'],
    });
    expect(offered?.parameters).toMatchObject({
      additionalProperties: false,
      properties: { query: { type: 'string' }, request_heartbeat: { type: 'boolean' } },
    });
  });

  it('that ends a turn takes no heartbeat', () => {
    const ending = ['send_message', 'pause_heartbeats'].map((name) => ({ ...search, name }));
    for (const offered of injectHeartbeatArguments(ending, { thoughts: false })) {
      expect(offered.parameters).toEqual(search.parameters);
    }
  });

  it('without parameters of its own gets a whole schema', () => {
    const [offered] = injectHeartbeatArguments([{ ...search, parameters: {} }], { thoughts: false });
    expect(offered?.parameters).toMatchObject({ type: 'object', required: ['request_heartbeat'] });
  });

  it('keeps an argument of its own that has such a name', () => {
    const own = {
      type: 'object',
      properties: { request_heartbeat: { type: 'string' }, inner_thoughts: { type: 'null' } },
    };
    const [offered] = injectHeartbeatArguments([{ ...search, parameters: own }], { thoughts: true });
    expect(offered?.parameters).toMatchObject({ properties: own.properties });
  });

  it('is given as a copy: the definition itself is not changed', () => {
    const before = structuredClone(search);
    injectHeartbeatArguments([search], { thoughts: true });
    expect(search).toEqual(before);
  });
});

describe('a thought next to calls', () => {
  const reply = (text: string | null, ...args: string[]): RequestMessage => ({
    role: 'assistant',
    text,
    calls: args.map((value, index) => ({ id: String(index), name: 'x', arguments: value })),
  });

  it('is shown as the first argument of each call', () => {
    expect(showThoughtsInCalls([reply('hm', '{"a":1}', '')])).toEqual([
      reply(null, '{"inner_thoughts":"hm","a":1}', '{"inner_thoughts":"hm"}'),
    ]);
  });

  it('stays where a call cannot take it', () => {
    const other = reply('hm', '{"inner_thoughts":"other"}');
    const broken = reply('hm', '[]');
    const bare = reply('hm');
    expect(showThoughtsInCalls([other, broken, bare])).toEqual([other, broken, bare]);
  });

  it('changes nothing the second time', () => {
    const once = showThoughtsInCalls([reply('hm', '{"a":1}'), reply(null, '{}')]);
    expect(showThoughtsInCalls(once)).toEqual(once);
  });
});
