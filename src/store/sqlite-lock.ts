import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { AppError } from '../domain/errors.js';
import { openSqlite, type SqliteConnection } from './sqlite-driver.js';

/**
 * Takes a database for this process alone, until `release` or the end of the process, however it ends: the lock is an
 * open transaction on a second, empty database beside the first, and the operating system drops it with the process.
 * Throws `unavailable` with a sentence that names the process in the way.
 */
export function lockDatabase(path: string): { release(): void } {
  const lockPath = `${path}.lock`;
  // Never read the lock's own file: closing it would drop the locks of this process on it. Hence a second one.
  const holderPath = `${path}.pid`;
  const lock = takeLock(lockPath, holderPath, path);
  writeFileSync(holderPath, `${process.pid}\n`);
  return {
    release: () => {
      rmSync(holderPath, { force: true });
      lock.close();
    },
  };
}

function takeLock(lockPath: string, holderPath: string, path: string): SqliteConnection {
  const connection = openSqlite(lockPath);
  try {
    connection.exec('pragma locking_mode = exclusive; begin exclusive');
    return connection;
  } catch (error) {
    connection.close();
    throw new AppError(
      'unavailable',
      `The database ${path} is already open in another process${holder(holderPath)}. Stop that one first, or give this one a home of its own.`,
      { cause: error },
    );
  }
}

function holder(holderPath: string): string {
  try {
    const pid = Number.parseInt(readFileSync(holderPath, 'utf8'), 10);
    return Number.isNaN(pid) ? '' : ` (pid ${pid})`;
  } catch {
    return '';
  }
}
