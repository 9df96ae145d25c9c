import type { Clock } from '../domain/clock.js';
import { AppError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import { limits } from '../domain/limits.js';
import type { Run } from '../domain/run.js';
import { isFinal, type RunStatus } from '../domain/status.js';
import { queueTopic, runTopic } from '../domain/topics.js';
import { endRun, RunExpired, type Ending } from '../engine/ending.js';
import type { RunLoop } from '../engine/loop.js';
import type { Repositories, Store } from '../store/store.js';
import { appendAsFace } from './append.js';
import { RunJournal } from './journal.js';
import type { Notifier } from './notifier.js';

/** What a worker needs. */
export interface WorkerDependencies {
  store: Store;
  notifier: Notifier;
  clock: Clock;
  loop: RunLoop;
  /** Runs carried forward at the same time. */
  concurrency: number;
  /** Told of what went wrong outside of any run's own story. */
  onFault(error: unknown, runId: string | null): void;
}

type RunKind = 'answering' | 'tidying';

/** One claim of a run. A worker that slept through its lease may claim a run anew while its first claim winds down. */
interface ActiveRun {
  runId: string;
  kind: RunKind;
  journal: RunJournal;
  abort: AbortController;
  done: Promise<void>;
}

/** Claims runs and carries them forward, as many at a time as it is allowed. */
export class Worker {
  private readonly owner = newId();
  private readonly active = new Set<ActiveRun>();
  private readonly timers: NodeJS.Timeout[] = [];
  private stopListening: () => void = () => undefined;
  private claiming = false;
  private claimAgain = false;
  private stopping = false;
  /** Tidying is in no hurry: it is looked for by the clock, and costs no run that answers a look at the table. */
  private looksForTidying = true;

  constructor(private readonly dependencies: WorkerDependencies) {}

  /** Begins to claim. */
  start(): void {
    const { notifier } = this.dependencies;
    this.stopListening = notifier.subscribe(queueTopic, () => this.claimSoon());
    this.timers.push(
      setInterval(() => {
        this.looksForTidying = true;
        this.claimSoon();
      }, limits.pollMs),
    );
    this.timers.push(setInterval(() => void this.renewLeases(), limits.leaseRenewMs));
    this.timers.push(
      setInterval(() => {
        this.expireLate();
        void this.lookForCancels();
      }, limits.pollMs / 2),
    );
    this.claimSoon();
  }

  /** Claims nothing more, waits for what is under way, and hands back what has not ended in time. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    this.stopListening();
    for (const timer of this.timers) clearInterval(timer);
    const all = Promise.all([...this.active].map((run) => run.done));
    const grace = new AbortController();
    await Promise.race([all, pause(graceMs, grace.signal)]);
    grace.abort();
    for (const run of this.active) run.abort.abort(new AppError('unavailable', 'The server is stopping.'));
    await Promise.all([...this.active].map((run) => run.done));
  }

  private claimSoon(): void {
    if (this.claiming) {
      this.claimAgain = true;
      return;
    }
    this.claiming = true;
    this.claimWhileFree()
      .catch((error: unknown) => this.dependencies.onFault(error, null))
      .finally(() => {
        this.claiming = false;
        if (this.claimAgain) {
          this.claimAgain = false;
          this.claimSoon();
        }
      });
  }

  private async claimWhileFree(): Promise<void> {
    while (!this.stopping) {
      const run = (await this.claimOf('answering')) ?? (this.looksForTidying ? await this.claimOf('tidying') : null);
      if (run === null) {
        this.looksForTidying = false;
        return;
      }
      if (isFinal(run.status)) continue;
      this.carry(run);
    }
  }

  /** Runs that tidy a memory have places of their own, so that they never take one from a run that answers. */
  private async claimOf(kind: RunKind): Promise<Run | null> {
    return this.activeOf(kind) < this.placesOf(kind) ? this.claim(kind === 'tidying') : null;
  }

  private activeOf(kind: RunKind): number {
    return [...this.active].filter((run) => run.kind === kind).length;
  }

  private placesOf(kind: RunKind): number {
    return kind === 'answering' ? this.dependencies.concurrency : limits.tidyingConcurrency;
  }

  private async claim(background: boolean): Promise<Run | null> {
    const { store, clock, notifier } = this.dependencies;
    // A lost power supply may take a claim back: the run stands in the queue again. Only where it would take its worker
    // along, though; a database that fails by itself would leave two of them with one claim.
    const options = { relaxed: store.exclusive };
    const claimed = await store.transaction(async (tx) => {
      const now = clock.now();
      const run = await tx.runs.claim({ owner: this.owner, now, leaseUntil: now + limits.leaseMs, background });
      return run === null ? null : begin(tx, run, now);
    }, options);
    if (claimed === null) return null;
    notifier.publish(claimed.run.id, claimed.events);
    if (isFinal(claimed.run.status)) notifier.ring(queueTopic);
    return claimed.run;
  }

  private carry(run: Run): void {
    const { loop, notifier, onFault } = this.dependencies;
    const abort = new AbortController();
    const kind: RunKind = run.overrides.tidying === undefined ? 'answering' : 'tidying';
    const journal = new RunJournal(
      {
        ...this.dependencies,
        onCancelling: () => abort.abort(new AppError('conflict', 'The run is being cancelled.')),
        onLost: (error) => abort.abort(error),
      },
      run,
    );
    const stopListening = notifier.subscribe(runTopic(run.id), (events) => {
      const cancelled = events?.some((event) => event.type === 'run-status' && event.run.status === 'cancelling');
      if (cancelled === true) abort.abort(new AppError('conflict', 'The run is being cancelled.'));
      if (events === null) void this.lookForCancels();
    });
    const done = loop(journal, abort.signal)
      .catch((error: unknown) => {
        // A lost lease is silence: the run is in other hands.
        if (!(error instanceof AppError && error.code === 'lease_lost')) onFault(error, run.id);
      })
      .finally(async () => {
        stopListening();
        await journal.close();
        const wasFull = this.activeOf(kind) >= this.placesOf(kind);
        this.active.delete(active);
        // A worker with room to spare has emptied the queue already, and hears of what comes.
        if (wasFull) this.claimSoon();
      });
    const active: ActiveRun = { runId: run.id, kind, journal, abort, done };
    this.active.add(active);
    if (run.status === 'cancelling') abort.abort(new AppError('conflict', 'The run is being cancelled.'));
  }

  private async renewLeases(): Promise<void> {
    await Promise.allSettled([...this.active].map((run) => run.journal.renew()));
  }

  /** Stops the runs whose time is over though they work. */
  private expireLate(): void {
    const now = this.dependencies.clock.now();
    for (const { journal, abort } of this.active) if (isOverdue(journal.run, now)) abort.abort(new RunExpired());
  }

  private async lookForCancels(): Promise<void> {
    if (this.active.size === 0) return;
    try {
      const ids = new Set([...this.active].map((run) => run.runId));
      const cancelling = new Set(await this.dependencies.store.runs.cancelling([...ids]));
      for (const run of this.active) {
        if (cancelling.has(run.runId)) run.abort.abort(new AppError('conflict', 'The run is being cancelled.'));
      }
    } catch (error) {
      this.dependencies.onFault(error, null);
    }
  }
}

/** What a claim writes: the move on the log, the messages that waited for it; or the end of a run that is beyond help. */
async function begin(tx: Repositories, run: Run, now: number) {
  const ending = endingOnClaim(run, now);
  if (ending !== null) {
    const events = await appendAsFace(tx, run.id, await endRun(tx, run, ending), now);
    return { run: (await tx.runs.find(run.id)) ?? run, events };
  }
  const begun: Run = { ...run, input: null };
  if (run.input !== null) {
    await tx.messages.append(run.conversationId, run.input);
    await tx.runs.write(begun, run.status);
  }
  const moved = run.attempt === 1 || (await lastStatus(tx, run)) !== run.status;
  const events = moved ? await appendAsFace(tx, run.id, [{ type: 'run-status', run: begun }], now) : [];
  return { run: { ...begun, lastSeq: run.lastSeq + events.length }, events };
}

/** Why a claimed run is not carried on: it was lost too often, or its time is over. Null where it is. */
function endingOnClaim(run: Run, now: number): Ending | null {
  if (run.losses >= limits.lossesPerRun) {
    const error = { code: 'worker_lost' as const, message: 'The run was lost by several workers in a row.' };
    return { status: 'failed', error, at: now };
  }
  return isOverdue(run, now) && run.status !== 'cancelling' ? { status: 'expired', at: now } : null;
}

/** True for a run whose time counts while it works too, and is over. */
function isOverdue({ overrides, expiresAt }: Run, now: number): boolean {
  return overrides.expiresAtWork === true && expiresAt !== null && expiresAt <= now;
}

/** The status that the log told of last. */
async function lastStatus(tx: Repositories, run: Run): Promise<RunStatus | null> {
  const newest = await tx.events.newest(run.id, 'run-status');
  return newest?.type === 'run-status' ? newest.run.status : null;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
