import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { KeyvSqlite } from '@keyv/sqlite';
import { Keyv } from 'keyv';
import { AppError } from '../domain/errors.js';
import { openSqlite, type SqliteConnection } from './sqlite-driver.js';

/**
 * Values that are kept for a while under a key. Everything in it can be had again: a lost entry costs a repetition, and
 * a cache that fails is one that is empty.
 */
export interface Cache {
  /** Undefined where the key is absent or its time is up. */
  get<T = unknown>(key: string): Promise<T | undefined>;
  /** Keeps a value that JSON can hold. False where it could not be kept. */
  set(key: string, value: unknown, ttlMs: number): Promise<boolean>;
  delete(key: string): Promise<void>;
}

/** The caches of a process. */
export interface Caches {
  /** One cache of its own for each name: lower-case letters and underscores. */
  named(name: string): Cache;
  close(): Promise<void>;
}

/** Where caches are kept. */
export interface CacheOptions {
  /** The data folder. */
  home: string;
  /** `memory:`, `redis://…` or `postgres://…`; null for what fits the store. */
  url: string | null;
  /** The store's name: beside SQLite a file in the data folder, else memory. */
  store: string;
}

/** How often expired entries are removed from the disk; until then they are only hidden. */
const sweepMs = 10 * 60_000;

/** Entries one cache holds in memory before the oldest makes room. */
const entriesInMemory = 10_000;

/** Longer keys are not kept. */
const keyCharsMax = 1_024;

/** Opens the caches. Throws `unavailable` where the adapter that a URL needs is not installed. */
export async function openCache(options: CacheOptions): Promise<Caches> {
  if (options.url !== null && options.url !== 'memory:') return cachesOf(await openRemote(options.url));
  if (options.url === 'memory:' || options.store !== 'sqlite') return cachesOf(memory);
  return openFile(options.home);
}

type MakeKeyv = (name: string) => Keyv;

function memory(): Keyv {
  return new Keyv({ store: new BoundedMap() });
}

/** Forgets its oldest entry when it is full. */
class BoundedMap extends Map<string, unknown> {
  override set(key: string, value: unknown): this {
    super.delete(key);
    const oldest = this.keys().next();
    if (this.size >= entriesInMemory && oldest.done !== true) super.delete(oldest.value);
    return super.set(key, value);
  }
}

function openFile(home: string): Caches {
  const connection = openCacheFile(home);
  const driver = {
    name: 'custom' as const,
    connect: async () => ({
      query: async (statement: string, ...parameters: unknown[]) => connection.run(statement, parameters).rows,
      // The connection is everybody's, and is closed with the last of them.
      close: async () => undefined,
    }),
  };
  const make: MakeKeyv = (name) =>
    new Keyv({ store: new KeyvSqlite({ table: name, driver, keySize: keyCharsMax, clearExpiredInterval: sweepMs }) });
  return cachesOf(make, () => connection.close());
}

/** A damaged cache is not worth a word: it is begun anew. */
function openCacheFile(home: string): SqliteConnection {
  mkdirSync(home, { recursive: true });
  const file = join(home, 'cache.db');
  try {
    return openTuned(file);
  } catch {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
    return openTuned(file);
  }
}

function openTuned(file: string): SqliteConnection {
  const connection = openSqlite(file);
  try {
    connection.exec('pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = normal');
    connection.run('select count(*) from sqlite_master');
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** The adapters that are not part of the program: whoever wants one installs it. */
const remotes: Record<string, string> = {
  'redis:': '@keyv/redis',
  'rediss:': '@keyv/redis',
  'postgres:': '@keyv/postgres',
  'postgresql:': '@keyv/postgres',
};

async function openRemote(url: string): Promise<MakeKeyv> {
  const scheme = /^[a-z]+:/.exec(url)?.[0] ?? '';
  const name = remotes[scheme];
  if (name === undefined) {
    const known = ['memory:', ...Object.keys(remotes)].join(', ');
    throw new AppError('invalid_request', `A cache URL begins with one of ${known}, not with '${scheme}'.`);
  }
  const Adapter = await loadAdapter(name);
  return (table) => {
    const store = name === '@keyv/postgres' ? new Adapter({ uri: url, table }) : new Adapter(url);
    return new Keyv({ store, namespace: table });
  };
}

type Adapter = new (options: unknown) => NonNullable<NonNullable<ConstructorParameters<typeof Keyv>[0]>['store']>;

async function loadAdapter(name: string): Promise<Adapter> {
  try {
    const module = (await import(name)) as { default: Adapter };
    return module.default;
  } catch (error) {
    const message = `The cache URL needs the package ${name}, which is not installed. Run: npm install ${name}`;
    throw new AppError('unavailable', message, { cause: error });
  }
}

function cachesOf(make: MakeKeyv, closed: () => void = () => undefined): Caches {
  const keyvs: Keyv[] = [];
  const open = new Map<string, Cache>();
  return {
    named: (name) => {
      const known = open.get(name);
      if (known !== undefined) return known;
      const keyv = make(name);
      const cache = cacheOf(keyv);
      keyvs.push(keyv);
      open.set(name, cache);
      return cache;
    },
    close: async () => {
      for (const keyv of keyvs) await keyv.disconnect().catch(() => undefined);
      closed();
    },
  };
}

function cacheOf(keyv: Keyv): Cache {
  // Faults show in what `set` returns and `get` does not find; without a listener they would end the process.
  keyv.on('error', () => undefined);
  return {
    get: async <T>(key: string) => {
      if (key.length > keyCharsMax) return undefined;
      return keyv.get<T>(key).catch(() => undefined);
    },
    set: async (key, value, ttlMs) => {
      if (key.length > keyCharsMax) return false;
      return keyv.set(key, value, ttlMs).catch(() => false);
    },
    delete: async (key) => {
      await keyv.delete(key).catch(() => false);
    },
  };
}
