import { sql, type RawBuilder } from 'kysely';
import type { WordIndex, WordsSought } from '../dialect.js';
import { speakerTokens } from './words.js';

/** A `tsvector` refuses to grow past a megabyte; this many characters of a text never reach it. */
const indexedCharsMax = 200_000;

/** A column of lexemes with a GIN index, written with the row. */
export const postgresWords: WordIndex = {
  definition: ['alter table texts add column words tsvector', 'create index texts_words on texts using gin (words)'],
  entry: (text, scope) =>
    sql`to_tsvector('english', ${folded(text.slice(0, indexedCharsMax))})
      || array_to_tsvector(${scope.split(' ').map(lexeme)}::text[])`,
  matching,
  keysOf: (words, scopes) => sql`select t.key as key ${matching(words, scopes)}`,
  // A sum, so that the planner never walks all keys from the newest on in the hope of meeting enough holders.
  newestFirst: sql`order by t.key + 0 desc`,
  // Keys are given before transactions commit, so what is seen later is not always above what was seen before.
  growing: null,
};

function matching({ any, all, orSpeaker }: WordsSought, scopes: readonly string[]): RawBuilder<unknown> {
  const scope = scopes.map((token) => `'${lexeme(token)}'`).join(' | ');
  // Of a stop word nothing remains, and an empty query beside the scope would match all of it.
  const asHeld = orSpeaker ? textOrSpeaker : inText;
  const parts = [...all.map(asHeld), ...(any.length === 0 ? [] : [sql`(${sql.join(any.map(asHeld), sql` || `)})`])];
  return sql`from texts as t,
        (select ${sql.join(parts, sql` && `)} as words, ${scope}::tsquery as scope) as q
      where numnode(q.words) > 0 and t.words @@ (q.scope && q.words)`;
}

/** A word of a text, or the name of who said it. */
function textOrSpeaker(word: string): RawBuilder<unknown> {
  const tokens = speakerTokens(word).map((token) => `'${lexeme(token)}'`);
  const said = tokens.length === 0 ? sql`` : sql` || ${tokens.join(' & ')}::tsquery`;
  return sql`(${inText(word)}${said})`;
}

function inText(word: string): RawBuilder<unknown> {
  return sql`phraseto_tsquery('english', ${folded(word)})`;
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
