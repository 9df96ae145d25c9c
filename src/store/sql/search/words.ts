import { isFiller } from '../../../domain/telling-words.js';
import { tokensOf } from './tokens.js';

const wordPattern = /[\p{L}\p{N}\p{M}]+/gu;

/** Words of one query that are looked up; the rest of a longer one is left out. */
const wordsMax = 32;
/** Phrases that are looked up. */
const phrasesMax = 8;

/**
 * The words by which a text is looked for, in lower case, each once: runs of letters and digits. Fillers count only
 * where there is nothing else.
 */
export function wordsOf(text: string): string[] {
  const words = new Set(text.normalize('NFC').toLowerCase().match(wordPattern));
  const telling = [...words].filter((word) => !isFiller(word));
  return (telling.length > 0 ? telling : [...words]).slice(0, wordsMax);
}

/** The phrases that a query holds in quotation marks, each as its words in order. */
export function phrasesOf(query: string): string[][] {
  const quoted = [...query.matchAll(/["“”„«»]([^"“”„«»]+)["“”„«»]/gu)].flatMap(([, inner]) => {
    const words = (inner ?? '').normalize('NFC').toLowerCase().match(wordPattern) ?? [];
    return words.length === 0 ? [] : [words.slice(0, wordsMax)];
  });
  return quoted.slice(0, phrasesMax);
}

/** The tokens by which a text is found under its speaker's name: one for each word of it. */
export function speakerTokens(name: string): string[] {
  return [...new Set(tokensOf(name))].map((word) => `by${word}x`);
}

/** The token that stands for a conversation, memory, library or owner in the word index. */
export function scopeToken(kind: 'conversation' | 'memory' | 'library' | 'owner', id: string): string {
  // Letters and digits only, so that every tokenizer takes it for one word; the ending is one that no stemmer touches.
  return `${kind.charAt(0)}${id.toLowerCase().replace(/[^a-z0-9]/g, '')}x`;
}
