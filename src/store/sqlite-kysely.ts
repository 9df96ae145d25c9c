import {
  CompiledQuery,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from 'kysely';
import { AppError } from '../domain/errors.js';
import { cleanParameters } from './sql/values.js';
import { sqliteFault, type SqliteConnection } from './sqlite-driver.js';
import { createQueue } from './sqlite-queue.js';

/** Kysely over one connection. Whoever holds it, for a statement or a transaction, holds it alone. */
export function sqliteKysely(connection: SqliteConnection): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => createDriver(connection),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

function createDriver(connection: SqliteConnection): Driver {
  const queue = createQueue();
  let closed = false;
  const wrapped: DatabaseConnection = {
    // Async, so that what the driver throws becomes a rejection.
    executeQuery: async <R>(query: CompiledQuery): Promise<QueryResult<R>> => {
      const pause = queue.pause();
      if (pause !== null) await pause;
      return runQuery<R>(connection, query);
    },
    streamQuery: <R>(query: CompiledQuery, size?: number) => streamQuery<R>(connection, query, size ?? 1),
  };
  const run = async (on: DatabaseConnection, statement: string): Promise<void> => {
    await on.executeQuery(CompiledQuery.raw(statement));
  };
  return {
    init: async () => undefined,
    acquireConnection: async () => {
      await queue.enter();
      if (!closed) return wrapped;
      queue.leave();
      throw new AppError('unavailable', 'The store is closed.');
    },
    releaseConnection: async () => queue.leave(),
    beginTransaction: (on) => run(on, 'begin immediate'),
    commitTransaction: (on) => run(on, 'commit'),
    rollbackTransaction: (on) => run(on, 'rollback'),
    destroy: async () => {
      await queue.enter();
      closed = true;
      queue.leave();
      connection.close();
    },
  };
}

function runQuery<R>(connection: SqliteConnection, query: CompiledQuery): QueryResult<R> {
  try {
    const { rows, changes } = connection.run(query.sql, cleanParameters(query.parameters));
    return { rows: rows as R[], numAffectedRows: BigInt(changes) };
  } catch (error) {
    throw translate(error);
  }
}

async function* streamQuery<R>(
  connection: SqliteConnection,
  query: CompiledQuery,
  size: number,
): AsyncIterableIterator<QueryResult<R>> {
  let rows: R[] = [];
  for (const row of connection.iterate(query.sql, cleanParameters(query.parameters))) {
    rows.push(row as R);
    if (rows.length < size) continue;
    yield { rows };
    rows = [];
  }
  if (rows.length > 0) yield { rows };
}

function translate(error: unknown): unknown {
  const fault = sqliteFault(error);
  switch (fault) {
    case 'unique':
      return new AppError('conflict', 'Something with this name or id exists already.', { cause: error });
    case 'reference':
      return new AppError('not_found', 'What this belongs to does not exist any more.', { cause: error });
    case 'full':
      return new AppError('unavailable', 'The disk that holds the database is full.', { cause: error });
    case null:
      return error;
    default:
      return fault satisfies never;
  }
}
