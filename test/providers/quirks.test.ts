import { afterEach, describe, expect, it } from 'vitest';
import { createOpenaiProvider } from '../../src/providers/openai.js';
import { toChatBody } from '../../src/providers/openai-request.js';
import type { ModelRequest } from '../../src/providers/provider.js';
import { createQuirkBook } from '../../src/providers/quirks.js';
import { startMockUpstream, type MockUpstream, type UpstreamRequest } from '../support/mock-upstream.js';
import { collect, requestOf, toolOf } from './small-engine.js';

const open: MockUpstream[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((upstream) => upstream.close()));
});

const tools = [toolOf('get_weather', ['location']), toolOf('other', [])];
const longId = `call_${'x'.repeat(60)}`;
const history: ModelRequest['messages'] = [
  { role: 'assistant', text: 'Hm', calls: [{ id: longId, name: 'other', arguments: '{}' }] },
  { role: 'tool', callId: longId, name: 'other', text: 'R' },
];

/* eslint-disable @typescript-eslint/no-explicit-any -- the wire's own shape, looked into */
function bodyFor(name: string, baseUrl: string | null, model: string, fields: Partial<ModelRequest> = {}): any {
  return toChatBody(requestOf({ model, tools, ...fields }), createQuirkBook({ name, baseUrl }).of(model));
}

describe('What is known of a server beforehand', () => {
  it('LM Studio gets words for tool_choice and only the named tool', () => {
    const body = bodyFor('lmstudio', 'http://localhost:1234/v1', 'qwen', { toolChoice: { name: 'other' } });
    expect(body.tool_choice).toBe('required');
    expect(body.tools.map((tool: any) => tool.function.name)).toEqual(['other']);
  });

  it.each([
    ['lmstudio', 'http://localhost:1234/v1', 'qwen'],
    ['mistral', 'https://api.mistral.ai/v1', 'large'],
    ['vllm', 'http://gpu:8000/v1', 'mistralai/Mistral-7B-Instruct'],
  ])('%s gets ids of nine letters, the same for a call and its result', (name, url, model) => {
    const body = bodyFor(name, url, model, { messages: history });
    const messages = body.messages.filter((message: any) => message.role !== 'user');
    expect(messages[0].tool_calls[0].id).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(messages[1].tool_call_id).toBe(messages[0].tool_calls[0].id);
  });

  it('a user speaks first where the template wants one', () => {
    expect(bodyFor('lmstudio', null, 'q', { messages: history }).messages[0].role).toBe('user');
    expect(bodyFor('openai', null, 'gpt-4o', { messages: history }).messages[0].role).toBe('assistant');
  });

  it('nobody gets an id longer than 40 characters, Anthropic and Google none longer than 29', () => {
    const idFor = (name: string) => bodyFor(name, null, 'm', { messages: history }).messages[0].tool_calls[0].id;
    expect(idFor('openai').length).toBeLessThanOrEqual(40);
    expect(idFor('anthropic')).toHaveLength(29);
    expect(idFor('google_ai')).toHaveLength(29);
  });

  it('vLLM is not forced, and sees only the tool it should use', () => {
    expect(bodyFor('vllm', null, 'llama', { toolChoice: 'required' })).not.toHaveProperty('tool_choice');
    const named = bodyFor('vllm', null, 'llama', { toolChoice: { name: 'other' } });
    expect(named.tools).toHaveLength(1);
  });

  it('OpenAI’s own servers get max_completion_tokens, others max_tokens', () => {
    const settings = { maxOutputTokens: 9 };
    expect(bodyFor('openai', null, 'gpt-4o', { settings })).toMatchObject({ max_completion_tokens: 9 });
    expect(bodyFor('openai', 'http://localhost:9/v1', 'gpt-4o', { settings })).toMatchObject({ max_tokens: 9 });
    expect(bodyFor('azure', 'https://x.openai.azure.com', 'd', { settings })).toMatchObject({
      max_completion_tokens: 9,
    });
  });

  it.each(['o1', 'o3-mini', 'gpt-5', 'gpt-5-mini', 'openai/o4-mini'])('%s is sent no temperature', (model) => {
    const body = bodyFor('openai', null, model, { settings: { temperature: 1, topP: 1 } });
    expect(body).not.toHaveProperty('temperature');
    expect(body).not.toHaveProperty('top_p');
  });

  it.each(['gpt-4o', 'gpt-5-chat-latest', 'olmo'])('%s is sent its temperature', (model) => {
    expect(bodyFor('openai', null, model, { settings: { temperature: 0 } })).toMatchObject({ temperature: 0 });
  });
});

describe('What a refusal teaches', () => {
  const refusing = async (refuse: (request: UpstreamRequest) => { message: string; param?: string } | null) => {
    const upstream = await startMockUpstream({
      chat: (request) => {
        const error = refuse(request);
        return error === null ? { text: 'Yes.' } : { status: 400, body: { error } };
      },
    });
    open.push(upstream);
    const provider = createOpenaiProvider({ name: 'odd', kind: 'openai', baseUrl: upstream.url, apiKey: null });
    const ask = (fields: Partial<ModelRequest>) =>
      collect(provider.stream(requestOf({ model: 'm', tools, ...fields }), new AbortController().signal));
    return { upstream, ask };
  };

  it.each([
    ['stream_options', {}, 'Unrecognized request argument supplied: stream_options'],
    ['parallel_tool_calls', { parallelToolCalls: true }, "Unsupported parameter: 'parallel_tool_calls'"],
    [
      'temperature',
      { settings: { temperature: 0.3 } },
      "Unsupported value: 'temperature' does not support 0.3 with this model.",
    ],
    ['top_p', { settings: { topP: 0.3 } }, '`top_p` is not supported'],
    ['user', { user: 'u' }, 'body.user: Extra inputs are not permitted'],
    ['reasoning_effort', { settings: { reasoningEffort: 'low' } }, "unknown field 'reasoning_effort'"],
    ['tool_choice', { toolChoice: 'required' as const }, 'tool_choice is not supported'],
  ])('%s is left out, now and for ever after', async (parameter, fields, message) => {
    const { upstream, ask } = await refusing(({ body }) => (parameter in body ? { message } : null));
    expect((await ask(fields)).text).toBe('Yes.');
    expect((await ask(fields)).text).toBe('Yes.');
    expect(upstream.chats().map((request) => parameter in request.body)).toEqual([true, false, false]);
  });

  it('max_tokens becomes max_completion_tokens', async () => {
    const message =
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    const { upstream, ask } = await refusing(({ body }) =>
      'max_tokens' in body ? { message, param: 'max_tokens' } : null,
    );
    await ask({ settings: { maxOutputTokens: 12 } });
    expect(upstream.chats()[1]?.body).toMatchObject({ max_completion_tokens: 12 });
  });

  it('a named tool becomes the word `required`, then nothing', async () => {
    const { upstream, ask } = await refusing(({ body }) =>
      'tool_choice' in body ? { message: 'Invalid tool_choice type' } : null,
    );
    await ask({ toolChoice: { name: 'other' } });
    expect(upstream.chats().map((request) => request.body.tool_choice)).toEqual([
      { type: 'function', function: { name: 'other' } },
      'required',
      undefined,
    ]);
  });

  it('ids of calls become nine letters', async () => {
    const message = 'Tool call id was call_x but must be a-z, A-Z, 0-9, with a length of 9. Invalid tool_call_id';
    const { ask } = await refusing(({ body }) => {
      return body.messages.some((one: any) => one.role === 'tool' && one.tool_call_id.length !== 9)
        ? { message }
        : null;
    });
    expect((await ask({ messages: [{ role: 'user', parts: [] }, ...history] })).text).toBe('Yes.');
  });

  it('nothing is learnt from a refusal of the request itself', async () => {
    const { upstream, ask } = await refusing(() => ({ message: 'Invalid image' }));
    await expect(ask({})).rejects.toMatchObject({ code: 'model_refused', message: 'Invalid image' });
    expect(upstream.chats()).toHaveLength(1);
  });

  it('a model does not suffer for what another has refused', async () => {
    const { upstream, ask } = await refusing(({ body }) =>
      body.model === 'm' && 'user' in body ? { message: 'user is not supported' } : null,
    );
    await ask({ user: 'u' });
    await ask({ user: 'u', model: 'n' });
    expect(upstream.chats().map((request) => 'user' in request.body)).toEqual([true, false, true]);
  });
});
