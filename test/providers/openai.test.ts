import { afterEach, describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import { createOpenaiProvider, type OpenaiOptions } from '../../src/providers/openai.js';
import { ProviderError, type ModelRequest, type Provider } from '../../src/providers/provider.js';
import type { RetryPace } from '../../src/providers/retry.js';
import type { ProviderSettings } from '../../src/providers/settings.js';
import {
  startMockUpstream,
  type MockUpstream,
  type UpstreamOptions,
  type UpstreamReply,
} from '../support/mock-upstream.js';
import { collect, requestOf, toolOf } from './small-engine.js';

const open: MockUpstream[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((upstream) => upstream.close()));
});

interface Falsified {
  upstream: MockUpstream;
  provider: Provider;
  slept: number[];
}

async function start(options: UpstreamOptions, settings: Partial<ProviderSettings> = {}, more: OpenaiOptions = {}) {
  const upstream = await startMockUpstream(options);
  open.push(upstream);
  const slept: number[] = [];
  const pace: RetryPace = {
    now: () => slept.reduce((sum, wait) => sum + wait, 0),
    random: () => 1,
    sleep: (milliseconds) => {
      slept.push(milliseconds);
      return Promise.resolve();
    },
  };
  const provider = createOpenaiProvider(
    { name: 'local', kind: 'openai', baseUrl: upstream.url, apiKey: 'sk-test', ...settings },
    undefined,
    { pace, ...more },
  );
  return { upstream, provider, slept } satisfies Falsified;
}

const never = new AbortController().signal;
const ask = (provider: Provider, fields: Partial<ModelRequest> = {}, signal = never) =>
  collect(provider.stream(requestOf({ model: 'm', ...fields }), signal));

async function failureOf(work: Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
}

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

describe('A passing failure', () => {
  it.each([
    [
      '429 with its wait',
      { status: 429, headers: { 'retry-after': '3' }, body: { error: { message: 'slow down' } } },
      3000,
    ],
    ['500', { status: 500, body: { error: { message: 'oops' } } }, 500],
    ['502 with a web page', { status: 502, body: '<html><title>Bad Gateway</title></html>' }, 500],
    ['408', { status: 408, body: {} }, 500],
    ['409', { status: 409, body: {} }, 500],
    [
      '400 that says so',
      { status: 400, headers: { 'x-should-retry': 'true' }, body: { error: { message: 'again' } } },
      500,
    ],
    ['an error as the first event', { raw: ['data: {"error":{"message":"overloaded","code":503}}\n\n'] }, 500],
    ['an answer of nothing', { raw: [] }, 500],
    ['a broken connection', { raw: [], ending: 'cut' }, 500],
  ] satisfies [string, UpstreamReply, number][])('is repeated: %s', async (_what, reply, wait) => {
    const { upstream, provider, slept } = await start({ chat: (_, index) => (index === 0 ? reply : { text: 'Now.' }) });
    expect((await ask(provider)).text).toBe('Now.');
    expect(slept).toEqual([wait]);
    expect(upstream.chats()).toHaveLength(2);
  });

  it('becomes an error once it has been repeated often enough', async () => {
    const { upstream, provider } = await start({
      chat: () => ({ status: 429, headers: { 'retry-after': '1' }, body: { error: { message: 'slow' } } }),
    });
    const error = await failureOf(ask(provider));
    expect(error).toMatchObject({
      code: 'provider_rate_limited',
      message: 'slow',
      retryAfterMs: 1000,
      overflow: false,
    });
    expect(upstream.chats()).toHaveLength(limits.providerAttempts);
  });

  it('is not repeated after the first event', async () => {
    const { upstream, provider } = await start({
      chat: () => ({ text: 'one two three four', cutAfter: 3, ending: 'cut' }),
    });
    const heard: string[] = [];
    const read = (async () => {
      for await (const event of provider.stream(requestOf({ model: 'm' }), never)) heard.push(event.type);
    })();
    expect(await failureOf(read)).toMatchObject({ code: 'provider_unavailable' });
    expect(heard).toEqual(['text', 'text']);
    expect(upstream.chats()).toHaveLength(1);
  });
});

describe('A failure for good', () => {
  it.each([
    [
      '404',
      { status: 404, body: { error: { message: 'The model `x` does not exist', code: 'model_not_found' } } },
      'model_refused',
      'The model `x` does not exist',
    ],
    [
      '401',
      { status: 401, body: { error: { message: 'Incorrect API key: sk-abc' } } },
      'model_refused',
      'The model server refused the API key (status 401).',
    ],
    [
      'an empty purse',
      { status: 429, body: { error: { message: 'You exceeded your quota', code: 'insufficient_quota' } } },
      'provider_rate_limited',
      'You exceeded your quota',
    ],
    [
      'a 503 not to be repeated',
      { status: 503, headers: { 'x-should-retry': 'false' }, body: { error: { message: 'no' } } },
      'provider_unavailable',
      'no',
    ],
    ['a string as error', { status: 400, body: { error: 'bad thing' } }, 'model_refused', 'bad thing'],
    [
      'a page instead of an API',
      { status: 200, body: '<html><body><h1>It works!</h1></body></html>' },
      'provider_unavailable',
      'It works!',
    ],
  ] satisfies [string, UpstreamReply, string, string][])('is told at once: %s', async (_what, reply, code, message) => {
    const { upstream, provider } = await start({ chat: () => reply });
    const error = await failureOf(ask(provider));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(upstream.chats()).toHaveLength(1);
  });

  it('in the middle of a stream is an unavailable provider', async () => {
    const raw = [
      'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n',
      'data: {"error":{"message":"GPU fell off","code":400}}\n\n',
    ];
    const { provider } = await start({ chat: () => ({ raw }) });
    expect(await failureOf(ask(provider))).toMatchObject({ code: 'provider_unavailable', message: 'GPU fell off' });
  });

  it('is a stream that stops without saying why', async () => {
    const { provider } = await start({ chat: () => ({ text: 'half of', finish: null, usage: null, ending: 'early' }) });
    expect(await failureOf(ask(provider))).toMatchObject({ code: 'provider_unavailable' });
  });

  it('is a chunk that is no JSON', async () => {
    const raw = ['data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n', 'data: {"choices":[{"del\n\n'];
    const { provider } = await start({ chat: () => ({ raw }) });
    expect((await failureOf(ask(provider))).message).toContain('no JSON');
  });

  it('is no stream that ends without [DONE] after it said why', async () => {
    const { provider } = await start({ chat: () => ({ text: 'all of it', ending: 'early' }) });
    expect((await ask(provider)).text).toBe('all of it');
  });
});

describe('A request longer than the window', () => {
  it.each([
    "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens",
    'context_length_exceeded',
    'Your input exceeds the context window of this model. Please adjust your input',
    'Input tokens exceed the configured limit of 272000 tokens',
    'The request exceeds the maximum allowed input length',
    'prompt is too long: 210000 tokens > 200000 maximum',
    'Input is too long for requested model.',
    'input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000',
    'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
    'exceed_context_size_error',
    'the request exceeds the available context size, try increasing it',
    'Context size has been exceeded.',
    'Prompt length is longer than the maximum model length of 4096',
    'Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens',
    'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
    'too many tokens: total tokens is 140000',
    'Please reduce the length of the messages or completion.',
    '`inputs` tokens + `max_new_tokens` must be <= 2048',
    'Request exceeds the token limit',
  ])('is known by: %s', async (message) => {
    const { upstream, provider } = await start({ chat: () => ({ status: 400, body: { error: { message } } }) });
    const error = await failureOf(ask(provider, { settings: { maxOutputTokens: 5 } }));
    expect(error).toMatchObject({ overflow: true, code: 'context_too_small' });
    expect(upstream.chats()).toHaveLength(1);
  });

  it('is known by status 413 and by an error inside the stream', async () => {
    const large = await start({ chat: () => ({ status: 413, body: '<html>Payload Too Large</html>' }) });
    expect((await failureOf(ask(large.provider))).overflow).toBe(true);
    const raw = ['data: {"error":{"message":"the request exceeds the available context size","code":400}}\n\n'];
    const inside = await start({ chat: () => ({ raw }) });
    expect((await failureOf(ask(inside.provider))).overflow).toBe(true);
  });

  it('is not a rate limit that speaks of tokens', async () => {
    const body = { error: { message: 'Too many tokens per minute', code: 'rate_limit_exceeded' } };
    const { provider } = await start({ chat: () => ({ status: 429, body }) });
    expect(await failureOf(ask(provider))).toMatchObject({ overflow: false, code: 'provider_rate_limited' });
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
        expect(milliseconds).toBe(limits.providerSilenceMs);
        fires.push(fire);
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

async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}
