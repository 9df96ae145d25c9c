import { describe, expect, it } from 'vitest';
import { compareTexts, normalText } from '../../src/domain/likeness.js';

describe('compareTexts', () => {
  it.each([
    ['Likes tea.', 'likes  TEA', null, 'same'],
    ['Café Élan', 'cafe e\u0301lan!', null, 'same'],
    ['', '', null, 'different'],
    ['!!!', '???', null, 'different'],
    ['She lives in Oslo since 2019.', 'She lives in Oslo since 2020.', null, 'near'],
    ['She lives in Oslo since 2019.', 'She lives in Oslo since 2020.', 1, 'near'],
    ['She visits the mountains in summer.', 'She visited the mountain in summers.', null, 'near'],
    ['Since 2019 in Oslo.', 'In Oslo since 2019.', null, 'near'],
    ['Since 2019 in Oslo.', 'In Oslo since 2019.', 0.996, 'same'],
    ['Since 2019 in Oslo.', 'In Oslo since 2019.', 0.99, 'near'],
    ['Oolong every morning.', 'Tea gets her out of bed.', 0.95, 'near'],
    ['Oolong every morning.', 'Tea gets her out of bed.', 0.94, 'different'],
    ['The cat sleeps.', 'The dog barks.', null, 'different'],
    ['猫が寝ている', '猫が寝ている。', null, 'same'],
  ] as const)('%j and %j with the cosine %s: %s', (left, right, cosine, likeness) => {
    expect(compareTexts(left, right, cosine)).toBe(likeness);
    expect(compareTexts(right, left, cosine)).toBe(likeness);
  });
});

describe('normalText', () => {
  it('composes letters and brings white space down to single blanks, and leaves case and signs alone', () => {
    expect(normalText('  e\u0301\tIT\r\n\n?  ')).toBe('\u00e9 IT ?');
  });
});
