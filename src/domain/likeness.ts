/** Words of a text that are compared; those of longer texts would hardly change how alike they are. */
const comparedWordsMax = 2_000;

/** From here on two texts are told to the model as nearly the same: by the share of words, and by the cosine. */
const nearByWords = 0.8;
const nearByMeaning = 0.95;

/** From here on, two texts of the same words mean the same, in whatever order they stand. */
const sameByMeaning = 0.995;

/** How alike two texts are: the same, nearly the same, or different. */
export type Likeness = 'same' | 'near' | 'different';

/**
 * Compares two texts by their words and, where there is one, by the cosine of their vectors. They are the same where
 * nothing differs but case, punctuation, marks and spacing, or where the words are the same and the cosine is that of
 * one meaning. A cosine alone never makes them the same: vectors can hardly tell 2019 from 2020, and a fact would be
 * lost.
 */
export function compareTexts(left: string, right: string, cosine: number | null): Likeness {
  const [leftWords, rightWords] = [wordsOf(left), wordsOf(right)];
  if (leftWords.length > 0 && leftWords.join(' ') === rightWords.join(' ')) return 'same';
  const [leftRoots, rightRoots] = [new Set(leftWords.map(rootOf)), new Set(rightWords.map(rootOf))];
  const common = [...leftRoots].filter((root) => rightRoots.has(root)).length;
  const share = (2 * common) / Math.max(1, leftRoots.size + rightRoots.size);
  if (share === 1 && cosine !== null && cosine >= sameByMeaning) return 'same';
  return share >= nearByWords || (cosine !== null && cosine >= nearByMeaning) ? 'near' : 'different';
}

/** A text in the one of its forms by which it is recognised: composed letters, single blanks, nothing around it. */
export function normalText(text: string): string {
  return text.normalize('NFC').replace(/\s+/gu, ' ').trim();
}

/** Words without case, marks of letters and punctuation. */
function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, comparedWordsMax);
}

/** An English word without the commonest of its endings. */
function rootOf(word: string): string {
  return word.length > 4 ? word.replace(/(?:ies|es|s|ed|ing|y|e)$/u, '') : word;
}
