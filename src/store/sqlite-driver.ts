import { createRequire } from 'node:module';

/** What this program uses of SQLite's two drivers, which share one API. */
interface NativeStatement {
  all(...parameters: unknown[]): unknown[];
  run(...parameters: unknown[]): { changes: number | bigint };
  iterate(...parameters: unknown[]): IterableIterator<unknown>;
}

interface NativeDatabase {
  exec(sql: string): void;
  prepare(sql: string): NativeStatement;
  close(): void;
}

interface NativeModule {
  DatabaseSync: new (path: string, options?: { readOnly?: boolean; timeout?: number }) => NativeDatabase;
}

/** The outcome of one statement. */
export interface SqliteResult {
  rows: unknown[];
  /** Rows written by a statement that returns none. */
  changes: number;
}

/** One open database file. Every call is synchronous. */
export interface SqliteConnection {
  /** Runs statements that take no parameters and return no rows. */
  exec(sql: string): void;
  /** Runs one statement. It is prepared once and kept for the next time. */
  run(sql: string, parameters?: readonly unknown[]): SqliteResult;
  /** Reads rows one by one. */
  iterate(sql: string, parameters?: readonly unknown[]): IterableIterator<unknown>;
  close(): void;
}

/** Prepared statements kept for each connection: more than the store has, so only unusual ones ever fall out. */
const statementsKept = 400;

/** Opens a file, which is made where it is absent unless it is only read. Throws what the driver throws. */
export function openSqlite(path: string, options: { readOnly?: boolean } = {}): SqliteConnection {
  const { DatabaseSync } = loadDriver();
  const database = new DatabaseSync(path, { readOnly: options.readOnly ?? false });
  const statements = new Map<string, NativeStatement>();
  const reading = new Set<NativeStatement>();
  const prepare = (sql: string): NativeStatement => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const oldest = statements.keys().next();
    if (statements.size >= statementsKept && oldest.done !== true) statements.delete(oldest.value);
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };

  return {
    exec: (sql) => database.exec(sql),
    run: (sql, parameters = []) => {
      const statement = prepare(sql);
      if (returnsRows(sql)) return { rows: statement.all(...parameters), changes: 0 };
      return { rows: [], changes: Number(statement.run(...parameters).changes) };
    },
    iterate: function* (sql, parameters = []) {
      // Not from the kept statements: a second reader of the same text would start the first one anew.
      const statement = database.prepare(sql);
      // One of the drivers does not keep a statement for the sake of its rows: collected among them, it ends the process.
      reading.add(statement);
      try {
        yield* statement.iterate(...parameters);
      } finally {
        reading.delete(statement);
      }
    },
    close: () => {
      statements.clear();
      database.close();
    },
  };
}

/** What SQLite refuses, as far as the program can answer it. */
export type SqliteFault = 'unique' | 'reference' | 'full';

/** The kind of an error SQLite raised, or null where it is another or none of SQLite's. */
export function sqliteFault(error: unknown): SqliteFault | null {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_SQLITE_ERROR') return null;
  // By SQLite's own words: one of the drivers leaves the number out of errors of statements that return rows.
  if (error.message.startsWith('UNIQUE constraint failed')) return 'unique';
  if (error.message.startsWith('FOREIGN KEY constraint failed')) return 'reference';
  return error.message.startsWith('database or disk is full') ? 'full' : null;
}

function returnsRows(sql: string): boolean {
  return /^\s*(?:select|with|pragma)\b/i.test(sql) || /\breturning\b/i.test(sql);
}

/** The driver of the runtime where it has one; else the package with the same API, which needs no compiler. */
function loadDriver(): NativeModule {
  const load = createRequire(import.meta.url);
  try {
    return load('node:sqlite') as NativeModule;
  } catch {
    return load('@photostructure/sqlite') as NativeModule;
  }
}
