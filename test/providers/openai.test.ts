import { afterEach, describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import { createOpenaiProvider } from '../../src/providers/openai.js';
import type { UpstreamReply } from '../support/mock-upstream.js';
import { ask, createServers, failureOf, never, untilTrue } from './servers.js';
import { requestOf, toolOf } from './small-engine.js';

const servers = createServers();
const { start } = servers;
afterEach(() => servers.closeAll());

const tools = [toolOf('get_weather', ['location'])];

describe('A request to a model server', () => {
  it('carries messages, tools, settings and headers in OpenAI’s dialect', async () => {
    const { upstream, provider } = await start({}, { headers: { 'x-extra': 'yes' } });
    await ask(provider, {
      tools,
      toolChoice: { name: 'get_weather' },
      parallelToolCalls: false,
      user: 'u1',
      settings: { temperature: 0.5, topP: 0.9, maxOutputTokens: 50, responseFormat: { type: 'json_object' } },
      messages: [
        { role: 'system', text: 'S' },
        {
          role: 'user',
          name: 'An a!',
          parts: [
            { type: 'text', text: 'U' },
            { type: 'image', url: 'data:x', detail: 'low' },
          ],
        },
        { role: 'assistant', text: null, calls: [{ id: 'c1', name: 'get_weather', arguments: '{}' }] },
        { role: 'tool', callId: 'c1', name: 'get_weather', text: 'R' },
        {
          role: 'user',
          parts: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
      ],
    });
    const [request] = upstream.requests;
    expect(request?.headers).toMatchObject({ authorization: 'Bearer sk-test', 'x-extra': 'yes' });
    expect(request?.body).toEqual({
      model: 'm',
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.5,
      top_p: 0.9,
      max_tokens: 50,
      response_format: { type: 'json_object' },
      user: 'u1',
      parallel_tool_calls: false,
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
      tools: [{ type: 'function', function: tools[0] }],
      messages: [
        { role: 'system', content: 'S' },
        {
          role: 'user',
          name: 'An_a_',
          content: [
            { type: 'text', text: 'U' },
            { type: 'image_url', image_url: { url: 'data:x', detail: 'low' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'get_weather', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'R' },
        { role: 'user', content: 'a\n\nb' },
      ],
    });
  });

  it('streams text, reasoning, calls and the usage', async () => {
    const { provider } = await start({
      chat: () => ({
        reasoning: 'hm hm',
        text: 'Hello there',
        calls: [{ id: 'c1', name: 'get_weather', arguments: '{"location":"Paris"}' }],
        usage: {
          prompt_tokens: 7,
          completion_tokens: 9,
          prompt_tokens_details: { cached_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: 4 },
        },
      }),
    });
    const reply = await ask(provider, { tools });
    expect(reply).toMatchObject({
      text: 'Hello there',
      reasoning: 'hm hm',
      calls: [{ id: 'c1', name: 'get_weather', arguments: '{"location":"Paris"}' }],
      finish: {
        reason: 'calls',
        usage: { promptTokens: 7, completionTokens: 9, cachedTokens: 0, reasoningTokens: 4, estimated: false },
      },
    });
    expect(reply.events.length).toBeGreaterThan(6);
  });

  it('reads a whole JSON reply where the server does not stream', async () => {
    const message = {
      role: 'assistant',
      content: 'Whole',
      tool_calls: [{ id: 'x', function: { name: 'get_weather', arguments: { location: 'Oslo' } } }],
    };
    const body = { choices: [{ message, finish_reason: 'stop' }], usage: { prompt_tokens: 3, completion_tokens: 2 } };
    const { provider } = await start({ chat: () => ({ body }) });
    const reply = await ask(provider, { tools });
    expect(reply.text).toBe('Whole');
    expect(reply.calls).toEqual([{ id: 'x', name: 'get_weather', arguments: '{"location":"Oslo"}' }]);
    expect(reply.finish).toMatchObject({ reason: 'calls', usage: { promptTokens: 3 } });
  });

  it('asks Azure for a deployment with its key and version', async () => {
    const { upstream, provider } = await start({}, {});
    const azure = createOpenaiProvider({
      name: 'azure',
      kind: 'azure',
      baseUrl: upstream.url.replace('/v1', ''),
      apiKey: 'azure-key',
      apiVersion: '2024-10-21',
    });
    await ask(azure, { model: 'my-gpt' });
    expect(provider.name).toBe('local');
    expect(upstream.requests.at(-1)?.path).toBe('/openai/deployments/my-gpt/chat/completions');
    expect(upstream.requests.at(-1)?.headers['api-key']).toBe('azure-key');
  });

  it('takes the server’s first chat model where the model is `default`', async () => {
    const { upstream, provider } = await start({ models: [{ id: 'nomic-embed-text' }, { id: 'llama3.1' }] });
    await ask(provider, { model: 'default' });
    expect(upstream.chats()[0]?.body.model).toBe('llama3.1');
  });
});

describe('A cancelled request', () => {
  it('closes the connection and throws the reason', async () => {
    const { upstream, provider } = await start({
      chat: () => ({ text: 'one two three', cutAfter: 3, ending: 'silence' }),
    });
    const controller = new AbortController();
    const reading = (async () => {
      for await (const event of provider.stream(requestOf({ model: 'm' }), controller.signal)) {
        if (event.type === 'text' && event.text.includes('two')) controller.abort(new Error('enough'));
      }
    })();
    await expect(reading).rejects.toThrow('enough');
    await untilTrue(() => upstream.chats()[0]?.aborted === true);
  });

  it('is closed too where it had not been answered yet', async () => {
    const { upstream, provider } = await start({ chat: () => new Promise<UpstreamReply>(() => undefined) });
    const controller = new AbortController();
    const reading = ask(provider, {}, controller.signal);
    await untilTrue(() => upstream.chats().length === 1);
    controller.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    await untilTrue(() => upstream.chats()[0]?.aborted === true);
  });

  it('is closed where its reader stops reading', async () => {
    const { upstream, provider } = await start({
      chat: () => ({ text: 'one two three', cutAfter: 3, ending: 'silence' }),
    });
    for await (const event of provider.stream(requestOf({ model: 'm' }), never)) {
      expect(event.type).toBe('text');
      break;
    }
    await untilTrue(() => upstream.chats()[0]?.aborted === true);
  });

  it('is never sent where the signal has aborted before', async () => {
    const { upstream, provider } = await start({});
    await expect(ask(provider, {}, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
    expect(upstream.requests).toEqual([]);
  });
});

describe('A silent server', () => {
  /** Fires by hand instead of waiting. */
  function byHand() {
    const fires: (() => void)[] = [];
    const refreshed: number[] = [];
    return {
      fires,
      refreshed,
      startTimer: (milliseconds: number, fire: () => void) => {
        if (milliseconds === limits.providerSilenceMs) fires.push(fire);
        else setImmediate(fire);
        return { refresh: () => void refreshed.push(fires.length), stop: () => undefined };
      },
    };
  }

  it('is given up between tokens', async () => {
    const timer = byHand();
    const { upstream, provider } = await start(
      { chat: () => ({ text: 'one two three', cutAfter: 3, ending: 'silence' }) },
      {},
      { startTimer: timer.startTimer },
    );
    const reading = (async () => {
      for await (const event of provider.stream(requestOf({ model: 'm' }), never)) {
        if (event.type === 'text' && event.text.includes('two')) timer.fires[0]?.();
      }
    })();
    const error = await failureOf(reading);
    expect(error).toMatchObject({
      code: 'provider_unavailable',
      message: 'The model server said nothing for 120 seconds.',
    });
    expect(timer.refreshed.length).toBeGreaterThan(0);
    await untilTrue(() => upstream.chats()[0]?.aborted === true);
  });

  it('is left behind where it keeps the connection open after its last word', async () => {
    const timer = byHand();
    const raw = ['data: {"choices":[{"delta":{"content":"All."},"finish_reason":"stop"}]}\n\n', 'data: [DONE]\n\n'];
    const { upstream, provider } = await start(
      { chat: () => ({ raw, ending: 'silence' }) },
      {},
      { startTimer: timer.startTimer },
    );
    expect((await ask(provider)).text).toBe('All.');
    await untilTrue(() => upstream.chats()[0]?.aborted === true);
  });

  it('is asked again where it said nothing at all', async () => {
    const timer = byHand();
    const { upstream, provider } = await start(
      { chat: (_, index) => (index === 0 ? new Promise<UpstreamReply>(() => undefined) : { text: 'Awake.' }) },
      {},
      { startTimer: timer.startTimer },
    );
    const reading = ask(provider);
    await untilTrue(() => upstream.chats().length === 1);
    timer.fires[0]?.();
    expect((await reading).text).toBe('Awake.');
  });
});
