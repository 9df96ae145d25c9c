import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { spellDuration } from '../../../src/http/openai/rate-limits.js';
import { startFace, type Answer, type OpenaiFace } from '../../support/openai-face.js';

const start = Date.UTC(2026, 0, 1);
const atSecond = (second: number): void => void vi.setSystemTime(start + second * 1_000);

let face: OpenaiFace;
beforeEach(() => {
  // The time of day alone stands still: timers go on, so that requests and clients work as always.
  vi.useFakeTimers({ toFake: ['Date'], now: start });
});
afterEach(async () => {
  vi.useRealTimers();
  await face.close();
});

const limitedTo = async (requestsPerMinute: number, corsOrigins: string[] = []): Promise<void> => {
  face = await startFace({ requestsPerMinute, corsOrigins });
};
const standing = ({ headers }: Answer): (string | null)[] =>
  ['limit', 'remaining', 'reset'].map((name) => headers.get(`x-ratelimit-${name}-requests`));
const retry = ({ headers }: Answer): (string | null)[] => [headers.get('retry-after'), headers.get('retry-after-ms')];
/** Asks when the minute is over, since asking counts as well. */
const countThreads = async (): Promise<number> => {
  atSecond(120);
  return (await face.send('GET', '/threads')).body.data.length;
};

describe('a limit of requests', () => {
  it('is told in every answer, with what is left of it and when it is whole again', async () => {
    await limitedTo(5);
    expect(standing(await face.send('POST', '/threads', {}))).toEqual(['5', '4', '1m0s']);
    atSecond(0.05);
    expect(standing(await face.send('GET', '/threads/thread_x'))).toEqual(['5', '3', '59.95s']);
    atSecond(14);
    expect(standing(await face.send('GET', '/nothing'))).toEqual(['5', '2', '46s']);
    atSecond(59.88);
    expect(standing(await face.send('DELETE', '/threads'))).toEqual(['5', '1', '120ms']);
  });

  it('refuses what is over it with the 429 that clients know, and makes nothing', async () => {
    await limitedTo(1);
    await face.send('POST', '/threads', {});
    atSecond(54);
    const refused = await face.send('POST', '/threads', {});
    expect([refused.status, refused.body.error]).toEqual([
      429,
      {
        message:
          'Rate limit reached for this API key on requests per min (RPM): Limit 1, Used 1, Requested 1. Please try again in 6s.',
        type: 'requests',
        param: null,
        code: 'rate_limit_exceeded',
      },
    ]);
    expect([...standing(refused), ...retry(refused)]).toEqual(['1', '0', '6s', '6', '6000']);
    expect(refused.headers.get('x-request-id')).toMatch(/^req_/u);
    expect(await countThreads()).toBe(1);
  });

  it('is not moved on by what it refuses, and is whole again when its minute is over', async () => {
    await limitedTo(2);
    for (const second of [0, 1, 20, 40]) {
      atSecond(second);
      await face.send('GET', '/threads');
    }
    atSecond(59.999);
    expect((await face.send('GET', '/threads')).status).toBe(429);
    atSecond(60);
    const answer = await face.send('GET', '/threads');
    expect([answer.status, ...standing(answer)]).toEqual([200, '2', '1', '1m0s']);
  });

  it('is each key’s own, in whichever header it comes', async () => {
    await limitedTo(1);
    const other = await face.app.newUser();
    const statusAs = async (headers: Record<string, string>): Promise<number> =>
      (await face.send('GET', '/models', undefined, headers)).status;
    expect(await statusAs(other.headers)).toBe(200);
    expect(await statusAs({ authorization: '', 'api-key': other.key })).toBe(429);
    expect(await statusAs({})).toBe(200);
  });

  it('counts those without a key by their address, apart from those with one', async () => {
    await limitedTo(1);
    const nobody = { authorization: '' };
    expect((await face.send('GET', '/models', undefined, nobody)).status).toBe(401);
    expect((await face.send('GET', '/models', undefined, nobody)).status).toBe(429);
    expect((await face.send('GET', '/models')).status).toBe(200);
  });

  it('is one for all spellings of the face, and leaves the native face alone', async () => {
    await limitedTo(3);
    const paths = ['/v1/threads', '/openai/v1/threads', '/openai/threads?api-version=2024-05-01-preview', '/v1/models'];
    const answers = [];
    for (const path of paths) answers.push(await face.send('GET', path));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    const native = await face.send('GET', '/api/agents');
    expect([native.status, ...standing(native)]).toEqual([200, null, null, null]);
  });

  it('is told with a stream, too', async () => {
    await limitedTo(9);
    const { id } = (await face.send('POST', '/assistants', { model: 'm' })).body;
    const { response } = await face
      .client()
      .beta.threads.createAndRun({ assistant_id: id, stream: true })
      .withResponse();
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('7');
    await response.body?.cancel();
  });

  it('can be read by a page, whose preflight is not counted', async () => {
    await limitedTo(1, ['http://localhost:3000']);
    const origin = { origin: 'http://localhost:3000' };
    await fetch(`${face.baseUrl}/threads`, {
      method: 'OPTIONS',
      headers: { ...origin, 'access-control-request-method': 'POST' },
    });
    await face.send('POST', '/threads', {}, origin);
    const refused = await face.send('POST', '/threads', {}, origin);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
    const readable = refused.headers.get('access-control-expose-headers')?.split(', ');
    expect(readable).toEqual(expect.arrayContaining(['retry-after-ms', 'x-ratelimit-remaining-requests']));
  });

  it('is waited for by the official client, which then succeeds', async () => {
    await limitedTo(1);
    await face.send('POST', '/threads', {});
    atSecond(59.98);
    const statuses: number[] = [];
    const waiting: typeof fetch = async (input, init) => {
      const response = await face.watch.fetch(input, init);
      statuses.push(response.status);
      // The client now sleeps for what it was told, and no longer.
      if (response.status === 429) vi.setSystemTime(Date.now() + Number(response.headers.get('retry-after-ms')));
      return response;
    };
    await face.client({ maxRetries: 1, fetch: waiting }).beta.threads.create();
    expect(statuses).toEqual([429, 200]);
    expect(await countThreads()).toBe(2);
  });
});

describe('an attempt after a refusal', () => {
  const say = (attempt: number, thread: string): Promise<Answer> =>
    face.send(
      'POST',
      `/threads/${thread}/messages`,
      { role: 'user', content: 'yes' },
      {
        'x-stainless-retry-count': String(attempt),
      },
    );
  const countMessages = async (thread: string): Promise<number> =>
    (await face.send('GET', `/threads/${thread}/messages`)).body.data.length;

  it('is a message of its own, though the same was said before', async () => {
    await limitedTo(2);
    const { id } = (await face.send('POST', '/threads', {})).body;
    const first = await say(0, id);
    expect((await say(0, id)).status).toBe(429);
    expect((await say(1, id)).status).toBe(429);
    atSecond(60);
    expect((await say(2, id)).body.id).not.toBe(first.body.id);
    expect(await countMessages(id)).toBe(2);
  });

  it('repeats the message whose answer was lost before the refusal', async () => {
    await limitedTo(2);
    const { id } = (await face.send('POST', '/threads', {})).body;
    const first = await say(0, id);
    expect((await say(1, id)).status).toBe(429);
    atSecond(60);
    expect((await say(2, id)).body.id).toBe(first.body.id);
    expect(await countMessages(id)).toBe(1);
  });
});

describe('a server without a limit', () => {
  it('says nothing of any', async () => {
    await limitedTo(0);
    const answer = await face.send('POST', '/threads', {});
    expect([...answer.headers.keys()].filter((name) => name.startsWith('x-ratelimit'))).toEqual([]);
  });
});

describe('a duration', () => {
  it.each([
    [1, '1ms'],
    [999, '999ms'],
    [1_000, '1s'],
    [1_500, '1.5s'],
    [60_000, '1m0s'],
    [360_000, '6m0s'],
    [390_000, '6m30s'],
  ])('of %i milliseconds is spelled %s', (milliseconds, spelled) => {
    expect(spellDuration(milliseconds)).toBe(spelled);
  });
});
