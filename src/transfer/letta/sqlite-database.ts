import { existsSync } from 'node:fs';
import { copyFile, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { derivedId } from '../../domain/derived-id.js';
import { AppError } from '../../domain/errors.js';
import { openSqlite, type SqliteConnection } from '../../store/sqlite-driver.js';
import type { SourceFile } from '../reader.js';
import type { Row } from './cells.js';
import { quoted, sqlOf, type LettaDatabase, type Spelling } from './database.js';

const spelling: Spelling = { cell: (column) => column, parameter: () => '?' };

/** A file larger than this is not read through when it is opened; a damaged page is still noticed when it is read. */
const checkedBytesMax = 512 * 1024 * 1024;

/** By which columns rows are looked up, table by table: the old files have no index for it. */
export type Lookups = Readonly<Record<string, readonly string[]>>;

/** True for a file that begins as every SQLite database does. */
export async function isSqlite(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.subarray(0, bytesRead).toString('latin1') === 'SQLite format 3\0';
  } finally {
    await file.close();
  }
}

/**
 * Opens a copy of a database file, which is made in the folder given, together with what its server has not yet written
 * into it; the file itself is not even locked. Throws `invalid_request` where it is no SQLite database or is damaged.
 */
export async function openLettaSqlite(
  { path, name }: Pick<SourceFile, 'path' | 'name'>,
  workspace: string,
  lookups: Lookups,
): Promise<LettaDatabase> {
  if (!(await isSqlite(path))) throw new AppError('invalid_request', `The file ${name} is no SQLite database.`);
  const copy = join(workspace, derivedId('copy', name));
  if (!existsSync(copy)) {
    if (existsSync(`${path}-wal`)) await copyFile(`${path}-wal`, `${copy}-wal`);
    await copyFile(path, copy);
  }
  const { size } = await stat(copy);
  const connection = openSqlite(copy);
  try {
    const tables = prepare(connection, name, lookups, size <= checkedBytesMax);
    return {
      name,
      has: (table, column) => (column === undefined ? tables.has(table) : (tables.get(table)?.has(column) ?? false)),
      rows: (query) => {
        const { sql, parameters } = sqlOf(query, tables, spelling);
        return toAsync(connection.iterate(sql, parameters), name);
      },
      close: async () => connection.close(),
    };
  } catch (error) {
    connection.close();
    throw damaged(error, name);
  }
}

/** Checks the copy, gives it the indexes it lacks, and lists its tables. */
function prepare(connection: SqliteConnection, name: string, lookups: Lookups, isChecked: boolean) {
  connection.exec('pragma trusted_schema = off; pragma synchronous = off');
  if (isChecked) {
    const [found] = connection.run('pragma quick_check(1)').rows as { quick_check: string }[];
    if (found?.quick_check !== 'ok') throw new AppError('invalid_request', damagedWords(name));
  }
  // Only tables: what a view or a module would run is not known.
  const listed = connection.run(
    `select name from sqlite_master where type = 'table' and sql not like 'create virtual%'`,
  ).rows as { name: string }[];
  const tables = new Map(
    listed.map((table) => {
      const columns = connection.run(`pragma table_info(${quoted(table.name)})`).rows as { name: string }[];
      return [table.name, new Set(columns.map((column) => column.name))];
    }),
  );
  for (const [table, columns] of Object.entries(lookups)) {
    const there = columns.filter((column) => tables.get(table)?.has(column));
    if (there.length === 0) continue;
    const index = quoted(`looked up ${table}`);
    connection.exec(`create index if not exists ${index} on ${quoted(table)} (${there.map(quoted).join(', ')})`);
  }
  connection.exec('pragma query_only = on');
  return tables;
}

async function* toAsync(rows: Iterable<unknown>, name: string): AsyncGenerator<Row> {
  try {
    for (const row of rows) yield row as Row;
  } catch (error) {
    throw damaged(error, name);
  }
}

function damaged(error: unknown, name: string): unknown {
  const isOfSqlite = error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR';
  return isOfSqlite ? new AppError('invalid_request', damagedWords(name), { cause: error }) : error;
}

function damagedWords(name: string): string {
  return `The database ${name} is damaged, or was cut off.`;
}
