import { sql } from 'kysely';
import type { WordIndex, WordsSought } from '../dialect.js';
import { speakerTokens } from './words.js';

/** FTS5 over the table itself, kept current by triggers, which also fire for rows that a cascade deletes. */
export const sqliteWords: WordIndex = {
  definition: [
    `create virtual table texts_index using fts5(
       text, scope, content='texts', content_rowid='key', tokenize='porter unicode61 remove_diacritics 2')`,
    `create trigger texts_inserted after insert on texts begin
       insert into texts_index (rowid, text, scope) values (new.key, new.text, new.scope);
     end`,
    `create trigger texts_deleted after delete on texts begin
       insert into texts_index (texts_index, rowid, text, scope) values ('delete', old.key, old.text, old.scope);
     end`,
  ],
  entry: () => undefined,
  matching: (words, scopes) =>
    sql`from texts_index cross join texts as t on t.key = texts_index.rowid
      where texts_index match ${expressionOf(words, scopes)}`,
  keysOf: (words, scopes) =>
    sql`select rowid as key from texts_index where texts_index match ${expressionOf(words, scopes)}`,
  newestFirst: sql`order by texts_index.rowid desc`,
};

function expressionOf({ any, all }: WordsSought, scopes: readonly string[]): string {
  const held = [...all.map(textOrSpeaker), ...(any.length === 0 ? [] : [any.map(textOrSpeaker).join(' OR ')])];
  return [`scope : (${scopes.map(quoted).join(' OR ')})`, ...held].map((part) => `(${part})`).join(' AND ');
}

/** A word of a text, or the name of who said it. */
function textOrSpeaker(word: string): string {
  const tokens = speakerTokens(word);
  const said = tokens.length === 0 ? '' : ` OR (scope : (${tokens.map(quoted).join(' AND ')}))`;
  return `(text : ${quoted(word)})${said}`;
}

/** A word, or several in a row, as FTS5 takes it literally, whatever it holds. */
function quoted(word: string): string {
  return `"${word.replaceAll('"', '""')}"`;
}
