import type { Worker } from 'node:worker_threads';
import type { ExtractedPart, ExtractionRequest } from '../domain/extraction.js';
import { limits } from '../domain/limits.js';
import type { LibraryFileError } from '../domain/library.js';
import { startThread } from '../threads.js';

/** What goes to the thread. */
export type ThreadRequest = { type: 'read'; request: ExtractionRequest } | { type: 'more' };

/** What comes back. A fault of null was not foreseen. */
export type ThreadReply =
  | { type: 'part'; part: ExtractedPart }
  | { type: 'end' }
  | { type: 'fault'; fault: LibraryFileError | null; message: string };

/** Starts a thread that reads files, with a bounded heap. It never keeps the process alive by itself. */
export function startReaderThread(): Worker {
  return startThread('./extraction-worker', import.meta.url, {
    resourceLimits: { maxOldGenerationSizeMb: limits.extractionHeapMegabytes },
    // What a library prints about a strange file is of no use in the log.
    stdout: true,
    stderr: true,
  });
}
