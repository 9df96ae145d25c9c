import { on } from 'node:events';
import { AppError, type ErrorCode } from '../domain/errors.js';
import { startThread } from '../threads.js';
import type { TransferFormat } from './formats.js';
import type { ReaderSource } from './reader.js';
import type { Problem, TransferRecord } from './record.js';

/** What the thread is told when it starts. */
export interface ReaderOrder {
  format: TransferFormat;
  source: ReaderSource;
}

/** What the thread says. After each batch it waits to be told to go on. */
export type ReaderWord =
  | { type: 'batch'; items: (TransferRecord | Problem)[] }
  | { type: 'end' }
  | { type: 'fault'; code: ErrorCode | null; message: string };

/** Megabytes of heap of a thread that reads an export. */
const heapMegabytes = 256;

/**
 * Reads an export in a thread of its own, batch by batch, each read while the one before it is being dealt with. Throws
 * the reader's AppError where nothing can be read. Leaving the loop, or aborting, ends the thread.
 */
export async function* readInThread(
  order: ReaderOrder,
  signal: AbortSignal,
): AsyncGenerator<(TransferRecord | Problem)[]> {
  const thread = startThread('./reader-worker', import.meta.url, {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
  });
  const words = on(thread, 'message', { signal, close: ['exit'] }) as AsyncIterable<[ReaderWord]>;
  let fault: unknown = null;
  thread.once('error', (error) => (fault = error));
  try {
    for await (const [word] of words) {
      if (word.type === 'end') return;
      if (word.type === 'fault') throw new AppError(word.code ?? 'internal', word.message);
      thread.postMessage('more');
      yield word.items;
    }
    throw new AppError('invalid_request', 'The source could not be read: its reader ran out of memory.', {
      cause: fault,
    });
  } finally {
    await thread.terminate();
  }
}
