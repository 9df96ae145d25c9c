import { describe, expect, it } from 'vitest';
import { estimateTokens } from '../../src/domain/tokens.js';
import { estimateRequestTokens } from '../../src/providers/estimate.js';
import { requestOf, toolOf } from './small-engine.js';

describe('An estimate of tokens', () => {
  it('is a quarter of the UTF-8 bytes, rounded up', () => {
    expect(estimateTokens('')).toBe(0);
    expect(estimateTokens('a')).toBe(1);
    expect(estimateTokens('abcde')).toBe(2);
    expect(estimateTokens('世界')).toBe(2);
    expect(estimateTokens('👋')).toBe(1);
  });

  it('of a request grows with every message, call, image and tool', () => {
    const user = { role: 'user' as const, parts: [{ type: 'text' as const, text: 'Hello there' }] };
    const image = { role: 'user' as const, parts: [{ type: 'image' as const, url: 'data:x', detail: null }] };
    const call = { role: 'assistant' as const, text: null, calls: [{ id: 'c', name: 'f', arguments: '{"x":1}' }] };
    const result = { role: 'tool' as const, callId: 'c', name: 'f', text: 'done' };
    const weights = [[], [user], [user, call], [user, call, result], [user, call, result, image]].map((messages) =>
      estimateRequestTokens(requestOf({ messages })),
    );
    expect(weights).toEqual([...weights].sort((left, right) => left - right));
    expect(new Set(weights).size).toBe(weights.length);
    expect(estimateRequestTokens(requestOf({ tools: [toolOf('f', ['x'])] }))).toBeGreaterThan(
      estimateRequestTokens(requestOf()),
    );
  });
});
