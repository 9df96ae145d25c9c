import { createHash } from 'node:crypto';
import { AppError } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import type { Reply } from './route.js';

/** Where answers are kept for a while. A store that forgets makes a repeat a request of its own. */
export interface AnswerStore {
  get<T = unknown>(key: string): Promise<T | undefined>;
  set(key: string, value: unknown, ttlMs: number): Promise<boolean>;
}

/** A store that keeps nothing. */
export const forgetful: AnswerStore = { get: () => Promise.resolve(undefined), set: () => Promise.resolve(false) };

/** A request that makes something, and how it may be known again. */
export interface Repeatable {
  userId: string;
  method: string;
  url: string;
  body: unknown;
  /** How often the sender has tried before; 0 for the first time. */
  attempt: number;
  /** A name that the sender gave to this one request, or null. */
  idempotencyKey: string | null;
}

/** What answering needs. */
export interface AnswerParts {
  /** Does what was asked. */
  work(): Promise<Reply>;
  /** Makes a stream again from its token; null where the route has no streams. */
  reopen: ((token: unknown) => Promise<Reply>) | null;
}

/** Tells repeated requests from new ones. */
export interface Repeats {
  /**
   * Answers a request. A repeat (a later attempt with the same body, or the same idempotency key) gets the first
   * answer again and nothing is done twice, also while the first is still being answered. Throws `invalid_request`
   * where a key comes with another body. Refusals are not kept: what was refused has made nothing.
   */
  answer(request: Repeatable, parts: AnswerParts): Promise<Reply>;
  /**
   * Notes that a request was refused before it came to be answered: its next attempts are carried out, and not taken
   * for those of an older request with the same words.
   */
  refuse(request: Repeatable): Promise<void>;
}

/** An answer as it is kept. */
interface Kept {
  digest: string;
  /** The attempt that was answered last; one that is no later is a request of its own. */
  attempt: number;
  /** Null where a newer request with the same words was refused, whose attempts the next ones then are. */
  answer: { json: unknown; status?: number; headers?: Record<string, string> } | { token: unknown } | null;
}

/** What a request that is being answered will come to; null where its answer cannot be given twice. */
type Pending = Promise<{ reply: Reply; kept: Kept | null }>;

/** Makes the memory of answered requests. */
export function createRepeats(store: AnswerStore): Repeats {
  const pending = new Map<string, Pending>();

  const perform = async (key: string, request: Repeatable, digest: string, parts: AnswerParts): Pending => {
    const reply = await parts.work();
    const answer = toAnswer(reply);
    if (answer === null) return { reply, kept: null };
    const kept: Kept = { digest, attempt: request.attempt, answer };
    const ttlMs = request.idempotencyKey === null ? limits.repeatWindowMs : limits.idempotencyWindowMs;
    await store.set(key, kept, ttlMs);
    return { reply, kept };
  };

  /** The kept answer of a repeat, or what the request comes to when it is carried out. */
  const recall = async (key: string, request: Repeatable, digest: string, parts: AnswerParts): Pending => {
    const kept = await store.get<Kept>(key);
    if (kept === undefined || !isRepeatOf(request, digest, kept)) return perform(key, request, digest, parts);
    const reply = await replay(kept, parts);
    if (reply === null) return perform(key, request, digest, parts);
    await store.set(key, { ...kept, attempt: request.attempt }, limits.repeatWindowMs);
    return { reply, kept };
  };

  return {
    async answer(request, parts) {
      const digest = digestOf(request.body ?? null);
      const key = keyOf(request, digest);
      const mayBeRepeat = request.attempt > 0 || request.idempotencyKey !== null;
      const first = mayBeRepeat ? pending.get(key) : undefined;
      if (first !== undefined) {
        const { kept } = await first;
        const reply = kept !== null && isRepeatOf(request, digest, kept) ? await replay(kept, parts) : null;
        if (reply !== null) return reply;
      }
      const mine = (mayBeRepeat ? recall : perform)(key, request, digest, parts);
      pending.set(key, mine);
      try {
        return (await mine).reply;
      } finally {
        if (pending.get(key) === mine) pending.delete(key);
      }
    },
    async refuse(request) {
      // A name stands for one request only, whatever became of its attempts.
      if (request.idempotencyKey !== null) return;
      const key = keyOf(request, digestOf(request.body ?? null));
      const kept = await store.get<Kept>(key);
      if (kept === undefined || request.attempt > kept.attempt) return;
      await store.set(key, { ...kept, attempt: request.attempt, answer: null }, limits.repeatWindowMs);
    },
  };
}

function keyOf({ userId, method, url, idempotencyKey }: Repeatable, digest: string): string {
  return digestOf([userId, method, url, idempotencyKey === null ? ['body', digest] : ['key', idempotencyKey]]);
}

function toAnswer(reply: Reply): Kept['answer'] | null {
  if ('json' in reply) return reply;
  return reply.token === undefined ? null : { token: reply.token };
}

async function replay({ answer }: Kept, { reopen }: AnswerParts): Promise<Reply | null> {
  if (answer === null) return null;
  if ('json' in answer) return answer;
  return reopen === null ? null : reopen(answer.token);
}

function isRepeatOf(request: Repeatable, digest: string, kept: Kept): boolean {
  if (request.idempotencyKey === null) return request.attempt > kept.attempt;
  if (kept.digest === digest) return true;
  throw new AppError(
    'invalid_request',
    'This Idempotency-Key was sent before with other parameters. A key stands for one request only.',
    { param: 'Idempotency-Key' },
  );
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
