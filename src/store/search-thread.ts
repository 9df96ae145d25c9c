import type { Worker } from 'node:worker_threads';
import { AppError, type ErrorCode } from '../domain/errors.js';
import { startThread } from '../threads.js';
import type { LibraryAnswer, LibraryQuery, SearchAnswer, Searcher, SearchQuery } from './sql/search/query.js';

/** What the thread is told when it starts: which database to read. */
export interface SearchThreadData {
  kind: 'sqlite' | 'postgres';
  /** A file, or a connection URL. */
  location: string;
}

/** What goes to the thread and comes back. */
export interface SearchThreadRequest {
  id: number;
  query: SearchQuery | LibraryQuery;
}
export type SearchThreadReply =
  { id: number; answer: SearchAnswer | LibraryAnswer } | { id: number; fault: SearchFault };

/** An error on its way between threads, which would take its class from it. `code` is null for what was not foreseen. */
export interface SearchFault {
  code: ErrorCode | null;
  message: string;
}

interface Waiting {
  resolve(answer: SearchAnswer | LibraryAnswer): void;
  reject(error: unknown): void;
}

/**
 * Searches in a thread with a connection of its own, so that no search holds up the event loop. The thread starts with
 * the first search, and again with the next one after it has failed; it never keeps the process alive.
 */
export class SearchThread implements Searcher {
  private worker: Worker | null = null;
  private closed = false;
  private lastId = 0;
  private readonly waiting = new Map<number, Waiting>();

  constructor(private readonly data: SearchThreadData) {}

  async find(query: SearchQuery): Promise<SearchAnswer> {
    return (await this.ask(query)) as SearchAnswer;
  }

  async findInLibraries(query: LibraryQuery): Promise<LibraryAnswer> {
    return (await this.ask(query)) as LibraryAnswer;
  }

  /** The thread answers each query in the form of its kind. */
  private async ask(query: SearchQuery | LibraryQuery): Promise<SearchAnswer | LibraryAnswer> {
    if (this.closed) throw new AppError('unavailable', 'The store is closed.');
    const worker = (this.worker ??= this.start());
    this.lastId += 1;
    const id = this.lastId;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      // Awaited work keeps the process alive, as it would anywhere else.
      worker.ref();
      worker.postMessage({ id, query } satisfies SearchThreadRequest);
    });
  }

  async close(): Promise<void> {
    this.closed = true;
    const worker = this.worker;
    this.worker = null;
    this.failAll(new AppError('unavailable', 'The store is closed.'));
    await worker?.terminate();
  }

  private start(): Worker {
    const worker = startThread('./search-worker', import.meta.url, { workerData: this.data });
    worker.on('message', (reply: SearchThreadReply) => this.settle(worker, reply));
    worker.on('error', (error) => this.lose(worker, error));
    worker.on('exit', (code) => this.lose(worker, new Error(`The search thread ended with code ${code}.`)));
    return worker;
  }

  private settle(worker: Worker, reply: SearchThreadReply): void {
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if (this.waiting.size === 0) worker.unref();
    if ('answer' in reply) waiting?.resolve(reply.answer);
    else waiting?.reject(toError(reply.fault));
  }

  private lose(worker: Worker, cause: unknown): void {
    if (this.worker !== worker) return;
    this.worker = null;
    this.failAll(unforeseen(cause));
  }

  private failAll(error: AppError): void {
    for (const waiting of this.waiting.values()) waiting.reject(error);
    this.waiting.clear();
  }
}

function toError({ code, message }: SearchFault): AppError {
  return code === null ? unforeseen(new Error(message)) : new AppError(code, message);
}

function unforeseen(cause: unknown): AppError {
  return new AppError('internal', 'The search could not be carried out.', { cause });
}
