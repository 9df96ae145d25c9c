import { afterEach, describe, expect, it } from 'vitest';
import { createOpenaiProvider } from '../../src/providers/openai.js';
import type { ProviderSettings } from '../../src/providers/settings.js';
import { noCache, silentLogger } from '../../src/providers/surroundings.js';
import { windowByName } from '../../src/providers/families.js';
import { startMockUpstream, type MockUpstream, type UpstreamOptions } from '../support/mock-upstream.js';

const open: MockUpstream[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((upstream) => upstream.close()));
});

const never = new AbortController().signal;

async function start(options: UpstreamOptions, settings: Partial<ProviderSettings> = {}) {
  const upstream = await startMockUpstream(options);
  open.push(upstream);
  const clock = { at: 1_000_000, now: () => clock.at };
  const warnings: string[] = [];
  const reasons: unknown[] = [];
  const warn = ({ reason }: Record<string, unknown>, message: string): void => {
    warnings.push(message);
    reasons.push(reason);
  };
  const logger = { ...silentLogger, warn };
  const provider = createOpenaiProvider(
    { name: 'local', kind: 'openai', baseUrl: upstream.url, apiKey: null, ...settings },
    { clock, logger, cache: noCache },
  );
  return { upstream, provider, clock, warnings, reasons };
}

describe('The list of models', () => {
  it('says what each is for and how wide its window is', async () => {
    const { provider } = await start({
      models: [
        { id: 'a', context_length: 1000, created: 5, owned_by: 'me' },
        { id: 'b', max_model_len: 2000 },
        { id: 'c', max_context_length: 9000, loaded_context_length: 3000 },
        { id: 'd', meta: { n_ctx_train: 9000, n_ctx: 4000 } },
        { id: 'e', top_provider: { context_length: 5000 } },
        { id: 'text-embedding-3-small' },
        { id: 'whisper-1' },
        { nothing: true },
      ],
    });
    const models = await provider.models(never);
    expect(models.map((one) => one.contextWindow)).toEqual([1000, 2000, 3000, 4000, 5000, null, null]);
    expect(models.map((one) => one.kind)).toEqual(['chat', 'chat', 'chat', 'chat', 'chat', 'embedding', 'unknown']);
    expect(models[0]).toMatchObject({ createdAt: 5000, ownedBy: 'me' });
  });

  it('is asked for once in five minutes, and once by many at a time', async () => {
    const { upstream, provider, clock } = await start({});
    await Promise.all([provider.models(never), provider.models(never)]);
    await provider.models(never);
    expect(upstream.requests).toHaveLength(1);
    clock.at += 5 * 60_000;
    await provider.models(never);
    expect(upstream.requests).toHaveLength(2);
  });

  it('is empty, with a warning, where the server cannot be reached', async () => {
    const { upstream, provider, warnings } = await start({});
    await upstream.close();
    expect(await provider.models(never)).toEqual([]);
    expect(warnings).toEqual(['the list of models is not to be had']);
  });

  it('I-28: tells no key in its warning, though the server repeats it', async () => {
    const refusal = { status: 400, body: { error: { message: 'I do not know key 0123456789.' } } };
    const { provider, reasons } = await start({ models: refusal }, { apiKey: '0123456789' });
    await provider.models(never);
    expect(reasons).toEqual(['I do not know key [redacted].']);
  });

  it('is the last known one where the server has gone since', async () => {
    const { upstream, provider, clock } = await start({});
    await provider.models(never);
    await upstream.close();
    clock.at += 10 * 60_000;
    expect((await provider.models(never)).map((one) => one.id)).toEqual(['mock']);
  });
});

describe('The window of a model', () => {
  it('is what is set, and nobody is asked', async () => {
    const { upstream, provider } = await start({}, { contextWindow: 777 });
    expect(await provider.contextWindow('m')).toBe(777);
    expect(upstream.requests).toEqual([]);
  });

  it.each([
    ['what Ollama has loaded', { '/api/ps': { models: [{ name: 'm', context_length: 4096 }] } }, 4096],
    [
      'what Ollama’s model sets',
      { '/api/show': { parameters: 'stop "x"\nnum_ctx 16384', model_info: { 'llama.context_length': 131072 } } },
      16384,
    ],
    [
      'what Ollama’s model was trained for',
      { '/api/show': { model_info: { 'llama.context_length': 131072 } } },
      131072,
    ],
    [
      'what LM Studio has loaded',
      { '/api/v0/models': { data: [{ id: 'm', max_context_length: 32768, loaded_context_length: 4096 }] } },
      4096,
    ],
    ['the slot of llama.cpp', { '/props': { default_generation_settings: { n_ctx: 2048 } } }, 2048],
  ])('is %s', async (_what, answers, tokens) => {
    const { provider } = await start({
      other: ({ path }) => {
        const body = (answers as Record<string, unknown>)[path];
        return body === undefined ? undefined : { body };
      },
    });
    expect(await provider.contextWindow('m')).toBe(tokens);
  });

  it('is what the list of models says where no probe answers', async () => {
    const { provider } = await start({ models: [{ id: 'm', max_model_len: 1234 }] });
    expect(await provider.contextWindow('m')).toBe(1234);
  });

  it('is asked for once', async () => {
    const { upstream, provider } = await start({});
    await Promise.all([provider.contextWindow('m'), provider.contextWindow('m')]);
    const asked = upstream.requests.length;
    await provider.contextWindow('m');
    expect(upstream.requests).toHaveLength(asked);
  });

  it('is null where nobody can tell, even of a well-known model on a small machine', async () => {
    const { provider } = await start({});
    expect(await provider.contextWindow('llama3.1')).toBeNull();
  });

  it.each([
    ['gpt-4o-mini', 128_000],
    ['gpt-4', 8_192],
    ['gpt-4-0613', 8_192],
    ['gpt-4.1-nano', 1_047_576],
    ['gpt-3.5-turbo', 16_385],
    ['o3-mini', 200_000],
    ['anthropic/claude-sonnet-4', 200_000],
    ['meta-llama/Llama-3.3-70B-Instruct', 131_072],
    ['qwen3-coder-480b', 262_144],
    ['unheard-of', null],
  ])('%s is known to be %s behind a public server', (model, tokens) => {
    expect(windowByName(model, true)).toBe(tokens);
  });

  it('of a hosted model holds behind a local gateway, of an open one it does not', () => {
    expect(windowByName('gpt-4o', false)).toBe(128_000);
    expect(windowByName('llama3.1', false)).toBeNull();
  });
});
