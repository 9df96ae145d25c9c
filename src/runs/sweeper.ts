import type { Clock } from '../domain/clock.js';
import { limits } from '../domain/limits.js';
import { queueTopic } from '../domain/topics.js';
import { endRun } from '../engine/ending.js';
import type { Store } from '../store/store.js';
import { appendAsFace } from './append.js';
import type { Notifier } from './notifier.js';

/** What the sweeper needs. */
export interface SweeperDependencies {
  store: Store;
  notifier: Notifier;
  clock: Clock;
  /** Milliseconds for which the log of an ended run is kept. */
  eventRetentionMs: number;
  onFault(error: unknown): void;
}

const batch = 100;
const sweepMs = 1_000;
const pruneMs = 60_000;

/** Expires what waited too long, prunes old logs, and clears away what a killed process left of files. */
export class Sweeper {
  private timers: NodeJS.Timeout[] = [];
  private busy: Promise<unknown> = Promise.resolve();

  constructor(private readonly dependencies: SweeperDependencies) {}

  start(): void {
    this.timers = [
      setInterval(() => this.inTurn(() => this.expire()), sweepMs),
      setInterval(() => this.inTurn(() => this.tidy()), pruneMs),
    ];
    this.inTurn(() => this.tidy());
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    await this.busy;
  }

  /** Ends the runs whose time is over. */
  async expire(): Promise<void> {
    const { store, notifier, clock } = this.dependencies;
    for (const { id } of await store.runs.overdue(clock.now(), batch)) {
      const events = await store.transaction(async (tx) => {
        const now = clock.now();
        // Takes the row's lock; a run that moved on in the meantime is left alone.
        const run = await tx.runs.takeNumbers(id, 0);
        if (run === null || run.expiresAt === null || run.expiresAt > now) return [];
        if (run.status !== 'queued' && run.status !== 'requires_action') return [];
        return appendAsFace(tx, id, await endRun(tx, run, { status: 'expired', at: now }), now);
      });
      notifier.publish(id, events);
      notifier.ring(queueTopic);
    }
  }

  /** Deletes old logs; what remains of them is the run's last status. */
  async prune(): Promise<void> {
    const { store, clock, eventRetentionMs } = this.dependencies;
    await store.events.prune(clock.now() - eventRetentionMs, batch);
  }

  private async tidy(): Promise<void> {
    const { store, clock } = this.dependencies;
    await this.prune();
    await store.blobs.clearStaged(clock.now() - limits.stagedMs);
  }

  private inTurn(work: () => Promise<void>): void {
    this.busy = this.busy.then(work).catch((error: unknown) => this.dependencies.onFault(error));
  }
}
