import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractIsHere } from '../support/contract.js';
import { startFace, type Answer, type Body, type OpenaiFace } from '../support/openai-face.js';
import { finalStatuses, lookup, newStory, untilStatus } from '../support/run-stories.js';
import { open, outputsFor, twoCalls } from './checklist.js';

/*
 * What a client of the Assistants API relies on, item by item: transport, objects and lists, and runs. The items from 21
 * on, and those that need a server of their own, are in checklist-streams.test.ts. Each is told briefly; the tests of the
 * face go into the corners.
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

interface Started {
  threadId: string;
  assistantId: string;
  run: Body;
  path: string;
}

/** A run of an assistant with a function, in one of the states it is waited for in. */
async function runIn(
  own: OpenaiFace,
  statuses: readonly string[] = finalStatuses,
  fields: object = {},
): Promise<Started> {
  const story = await newStory(own, { assistant: { tools: [lookup], instructions: 'Be kind.' } });
  const body = { assistant_id: story.assistantId, ...fields };
  const made = await own.send('POST', `/threads/${story.threadId}/runs`, body);
  const path = `/threads/${story.threadId}/runs/${made.body.id}`;
  return { ...story, path, run: await untilStatus(own, path, statuses) };
}

const silent = { text: 'Well', cutAfter: 1, ending: 'silence' } as const;
const submit = (own: OpenaiFace, path: string, ...ids: string[]): Promise<Answer> =>
  own.send('POST', `${path}/submit_tool_outputs`, { tool_outputs: outputsFor(...ids) });
const refusal = ({ status, body }: Answer): [number, string | undefined] => [status, body.error?.message];

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

  it('9. a list of messages is narrowed to a run’s, and a step tells of an agent’s own tools only where it is asked', async () => {
    const edit = { label: 'human', new_string: 'Likes teal.', insert_line: -1 };
    const own = await open([{ calls: [{ name: 'memory_insert', arguments: edit }] }, 'Noted.']);
    const { path, threadId, run } = await runIn(own);
    const said = await own.send('GET', `/threads/${threadId}/messages?run_id=${run.id}`);
    expect(said.body.data.map((message) => message.content[0]?.text?.value)).toEqual(['Noted.']);
    const stepsOf = async (query: string): Promise<number> =>
      (await own.send('GET', `${path}/steps${query}`)).body.data.length;
    expect([await stepsOf(''), await stepsOf('?include[]=memory')]).toEqual([1, 2]);
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

describe('runs', () => {
  it('13. a run that is created and polled completes, and its reply is then the first message', async () => {
    const own = await open(['Hello.']);
    const { assistantId, threadId } = await newStory(own);
    const { runs, messages } = own.client().beta.threads;
    expect((await runs.createAndPoll(threadId, { assistant_id: assistantId })).status).toBe('completed');
    expect((await messages.list(threadId)).data[0]).toMatchObject({
      role: 'assistant',
      content: [{ text: { value: 'Hello.' } }],
    });
  });

  it('14. a run that waits for outputs keeps messages and runs out, naming itself, until it is completed', async () => {
    const own = await open([twoCalls, 'Done.', 'Next.']);
    const { threadId, assistantId, run, path } = await runIn(own, ['requires_action']);
    const message = () => own.send('POST', `/threads/${threadId}/messages`, { role: 'user', content: 'x' });
    const second = () => own.send('POST', `/threads/${threadId}/runs`, { assistant_id: assistantId });
    expect(refusal(await message())).toEqual([
      400,
      `Can't add messages to ${threadId} while a run ${run.id} is active.`,
    ]);
    expect(refusal(await second())).toEqual([400, `Thread ${threadId} already has an active run ${run.id}.`]);
    await submit(own, path, 'call_a', 'call_b');
    await untilStatus(own, path, ['completed']);
    expect([(await message()).status, (await second()).status]).toEqual([200, 200]);
  });

  it('15. outputs are taken once, all together, for the calls that were made, and in time', async () => {
    let now = Date.now();
    const own = await open([twoCalls, 'Done.', twoCalls], { clock: { now: () => now } });
    const { path } = await runIn(own, ['requires_action']);
    const expected = "Expected tool outputs for call_ids ['call_a','call_b'], got ";
    expect(refusal(await submit(own, path, 'call_a'))).toEqual([400, `${expected}['call_a']`]);
    expect(refusal(await submit(own, path, 'call_a', 'call_x'))).toEqual([400, `${expected}['call_a','call_x']`]);
    expect((await submit(own, path, 'call_a', 'call_b')).status).toBe(200);
    await untilStatus(own, path, ['completed']);
    const late = (status: string) => [400, `Runs in status "${status}" do not accept tool outputs.`];
    expect(refusal(await submit(own, path, 'call_a', 'call_b'))).toEqual(late('completed'));
    const waiting = await runIn(own, ['requires_action']);
    now += 600_001;
    await own.app.room.sweeper.expire();
    expect(refusal(await submit(own, waiting.path, 'call_a', 'call_b'))).toEqual(late('expired'));
  });

  it('16. a run is cancelled in the queue, under way and waiting, and not while it stops or when it has', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const own = await open([{ text: 'Slow.', before: () => held }, twoCalls]);
    const cancel = (path: string) => own.send('POST', `${path}/cancel`);
    const stopping = await runIn(own, ['in_progress']);
    expect((await cancel(stopping.path)).body.status).toBe('cancelling');
    expect(refusal(await cancel(stopping.path))).toEqual([400, "Cannot cancel run with status 'cancelling'."]);
    release();
    await untilStatus(own, stopping.path, ['cancelled']);
    expect(refusal(await cancel(stopping.path))).toEqual([400, "Cannot cancel run with status 'cancelled'."]);
    expect((await cancel((await runIn(own, ['requires_action'])).path)).body.status).toBe('cancelled');
    await own.app.room.worker.stop(0);
    expect((await cancel((await runIn(own, ['queued'])).path)).body.status).toBe('cancelled');
  });

  it('17. a run whose ten minutes are over expires with its step and message, and frees the thread', async () => {
    let now = Date.now();
    const own = await open([silent], { clock: { now: () => now } });
    const { path, threadId } = await runIn(own, ['in_progress']);
    const messages = async () => (await own.send('GET', `/threads/${threadId}/messages`)).body.data;
    await expect.poll(async () => (await messages()).length).toBe(2);
    now += 600_001;
    await own.app.room.sweeper.expire();
    await untilStatus(own, path, ['expired']);
    expect((await own.send('GET', `${path}/steps`)).body.data).toMatchObject([{ status: 'expired' }]);
    expect((await messages())[0]).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'run_expired' },
    });
    const next = await own.send('POST', `/threads/${threadId}/messages`, { role: 'user', content: 'Still?' });
    expect(next.status).toBe(200);
  });

  it('19. what a run overrides holds for it alone, and its additional messages stay', async () => {
    const own = await open(['One.', 'Two.']);
    const overrides = { instructions: 'Be brief.', model: 'other', tools: [], additional_instructions: 'In verse.' };
    const extra = { additional_messages: [{ role: 'user', content: 'And this.' }] };
    const { run, threadId, assistantId } = await runIn(own, finalStatuses, { ...overrides, ...extra });
    expect(run).toMatchObject({ model: 'other', tools: [] });
    const asked = own.app.room.provider.requests[0];
    const prompt = JSON.stringify(asked?.messages);
    for (const text of ['Be brief.', 'In verse.', 'And this.']) expect(prompt).toContain(text);
    expect(prompt).not.toContain('Be kind.');
    expect(asked?.tools.map((tool) => tool.name)).not.toContain('lookup');
    expect((await own.send('GET', `/assistants/${assistantId}`)).body['instructions']).toBe('Be kind.');
    expect((await own.send('GET', `/threads/${threadId}/messages`)).body.data).toHaveLength(3);
  });

  it('20. a reply that meets its token limit leaves run and message incomplete, each with its reason', async () => {
    const own = await open([{ text: 'Once upon', finish: 'length' }]);
    const { run, threadId } = await runIn(own, finalStatuses, { max_completion_tokens: 256 });
    expect(run).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_completion_tokens' } });
    const { body } = await own.send('GET', `/threads/${threadId}/messages`);
    expect(body.data[0]).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_tokens' } });
  });
});
