import { resolve } from 'node:path';
import { systemClock, type Clock } from '../domain/clock.js';
import { AppError } from '../domain/errors.js';
import type { PlaceOfFiles } from './blobs.js';
import { openPostgresStore } from './postgres.js';
import { openSqliteStore } from './sqlite.js';
import type { Store } from './store.js';

/** What a store may be told when it is opened. */
export interface StoreOptions {
  clock?: Clock;
  /** PostgreSQL only: the most connections this process opens for its queries. */
  poolSize?: number;
  /**
   * Where the bytes of files lie: a folder, or `database:`. Null is the folder `files` beside a SQLite database, and
   * PostgreSQL itself, where every process has them.
   */
  filesUrl?: string | null;
}

const poolSizeDefault = 10;

/**
 * Opens the database a URL names and brings it to the present shape. `sqlite:` and a path, or a path alone: a file where
 * it is one or ends in `.db`, `.sqlite` or `.sqlite3`, else a folder that holds `threadkeeper.db`. `postgres://…` or
 * `postgresql://…`: as every PostgreSQL client reads it, TLS included.
 *
 * Throws `unavailable` with a sentence for people where it cannot be opened: another process has it open, a newer
 * version wrote it, it is damaged or none of ours, the folder cannot be written, the server cannot be reached.
 */
export async function openStore(url: string, options: StoreOptions = {}): Promise<Store> {
  const clock = options.clock ?? systemClock;
  const files = placeOfFiles(options.filesUrl ?? null);
  if (/^postgres(?:ql)?:\/\//.test(url)) {
    return openPostgresStore(url, { clock, poolSize: options.poolSize ?? poolSizeDefault, files });
  }
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'sqlite') {
    throw new AppError(
      'invalid_request',
      `A database URL begins with 'sqlite:' or 'postgres://', not with '${scheme}:'.`,
    );
  }
  const path = scheme === undefined ? url : url.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
  if (path === '') throw new AppError('invalid_request', 'The database URL names no file or folder.');
  return openSqliteStore(path, { clock, files });
}

function placeOfFiles(url: string | null): PlaceOfFiles {
  if (url === null) return { kind: 'usual' };
  if (/^database:?$/i.test(url)) return { kind: 'database' };
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(url) && !/^file:\/\//i.test(url)) {
    throw new AppError('invalid_request', `Files lie in a folder or in 'database:', not in '${url.split(':')[0]}:'.`);
  }
  const folder = url.replace(/^(?:file|folder):(?:\/\/)?/i, '');
  if (folder === '') throw new AppError('invalid_request', 'The URL of files names no folder.');
  return { kind: 'folder', folder: resolve(folder) };
}
