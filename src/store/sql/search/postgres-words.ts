import { sql, type RawBuilder } from 'kysely';
import type { WordIndex } from '../dialect.js';

/** A `tsvector` refuses to grow past a megabyte; this many characters of a text never reach it. */
const indexedCharsMax = 200_000;

/** A column of lexemes with a GIN index, written with the row. */
export const postgresWords: WordIndex = {
  definition: ['alter table texts add column words tsvector', 'create index texts_words on texts using gin (words)'],
  entry: (text, scope) =>
    sql`to_tsvector('english', ${folded(text.slice(0, indexedCharsMax))})
      || array_to_tsvector(${scope.split(' ').map(lexeme)}::text[])`,
  matching,
  keysOf: (word, scopes) => sql`select t.key as key ${matching(word, scopes)}`,
};

function matching(word: string, scopes: readonly string[]): RawBuilder<unknown> {
  const scope = scopes.map((token) => `'${lexeme(token)}'`).join(' | ');
  // Of a stop word nothing remains, and an empty query beside the scope would match all of it.
  return sql`from texts as t,
        (select plainto_tsquery('english', ${folded(word)}) as word, ${scope}::tsquery as scope) as q
      where numnode(q.word) > 0 and t.words @@ (q.scope && q.word)`;
}

/** A scope's token as the index holds it: beginning with a character that is in no word. */
function lexeme(token: string): string {
  return `=${token}`;
}

/**
 * Text as SQLite's tokenizer would see it: no diacritics, and only letters and digits, which keeps PostgreSQL's own
 * parser from taking addresses, paths and hyphenated words for single ones.
 */
function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ');
}
