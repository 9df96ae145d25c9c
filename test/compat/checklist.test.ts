import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractIsHere } from '../support/contract.js';
import { startFace, type Answer, type Body, type OpenaiFace } from '../support/openai-face.js';

/*
 * What a client of the Assistants API relies on, item by item: transport, objects and lists.
 */

let face: OpenaiFace;
let assistant: Body;
beforeAll(async () => {
  face = await startFace({
    corsOrigins: ['*'],
    script: () => ({ calls: [{ name: 'lookup', arguments: {} }] }),
  });
  const tools = [{ type: 'function', function: { name: 'lookup' } }];
  assistant = (await face.send('POST', '/assistants', { model: 'm', tools })).body;
});
afterAll(() => face.close());

const newThread = async (body: object = {}): Promise<Body> => (await face.send('POST', '/threads', body)).body;
const say = (thread: Body, headers?: Record<string, string>): Promise<Answer> =>
  face.send('POST', `/threads/${thread.id}/messages`, { role: 'user', content: 'x' }, headers);

/** A thread whose run waits for its client. */
async function lockedThread(): Promise<{ thread: Body; run: Body }> {
  const thread = await newThread();
  const { body: run } = await face.send('POST', `/threads/${thread.id}/runs`, { assistant_id: assistant.id });
  const status = async (): Promise<string> =>
    (await face.send('GET', `/threads/${thread.id}/runs/${run.id}`)).body.status;
  await expect.poll(status).toBe('requires_action');
  return { thread, run };
}

describe('transport', () => {
  it('1. every JSON answer is typed and has an id, and every refusal has all four members', async () => {
    const thread = await newThread();
    for (const path of [`/threads/${thread.id}`, '/threads/thread_x', '/threads/undefined', '/nothing']) {
      const answer = await face.send('GET', path);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/u);
      expect(answer.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/u);
      if (answer.status !== 200) {
        expect(Object.keys(answer.body.error ?? {}).sort()).toEqual(['code', 'message', 'param', 'type']);
      }
    }
  });

  it('2. no beta header, version 2, a list of betas and version 1 are all served', async () => {
    for (const beta of ['', 'assistants=v2', 'assistants=v2, realtime=v1', 'assistants=v1']) {
      expect((await face.send('POST', '/threads', {}, { 'openai-beta': beta })).status).toBe(200);
    }
  });

  it('3. a locked thread refuses with 400, which the client sends once', async () => {
    const { thread } = await lockedThread();
    let requests = 0;
    const counting: typeof fetch = (input, init) => {
      requests += 1;
      return face.watch.fetch(input, init);
    };
    const { threads } = face.client({ maxRetries: 2, fetch: counting }).beta;
    await expect(threads.runs.create(thread.id, { assistant_id: assistant.id })).rejects.toMatchObject({ status: 400 });
    expect(requests).toBe(1);
  });

  it('4. a repeated attempt makes no second message', async () => {
    const thread = await newThread();
    await say(thread, { 'x-stainless-retry-count': '0' });
    await say(thread, { 'x-stainless-retry-count': '1' });
    expect((await face.send('GET', `/threads/${thread.id}/messages`)).body.data).toHaveLength(1);
  });

  it('5. a run is cancelled and a thread made without a body', async () => {
    const { thread, run } = await lockedThread();
    expect((await face.send('POST', `/threads/${thread.id}/runs/${run.id}/cancel`)).status).toBe(200);
    for (const body of [undefined, '', {}]) expect((await face.send('POST', '/threads', body)).status).toBe(200);
  });

  it('6. a page may send every header of the client', async () => {
    const names = ['authorization', 'openai-beta', 'x-stainless-lang', 'x-stainless-retry-count', 'x-stainless-os'];
    const { headers } = await fetch(`${face.baseUrl}/threads`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost:3000',
        'access-control-request-method': 'POST',
        'access-control-request-headers': names.join(','),
      },
    });
    for (const name of names) expect(headers.get('access-control-allow-headers')).toContain(name);
  });
});

describe('objects and lists', () => {
  it.skipIf(!contractIsHere)('7. every answer so far was held against the contract of the original', () => {
    // Where one breaks it, closing the face fails this file.
    expect(face.watch.checked()).toBeGreaterThan(20);
  });

  it('8. the client walks through 45 messages, each once, newest first and oldest first', async () => {
    const thread = await newThread();
    const made: string[] = [];
    for (let index = 0; index < 45; index += 1) made.push((await say(thread)).body.id);
    const { messages } = face.client().beta.threads;
    for (const order of ['asc', 'desc'] as const) {
      const walked: string[] = [];
      for await (const message of messages.list(thread.id, { limit: 20, order })) walked.push(message.id);
      expect(walked).toEqual(order === 'asc' ? made : [...made].reverse());
    }
    const before = await messages.list(thread.id, { limit: 20, before: made[40] });
    expect(before.data.map((message) => message.id)).toEqual(made.slice(41).reverse());
  });

  it('10. metadata has 16 pairs, keys of 64 and values of 512 characters, and no numbers', async () => {
    const pairs = (count: number): object =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, 'v']));
    const codeFor = async (metadata: object): Promise<string | null | undefined> =>
      (await face.send('POST', '/threads', { metadata })).body.error?.code;
    expect(await codeFor(pairs(16))).toBeUndefined();
    expect(await codeFor(pairs(17))).toBe('object_above_max_properties');
    expect(await codeFor({ ['k'.repeat(65)]: 'v' })).toBe('property_name_above_max_length');
    expect(await codeFor({ k: 'v'.repeat(513) })).toBe('string_above_max_length');
    expect(await codeFor({ k: 1 })).toBe('invalid_type');
  });

  it('11. ids of the wrong form are 400, and ids that nobody has 404, in words that clients look for', async () => {
    const thread = await newThread();
    for (const id of ['undefined', assistant.id]) {
      const { status, body } = await face.send('GET', `/threads/${id}`);
      expect([status, body.error?.code]).toEqual([400, 'invalid_value']);
    }
    const missing: [string, string][] = [
      ['/threads/thread_x', "No thread found with id 'thread_x'."],
      ['/assistants/asst_x', "No assistant found with id 'asst_x'."],
      [`/threads/${thread.id}/messages/msg_x`, "No message found with id 'msg_x'."],
      [`/threads/${thread.id}/runs/run_x`, "No run found with id 'run_x'."],
    ];
    for (const [path, message] of missing) {
      const { status, body } = await face.send('GET', path);
      expect([status, body.error?.message]).toEqual([404, message]);
    }
  });

  it('12. what is deleted says so once, and a deleted assistant leaves its runs to be read', async () => {
    const own = (await face.send('POST', '/assistants', { model: 'm', tools: assistant['tools'] })).body;
    const thread = await newThread({ messages: [{ role: 'user', content: 'x' }] });
    const { body: run } = await face.send('POST', `/threads/${thread.id}/runs`, { assistant_id: own.id });
    const deleted = await face.send('DELETE', `/assistants/${own.id}`);
    expect(deleted.body).toEqual({ id: own.id, object: 'assistant.deleted', deleted: true });
    expect((await face.send('DELETE', `/assistants/${own.id}`)).status).toBe(404);
    expect((await face.send('GET', `/threads/${thread.id}/runs/${run.id}`)).status).toBe(200);
    const other = await newThread();
    const refused = await face.send('POST', `/threads/${other.id}/runs`, { assistant_id: own.id });
    expect([refused.status, refused.body.error?.message]).toEqual([404, `No assistant found with id '${own.id}'.`]);
  });
});
