import { setTimeout as pause } from 'node:timers/promises';
import { limits } from '../domain/limits.js';
import type { Run } from '../domain/run.js';
import type { Store } from '../store/store.js';
import type { Scene } from './scene.js';

/** Milliseconds between two looks. */
const lookMs = 100;

/**
 * Waits before the first turn until the files that were given to the conversation have been read, but no longer than
 * the limit: a question about a file often comes along with it. The agent's own files are not waited for.
 */
export async function waitForFiles(store: Store, scene: Scene, run: Run, signal: AbortSignal): Promise<void> {
  if (run.turn > 0 || !scene.definitions.some(({ name }) => name === 'file_search')) return;
  for (let waitedMs = 0; waitedMs < limits.filesWaitMs; waitedMs += lookMs) {
    const libraries = await store.libraries.ofConversation(run.conversationId);
    if (libraries.every(({ counts }) => counts.inProgress === 0)) return;
    await pause(lookMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
