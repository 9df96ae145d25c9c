import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../config.js';

const recordSchema = z.object({ url: z.string(), pid: z.int(), database: z.string() });

/** Which server serves a home: a note for other commands, true as long as the process lives. */
export type ServerRecord = z.infer<typeof recordSchema>;

function pathOf(home: string): string {
  return join(home, 'server.json');
}

/** A database's address as a mark that tells two apart and gives nothing away. */
function markOf(databaseUrl: string): string {
  return createHash('sha256').update(databaseUrl).digest('hex').slice(0, 16);
}

/** Notes that this process serves the home. The function returned takes the note away. */
export function noteServer(config: Pick<Config, 'home' | 'databaseUrl'>, url: string): () => void {
  const record: ServerRecord = { url, pid: process.pid, database: markOf(config.databaseUrl) };
  mkdirSync(config.home, { recursive: true, mode: 0o700 });
  writeFileSync(pathOf(config.home), `${JSON.stringify(record)}\n`, { mode: 0o600 });
  return () => {
    if (readRecord(config.home)?.pid === process.pid) rmSync(pathOf(config.home), { force: true });
  };
}

/** The server that serves this home and database, null where no such process lives. */
export function findServer(config: Pick<Config, 'home' | 'databaseUrl'>): ServerRecord | null {
  const record = readRecord(config.home);
  return record !== null && record.database === markOf(config.databaseUrl) && lives(record.pid) ? record : null;
}

function readRecord(home: string): ServerRecord | null {
  if (!existsSync(pathOf(home))) return null;
  try {
    return recordSchema.parse(JSON.parse(readFileSync(pathOf(home), 'utf8')));
  } catch {
    // A note cut short by a crash says nothing.
    return null;
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
