import { describe, expect, it } from 'vitest';
import { baseUrlOf } from '../../src/providers/client.js';
import type { ProviderSettings } from '../../src/providers/settings.js';

function urlOf(baseUrl: string | null, kind: ProviderSettings['kind'] = 'openai') {
  return baseUrlOf({ name: 'x', kind, baseUrl, apiKey: null });
}

describe('A base URL', () => {
  it('of a bare host gets the path its API lives under', () => {
    expect(urlOf('http://localhost:11434')).toBe('http://localhost:11434/v1');
    expect(urlOf('http://localhost:11434/')).toBe('http://localhost:11434/v1');
    expect(urlOf('https://res.openai.azure.com/', 'azure')).toBe('https://res.openai.azure.com/openai');
  });

  it('with a path keeps it', () => {
    expect(urlOf('https://openrouter.ai/api/v1/')).toBe('https://openrouter.ai/api/v1');
    expect(urlOf('https://res.openai.azure.com/openai/v1', 'azure')).toBe('https://res.openai.azure.com/openai/v1');
  });

  it('is OpenAI’s own where none is set', () => {
    expect(urlOf(null)).toBe('https://api.openai.com/v1');
  });

  it.each(['localhost:11434', 'ftp://host/v1', 'nonsense', 'http://'])(
    'that is no web address is refused: %s',
    (text) => {
      expect(() => urlOf(text)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
    },
  );
});
