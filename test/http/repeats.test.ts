import { describe, expect, it } from 'vitest';
import { createRepeats, forgetful, type Repeatable } from '../../src/http/repeats.js';
import type { Reply } from '../../src/http/route.js';
import { openCache } from '../../src/store/cache.js';

const request = (changes: Partial<Repeatable> = {}): Repeatable => ({
  userId: 'u',
  method: 'post',
  url: '/v1/threads',
  body: { a: 1 },
  attempt: 0,
  idempotencyKey: null,
  ...changes,
});

/** Work that counts how often it is done. */
function counted(reply: (count: number) => Reply) {
  let count = 0;
  return {
    work: () => Promise.resolve(reply((count += 1))),
    times: () => count,
    reopen: (token: unknown): Promise<Reply> => Promise.resolve({ json: { reopened: token } }),
  };
}

async function openAnswers() {
  const cache = await openCache({ home: '', url: 'memory:', store: 'sqlite' });
  return cache.named('answers');
}

describe('the memory of answered requests', () => {
  it('is shared by every process that shares the cache', async () => {
    const answers = await openAnswers();
    const parts = counted((count) => ({ json: { count }, headers: { 'x-kept': 'yes' } }));
    const first = await createRepeats(answers).answer(request(), parts);
    const again = await createRepeats(answers).answer(request({ attempt: 1 }), parts);
    expect(again).toEqual(first);
    expect(parts.times()).toBe(1);
  });

  it('without a cache lets every request be carried out, save while the first is under way', async () => {
    const repeats = createRepeats(forgetful);
    const parts = counted((count) => ({ json: { count } }));
    await repeats.answer(request(), parts);
    await repeats.answer(request({ attempt: 1 }), parts);
    expect(parts.times()).toBe(2);
    await Promise.all([repeats.answer(request(), parts), repeats.answer(request({ attempt: 1 }), parts)]);
    expect(parts.times()).toBe(3);
  });

  it('opens a stream again by its token', async () => {
    const repeats = createRepeats(await openAnswers());
    const frames = (async function* () {})();
    const parts = counted(() => ({ frames, token: { run: 'r' } }));
    expect(await repeats.answer(request(), parts)).toEqual({ frames, token: { run: 'r' } });
    expect(await repeats.answer(request({ attempt: 1 }), parts)).toEqual({ json: { reopened: { run: 'r' } } });
    expect(parts.times()).toBe(1);
  });

  it('keeps no refusal, and tells a repeat that waited for it of the same', async () => {
    const repeats = createRepeats(await openAnswers());
    let refusals = 0;
    const work = (): Promise<Reply> => {
      refusals += 1;
      return Promise.reject(new Error(`refused ${refusals}`));
    };
    const answers = [request(), request({ attempt: 1 })].map((each) => repeats.answer(each, { work, reopen: null }));
    const outcomes = await Promise.allSettled(answers);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
    await expect(repeats.answer(request({ attempt: 2 }), { work, reopen: null })).rejects.toThrow('refused 2');
  });

  it('tells requests apart by sender, method, path and body', async () => {
    const repeats = createRepeats(await openAnswers());
    const parts = counted((count) => ({ json: { count } }));
    await repeats.answer(request(), parts);
    const others = [{ userId: 'v' }, { method: 'put' }, { url: '/v1/threads?x' }, { body: { a: 2 } }];
    for (const other of others) await repeats.answer(request({ ...other, attempt: 1 }), parts);
    expect(parts.times()).toBe(1 + others.length);
  });
});
