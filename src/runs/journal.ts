import type { Clock } from '../domain/clock.js';
import { AppError } from '../domain/errors.js';
import type { RunEvent } from '../domain/event.js';
import { limits } from '../domain/limits.js';
import type { Run } from '../domain/run.js';
import { queueTopic } from '../domain/topics.js';
import type { CommitWork, DeltaFact, Journal } from '../engine/journal.js';
import type { Repositories, Store, TransactionOptions } from '../store/store.js';
import { appendFacts } from './append.js';
import type { Notifier } from './notifier.js';

/** What a journal writes through, and whom it tells. */
export interface JournalDependencies {
  store: Store;
  notifier: Notifier;
  clock: Clock;
  /** Called when the table says that the run is being cancelled. */
  onCancelling(): void;
  /** Called when the lease is gone. */
  onLost(error: AppError): void;
}

/** The engine's port over the store: fence, number, append, wake. One for each claim of a run. */
export class RunJournal implements Journal {
  private current: Run;
  private readonly owner: string;
  private pending: DeltaFact[] = [];
  private timer: NodeJS.Timeout | null = null;
  private lastMessageId: string | null = null;
  private failure: unknown = null;
  /** Every write waits for the one before it, so that numbers and order agree. */
  private tail: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly dependencies: JournalDependencies,
    claimed: Run,
  ) {
    if (claimed.leaseOwner === null) throw new AppError('internal', 'A journal needs a claimed run.');
    this.owner = claimed.leaseOwner;
    this.current = claimed;
  }

  get run(): Run {
    return this.current;
  }

  emit(delta: DeltaFact): void {
    const key = delta.type === 'text-delta' ? delta.messageId : delta.type;
    const isFirst = this.lastMessageId !== key;
    this.lastMessageId = key;
    this.gather(delta);
    if (isFirst) setImmediate(() => this.flushNow());
    else this.flushSoon();
  }

  async commit<T>(work: CommitWork<T>, options: TransactionOptions = {}): Promise<T> {
    return this.inTurn(async () => {
      const { events, value, run, rang } = await this.transact(work, options);
      this.settle(run, events);
      if (rang) this.dependencies.notifier.ring(queueTopic);
      return value;
    });
  }

  /** Makes the lease last longer; throws `lease_lost` where it is gone. */
  async renew(): Promise<void> {
    await this.flush(true);
  }

  /** Writes what is gathered. */
  async flush(evenIfEmpty = false): Promise<void> {
    await this.inTurn(async () => {
      if (this.pending.length === 0 && !evenIfEmpty) return;
      const { events, run } = await this.transact(async () => ({ facts: [], value: null }), { relaxed: true });
      this.settle(run, events);
    });
  }

  /** Stops the timer and forgets what is gathered: the run is somebody else's now, or at rest. */
  async close(): Promise<void> {
    this.stopTimer();
    this.pending = [];
    await this.tail.catch(() => undefined);
  }

  /** One transaction with everything gathered so far; what could not be written is gathered again. */
  private async transact<T>(work: CommitWork<T>, options: TransactionOptions) {
    this.stopTimer();
    const deltas = this.pending;
    this.pending = [];
    try {
      return await this.dependencies.store.transaction((tx) => this.write(tx, deltas, work), options);
    } catch (error) {
      this.pending = [...deltas, ...this.pending];
      throw error;
    }
  }

  private async write<T>(tx: Repositories, deltas: DeltaFact[], work: CommitWork<T>) {
    const { clock } = this.dependencies;
    const now = clock.now();
    const fenced = await tx.runs.fence({
      id: this.current.id,
      owner: this.owner,
      attempt: this.current.attempt,
      count: deltas.length,
      leaseUntil: now + limits.leaseMs,
    });
    if (fenced === null) throw new AppError('lease_lost', `Run ${this.current.id} was taken over.`);
    const early = await appendFacts(tx, fenced.id, fenced.lastSeq, deltas, now);
    // Whoever is rung elsewhere by this commit is rung here as well, once it is done.
    let rang = false;
    const bell: Repositories['bell'] = {
      ring: (topic) => {
        rang ||= topic === queueTopic;
        return tx.bell.ring(topic);
      },
    };
    const { facts, value } = await work({ ...tx, bell }, fenced);
    // Nothing to number and nothing to re-read: the row is what the fence returned.
    if (facts.length === 0 && early.length > 0) return { events: early, value, run: fenced, rang };
    const after = await tx.runs.takeNumbers(fenced.id, facts.length);
    if (after === null) throw new AppError('lease_lost', `Run ${this.current.id} is gone.`);
    const late = await appendFacts(tx, after.id, after.lastSeq, facts, now);
    return { events: [...early, ...late], value, run: after, rang };
  }

  private settle(run: Run, events: RunEvent[]): void {
    const { notifier, onCancelling } = this.dependencies;
    this.current = run;
    // A message that was begun with its first words has no first delta to hurry for any more.
    const spoken = events.findLast((event) => event.type === 'text-delta');
    if (spoken?.type === 'text-delta') this.lastMessageId = spoken.messageId;
    if (events.length > 0) notifier.publish(run.id, events);
    if (run.status === 'cancelling') onCancelling();
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.tail.then(async () => {
      if (this.failure !== null) throw this.failure;
      return work();
    });
    this.tail = turn.catch(() => undefined);
    try {
      return await turn;
    } catch (error) {
      if (error instanceof AppError && error.code === 'lease_lost') {
        this.failure = error;
        this.dependencies.onLost(error);
      }
      throw error;
    }
  }

  /** Neighbouring pieces of one text become one event. */
  private gather(delta: DeltaFact): void {
    const last = this.pending.at(-1);
    if (last !== undefined && continues(last, delta)) {
      this.pending[this.pending.length - 1] = { ...last, text: last.text + delta.text };
    } else {
      this.pending.push(delta);
    }
  }

  private flushSoon(): void {
    if (this.timer !== null) return;
    this.timer = setTimeout(() => this.flushNow(), limits.deltaBatchMs);
  }

  private flushNow(): void {
    this.timer = null;
    // A failed write is not lost: the lease was lost, or the next commit meets the same failure and reports it.
    this.flush().catch(() => undefined);
  }

  private stopTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}

function continues(last: DeltaFact, next: DeltaFact): boolean {
  if (last.type === 'text-delta') return next.type === 'text-delta' && next.messageId === last.messageId;
  if (last.type === 'reasoning-delta') return next.type === 'reasoning-delta' && next.turn === last.turn;
  return next.type === 'call-delta' && next.callId === last.callId;
}
