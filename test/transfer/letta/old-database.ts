import pg from 'pg';
import { openSqlite } from '../../../src/store/sqlite-driver.js';

/** What a column of an old database holds, with its type in SQLite and in PostgreSQL. */
const types = {
  uuid: ['CHAR', 'uuid'],
  text: ['VARCHAR', 'varchar'],
  json: ['JSON', 'json'],
  time: ['DATETIME', 'timestamptz'],
  flag: ['BOOLEAN', 'boolean'],
  integer: ['BIGINT', 'bigint'],
  bytes: ['BINARY', 'bytea'],
} as const;

/** A table of an old database: its columns with what they hold, and its rows. */
export interface OldTable {
  columns: Record<string, keyof typeof types>;
  rows: Record<string, unknown>[];
}

/** An old database, table by table. */
export type OldTables = Record<string, OldTable>;

const quoted = (name: string): string => `"${name}"`;

function createStatement(name: string, { columns }: OldTable, dialect: 0 | 1): string {
  const list = Object.entries(columns).map(([column, type]) => `${quoted(column)} ${types[type][dialect]}`);
  return `create table ${quoted(name)} (${list.join(', ')})`;
}

/** JSON as the old servers wrote it into SQLite: in ASCII, and `null` where there is nothing. */
function written(table: OldTable, row: Record<string, unknown>, column: string): unknown {
  const value = row[column] ?? null;
  if (table.columns[column] === 'json' && column in row) {
    return JSON.stringify(value).replaceAll(
      /[\u0080-\uffff]/gu,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  }
  return typeof value === 'boolean' ? Number(value) : value;
}

/** Writes a SQLite database. */
export function writeSqlite(path: string, tables: OldTables): void {
  const connection = openSqlite(path);
  connection.exec('begin');
  for (const [name, table] of Object.entries(tables)) {
    connection.exec(createStatement(name, table, 0));
    const columns = Object.keys(table.columns);
    const insert = `insert into ${quoted(name)} (${columns.map(quoted).join(', ')})
      values (${columns.map(() => '?').join(', ')})`;
    for (const row of table.rows)
      connection.run(
        insert,
        columns.map((column) => written(table, row, column)),
      );
  }
  connection.exec('commit');
  connection.close();
}

/** Writes a schema of a PostgreSQL database, named as the old servers' own set-up named it. */
export async function writePostgres(url: string, tables: OldTables): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('create schema letta');
  await client.query('set search_path = letta');
  for (const [name, table] of Object.entries(tables)) {
    await client.query(createStatement(name, table, 1));
    const columns = Object.keys(table.columns);
    const insert = `insert into ${quoted(name)} (${columns.map(quoted).join(', ')})
      values (${columns.map((_column, index) => `$${index + 1}`).join(', ')})`;
    for (const row of table.rows) {
      const values = columns.map((column) => {
        const value = row[column] ?? null;
        return table.columns[column] === 'json' && column in row ? JSON.stringify(value) : value;
      });
      await client.query(insert, values);
    }
  }
  await client.end();
}
