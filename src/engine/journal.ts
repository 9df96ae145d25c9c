import type { RunFact } from '../domain/event.js';
import type { Run } from '../domain/run.js';
import type { Repositories, TransactionOptions } from '../store/store.js';

/** A delta: a fact that changes no row and can be gathered with its neighbours. */
export type DeltaFact = Extract<RunFact, { type: 'text-delta' | 'reasoning-delta' | 'call-delta' }>;

/** What a commit writes besides its facts: called inside the transaction, returns the facts that describe the change. */
export type CommitWork<T> = (tx: Repositories, run: Run) => Promise<{ facts: RunFact[]; value: T }>;

/**
 * The port the loop writes through. Every write takes the run's next numbers from the row it fences, so a worker that
 * has lost its lease writes nothing: it throws `lease_lost`.
 */
export interface Journal {
  /** The run as of the last write or claim. */
  readonly run: Run;
  /** Gathers a delta; it is on the log within `limits.deltaBatchMs`, and before anything committed later. */
  emit(delta: DeltaFact): void;
  /**
   * Flushes the deltas, then runs the work and appends its facts in one transaction. The run handed to the work is the
   * row as the fence found it, and already carries the new `lastSeq`. The work writes the run itself where it changes
   * more than its log.
   */
  commit<T>(work: CommitWork<T>, options?: TransactionOptions): Promise<T>;
}
