import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/domain/clock.js';
import { createRegistry } from '../../src/providers/registry.js';
import type { ModelSettingsFile, ProviderSettings } from '../../src/providers/settings.js';

function providerOf(name: string): ProviderSettings {
  return { name, kind: 'openai', baseUrl: 'http://127.0.0.1:9/v1', apiKey: null };
}

function registryOf(names: string[], fields: Partial<ModelSettingsFile> = {}) {
  const settings: ModelSettingsFile = {
    providers: names.map(providerOf),
    aliases: {},
    defaultModel: null,
    embeddingModel: null,
    demo: { latencyMs: 0, tokensPerSecond: 0 },
    ...fields,
  };
  return createRegistry(settings, { clock: systemClock });
}

function resolved(registry: ReturnType<typeof registryOf>, name: string): string {
  const { provider, model } = registry.resolve(name);
  return `${provider.name}|${model}`;
}

describe('A model’s name', () => {
  it('means the stand-in, whatever it is, where no provider is configured', () => {
    const registry = registryOf([]);
    for (const name of ['gpt-4o', 'openai/gpt-4o', 'ollama/llama3', 'offline/demo', 'letta/letta-free']) {
      expect(resolved(registry, name)).toBe('offline|demo');
    }
    expect(registry.defaultModel).toBe('offline/demo');
  });

  it('goes to the provider before its slash, and bare to the first one', () => {
    const registry = registryOf(['openai', 'ollama']);
    expect(resolved(registry, 'ollama/llama3.1:8b')).toBe('ollama|llama3.1:8b');
    expect(resolved(registry, 'gpt-4o')).toBe('openai|gpt-4o');
    expect(resolved(registry, 'offline/demo')).toBe('offline|demo');
    expect(registry.defaultModel).toBe('openai/gpt-4o-mini');
  });

  it('keeps its maker where that is no provider', () => {
    const registry = registryOf(['vllm']);
    expect(resolved(registry, 'meta-llama/Llama-3.1-8B')).toBe('vllm|meta-llama/Llama-3.1-8B');
    expect(resolved(registry, 'openai/gpt-oss-20b')).toBe('vllm|openai/gpt-oss-20b');
  });

  it('is refused where it names a server that is not configured', () => {
    const refused = () => registryOf(['openai']).resolve('ollama/llama3.1');
    expect(refused).toThrow(expect.objectContaining({ code: 'model_refused' }));
  });

  it('of the retired hosted model means the default one', () => {
    expect(resolved(registryOf(['openai']), 'letta/letta-free')).toBe('openai|gpt-4o-mini');
    const circular = registryOf(['openai'], { defaultModel: 'letta/letta-free' });
    expect(resolved(circular, 'letta/letta-free')).toBe('openai|letta/letta-free');
  });

  it('is followed through aliases, exact ones before the star', () => {
    const aliases = { 'gpt-4o': 'fast', fast: 'ollama/llama3.1', '*': 'openai/gpt-4o-mini' };
    const registry = registryOf(['openai', 'ollama'], { aliases });
    expect(resolved(registry, 'gpt-4o')).toBe('ollama|llama3.1');
    expect(resolved(registry, 'anything')).toBe('openai|gpt-4o-mini');
    expect(resolved(registry, 'offline/demo')).toBe('offline|demo');
    expect(registry.aliases()).toEqual(aliases);
  });

  it('ends where aliases go round in a circle', () => {
    const registry = registryOf(['openai'], { aliases: { a: 'b', b: 'a' } });
    expect(resolved(registry, 'a')).toBe('openai|a');
  });
});

describe('The provider of vectors', () => {
  it('is none where none is set, and never the stand-in', () => {
    expect(registryOf(['openai']).embedder()).toBeNull();
    expect(registryOf([], { embeddingModel: 'openai/text-embedding-3-small' }).embedder()).toBeNull();
    const found = registryOf(['openai'], { embeddingModel: 'openai/text-embedding-3-small' }).embedder();
    expect(found?.model).toBe('text-embedding-3-small');
  });
});

describe('The list of providers', () => {
  it('always ends with the stand-in', () => {
    expect(
      registryOf(['openai', 'ollama'])
        .providers()
        .map((one) => one.name),
    ).toEqual(['openai', 'ollama', 'offline']);
  });
});
