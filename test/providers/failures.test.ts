import { afterEach, describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import type { UpstreamReply } from '../support/mock-upstream.js';
import { ask, createServers, failureOf, never } from './servers.js';
import { requestOf } from './small-engine.js';

const servers = createServers();
const { start } = servers;
afterEach(() => servers.closeAll());

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
