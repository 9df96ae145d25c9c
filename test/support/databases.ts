import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
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
  await copyFile(await (emptyDatabase ??= makeEmptyDatabase()), join(folder, 'threadkeeper.db'));
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

/** A file with the tables and nothing in them, made once: to copy it takes a tenth of the time of making it. */
let emptyDatabase: Promise<string> | null = null;

/** As it is before any test has a temporary folder of its own, which goes with that test. */
const temporaryFolder = tmpdir();

async function makeEmptyDatabase(): Promise<string> {
  const folder = await mkdtemp(join(temporaryFolder, 'threadkeeper-empty-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  await (await openStore(`sqlite:${folder}`)).close();
  return join(folder, 'threadkeeper.db');
}

/**
 * A new PostgreSQL database, on the server of TEST_PG_URL, else on this machine's, else on one started for the tests.
 * Null where none can be had.
 */
export async function temporaryPostgres(): Promise<TemporaryDatabase | null> {
  const server = inject('postgresUrl');
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
