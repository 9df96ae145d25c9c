import type { Worker } from 'node:worker_threads';
import { AppError } from '../domain/errors.js';
import { ExtractionFault, type ExtractedPart, type ExtractionRequest, type Extractor } from '../domain/extraction.js';
import { limits } from '../domain/limits.js';
import { startReaderThread, type ThreadReply, type ThreadRequest } from './thread.js';

/** Files after which a thread is replaced: libraries that read strange files lose some memory with each. */
const filesPerThread = 200;
const watchMs = 250;
const megabyte = 1024 * 1024;

/** How long a file may take, where a test wants other times than the house's. */
export interface ExtractionTimes {
  totalMs: number;
  silenceMs: number;
}

interface IdleThread {
  worker: Worker;
  filesRead: number;
}

/** Makes an extractor. Each file has a thread for itself; threads are kept for the next file. */
export function createExtractor(
  times: ExtractionTimes = { totalMs: limits.extractionMs, silenceMs: limits.extractionSilenceMs },
): Extractor {
  const idle: IdleThread[] = [];
  const busy = new Set<Worker>();
  let closed = false;
  const newWorker = (): Worker => {
    const worker = startReaderThread();
    // While it reads, its reading hears of its end; an idle thread that ends is only not there any more.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      const place = idle.findIndex((thread) => thread.worker === worker);
      if (place >= 0) idle.splice(place, 1);
    });
    return worker;
  };

  async function* extract(request: ExtractionRequest, signal: AbortSignal): AsyncGenerator<ExtractedPart> {
    signal.throwIfAborted();
    if (closed) throw new AppError('unavailable', 'The server is stopping.');
    const thread = idle.pop() ?? { worker: newWorker(), filesRead: 0 };
    busy.add(thread.worker);
    let isSound = false;
    const reading = new Reading(thread.worker, times, signal);
    try {
      reading.send({ type: 'read', request });
      for (let reply = await reading.next(); ; reply = await reading.next()) {
        if (reply.type !== 'part') {
          isSound = true;
          if (reply.type === 'end') return;
          throw toError(reply);
        }
        yield reply.part;
        reading.send({ type: 'more' });
      }
    } finally {
      reading.stop();
      busy.delete(thread.worker);
      thread.filesRead += 1;
      if (isSound && !closed && thread.filesRead < filesPerThread) {
        thread.worker.unref();
        idle.push(thread);
      } else await thread.worker.terminate();
    }
  }

  return {
    extract,
    close: async () => {
      closed = true;
      const workers = [...busy, ...idle.splice(0).map((thread) => thread.worker)];
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** One file on its way through a thread, under the limits of time and memory. */
class Reading {
  private waiting: { resolve(reply: ThreadReply): void; reject(error: unknown): void } | null = null;
  private ended: unknown = null;
  private readonly replies: ThreadReply[] = [];
  private readonly timers: NodeJS.Timeout[] = [];
  private silence: NodeJS.Timeout | null = null;
  private readonly cleanUp: () => void;

  constructor(
    private readonly worker: Worker,
    private readonly times: ExtractionTimes,
    signal: AbortSignal,
  ) {
    const onMessage = (reply: ThreadReply): void => this.take(reply);
    const onError = (error: unknown): void => this.end(lost(error));
    const onExit = (): void => this.end(lost(null));
    const onAbort = (): void => this.end(signal.reason);
    worker.ref();
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    signal.addEventListener('abort', onAbort);
    this.cleanUp = () => {
      worker.off('message', onMessage);
      worker.off('exit', onExit);
      worker.off('error', onError);
      signal.removeEventListener('abort', onAbort);
    };
    const tooLong = invalidFile(`Reading the file took longer than ${Math.round(times.totalMs / 1_000)} seconds.`);
    this.timers.push(setTimeout(() => this.end(tooLong), times.totalMs));
    const before = process.memoryUsage.rss();
    this.timers.push(setInterval(() => this.watch(before), watchMs));
  }

  send(request: ThreadRequest): void {
    this.worker.postMessage(request);
    if (this.silence !== null) clearTimeout(this.silence);
    const seconds = Math.round(this.times.silenceMs / 1_000);
    this.silence = setTimeout(
      () => this.end(invalidFile(`A part of the file took longer than ${seconds} seconds to read.`)),
      this.times.silenceMs,
    );
  }

  next(): Promise<ThreadReply> {
    const reply = this.replies.shift();
    if (reply !== undefined) return Promise.resolve(reply);
    if (this.ended !== null) return Promise.reject(this.ended as Error);
    return new Promise((resolve, reject) => (this.waiting = { resolve, reject }));
  }

  stop(): void {
    if (this.silence !== null) clearTimeout(this.silence);
    for (const timer of this.timers) clearTimeout(timer);
    this.cleanUp();
  }

  private take(reply: ThreadReply): void {
    if (this.silence !== null) clearTimeout(this.silence);
    const { waiting } = this;
    this.waiting = null;
    if (waiting === null) this.replies.push(reply);
    else waiting.resolve(reply);
  }

  /** What a thread takes outside of its heap is bounded by nothing but this. */
  private watch(before: number): void {
    if (process.memoryUsage.rss() - before < limits.extractionGrowthMegabytes * megabyte) return;
    void this.worker.terminate();
    this.end(tooMuchMemory());
  }

  private end(error: unknown): void {
    this.ended ??= error;
    this.waiting?.reject(this.ended);
    this.waiting = null;
  }
}

function toError(reply: Extract<ThreadReply, { type: 'fault' }>): Error {
  return reply.fault === null ? new Error(reply.message) : new ExtractionFault(reply.fault);
}

function lost(error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return tooMuchMemory();
  return new Error('The thread that read the file has ended.', { cause: error });
}

function tooMuchMemory(): ExtractionFault {
  return invalidFile('Reading the file took more memory than is allowed.');
}

function invalidFile(message: string): ExtractionFault {
  return new ExtractionFault({ code: 'invalid_file', message });
}
