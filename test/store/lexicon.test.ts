import { describe, expect, it } from 'vitest';
import { createLexicon } from '../../src/store/sql/search/lexicon.js';
import { stemOf, tokensOf } from '../../src/store/sql/search/tokens.js';

const texts = [
  '',
  '...',
  'A',
  'Green tea, GREEN teas; 2 cups of-tea.',
  'ends with a word',
  '  begins late (and ends early) ',
  'The café in Zürich: naïve façade, Ⅳ, ﬁne, 東京 and ελληνικά.',
  'plain at first, then é',
  'one_two\tthree\nfour\0five',
];

describe('a lexicon', () => {
  it('reads of a text the words that there are, from any character on', () => {
    const lexicon = createLexicon();
    for (const text of [...texts, ...texts]) {
      for (const from of [0, 1, 4]) {
        const stems = tokensOf(text.slice(from)).map(stemOf);
        const read = lexicon.read(text, from);
        expect(read.map(lexicon.stemOf), `${text} from ${from}`).toEqual(stems.map(lexicon.stem));
        expect(read.map(lexicon.stemOf)).not.toContain(-1);
      }
    }
  });

  it('has one number for a word in any case, one for a stem of several words, and none for what it never read', () => {
    const lexicon = createLexicon();
    const [upper, lower, other] = lexicon.read('TEA tea Teas', 0);
    expect(upper).toBe(lower);
    expect(other).not.toBe(lower);
    expect(lexicon.stemOf(other ?? -1)).toBe(lexicon.stemOf(lower ?? -1));
    expect(lexicon.stem('coffe')).toBe(-1);
    expect(lexicon.size()).toBe(2);
    expect(lexicon.stems()).toBe(1);
  });

  it('keeps words apart when it has grown', () => {
    const lexicon = createLexicon();
    const many = Array.from({ length: 40_000 }, (_, index) => `w${index}`);
    const numbers = lexicon.read(many.join(' '), 0);
    expect(new Set(numbers).size).toBe(many.length);
    expect(lexicon.read(many.toReversed().join(' '), 0)).toEqual(numbers.toReversed());
  });
});
