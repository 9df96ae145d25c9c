import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from './schema.js';

/** Everything in which the two databases differ. No query asks which one it speaks to; it asks for one of these. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres';
  /** True where only one process can have the database open. */
  readonly exclusive: boolean;
  /** Ends a select that holds its rows until the transaction ends. */
  readonly holdRows: RawBuilder<unknown>;
  /** The same, passing over rows that another transaction holds. */
  readonly holdFreeRows: RawBuilder<unknown>;
  /** Statements that begin a transaction; `relaxed` as in the store's options. */
  begin(relaxed: boolean): string[];
  /** Statements after it has ended, however it did, on the same connection. */
  settle(relaxed: boolean): string[];
  /** True where the database asks to run the transaction again. */
  asksForRetry(error: unknown): boolean;
  /** Keeps other processes from migrating until the transaction ends. */
  lockMigrations(db: Kysely<Database>): Promise<void>;
  /** Rings the other processes; inside a transaction, when it commits. */
  ring(db: Kysely<Database>, topic: string): Promise<void>;
  readonly types: ColumnTypes;
  /**
   * Rows of values as a source `given` of a select, which casts their fields from `given.value ->> 0` and so on. They
   * are one parameter, so that the statement is the same, and stays prepared, for any number of rows.
   */
  rowsGiven(rows: readonly (readonly (string | number)[])[]): RawBuilder<unknown>;
  /**
   * A source with the rows of a table, under its name here, that fulfil a condition beside each of the source's. The
   * rows are looked up for one after the other, whatever the planner thinks of their number.
   */
  besideEach(
    source: RawBuilder<unknown>,
    table: { name: 'texts'; as: string },
    condition: RawBuilder<unknown>,
  ): RawBuilder<unknown>;
  /** Appended to the definition of a table that is always read by its primary key. */
  readonly byPrimaryKey: RawBuilder<unknown>;
  /** Which rows of `texts` hold a word: the fragment after `from`. Search's two bodies. */
  readonly wordIndex: WordIndex;
}

/** Names of column types. */
export interface ColumnTypes {
  /** Text, compared byte by byte. */
  text: RawBuilder<unknown>;
  integer: RawBuilder<unknown>;
  bytes: RawBuilder<unknown>;
  /** A primary key that the database counts up by itself. */
  counter: RawBuilder<unknown>;
}

/** The index of words over `texts`: stemmed, without regard to case. */
export interface WordIndex {
  /** Statements that make the index, once `texts` is there. */
  readonly definition: string[];
  /** What the column `words` is given for a new text; undefined where the index keeps itself current. */
  entry(text: string, scope: string): RawBuilder<unknown> | undefined;
  /**
   * `from … where …` of the texts that hold the words, `t` being the text's row. `scopes` are tokens of the column
   * `scope`, one of which must be there too; the index uses both together, so other scopes cost nothing.
   */
  matching(words: WordsSought, scopes: readonly string[]): RawBuilder<unknown>;
  /** A select of the keys alone, as `key`, which reads the index and no row where the database can. */
  keysOf(words: WordsSought, scopes: readonly string[]): RawBuilder<{ key: number }>;
  /** The order in which `matching` gives the newest first without sorting, where the database can. */
  readonly newestFirst: RawBuilder<unknown>;
  /** Null where texts that are seen later may have lower keys than texts that were seen before. */
  readonly growing: GrowingIndex | null;
}

/**
 * What lets a reader keep the keys it was told: whatever it sees later has higher keys, and the table `text_removals`
 * has those that went (decision 12).
 */
export interface GrowingIndex {
  /** Statements that make the table and keep it. */
  readonly definition: string[];
  /** A select of the keys above one of the texts that hold a word; `scopes` as ever, everywhere where there are none. */
  keysAbove(word: string, scopes: readonly string[], above: number): RawBuilder<{ key: number }>;
}

/** Words that a text must hold: each of `all`, and one of `any` where there are some. Several in a row are a phrase. */
export interface WordsSought {
  any: readonly string[];
  all: readonly string[];
  /** Whether a word may be the name of who said a text, in place of standing in it. To ask where nobody speaks costs. */
  orSpeaker: boolean;
}

/** SQLite: one writer, which stands in a queue, so nothing needs holding. */
export function sqliteDialect(wordIndex: WordIndex): Dialect {
  return {
    name: 'sqlite',
    exclusive: true,
    holdRows: sql``,
    holdFreeRows: sql``,
    // The pragma does nothing inside a transaction; what is written outside of any is to be as durable as ever.
    begin: (relaxed) => (relaxed ? ['pragma synchronous = normal', 'begin immediate'] : ['begin immediate']),
    settle: (relaxed) => (relaxed ? ['pragma synchronous = full'] : []),
    asksForRetry: () => false,
    lockMigrations: async () => undefined,
    ring: async () => undefined,
    rowsGiven: (rows) => sql`json_each(${JSON.stringify(rows)}) as given`,
    besideEach: (source, { name, as }, condition) =>
      sql`${source} cross join ${sql.table(name)} as ${sql.ref(as)} where ${condition}`,
    types: { text: sql`text`, integer: sql`integer`, bytes: sql`blob`, counter: sql`integer primary key` },
    byPrimaryKey: sql`without rowid`,
    wordIndex,
  };
}

/** PostgreSQL: many writers at `read committed`, which hold the rows they are about to change. */
export function postgresDialect(wordIndex: WordIndex): Dialect {
  return {
    name: 'postgres',
    exclusive: false,
    holdRows: sql`for update`,
    holdFreeRows: sql`for update skip locked`,
    begin: (relaxed) => (relaxed ? ['begin', 'set local synchronous_commit = off'] : ['begin']),
    settle: () => [],
    asksForRetry: (error) => retryCodes.has(postgresCode(error)),
    lockMigrations: async (db) => {
      await sql`select pg_advisory_xact_lock(${sql.lit(migrationLock)})`.execute(db);
    },
    ring: async (db, topic) => {
      await sql`select pg_notify(${bellChannel}, ${topic})`.execute(db);
    },
    rowsGiven: (rows) => sql`json_array_elements(${JSON.stringify(rows)}::json) as given (value)`,
    // The offset keeps the planner from making a join of it, for which it would read all of the table.
    besideEach: (source, { name, as }, condition) =>
      sql`${source} cross join lateral
        (select * from ${sql.table(name)} as ${sql.ref(as)} where ${condition} offset 0) as ${sql.ref(as)}`,
    types: {
      // The byte order, so that ids sort alike on both databases whatever the server's language.
      text: sql`text collate "C"`,
      integer: sql`bigint`,
      bytes: sql`bytea`,
      counter: sql`bigint generated by default as identity primary key`,
    },
    byPrimaryKey: sql``,
    wordIndex,
  };
}

/** The channel on which PostgreSQL carries the rings. */
export const bellChannel = 'threadkeeper';

/** The five characters PostgreSQL gives an error, or an empty text. */
export function postgresCode(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** Serialization failure and deadlock. */
const retryCodes: ReadonlySet<string> = new Set(['40001', '40P01']);

/** Any number, as long as all versions of this program use the same one. */
const migrationLock = 7_284_119;
