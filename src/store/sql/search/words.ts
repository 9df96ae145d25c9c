/** Words of one query that are looked up; the rest of a longer one is left out. */
const wordsMax = 32;

/**
 * English words that stand in nearly every text and tell nothing of it. PostgreSQL's dictionary has the same ones, so
 * both databases answer a question by the words that matter in it.
 */
const fillers: ReadonlySet<string> = new Set(
  `i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it
  its itself they them their theirs themselves what which who whom this that these those am is are was were be been
  being have has had having do does did doing a an the and but if or because as until while of at by for with about
  against between into through during before after above below to from up down in out on off over under again further
  then once here there when where why how all any both each few more most other some such no nor not only own same so
  than too very s t can will just don should now`.split(/\s+/),
);

/**
 * The words by which a text is looked for, in lower case, each once: runs of letters and digits. Fillers count only
 * where there is nothing else.
 */
export function wordsOf(text: string): string[] {
  const words = new Set(
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{M}]+/gu),
  );
  const telling = [...words].filter((word) => !fillers.has(word));
  return (telling.length > 0 ? telling : [...words]).slice(0, wordsMax);
}

/** The token that stands for a conversation, memory, library or owner in the word index. */
export function scopeToken(kind: 'conversation' | 'memory' | 'library' | 'owner', id: string): string {
  // Letters and digits only, so that every tokenizer takes it for one word; the ending is one that no stemmer touches.
  return `${kind.charAt(0)}${id.toLowerCase().replace(/[^a-z0-9]/g, '')}x`;
}
