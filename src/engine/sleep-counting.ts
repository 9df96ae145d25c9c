import { limits } from '../domain/limits.js';
import type { Run } from '../domain/run.js';
import type { Tidying } from '../domain/sleep-time.js';
import type { Repositories } from '../store/store.js';
import type { Ending } from './ending.js';

/**
 * Counts the end of a run, inside the commit that ends it. An answer brings its memory's tidying nearer. A tidying that
 * went well moves its marks, in the one commit after all of its edits; one that failed is tried again later, a few
 * times, and after that waits for the next answers, its marks where they were.
 */
export async function countEnd(tx: Repositories, run: Run, { status, at }: Ending): Promise<void> {
  const { tidying, tidiedAfter } = run.overrides;
  const isWhole = status === 'completed' || status === 'incomplete';
  if (tidying !== undefined) {
    if (isWhole) await settle(tx, tidying, at);
    else if (status !== 'cancelled') await retryLater(tx, tidying, at);
    return;
  }
  if (tidiedAfter === undefined || !isWhole) return;
  const window = await tx.conversations.window(run.agentId, run.conversationId);
  if (window !== null) await tx.sleepTimes.countRun(window.memoryId, tidiedAfter, at);
}

async function settle(tx: Repositories, { memoryId, read, more }: Tidying, at: number): Promise<void> {
  await tx.sleepTimes.advance(memoryId, read ?? []);
  const known = await tx.sleepTimes.get(memoryId);
  if (known === null) return;
  await tx.sleepTimes.write({ ...known, failures: 0, dueAt: known.dueAt ?? (more ? at : null) });
}

async function retryLater(tx: Repositories, { memoryId }: Tidying, at: number): Promise<void> {
  const known = await tx.sleepTimes.get(memoryId);
  if (known === null) return;
  const failures = known.failures + 1;
  const isOver = failures > limits.tidyingRetries;
  const dueAt = isOver ? null : at + limits.tidyingRetryMs * 4 ** known.failures;
  await tx.sleepTimes.write({ ...known, failures: isOver ? 0 : failures, dueAt });
}
