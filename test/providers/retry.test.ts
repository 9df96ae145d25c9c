import { describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import { retryAfterMs, withRetries, type RetryPace } from '../../src/providers/retry.js';

/** A pace whose sleeps pass at once and move its clock. */
function falsePace(random = 0.5): RetryPace & { slept: number[] } {
  const slept: number[] = [];
  let now = 0;
  return {
    slept,
    now: () => now,
    random: () => random,
    sleep: (milliseconds) => {
      slept.push(milliseconds);
      now += milliseconds;
      return Promise.resolve();
    },
  };
}

const never = new AbortController().signal;
const again = () => ({ again: true, afterMs: null });

describe('Repeats', () => {
  it('wait twice as long each time and end with the last error', async () => {
    const pace = falsePace(1);
    let attempts = 0;
    const failing = withRetries(() => Promise.reject(new Error(`no ${++attempts}`)), again, never, pace);
    await expect(failing).rejects.toThrow(`no ${limits.providerAttempts}`);
    expect(pace.slept).toEqual([500, 1000, 2000, 4000]);
  });

  it('vary by up to half', async () => {
    const pace = falsePace(0);
    await expect(withRetries(() => Promise.reject(new Error('no')), again, never, pace)).rejects.toThrow();
    expect(pace.slept).toEqual([250, 500, 1000, 2000]);
  });

  it('wait as long as the server asks', async () => {
    const pace = falsePace();
    const work = (number: number) => (number < 3 ? Promise.reject(new Error('no')) : Promise.resolve(number));
    expect(await withRetries(work, () => ({ again: true, afterMs: 7000 }), never, pace)).toBe(3);
    expect(pace.slept).toEqual([7000, 7000]);
  });

  it('end where the next wait would take longer than all of them may', async () => {
    const pace = falsePace();
    const advice = () => ({ again: true, afterMs: limits.providerRetryTotalMs + 1 });
    await expect(withRetries(() => Promise.reject(new Error('no')), advice, never, pace)).rejects.toThrow('no');
    expect(pace.slept).toEqual([]);
  });

  it('do not happen for what fails for good', async () => {
    let attempts = 0;
    const work = () => Promise.reject(new Error(`no ${++attempts}`));
    await expect(withRetries(work, () => ({ again: false, afterMs: null }), never, falsePace())).rejects.toThrow(
      'no 1',
    );
  });

  it('end with the reason of an abort, not with the failure', async () => {
    const controller = new AbortController();
    const work = () => {
      controller.abort(new Error('cancelled'));
      return Promise.reject(new Error('no'));
    };
    await expect(withRetries(work, again, controller.signal, falsePace())).rejects.toThrow('cancelled');
  });
});

describe('The wait a server asks for', () => {
  it('is read from seconds, milliseconds and dates', () => {
    const at = Date.parse('2026-01-01T00:00:00Z');
    expect(retryAfterMs(new Headers({ 'retry-after': '2.5' }), at)).toBe(2500);
    expect(retryAfterMs(new Headers({ 'retry-after-ms': '90', 'retry-after': '5' }), at)).toBe(90);
    expect(retryAfterMs(new Headers({ 'retry-after': 'Thu, 01 Jan 2026 00:00:10 GMT' }), at)).toBe(10_000);
    expect(retryAfterMs(new Headers({ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }), at)).toBe(0);
    expect(retryAfterMs(new Headers({ 'retry-after': 'soon' }), at)).toBeNull();
    expect(retryAfterMs(undefined, at)).toBeNull();
  });
});
