import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../domain/errors.js';
import { openPostgresReader } from './postgres.js';
import type { SearchThreadData, SearchThreadReply, SearchThreadRequest } from './search-thread.js';
import { postgresDialect, sqliteDialect } from './sql/dialect.js';
import { findInLibraries } from './sql/search/find-in-libraries.js';
import { createGround, find, type Ground } from './sql/search/find.js';
import { postgresWords } from './sql/search/postgres-words.js';
import { sqliteWords } from './sql/search/sqlite-words.js';
import { openSqliteReader } from './sqlite.js';

/*
 * The thread that searches. It reads through a connection of its own and answers in whatever order the searches end.
 */

const ground = open(workerData as SearchThreadData);

parentPort?.on('message', (request: SearchThreadRequest) => {
  void answer(request).then((reply) => parentPort?.postMessage(reply));
});

async function answer({ id, query }: SearchThreadRequest): Promise<SearchThreadReply> {
  try {
    const answer =
      query.kind === 'library-passage'
        ? await findInLibraries(ground.db, ground.dialect, query)
        : await find(ground, query);
    return { id, answer };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { id, fault: { code: error instanceof AppError ? error.code : null, message } };
  }
}

function open(data: SearchThreadData): Ground {
  switch (data.kind) {
    case 'sqlite':
      return createGround(openSqliteReader(data.location), sqliteDialect(sqliteWords));
    case 'postgres':
      return createGround(openPostgresReader(data.location), postgresDialect(postgresWords));
    default:
      return data.kind satisfies never;
  }
}
