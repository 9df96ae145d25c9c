import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import type { ExtractedPart, ExtractionRequest } from '../domain/extraction.js';
import { limits } from '../domain/limits.js';
import type { LibraryFileError } from '../domain/library.js';

/** What goes to the thread. */
export type ThreadRequest = { type: 'read'; request: ExtractionRequest } | { type: 'more' };

/** What comes back. A fault of null was not foreseen. */
export type ThreadReply =
  | { type: 'part'; part: ExtractedPart }
  | { type: 'end' }
  | { type: 'fault'; fault: LibraryFileError | null; message: string };

/** Starts a thread that reads files, with a bounded heap. It never keeps the process alive by itself. */
export function startThread(): Worker {
  const options: WorkerOptions = {
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: limits.extractionHeapMegabytes },
    // What a library prints about a strange file is of no use in the log.
    stdout: true,
    stderr: true,
  };
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./extraction-worker.js', import.meta.url), options);
  }
  const source = new URL('./extraction-worker.ts', import.meta.url).href;
  // The loader's half for `require` cannot be loaded into a thread; the other half lies beside it.
  const resolved = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm/api'));
  const loader = new URL('./index.mjs', resolved).href;
  const start = `import('${loader}').then(({ register }) => { register(); return import('${source}'); })`;
  return new Worker(start, { ...options, eval: true });
}
