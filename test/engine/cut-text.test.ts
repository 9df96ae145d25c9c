import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { cutEnd, cutMiddle } from '../../src/engine/cut-text.js';

const texts = fc.string({ unit: fc.constantFrom('a', '😀', 'é', '\n'), minLength: 100, maxLength: 400, size: 'max' });
const isWhole = (text: string): boolean => Buffer.from(text, 'utf8').toString('utf8') === text;

describe('a text that is cut', () => {
  it('is never longer than allowed and never ends in half a character', () => {
    fc.assert(
      fc.property(texts, fc.nat(500), (text, charsMax) => {
        for (const short of [cutEnd(text, charsMax), cutMiddle(text, charsMax)]) {
          expect(short.length).toBeLessThanOrEqual(charsMax);
          expect(isWhole(short)).toBe(true);
        }
      }),
    );
  });

  it('comes back as it is where it fits', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(cutMiddle(text, text.length)).toBe(text);
        expect(cutEnd(text, text.length)).toBe(text);
      }),
    );
  });

  it('in the middle keeps both ends and says how long the whole was', () => {
    const short = cutMiddle(`begin ${'.'.repeat(10_000)} end`, 200);
    expect(short).toMatch(/^begin \.+\n\[… shortened: the whole text has 10010 characters …\]\n\.+ end$/);
    expect(short.length).toBe(200);
  });
});
