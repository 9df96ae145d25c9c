import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { charsOf } from '../../../src/domain/memory.js';
import { splitPassage } from '../../../src/engine/tools/split-passage.js';

describe('splitPassage', () => {
  it('divides at the end of a paragraph, else of a line, a sentence, a word, else anywhere', () => {
    expect(splitPassage('One. Two.\n\nThree. Four.', 16)).toEqual(['One. Two.', 'Three. Four.']);
    expect(splitPassage('One. Two.\nThree. Four.', 16)).toEqual(['One. Two.', 'Three. Four.']);
    expect(splitPassage('One is. Two is here.', 14)).toEqual(['One is.', 'Two is here.']);
    expect(splitPassage('alpha beta gamma', 11)).toEqual(['alpha beta', 'gamma']);
    expect(splitPassage('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
  });

  it('prefers a fuller part to a better boundary in its first half', () => {
    expect(splitPassage('One.\n\nTwo and three and four.', 20)).toEqual(['One.\n\nTwo and three', 'and four.']);
  });

  it('leaves a text that fits in one part', () => {
    expect(splitPassage(' One. Two. ', 9)).toEqual(['One. Two.']);
    expect(splitPassage('  ', 9)).toEqual([]);
  });

  it('loses nothing but white space and keeps every part within the limit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 1, max: 40 }), (text, charsMax) => {
        const parts = splitPassage(text, charsMax);
        for (const part of parts) expect(charsOf(part)).toBeLessThanOrEqual(charsMax);
        expect(parts.join('').replace(/\s/gu, '')).toBe(text.replace(/\s/gu, ''));
      }),
    );
  });
});
