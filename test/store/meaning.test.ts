import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { likeness, meaningOf, similarWords } from '../../src/store/sql/search/meaning/meaning.js';
import { readWordTable, writeWordTable } from '../../src/store/sql/search/meaning/word-table.js';
import { tokensOf } from '../../src/store/sql/search/tokens.js';

const meaningOfText = (text: string): Float32Array => meaningOf(tokensOf(text));

/** Questions, and what was said of the matter in other words. */
const retold: [string, string][] = [
  ['my dog was ill', 'the puppy got sick last night and we saw the vet'],
  ['what does she do for a living', 'Maria works as a nurse at the city hospital'],
  ['car trouble', 'my vehicle broke down on the highway'],
  ['favourite food', 'I love eating spaghetti more than any other dish'],
  ['which instrument does he play', 'he practises the violin every evening'],
  ['bad weather', 'a terrible storm flooded the streets'],
  ['film we watched', 'the movie at the cinema was boring'],
  ['is he married', 'Tom and his wife celebrated their anniversary'],
];

describe('the sense of meaning', () => {
  it.each(retold)('takes “%s” to be nearest to “%s”', (question, answer) => {
    const asked = meaningOfText(question);
    const texts = retold.map(([, text]) => text);
    const ranked = texts.sort(
      (one, other) => likeness(asked, meaningOfText(other)) - likeness(asked, meaningOfText(one)),
    );
    expect(ranked[0]).toBe(answer);
  });

  it('knows words that are used alike, the likest first, and none that is a form of the word itself', () => {
    expect(similarWords('ill').map(({ word }) => word)).toContain('sick');
    expect(similarWords('puppy').map(({ word }) => word)).toContain('dog');
    const dogs = similarWords('dog');
    expect(dogs.map(({ word }) => word)).not.toContain('dogs');
    expect(dogs.map(({ similarity }) => similarity)).toEqual(
      dogs.map(({ similarity }) => similarity).sort((one, other) => other - one),
    );
  });

  it('says nothing of words it does not know', () => {
    expect(similarWords('xqzzyv')).toEqual([]);
    expect(likeness(meaningOfText('xqzzyv 4711'), meaningOfText('dog'))).toBe(0);
    expect(meaningOfText('dog xqzzyv')).toEqual(meaningOfText('dog'));
  });

  it('gives the same meaning to a text whatever the order of its parts', () => {
    expect(likeness(meaningOfText('dog bites man'), meaningOfText('man bites dog'))).toBeCloseTo(1, 6);
    const [whole, parts] = [meaningOfText('rain and snow'), meaningOfText('rain')];
    meaningOfText('snow').forEach((value, at) => (parts[at] = (parts[at] ?? 0) + value));
    expect(likeness(whole, parts)).toBeCloseTo(1, 6);
  });
});

describe('a table of words', () => {
  const content = {
    words: ['one', 'zwei', 'três'],
    dimensions: 2,
    rows: [Int8Array.of(127, -127), Int8Array.of(0, 5), Int8Array.of(1, 2)],
    similar: [[2, 1], [], [0]],
  };

  it('is read as it was written', () => {
    const table = readWordTable(writeWordTable(content));
    expect(table.words).toEqual(content.words);
    expect(content.words.map((word) => table.placeOf(word))).toEqual([0, 1, 2]);
    expect([...table.rows]).toEqual([127, -127, 0, 5, 1, 2]);
    expect([0, 1, 2].map((place) => table.similar(place))).toEqual(content.similar);
    expect(table.placeOf('four')).toBeUndefined();
  });

  it('is refused where its end is missing, or where it is something else', () => {
    const bytes = writeWordTable(content);
    expect(() => readWordTable(bytes.subarray(0, -1))).toThrow('cut');
    expect(() => readWordTable(readFileSync(new URL(import.meta.url)))).toThrow('no table');
  });
});
