import type { Clock } from '../domain/clock.js';
import { AppError } from '../domain/errors.js';
import { ExtractionFault, type Extractor } from '../domain/extraction.js';
import { noContent } from '../domain/file.js';
import { newId } from '../domain/ids.js';
import type { LibraryFile, LibraryFileError } from '../domain/library.js';
import { limits } from '../domain/limits.js';
import { ingestTopic } from '../domain/topics.js';
import type { FileLease } from '../store/library.js';
import type { Store } from '../store/store.js';
import type { Notifier } from './notifier.js';

/** What the ingester needs. */
export interface IngesterDependencies {
  store: Store;
  notifier: Notifier;
  clock: Clock;
  extractor: Extractor;
  /** Files read at the same time. */
  concurrency: number;
  /** Told of what went wrong outside of any file's own story. */
  onFault(error: unknown): void;
}

/** Passages written, and cleared, in one transaction: they are indexed on the way, and nobody should wait for that. */
const passagesPerWrite = 16;
const clearedPerRound = 200;
/** Times a file is begun before it is held to be what stops its readers. */
const attemptsMax = 3;
const tidyMs = 5_000;
const tidyBatch = 50;

/**
 * Reads files into libraries. A file is claimed like a run: whoever loses the lease writes nothing more, and the next
 * one begins the file anew. Also clears away what was taken out of libraries, expired files, and bytes that are
 * nobody's.
 */
export class Ingester {
  private readonly owner = newId();
  private readonly active = new Map<string, { abort: AbortController; done: Promise<void> }>();
  private readonly timers: NodeJS.Timeout[] = [];
  private stopListening: () => void = () => undefined;
  private busy: Promise<void> = Promise.resolve();
  private lastOwnerId = '';
  private claiming = false;
  private claimAgain = false;
  private stopping = false;
  private tidying: Promise<void> | null = null;

  constructor(private readonly dependencies: IngesterDependencies) {}

  start(): void {
    const { notifier, concurrency } = this.dependencies;
    if (concurrency === 0) return;
    this.stopListening = notifier.subscribe(ingestTopic, () => this.claimSoon());
    this.timers.push(setInterval(() => this.claimSoon(), limits.pollMs));
    this.timers.push(setInterval(() => this.renew(), limits.leaseRenewMs));
    this.timers.push(setInterval(() => this.tidySoon(), tidyMs));
    this.claimSoon();
    this.tidySoon();
  }

  /** Claims nothing more and hands back what is being read; it is begun anew elsewhere or later. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.stopListening();
    for (const timer of this.timers) clearInterval(timer);
    for (const { abort } of this.active.values()) abort.abort(new AppError('unavailable', 'The server is stopping.'));
    await this.busy;
    await Promise.all([...this.active.values()].map(({ done }) => done));
    await this.tidying;
  }

  /** Clears away some of what nobody can reach any more; true where there may be more. */
  async tidy(): Promise<boolean> {
    const { store, clock } = this.dependencies;
    const now = clock.now();
    const cleared = await store.transaction((tx) => tx.libraries.clearRemoved(clearedPerRound));
    const expired = await store.files.expired(now, tidyBatch);
    for (const file of expired) await store.transaction((tx) => tx.files.delete(file.ownerId, file.id, now));
    const doomed = await store.transaction((tx) => tx.files.doomBlobs(now - limits.blobGraceMs, tidyBatch));
    for (const sha256 of doomed) {
      await store.blobs.delete(sha256);
      await store.files.forgetBlob(sha256);
    }
    return cleared > 0 || expired.length === tidyBatch || doomed.length === tidyBatch;
  }

  private tidySoon(): void {
    if (this.tidying !== null || this.stopping) return;
    const work = async (): Promise<void> => {
      while (!this.stopping && (await this.tidy())) await pause(1);
    };
    this.tidying = work()
      .catch((error: unknown) => this.dependencies.onFault(error))
      .finally(() => (this.tidying = null));
  }

  private claimSoon(): void {
    if (this.claiming) {
      this.claimAgain = true;
      return;
    }
    this.claiming = true;
    this.busy = this.claimWhileFree()
      .catch((error: unknown) => this.dependencies.onFault(error))
      .finally(() => {
        this.claiming = false;
        if (!this.claimAgain) return;
        this.claimAgain = false;
        this.claimSoon();
      });
  }

  private async claimWhileFree(): Promise<void> {
    const { store, clock, concurrency } = this.dependencies;
    while (!this.stopping && this.active.size < concurrency) {
      const now = clock.now();
      const leaseUntil = now + limits.leaseMs;
      const claim = { owner: this.owner, afterOwnerId: this.lastOwnerId, now, leaseUntil };
      const file = await store.transaction((tx) => tx.libraries.claimFile(claim));
      if (file === null) return;
      this.lastOwnerId = file.ownerId;
      this.carry(file);
    }
  }

  private carry(file: LibraryFile): void {
    const abort = new AbortController();
    const done = this.read(file, abort.signal)
      .catch((error: unknown) => this.dependencies.onFault(error))
      .finally(() => {
        this.active.delete(file.id);
        if (!this.stopping) this.claimSoon();
      });
    this.active.set(file.id, { abort, done });
  }

  private renew(): void {
    if (this.active.size === 0) return;
    const { store, clock, onFault } = this.dependencies;
    store.libraries.renewFiles(this.owner, clock.now() + limits.leaseMs).catch((error: unknown) => onFault(error));
  }

  private async read(row: LibraryFile, signal: AbortSignal): Promise<void> {
    const { store, clock, onFault } = this.dependencies;
    const lease: FileLease = { id: row.id, owner: this.owner, attempt: row.attempt };
    try {
      if (row.attempt > attemptsMax) throw new ExtractionFault(brokenOff);
      const isOurs = await this.readParts(row, lease, signal);
      if (!isOurs) return;
      await store.transaction((tx) =>
        tx.libraries.endFile({ ...lease, status: 'completed', error: null, at: clock.now() }),
      );
    } catch (error) {
      if (signal.aborted) {
        await store.libraries.releaseFile(lease);
        return;
      }
      if (!(error instanceof ExtractionFault)) onFault(error);
      const fault = error instanceof ExtractionFault ? error.fault : faultOf(error);
      await store.transaction((tx) =>
        tx.libraries.endFile({ ...lease, status: 'failed', error: fault, at: clock.now() }),
      );
    }
  }

  /** False where the file was cancelled, taken out, or is in other hands. */
  private async readParts(row: LibraryFile, lease: FileLease, signal: AbortSignal): Promise<boolean> {
    const { store, clock, extractor } = this.dependencies;
    while ((await store.libraries.clearPassages(row.id, clearedPerRound)) > 0) signal.throwIfAborted();
    const file = await store.files.find(row.fileId);
    if (file === null) throw new ExtractionFault({ code: 'invalid_file', message: 'The file was deleted.' });
    if (file.sha256 === noContent) {
      throw new ExtractionFault({ code: 'invalid_file', message: 'The bytes of this file are not here.' });
    }
    const bytes = await store.blobs.borrow(file.sha256);
    try {
      const { name, mimeType } = file;
      const request = { path: bytes.path, name, mimeType, chunking: row.chunking };
      let position = 0;
      for await (const { passages, progress, note } of extractor.extract(request, signal)) {
        for (let start = 0; start === 0 || start < passages.length; start += passagesPerWrite) {
          const texts = passages.slice(start, start + passagesPerWrite);
          const now = clock.now();
          const written = await store.transaction((tx) =>
            tx.libraries.putPart({
              ...lease,
              position,
              passages: texts.map((text) => ({ id: newId(), text })),
              progress,
              note,
              leaseUntil: now + limits.leaseMs,
              at: now,
            }),
          );
          if (!written) return false;
          position += texts.length;
        }
      }
      return true;
    } finally {
      await bytes.release();
    }
  }
}

const brokenOff: LibraryFileError = {
  code: 'server_error',
  message: 'Reading the file broke off several times in a row.',
};

function faultOf(error: unknown): LibraryFileError {
  const told = error instanceof AppError && error.code !== 'internal';
  return { code: 'server_error', message: told ? error.message : 'The file could not be read.' };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
