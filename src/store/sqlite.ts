import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { Kysely } from 'kysely';
import type { Clock } from '../domain/clock.js';
import { AppError } from '../domain/errors.js';
import { openBlobs, type PlaceOfFiles } from './blobs.js';
import { SearchThread } from './search-thread.js';
import { sqliteDialect } from './sql/dialect.js';
import { migrate } from './sql/migrate.js';
import type { Database } from './sql/schema.js';
import { sqliteWords } from './sql/search/sqlite-words.js';
import { sqlStore } from './sql-store.js';
import { openSqlite, type SqliteConnection } from './sqlite-driver.js';
import { sqliteKysely } from './sqlite-kysely.js';
import { lockDatabase } from './sqlite-lock.js';
import type { Store } from './store.js';
import { WalKeeper } from './wal-keeper.js';

/** Written into every file of ours, so that another program's database is never taken for one. */
const applicationId = 0x7468_6b70;

/**
 * A file larger than this is not read through when it is opened, which would take seconds for each of its gigabytes;
 * SQLite still notices a damaged page when it comes upon it.
 */
const checkedBytesMax = 512 * 1024 * 1024;

/** The file of a database: the path itself where it names a file, else `threadkeeper.db` in that folder. */
export function sqliteFile(path: string): string {
  const full = resolve(path);
  if (existsSync(full)) return statSync(full).isDirectory() ? join(full, 'threadkeeper.db') : full;
  return ['.db', '.sqlite', '.sqlite3'].includes(extname(full)) ? full : join(full, 'threadkeeper.db');
}

/** Opens, checks and migrates a SQLite database for this process alone. Throws `unavailable` with a sentence. */
export async function openSqliteStore(path: string, options: { clock: Clock; files: PlaceOfFiles }): Promise<Store> {
  const file = sqliteFile(path);
  makeFolder(file);
  const lock = explain(file, () => lockDatabase(file));
  try {
    const connection = explain(file, () => openChecked(file));
    const db = new Kysely<Database>({ dialect: sqliteKysely(connection) });
    const dialect = sqliteDialect(sqliteWords);
    try {
      await migrate(db, dialect, options.clock);
    } catch (error) {
      await db.destroy();
      throw error;
    }
    const whileNobodyWrites = (work: () => Promise<void>): Promise<void> => db.connection().execute(work);
    const keeper = new WalKeeper({
      file,
      whileNobodyWrites,
      leaveToSqlite: () => connection.exec('pragma wal_autocheckpoint = 1000'),
    });
    return sqlStore({
      db,
      dialect,
      searcher: new SearchThread({ kind: 'sqlite', location: file }),
      settle: async () => {
        await keeper.close();
        emptyLog(connection);
      },
      blobs: (session) => openBlobs(options.files, join(dirname(file), 'files'), session),
      // No other process can have the database open, so there is nobody to hear.
      listen: async () => async () => undefined,
      release: async () => lock.release(),
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Moves what was written into the file, which is whole by itself then; for whoever copies it while nothing runs. */
function emptyLog(connection: SqliteConnection): void {
  try {
    connection.exec('pragma wal_checkpoint(truncate)');
  } catch {
    // Nothing is lost: the log stays beside the file, and is read with the next start.
  }
}

/** A connection that only reads, for a thread of its own. */
export function openSqliteReader(file: string): Kysely<Database> {
  const connection = openSqlite(file, { readOnly: true });
  connection.exec('pragma busy_timeout = 5000; pragma query_only = on');
  return new Kysely<Database>({ dialect: sqliteKysely(connection) });
}

function makeFolder(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    throw new AppError('unavailable', `The folder ${dirname(file)} cannot be made: ${reason(error)}.`, {
      cause: error,
    });
  }
}

function openChecked(file: string): SqliteConnection {
  const connection = openSqlite(file);
  try {
    connection.exec('pragma busy_timeout = 5000');
    refuseStrangers(connection, file);
    connection.exec(`pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on;
      pragma application_id = ${applicationId}`);
    // The log is emptied by a thread of its own.
    connection.exec('pragma wal_autocheckpoint = 0');
    if (statSync(file).size <= checkedBytesMax) refuseDamage(connection, file);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function refuseStrangers(connection: SqliteConnection, file: string): void {
  const id = firstValue(connection, 'pragma application_id');
  const tables = firstValue(connection, 'select count(*) from sqlite_master');
  if (id === applicationId || (id === 0 && tables === 0)) return;
  throw new AppError('unavailable', `The file ${file} is a database of another program.`);
}

function refuseDamage(connection: SqliteConnection, file: string): void {
  const found = firstValue(connection, 'pragma quick_check(1)');
  if (found === 'ok') return;
  throw new AppError(
    'unavailable',
    `The database ${file} is damaged (${String(found)}). Restore it from a backup; nothing was changed.`,
  );
}

function firstValue(connection: SqliteConnection, statement: string): unknown {
  const [row] = connection.run(statement).rows;
  return Object.values(row ?? {})[0];
}

/** Says in a sentence what keeps a file from being opened. */
function explain<T>(file: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('unavailable', `The database ${file} cannot be opened: ${reason(error)}.`, { cause: error });
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
