import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asAdmin } from '../running-app.js';
import { startFace, type Answer, type Body, type OpenaiFace } from '../../support/openai-face.js';

let face: OpenaiFace;
beforeAll(async () => {
  face = await startFace({ script: () => 'Hello.' });
});
afterAll(() => face.close());

const attempt = (count: number): Record<string, string> => ({ 'x-stainless-retry-count': String(count) });
const newThread = async (): Promise<Body> => (await face.send('POST', '/threads')).body;
const sayIn = (thread: Body, content: string, headers: Record<string, string>): Promise<Answer> =>
  face.send('POST', `/threads/${thread.id}/messages`, { role: 'user', content }, headers);

async function textsOf(thread: Body): Promise<(string | undefined)[]> {
  const { body } = await face.send('GET', `/threads/${thread.id}/messages?order=asc`);
  return body.data.map((message) => message.content[0]?.text?.value);
}

const withoutComments = (text: string): string => text.replaceAll(/^:.*\n\n/gmu, '');

describe('a repeated request', () => {
  it('gets the first answer again and makes nothing twice', async () => {
    const thread = await newThread();
    const first = await sayIn(thread, 'once', attempt(0));
    const second = await sayIn(thread, 'once', attempt(1));
    const third = await sayIn(thread, 'once', attempt(2));
    expect([second.body, third.body]).toEqual([first.body, first.body]);
    expect(second.headers.get('x-request-id')).not.toBe(first.headers.get('x-request-id'));
    expect(await textsOf(thread)).toEqual(['once']);
  });

  it('whose first attempt never arrived is carried out', async () => {
    const thread = await newThread();
    expect((await sayIn(thread, 'late', attempt(1))).status).toBe(200);
    expect((await sayIn(thread, 'late', attempt(2))).status).toBe(200);
    expect(await textsOf(thread)).toEqual(['late']);
  });

  it('is one only with the same body, path and sender', async () => {
    const thread = await newThread();
    const other = await newThread();
    await sayIn(thread, 'one', attempt(0));
    await sayIn(thread, 'two', attempt(1));
    await sayIn(other, 'one', attempt(1));
    expect(await textsOf(thread)).toEqual(['one', 'two']);
    expect(await textsOf(other)).toEqual(['one']);

    const stranger = await face.app.newUser();
    const mine = await face.send('POST', '/threads', { metadata: { a: '1' } }, attempt(0));
    const theirs = await face.send(
      'POST',
      '/threads',
      { metadata: { a: '1' } },
      { ...stranger.headers, ...attempt(1) },
    );
    expect(theirs.body.id).not.toBe(mine.body.id);
  });

  it('is not the same as saying the same thing twice', async () => {
    const thread = await newThread();
    await sayIn(thread, 'yes', {});
    await sayIn(thread, 'yes', attempt(0));
    await sayIn(thread, 'yes', attempt(1));
    // The repeat above was answered; another first repeat can only be that of another request.
    await sayIn(thread, 'yes', attempt(1));
    expect(await textsOf(thread)).toEqual(['yes', 'yes', 'yes']);
  });

  it('waits for the first where that is still being answered', async () => {
    const thread = await newThread();
    const answers = await Promise.all([
      sayIn(thread, 'slow', attempt(0)),
      sayIn(thread, 'slow', attempt(1)),
      sayIn(thread, 'slow', attempt(2)),
    ]);
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(await textsOf(thread)).toEqual(['slow']);
  });

  it('of a refused one is tried anew', async () => {
    const refused = await face.send('POST', '/threads/thread_abc/messages', { role: 'user', content: 'x' }, attempt(0));
    const again = await face.send('POST', '/threads/thread_abc/messages', { role: 'user', content: 'x' }, attempt(1));
    expect([refused.status, again.status]).toEqual([404, 404]);
  });

  it('of the official client goes unnoticed where its first answer was lost', async () => {
    const thread = await newThread();
    let lost = 0;
    const losing: typeof fetch = async (input, init) => {
      const response = await face.watch.fetch(input, init);
      if (lost > 0) return response;
      lost += 1;
      await response.arrayBuffer();
      throw new TypeError('fetch failed');
    };
    const client = face.client({ maxRetries: 2, fetch: losing });
    const message = await client.beta.threads.messages.create(thread.id, { role: 'user', content: 'over' });
    expect(lost).toBe(1);
    expect(await textsOf(thread)).toEqual(['over']);
    expect((await client.beta.threads.messages.list(thread.id)).data).toMatchObject([{ id: message.id }]);
  });
});

describe('a repeated request for a stream', () => {
  it('is told the same run again, and starts no other', async () => {
    const thread = await newThread();
    const { body: assistant } = await face.send('POST', '/assistants', { model: 'm' });
    const stream = async (count: number): Promise<string> => {
      const response = await face.watch.fetch(`${face.baseUrl}/threads/${thread.id}/runs`, {
        method: 'POST',
        headers: { ...asAdmin, 'content-type': 'application/json', ...attempt(count) },
        body: JSON.stringify({ assistant_id: assistant.id, stream: true }),
      });
      expect(response.headers.get('content-type')).toContain('text/event-stream');
      return response.text();
    };
    const first = await stream(0);
    const again = await stream(1);
    expect(first).toContain('event: thread.run.completed');
    expect(withoutComments(again)).toBe(withoutComments(first));
    const { body } = await face.send('GET', `/threads/${thread.id}/runs`);
    expect(body.data).toHaveLength(1);
  });
});

describe('an idempotency key', () => {
  const keyed = (key: string): Record<string, string> => ({ 'idempotency-key': key });

  it('stands for one request, however often it is sent and by however many at once', async () => {
    const thread = await newThread();
    const first = await sayIn(thread, 'keyed', keyed('k1'));
    const others = await Promise.all([1, 2, 3].map(() => sayIn(thread, 'keyed', keyed('k1'))));
    expect(others.map((answer) => answer.body)).toEqual([first.body, first.body, first.body]);
    const together = await Promise.all([1, 2, 3].map(() => sayIn(thread, 'together', keyed('k2'))));
    expect(new Set(together.map((answer) => answer.body.id)).size).toBe(1);
    expect(await textsOf(thread)).toEqual(['keyed', 'together']);
  });

  it('that comes with other words is refused', async () => {
    const thread = await newThread();
    await sayIn(thread, 'first', keyed('k3'));
    const other = await sayIn(thread, 'second', keyed('k3'));
    expect([other.status, other.body.error?.param]).toEqual([400, 'Idempotency-Key']);
    expect(await textsOf(thread)).toEqual(['first']);
  });

  it('tells apart what has the same words', async () => {
    const thread = await newThread();
    await sayIn(thread, 'same', keyed('k4'));
    await sayIn(thread, 'same', keyed('k5'));
    expect(await textsOf(thread)).toEqual(['same', 'same']);
  });
});
