import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { missingResult, normaliseHistory } from '../../src/engine/valid-history.js';
import type { RequestCall, RequestMessage } from '../../src/providers/provider.js';

const id = fc.constantFrom('', 'a', 'b', 'a-2', 'c', 'a'.repeat(40));
const call: fc.Arbitrary<RequestCall> = fc.record({
  id,
  name: fc.constantFrom('look', 'tell'),
  arguments: fc.constantFrom('', '{}', '{"x":1}', '{"x":', 'null', '{}{}'),
});
const message: fc.Arbitrary<RequestMessage> = fc.oneof(
  fc.record({ role: fc.constant('system' as const), text: fc.string() }),
  fc.record({
    role: fc.constant('user' as const),
    parts: fc.array(fc.record({ type: fc.constant('text' as const), text: fc.string() }), { maxLength: 2 }),
  }),
  fc.record({
    role: fc.constant('assistant' as const),
    text: fc.option(fc.constantFrom('', ' ', 'words')),
    calls: fc.array(call, { maxLength: 4 }),
  }),
  fc.record({
    role: fc.constant('tool' as const),
    callId: id,
    name: fc.constantFrom('look', 'tell'),
    text: fc.string({ minLength: 1 }),
  }),
);
const histories = fc.array(message, { maxLength: 30 });

/** What the strictest provider would say of a history; empty where it accepts it. */
function faults(history: RequestMessage[]): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  let open: string[] = [];
  for (const entry of history) {
    if (entry.role === 'tool') {
      if (open.shift() !== entry.callId) found.push(`result ${entry.callId} is out of place`);
      continue;
    }
    if (open.length > 0) found.push(`calls without results: ${open.join()}`);
    open = [];
    if (entry.role === 'user' && entry.parts.length === 0) found.push('an empty user message');
    if (entry.role !== 'assistant') continue;
    if (entry.calls.length === 0 && (entry.text ?? '').trim() === '') found.push('an empty assistant message');
    for (const made of entry.calls) {
      if (made.id === '' || made.id.length > 40 || seen.has(made.id)) found.push(`bad id '${made.id}'`);
      if (typeof JSON.parse(made.arguments) !== 'object') found.push(`bad arguments ${made.arguments}`);
      seen.add(made.id);
      open.push(made.id);
    }
  }
  if (open.length > 0) found.push(`calls without results at the end: ${open.join()}`);
  return found;
}

describe('I-7: any history whatever', () => {
  it('becomes one that the strictest provider accepts', () => {
    fc.assert(
      fc.property(histories, (history) => {
        expect(faults(normaliseHistory(history))).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is left alone the second time', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const once = normaliseHistory(history);
        expect(normaliseHistory(once)).toEqual(once);
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps every spoken text, every call and no result that nobody asked for', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const valid = normaliseHistory(history);
        const spoken = (entries: RequestMessage[]): unknown[] =>
          entries.flatMap((entry): unknown[] => {
            if (entry.role === 'assistant') {
              const words = (entry.text ?? '').trim() === '' ? [] : [entry.text];
              return [...words, ...entry.calls.map((made) => made.name)];
            }
            if (entry.role === 'user') return entry.parts;
            return entry.role === 'system' ? [entry.text] : [];
          });
        expect(spoken(valid)).toEqual(spoken(history));
        const given = history.flatMap((entry) => (entry.role === 'tool' ? [entry.text] : []));
        const told = valid.flatMap((entry) => (entry.role === 'tool' ? [entry.text] : []));
        expect(told.every((text) => text === missingResult || given.includes(text))).toBe(true);
        expect(told.filter((text) => text !== missingResult).length).toBeLessThanOrEqual(given.length);
      }),
    );
  });

  it('that is valid already stays as it is', () => {
    const valid: RequestMessage[] = [
      { role: 'system', text: 's' },
      { role: 'assistant', text: 'hello', calls: [] },
      { role: 'user', parts: [{ type: 'text', text: 'u' }], name: 'n' },
      { role: 'assistant', text: null, calls: [{ id: 'a', name: 'x', arguments: '{ "k": 1 }' }] },
      { role: 'tool', callId: 'a', name: 'x', text: 'r' },
      { role: 'assistant', text: 'done', calls: [] },
    ];
    expect(normaliseHistory(valid)).toEqual(valid);
  });
});
