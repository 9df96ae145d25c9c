import { on } from 'node:events';
import { AppError, type ErrorCode } from '../domain/errors.js';
import { startThread } from '../threads.js';
import type { TransferFormat } from './formats.js';
import type { ReaderSource } from './reader.js';
import type { Problem, TransferRecord } from './record.js';

/** What the thread is told when it starts. */
export interface ReaderOrder {
  /** Null to find out the format, and read nothing. */
  format: TransferFormat | null;
  source: ReaderSource;
}

/** What the thread says. After each batch it waits to be told to go on. */
export type ReaderWord =
  | { type: 'format'; format: TransferFormat }
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
  order: ReaderOrder & { format: TransferFormat },
  signal: AbortSignal,
): AsyncGenerator<(TransferRecord | Problem)[]> {
  for await (const word of wordsOf(order, signal)) if (word.type === 'batch') yield word.items;
}

/** Finds out the format of an export in such a thread. Throws `invalid_request` where it is none, or several. */
export async function recogniseInThread(source: ReaderSource, signal: AbortSignal): Promise<TransferFormat> {
  for await (const word of wordsOf({ format: null, source }, signal)) if (word.type === 'format') return word.format;
  throw new AppError('internal', 'The format was not told.');
}

async function* wordsOf(order: ReaderOrder, signal: AbortSignal): AsyncGenerator<ReaderWord> {
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
      yield word;
    }
    throw new AppError('invalid_request', 'The source could not be read: its reader ran out of memory.', {
      cause: fault,
    });
  } finally {
    await thread.terminate();
  }
}
