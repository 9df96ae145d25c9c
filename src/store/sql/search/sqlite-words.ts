import { sql } from 'kysely';
import type { WordIndex } from '../dialect.js';

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
  matching: (word, scopes) => {
    return sql`from texts_index cross join texts as t on t.key = texts_index.rowid
      where texts_index match ${expressionOf(word, scopes)}`;
  },
  keysOf: (word, scopes) =>
    sql`select rowid as key from texts_index where texts_index match ${expressionOf(word, scopes)}`,
};

function expressionOf(word: string, scopes: readonly string[]): string {
  return `(scope : (${scopes.map(quoted).join(' OR ')})) AND (text : ${quoted(word)})`;
}

/** A word as FTS5 takes it literally, whatever it holds. */
function quoted(word: string): string {
  return `"${word.replaceAll('"', '""')}"`;
}
