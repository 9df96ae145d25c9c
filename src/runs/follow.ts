import type { RunEvent } from '../domain/event.js';
import { limits } from '../domain/limits.js';
import { isAtRest } from '../domain/status.js';
import { runTopic } from '../domain/topics.js';
import type { Store } from '../store/store.js';
import type { Notifier } from './notifier.js';

/** Events kept for a slow reader; beyond that it goes back to the table. */
const tailMax = 1_000;
const readBatch = 200;

/** From where a log is read, and until when. */
export interface FollowOptions {
  /** The number after which to begin; 0 for the whole log. */
  afterSeq: number;
  /** Ends the reading quietly. */
  signal: AbortSignal;
}

/** Reads a run's log: first what is in the table, then what happens, until the run rests. */
export type Follow = (runId: string, options: FollowOptions) => AsyncIterable<RunEvent>;

/**
 * Makes the one way in which a log is read. A reader in the process that writes the run is handed the events from
 * memory once it has caught up; any other goes back to the table when it is rung, and now and then without a ring.
 */
export function createFollow({ store, notifier }: { store: Store; notifier: Notifier }): Follow {
  return async function* follow(runId, { afterSeq, signal }) {
    const tail = new Tail(notifier, runId, signal);
    let seq = afterSeq;
    try {
      while (!signal.aborted) {
        for await (const event of replay(store, runId, seq, tail)) {
          seq = event.seq;
          yield event;
          if (rests(event)) return;
        }
        for (let event = tail.shift(seq); event !== null; event = tail.shift(seq)) {
          seq = event.seq;
          yield event;
          if (rests(event)) return;
        }
        if (tail.isStale) continue;
        const end = await endedAt(store, runId, seq);
        if (end === 'gone') return;
        if (end !== null) {
          yield end;
          return;
        }
        await tail.change();
      }
    } finally {
      tail.stop();
    }
  };
}

function rests(event: RunEvent): boolean {
  return event.type === 'run-status' && isAtRest(event.run.status);
}

async function* replay(store: Store, runId: string, afterSeq: number, tail: Tail): AsyncGenerator<RunEvent> {
  if (!tail.isStale) return;
  tail.refresh();
  let seq = afterSeq;
  for (;;) {
    const batch = await store.events.read(runId, seq, readBatch);
    for (const event of batch) {
      seq = event.seq;
      yield event;
    }
    if (batch.length < readBatch) return;
  }
}

/** A log that was swept, or that was read to its end before, ends at once: with the run's last status, or with none. */
async function endedAt(store: Store, runId: string, seq: number): Promise<RunEvent | 'gone' | null> {
  const run = await store.runs.find(runId);
  if (run === null) return 'gone';
  if (!isAtRest(run.status)) return null;
  if (run.lastSeq <= seq) return 'gone';
  const newest = await store.events.newest(runId, 'run-status');
  if (newest !== null) return null;
  return { runId, seq: run.lastSeq, at: run.endedAt ?? run.createdAt, type: 'run-status', run };
}

/** The events that were handed over in memory, and the bell that says when there are more. */
class Tail {
  private events: RunEvent[] = [];
  private stale = true;
  private wake: (() => void) | null = null;
  private readonly stopListening: () => void;
  private readonly onAbort = (): void => this.wake?.();

  constructor(
    notifier: Notifier,
    runId: string,
    private readonly signal: AbortSignal,
  ) {
    this.stopListening = notifier.subscribe(runTopic(runId), (events) => this.take(events));
    signal.addEventListener('abort', this.onAbort);
  }

  /** True where the table has to be read again. */
  get isStale(): boolean {
    return this.stale;
  }

  /** What was handed over so far is in the table already: it was committed before this call. */
  refresh(): void {
    this.stale = false;
    this.events = [];
  }

  /** The event after a number, or null; a gap makes the tail stale. */
  shift(afterSeq: number): RunEvent | null {
    for (;;) {
      const event = this.events.shift();
      if (event === undefined) return null;
      if (event.seq === afterSeq + 1) return event;
      if (event.seq > afterSeq) {
        this.stale = true;
        return null;
      }
    }
  }

  /** Waits for a ring, for the poll, or for the reader to leave. */
  async change(): Promise<void> {
    if (this.events.length > 0 || this.stale || this.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        this.stale = true;
        resolve();
      }, limits.pollMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = null;
  }

  stop(): void {
    this.stopListening();
    this.signal.removeEventListener('abort', this.onAbort);
    this.wake?.();
  }

  private take(events: RunEvent[] | null): void {
    if (events === null || this.events.length + events.length > tailMax) {
      this.stale = true;
      this.events = [];
    } else {
      this.events.push(...events);
    }
    this.wake?.();
  }
}
