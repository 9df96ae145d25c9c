import { setTimeout as sleepFor } from 'node:timers/promises';
import { limits } from '../domain/limits.js';

/** The clock side of repeating: held still by tests. */
export interface RetryPace {
  now(): number;
  /** Rejects with the signal's reason where it aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** A number from 0 up to 1. */
  random(): number;
}

/** What an attempt's failure says of another one. */
export interface RetryAdvice {
  /** True where a repeat may succeed. */
  again: boolean;
  /** The wait the server asked for, in milliseconds. */
  afterMs: number | null;
}

const firstWaitMs = 500;
const longestWaitMs = 20_000;

/** The pace of the real world. */
export const realPace: RetryPace = {
  now: () => performance.now(),
  random: Math.random,
  async sleep(milliseconds, signal) {
    try {
      await sleepFor(milliseconds, undefined, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  },
};

/**
 * Tries until it works, with waits that double and vary, or that the server named. Gives up with the last error after
 * `limits.providerAttempts`, where the next wait would pass `limits.providerRetryTotalMs`, or where the advice says so.
 */
export async function withRetries<T>(
  attempt: (number: number) => Promise<T>,
  adviceOn: (error: unknown) => RetryAdvice,
  signal: AbortSignal,
  pace: RetryPace = realPace,
): Promise<T> {
  const startedAt = pace.now();
  for (let number = 1; ; number += 1) {
    signal.throwIfAborted();
    try {
      return await attempt(number);
    } catch (error) {
      signal.throwIfAborted();
      const advice = adviceOn(error);
      if (!advice.again || number >= limits.providerAttempts) throw error;
      const waitMs = advice.afterMs ?? backoffMs(number, pace.random());
      if (pace.now() - startedAt + waitMs > limits.providerRetryTotalMs) throw error;
      await pace.sleep(waitMs, signal);
    }
  }
}

/** Between half and all of a wait that doubles with every attempt. */
function backoffMs(number: number, random: number): number {
  const whole = Math.min(firstWaitMs * 2 ** (number - 1), longestWaitMs);
  return Math.round(whole * (0.5 + random / 2));
}

/** The wait that `retry-after-ms` or `retry-after` (seconds or a date) asks for; null where neither does. */
export function retryAfterMs(headers: Headers | undefined, epochMs: number): number | null {
  const inMs = Number.parseFloat(headers?.get('retry-after-ms') ?? '');
  if (Number.isFinite(inMs)) return Math.max(0, inMs);
  const text = headers?.get('retry-after')?.trim() ?? '';
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = text === '' ? Number.NaN : Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - epochMs);
}
