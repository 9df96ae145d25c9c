import { parentPort, workerData } from 'node:worker_threads';
import type { Kysely } from 'kysely';
import { AppError } from '../domain/errors.js';
import { openPostgresReader } from './postgres.js';
import type { SearchThreadData, SearchThreadReply, SearchThreadRequest } from './search-thread.js';
import { postgresDialect, sqliteDialect, type Dialect } from './sql/dialect.js';
import type { Database } from './sql/schema.js';
import { findInLibraries } from './sql/search/find-in-libraries.js';
import { find } from './sql/search/find.js';
import { postgresWords } from './sql/search/postgres-words.js';
import { sqliteWords } from './sql/search/sqlite-words.js';
import { openSqliteReader } from './sqlite.js';

/*
 * The thread that searches. It reads through a connection of its own and answers in whatever order the searches end.
 */

const { db, dialect } = open(workerData as SearchThreadData);

parentPort?.on('message', (request: SearchThreadRequest) => {
  void answer(request).then((reply) => parentPort?.postMessage(reply));
});

async function answer({ id, query }: SearchThreadRequest): Promise<SearchThreadReply> {
  try {
    const answer =
      query.kind === 'library-passage' ? await findInLibraries(db, dialect, query) : await find(db, dialect, query);
    return { id, answer };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { id, fault: { code: error instanceof AppError ? error.code : null, message } };
  }
}

function open(data: SearchThreadData): { db: Kysely<Database>; dialect: Dialect } {
  switch (data.kind) {
    case 'sqlite':
      return { db: openSqliteReader(data.location), dialect: sqliteDialect(sqliteWords) };
    case 'postgres':
      return { db: openPostgresReader(data.location), dialect: postgresDialect(postgresWords) };
    default:
      return data.kind satisfies never;
  }
}
