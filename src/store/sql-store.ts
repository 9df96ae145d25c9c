import type { Kysely } from 'kysely';
import type { Dialect } from './sql/dialect.js';
import { repositories } from './sql/repositories.js';
import type { Database } from './sql/schema.js';
import type { Searcher } from './sql/search/query.js';
import { openSearch, ping } from './sql/search/search.js';
import { inTransaction, openSession, type Session } from './sql/session.js';
import type { Blobs } from './library.js';
import type { Store } from './store.js';

/** What a database brings along besides its queries. */
export interface SqlStoreParts {
  db: Kysely<Database>;
  dialect: Dialect;
  searcher: Searcher;
  /** Opens the place of files' bytes. */
  blobs(session: Session): Blobs;
  listen: Store['listen'];
  /** Called once nobody searches any more, before the connections close. */
  settle?(): Promise<void>;
  /** Called last. */
  release(): Promise<void>;
}

/** The store over a database that has been opened and migrated. */
export function sqlStore({ db, dialect, searcher, blobs, listen, settle, release }: SqlStoreParts): Store {
  const session = openSession(db, dialect);
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await searcher.close();
    await settle?.();
    await db.destroy();
    await release();
  };
  return {
    ...repositories(session),
    name: dialect.name,
    exclusive: dialect.exclusive,
    search: openSearch(session, searcher),
    blobs: blobs(session),
    transaction: (work, options) => inTransaction(db, dialect, (inner) => work(repositories(inner)), options),
    listen,
    check: async () => {
      await ping.execute(db);
    },
    close: () => (closing ??= close()),
  };
}
