/** Words of one query that are looked up; the rest of a longer one is left out. */
const wordsMax = 32;

/** The words of any text, in lower case, each once: runs of letters and digits. */
export function wordsOf(text: string): string[] {
  const words =
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  return [...new Set(words)].slice(0, wordsMax);
}

/** The token that stands for a conversation, memory or owner in the word index. */
export function scopeToken(kind: 'conversation' | 'memory' | 'owner', id: string): string {
  // Letters and digits only, so that every tokenizer takes it for one word; the ending is one that no stemmer touches.
  return `${kind.charAt(0)}${id.toLowerCase().replace(/[^a-z0-9]/g, '')}x`;
}
