import { describe, expect, it } from 'vitest';
import { estimateRequest } from '../../src/domain/request-tokens.js';
import { requestOf, toolOf } from '../providers/small-engine.js';

describe('An estimate of tokens', () => {
  it('of a request grows with every message, call, image and tool', () => {
    const user = { role: 'user' as const, parts: [{ type: 'text' as const, text: 'Hello there' }] };
    const image = { role: 'user' as const, parts: [{ type: 'image' as const, url: 'data:x', detail: null }] };
    const call = { role: 'assistant' as const, text: null, calls: [{ id: 'c', name: 'f', arguments: '{"x":1}' }] };
    const result = { role: 'tool' as const, callId: 'c', name: 'f', text: 'done' };
    const weights = [[], [user], [user, call], [user, call, result], [user, call, result, image]].map((messages) =>
      estimateRequest(requestOf({ messages })),
    );
    expect(weights).toEqual([...weights].sort((left, right) => left - right));
    expect(new Set(weights).size).toBe(weights.length);
    expect(estimateRequest(requestOf({ tools: [toolOf('f', ['x'])] }))).toBeGreaterThan(estimateRequest(requestOf()));
  });

  it('of an image is what is charged for one of medium size, and little where little detail is asked for', () => {
    const image = (detail: string | null) => ({ type: 'image' as const, url: 'data:x', detail });
    const weigh = (detail: string | null): number =>
      estimateRequest({ messages: [{ role: 'user', parts: [image(detail)] }], tools: [] });
    expect([weigh(null), weigh('high'), weigh('low')]).toEqual([769, 769, 89]);
  });
});
