import { describe, expect, it } from 'vitest';
import { estimateRequestTokens } from '../../src/providers/estimate.js';
import { requestOf, toolOf } from './small-engine.js';

describe('An estimate of tokens', () => {
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
