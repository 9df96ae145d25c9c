import { sql } from 'kysely';
import type { WordIndex, WordsSought } from '../dialect.js';
import { removalsKept } from './removals.js';
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
  growing: {
    definition: [
      `create table text_removals (number integer primary key, key integer not null, next integer not null)`,
      // Texts of libraries are in no scope of which anything is kept; the key of the last text is given anew to any.
      `create trigger texts_removed after delete on texts
       when old.library_passage_id is null or old.key > (select coalesce(max(key), 0) from texts) begin
         insert into text_removals (key, next) values (old.key, (select coalesce(max(key), 0) + 1 from texts));
         delete from text_removals where number <= (select max(number) from text_removals) - ${removalsKept};
       end`,
      // Nothing does this; should anything, all texts from that one on are to be looked at again.
      `create trigger texts_moved after update of key, message_id, scope_id, position on texts begin
         insert into text_removals (key, next) values (min(old.key, new.key), min(old.key, new.key));
       end`,
    ],
    keysAbove: (word, scopes, above) =>
      sql`select rowid as key from texts_index
        where texts_index match ${expressionOf({ any: [word], all: [], orSpeaker: true }, scopes)} and rowid > ${above}`,
  },
};

function expressionOf({ any, all, orSpeaker }: WordsSought, scopes: readonly string[]): string {
  const asHeld = orSpeaker ? textOrSpeaker : inText;
  const held = [...all.map(asHeld), ...(any.length === 0 ? [] : [any.map(asHeld).join(' OR ')])];
  const within = scopes.length === 0 ? [] : [`scope : (${scopes.map(quoted).join(' OR ')})`];
  return [...within, ...held].map((part) => `(${part})`).join(' AND ');
}

/** A word of a text, or the name of who said it. */
function textOrSpeaker(word: string): string {
  const tokens = speakerTokens(word);
  const said = tokens.length === 0 ? '' : ` OR (scope : (${tokens.map(quoted).join(' AND ')}))`;
  return `${inText(word)}${said}`;
}

function inText(word: string): string {
  return `(text : ${quoted(word)})`;
}

/** A word, or several in a row, as FTS5 takes it literally, whatever it holds. */
function quoted(word: string): string {
  return `"${word.replaceAll('"', '""')}"`;
}
