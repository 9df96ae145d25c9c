const vocabulary = 20_000;
const syllables = ['ba', 'ce', 'di', 'fo', 'gu', 'ha', 'ke', 'li', 'mo', 'nu', 'pa', 're', 'si', 'to', 'vu', 'za'];

/** Writes text in which words are as unevenly frequent as in a language; the same text at every run. */
export interface Prose {
  /** Sentences of at least so many characters. */
  text(chars: number): string;
  /** A few words of the kind that people search for: neither the most frequent ones nor the rarest. */
  query(): string;
  /** The same among some of the most frequent words, as in a whole sentence that asks. */
  question(): string;
  /** Five words of a question without those that are in nearly every sentence: three are frequent all the same. */
  matter(): string;
}

/** Makes such a writer. */
export function createProse(): Prose {
  let state = 7;
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  // The n-th word is as frequent as 1/n, as Zipf found.
  const frequent = (): string => wordOf(Math.floor(vocabulary ** next()));
  const query = (): string => [0, 1, 2].map(() => wordOf(50 + Math.floor(next() * 3_000))).join(' ');
  const among = (first: number, count: number): string => wordOf(first + Math.floor(next() * count));
  return {
    query,
    matter: () => [among(8, 32), among(8, 32), among(50, 3_000), among(8, 32), among(50, 3_000)].join(' '),
    question: () => `${[1, 2, 3].map(wordOf).join(' ')} ${query()} ${[4, 5].map(wordOf).join(' ')}`,
    text: (chars) => {
      const words: string[] = [];
      for (let length = 0; length < chars;) {
        const word = words.length % 14 === 13 ? `${frequent()}.` : frequent();
        words.push(word);
        length += word.length + 1;
      }
      return words.join(' ');
    },
  };
}

function wordOf(rank: number): string {
  let word = '';
  for (let rest = rank; rest > 0 || word === ''; rest = Math.floor(rest / syllables.length)) {
    word += syllables[rest % syllables.length] ?? '';
  }
  return word;
}
