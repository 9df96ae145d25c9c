import type { RunEvent, RunFact } from '../domain/event.js';
import { runTopic } from '../domain/topics.js';
import type { Repositories } from '../store/store.js';

/**
 * Numbers facts and writes them, inside the transaction that makes the change they tell of. `lastSeq` is the newest
 * number of the run after room was made for these facts. Rings the run's topic for other processes.
 */
export async function appendFacts(
  tx: Repositories,
  runId: string,
  lastSeq: number,
  facts: readonly RunFact[],
  at: number,
): Promise<RunEvent[]> {
  if (facts.length === 0) return [];
  const first = lastSeq - facts.length + 1;
  const events = facts.map((fact, index): RunEvent => ({ runId, seq: first + index, at, ...fact }));
  await tx.events.append(events);
  await tx.bell.ring(runTopic(runId));
  return events;
}

/** Takes numbers without a lease and appends, for what a face or the sweeper does to a run. */
export async function appendAsFace(
  tx: Repositories,
  runId: string,
  facts: readonly RunFact[],
  at: number,
): Promise<RunEvent[]> {
  const run = await tx.runs.takeNumbers(runId, facts.length);
  return run === null ? [] : appendFacts(tx, runId, run.lastSeq, facts, at);
}
