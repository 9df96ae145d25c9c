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

/** True for a word, in lower case, by which no text is told from another. */
export function isFiller(word: string): boolean {
  return fillers.has(word);
}

/** A question brought down to the words that tell what it is about, as they stand; the question where none do. */
export function tellingWords(question: string): string {
  const words = question.match(/[\p{L}\p{N}\p{M}]+(?:[-'’][\p{L}\p{N}\p{M}]+)*/gu) ?? [];
  const telling = words.filter((word) => !isFiller(word.toLowerCase()));
  return telling.length > 0 ? telling.join(' ') : question;
}
