import pg from 'pg';
import { AppError } from '../../domain/errors.js';
import type { Row } from './cells.js';
import { holdsAgents, isUuid, quoted, sqlOf, type LettaDatabase, type Spelling } from './database.js';

/** Everything arrives as text, and is read like the cells of SQLite. What is no UUID is compared with none. */
function spellingFor(uuids: ReadonlySet<string>): Spelling {
  return {
    cell: (column) => `${column}::text`,
    parameter: (number) => `$${number}`,
    holds: (table, column, value) => !uuids.has(`${table} ${column}`) || isUuid(value),
  };
}

/** Rows fetched at a time. */
const rowsPerFetch = 200;

const connectTimeoutMs = 10_000;

/**
 * Opens a database of a PostgreSQL server, in whichever of its schemas the agents lie, in one transaction that only
 * reads. Throws `unavailable` where it cannot be reached, `invalid_request` where it holds no agents.
 */
export async function openLettaPostgres(url: string): Promise<LettaDatabase> {
  const client = await connect(url);
  try {
    await client.query('begin transaction isolation level repeatable read read only');
    await client.query(`set local timezone = 'UTC'`);
    const { tables, uuids } = await useSchemaOfAgents(client);
    const spelling = spellingFor(uuids);
    let cursors = 0;
    return {
      name: client.database ?? 'the database',
      has: (table, column) => (column === undefined ? tables.has(table) : (tables.get(table)?.has(column) ?? false)),
      rows: (query) => {
        const { sql, parameters } = sqlOf(query, tables, spelling);
        cursors += 1;
        return fetchAll(client, `rows_${cursors}`, sql, parameters);
      },
      close: () => client.end(),
    };
  } catch (error) {
    await client.end();
    throw error;
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'threadkeeper',
    connectionTimeoutMillis: connectTimeoutMs,
  });
  // A connection that is lost fails the next query; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (cause) {
    // Not the driver's own words: they may repeat what stands in the address.
    throw new AppError('unavailable', 'The database that is to be imported cannot be reached, or refused the login.', {
      cause,
    });
  }
}

/** Looks into every schema, since some servers made one of their own, and takes the one with most tables of agents. */
async function useSchemaOfAgents(client: pg.Client): Promise<{ tables: Map<string, Set<string>>; uuids: Set<string> }> {
  const { rows } = await client.query<{ schema: string; table: string; column: string; type: string }>(
    `select table_schema as "schema", table_name as "table", column_name as "column", data_type as "type"
     from information_schema.columns
     where table_schema not in ('pg_catalog', 'information_schema') and table_schema not like 'pg\\_%'
     order by 1, 2, 3`,
  );
  const schemas = new Map<string, Map<string, Set<string>>>();
  for (const { schema, table, column } of rows) {
    const tables = schemas.get(schema) ?? new Map<string, Set<string>>();
    schemas.set(schema, tables.set(table, (tables.get(table) ?? new Set()).add(column)));
  }
  const [found] = [...schemas]
    .filter(([, tables]) => holdsAgents((table, column = '') => tables.get(table)?.has(column) ?? false))
    .sort(([, left], [, right]) => right.size - left.size);
  if (found === undefined) throw new AppError('invalid_request', 'The database holds no agents of MemGPT or Letta.');
  const [schema, tables] = found;
  await client.query(`set local search_path = ${quoted(schema)}`);
  const uuids = rows.flatMap((row) =>
    row.schema === schema && row.type === 'uuid' ? [`${row.table} ${row.column}`] : [],
  );
  return { tables, uuids: new Set(uuids) };
}

async function* fetchAll(
  client: pg.Client,
  cursor: string,
  statement: string,
  parameters: readonly string[],
): AsyncGenerator<Row> {
  await client.query(`declare ${cursor} no scroll cursor for ${statement}`, [...parameters]);
  try {
    for (;;) {
      const { rows } = await client.query<Record<string, unknown>>(`fetch forward ${rowsPerFetch} from ${cursor}`);
      yield* rows;
      if (rows.length < rowsPerFetch) return;
    }
  } finally {
    await client.query(`close ${cursor}`).catch(() => undefined);
  }
}
