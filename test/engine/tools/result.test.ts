import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { charsOf } from '../../../src/domain/memory.js';
import { capResult, clipText } from '../../../src/engine/tools/result.js';

describe('capResult', () => {
  it('leaves a result at its limit as it is, counted in code points', () => {
    expect(capResult('🙂'.repeat(300), 300)).toBe('🙂'.repeat(300));
  });

  it('I-16: cuts a longer result and tells its whole length and how to see the rest', () => {
    const capped = capResult('🙂'.repeat(1_301), 300);
    expect(charsOf(capped)).toBe(300);
    expect(capped).toMatch(/^(?:🙂)+ \[cut: 1,301 characters in all\. .*"page", "offset"/u);
  });

  it('I-16: cuts only the message of a JSON object, which stays JSON', () => {
    const envelope = { status: 'OK', message: 'line "quoted"\n'.repeat(500), time: '2025-01-01' };
    const capped = capResult(JSON.stringify(envelope), 500);
    expect(charsOf(capped)).toBeLessThanOrEqual(500);
    const read = JSON.parse(capped) as typeof envelope;
    expect(read).toMatchObject({ status: 'OK', time: '2025-01-01' });
    expect(read.message).toMatch(/^line "quoted"\nline .*\[cut: 7,000 characters in all/su);
  });

  it('cuts a message that is an object as its JSON text', () => {
    const capped = capResult(JSON.stringify({ status: 'OK', message: { rows: Array(500).fill('row') } }), 400);
    expect((JSON.parse(capped) as { message: string }).message).toContain('{"rows":["row","row"');
  });

  it('never exceeds the limit and never cuts a character in two', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.string({ unit: 'binary', maxLength: 400 }).map((message) => JSON.stringify({ message, status: 'OK' })),
    );
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 300 }), (text, charsMax) => {
        const capped = capResult(text, charsMax);
        expect(charsOf(capped)).toBeLessThanOrEqual(charsMax);
        expect(capped).not.toMatch(/\p{Surrogate}/u);
      }),
    );
  });
});

describe('clipText', () => {
  it('marks what it has cut and keeps whole characters', () => {
    expect(clipText('🙂🙂🙂', 3)).toBe('🙂🙂🙂');
    expect(clipText('🙂🙂🙂', 2)).toBe('🙂…');
  });
});
