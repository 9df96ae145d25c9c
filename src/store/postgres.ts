import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import type { Clock } from '../domain/clock.js';
import { AppError } from '../domain/errors.js';
import { openBlobs, type PlaceOfFiles } from './blobs.js';
import { createListener } from './postgres-listener.js';
import { SearchThread } from './search-thread.js';
import { postgresCode, postgresDialect } from './sql/dialect.js';
import { migrate } from './sql/migrate.js';
import type { Database } from './sql/schema.js';
import { postgresWords } from './sql/search/postgres-words.js';
import { cleanParameters } from './sql/values.js';
import { sqlStore } from './sql-store.js';
import type { Store } from './store.js';

const connectTimeoutMs = 10_000;

/** Connections of the thread that searches. */
const readerConnections = 2;

/** Opens and migrates a PostgreSQL database. Throws `unavailable` with a sentence where there is none. */
export async function openPostgresStore(
  url: string,
  options: { clock: Clock; poolSize: number; files: PlaceOfFiles },
): Promise<Store> {
  const db = connect(url, options.poolSize);
  const dialect = postgresDialect(postgresWords);
  try {
    await migrate(db, dialect, options.clock);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const listener = createListener(() => new pg.Client({ connectionString: url, ...clientSettings }));
  return sqlStore({
    db,
    dialect,
    searcher: new SearchThread({ kind: 'postgres', location: url }),
    blobs: (session) => openBlobs(options.files, null, session),
    listen: async (onRing) => {
      try {
        return await listener.listen(onRing);
      } catch (error) {
        throw translate(error);
      }
    },
    release: () => listener.close(),
  });
}

/** A few connections that only read, for a thread of their own. */
export function openPostgresReader(url: string): Kysely<Database> {
  return connect(url, readerConnections);
}

const clientSettings = {
  application_name: 'threadkeeper',
  connectionTimeoutMillis: connectTimeoutMs,
  keepAlive: true,
  // Times and counts are far below 2^53. Set for these connections only: the parsers of the module are everybody's.
  types: {
    getTypeParser: (type: number, format?: 'text' | 'binary') =>
      type === pg.types.builtins.INT8 && format !== 'binary'
        ? Number
        : (pg.types.getTypeParser(type, format ?? 'text') as (text: string) => unknown),
  },
};

function connect(url: string, poolSize: number): Kysely<Database> {
  const pool = new pg.Pool({ connectionString: url, max: poolSize, ...clientSettings } as pg.PoolConfig);
  // A connection lost while idle leaves the pool by itself; the next query opens another.
  pool.on('error', () => undefined);
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: translating(pool), cursor: ServerCursor }) });
}

/** The pool with clean parameters on the way in and the program's own errors on the way out. */
function translating(pool: pg.Pool): PostgresPool {
  return {
    connect: async () => {
      try {
        return translatingClient(await pool.connect());
      } catch (error) {
        throw translate(error);
      }
    },
    end: () => pool.end(),
  };
}

function translatingClient(client: pg.PoolClient): PostgresPoolClient {
  const run = async (statement: string, parameters: readonly unknown[]): Promise<unknown> => {
    try {
      return await client.query(statement, cleanParameters(parameters));
    } catch (error) {
      throw translate(error);
    }
  };
  const query = (statement: string | ServerCursor<unknown>, parameters: readonly unknown[] = []): unknown =>
    statement instanceof ServerCursor ? statement.over(run) : run(statement, parameters);
  return { query: query as PostgresPoolClient['query'], release: () => client.release() };
}

type Run = (statement: string, parameters: readonly unknown[]) => Promise<unknown>;

/** Reads a long answer piece by piece, in the two calls that kysely makes of a cursor. */
class ServerCursor<T> {
  private run: Run | null = null;
  private opened = false;

  constructor(
    private readonly statement: string,
    private readonly parameters: readonly unknown[],
  ) {}

  over(run: Run): this {
    this.run = run;
    return this;
  }

  async read(rowsMax: number): Promise<T[]> {
    if (this.run === null) return [];
    if (!this.opened) {
      await this.run('begin read only', []);
      this.opened = true;
      await this.run(`declare piecewise no scroll cursor for ${this.statement}`, this.parameters);
    }
    const { rows } = (await this.run(`fetch forward ${rowsMax} from piecewise`, [])) as { rows: T[] };
    return rows;
  }

  async close(): Promise<void> {
    if (this.opened) await this.run?.('rollback', []);
  }
}

const lostConnection = /^(?:08...|57P0[1-5]|53300|ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|EAI_AGAIN)$/;
const refusedConnection = /^(?:28...|3D000)$/;

function translate(error: unknown): unknown {
  const code = postgresCode(error);
  const text = error instanceof Error ? error.message : '';
  if (code === '23505') {
    return new AppError('conflict', 'Something with this name or id exists already.', { cause: error });
  }
  if (code === '23503') {
    return new AppError('not_found', 'What this belongs to does not exist any more.', { cause: error });
  }
  if (refusedConnection.test(code)) {
    return new AppError('unavailable', `The database server refused the connection: ${text}.`, { cause: error });
  }
  if (lostConnection.test(code) || /^Connection terminated|timeout exceeded when trying to connect/.test(text)) {
    return new AppError('unavailable', 'The database server cannot be reached.', { cause: error });
  }
  return error;
}
