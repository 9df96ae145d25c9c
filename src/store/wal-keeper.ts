import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
import { startThread } from '../threads.js';

/** What a keeper is made from. */
export interface WalKeeperParts {
  /** The database's file. */
  file: string;
  /** Does some work while nobody writes; whoever wants to waits, and the event loop does not. */
  whileNobodyWrites(work: () => Promise<void>): Promise<void>;
  /** Leaves it to SQLite to empty the log, as it does by itself: where the thread has failed. */
  leaveToSqlite(): void;
}

/** What the thread is told. It answers `empty` with the pages that the log held. */
export type WalWord = 'empty' | 'close';

const lookEveryMs = 200;

/** A log this small is left as it is. */
const bytesMin = 4 * 1024 * 1024;

/** Pages of a log that grew faster than it could be emptied: then nobody writes until it is. */
const pagesMax = 8_192;

/**
 * Keeps the log of a SQLite database small from a thread of its own: to move it into the file waits for the disk, for
 * a tenth of a second or more, and SQLite itself would do it within whichever commit comes along, on the event loop. The
 * thread starts where a log first grows large. A log can only begin anew when all of it has been moved, and while
 * somebody writes all the time that never comes; therefore nobody does for a moment once it is too long.
 */
export class WalKeeper {
  private readonly timer: NodeJS.Timeout;
  private worker: Worker | null = null;
  private work: Promise<void> | null = null;
  private seenAt = 0;
  private pages = 0;
  private hasEnded = false;

  constructor(private readonly parts: WalKeeperParts) {
    this.timer = setInterval(() => void this.look(), lookEveryMs);
    this.timer.unref();
  }

  async close(): Promise<void> {
    await this.work;
    await this.look();
    this.hasEnded = true;
    clearInterval(this.timer);
    const worker = this.worker;
    if (worker === null) return;
    const gone = once(worker, 'exit');
    // Whoever closes waits for it, and nothing else may keep the process alive until then.
    worker.ref();
    // By itself, so that its connection is closed and the last one to be takes the log away.
    worker.postMessage('close' satisfies WalWord);
    await gone;
  }

  /** Empties the log where there is something to empty, unless that goes on already. Never throws. */
  look(): Promise<void> {
    if (this.hasEnded) return Promise.resolve();
    this.work ??= this.keep()
      .catch(() => this.giveUp())
      .finally(() => (this.work = null));
    return this.work;
  }

  private giveUp(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    clearInterval(this.timer);
    void this.worker?.terminate();
    this.worker = null;
    try {
      this.parts.leaveToSqlite();
    } catch {
      // The connection is closed, or of no use any more; whoever uses it next hears of that.
      return;
    }
  }

  private async keep(): Promise<void> {
    const log = await stat(`${this.parts.file}-wal`).catch(() => null);
    if (log === null || log.size < bytesMin || log.mtimeMs === this.seenAt) return;
    this.seenAt = log.mtimeMs;
    if (this.pages < pagesMax) await this.empty();
    else await this.parts.whileNobodyWrites(() => this.empty());
  }

  private async empty(): Promise<void> {
    const worker = (this.worker ??= this.start());
    const over = new AbortController();
    worker.ref();
    try {
      worker.postMessage('empty' satisfies WalWord);
      const answer = once(worker, 'message', over) as Promise<[number]>;
      [this.pages] = await Promise.race([answer, ended(worker, over.signal)]);
    } finally {
      over.abort();
      worker.unref();
    }
  }

  private start(): Worker {
    const worker = startThread('./wal-worker', import.meta.url, { workerData: this.parts.file });
    // What it waits for ends with it, and tells that it has failed.
    worker.on('error', () => undefined);
    return worker;
  }
}

async function ended(worker: Worker, signal: AbortSignal): Promise<never> {
  await once(worker, 'exit', { signal });
  throw new Error('The thread has ended.');
}
