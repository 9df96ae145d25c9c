import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endMessage, type Message } from '../../../src/domain/message.js';
import { newId, readId, toOpenaiId } from '../../../src/domain/ids.js';
import type { Run } from '../../../src/domain/run.js';
import { principal } from '../../support/engine-room.js';
import { startFace, type Body, type OpenaiFace } from '../../support/openai-face.js';

let face: OpenaiFace;
let thread: Body;
beforeAll(async () => {
  face = await startFace({ script: () => ({ calls: [{ name: 'lookup', arguments: {} }] }) });
  thread = (await face.send('POST', '/threads')).body;
});
afterAll(() => face.close());

const path = (rest = ''): string => `/threads/${thread.id}/messages${rest}`;

async function say(content: unknown, more: object = {}): Promise<Body> {
  const { status, body } = await face.send('POST', path(), { role: 'user', content, ...more });
  expect([status, body.error]).toEqual([200, undefined]);
  return body;
}

/** Puts a message of an agent into a thread as a worker would have left it. */
async function spoken(changes: (message: Message) => Message): Promise<Body> {
  const like = await say('like');
  const conversationId = readId('conversation', thread.id) ?? '';
  const row = await face.app.store.messages.get(conversationId, readId('message', like.id) ?? '');
  if (row === null) throw new Error('There is no such row.');
  const agent = { role: 'assistant' as const, agentId: newId(), runId: newId() };
  const { seq, ...message } = changes({ ...row, ...agent, id: newId() });
  expect(seq).toBeGreaterThan(0);
  await face.app.store.messages.append(conversationId, [message]);
  return (await face.send('GET', path(`/${toOpenaiId('message', message.id)}`))).body;
}

async function busyThread(): Promise<{ thread: Body; run: Run; message: Body }> {
  const own = (await face.send('POST', '/threads', { messages: [{ role: 'user', content: 'Hi' }] })).body;
  const [message] = (await face.send('GET', `/threads/${own.id}/messages`)).body.data;
  const tools = [{ type: 'function', function: { name: 'lookup' } }];
  const { body: assistant } = await face.send('POST', '/assistants', { model: 'm', tools });
  const run = await face.app.services.runs.start(principal, {
    agentId: readId('agent', assistant.id) ?? '',
    conversationId: readId('conversation', own.id) ?? '',
    input: [{ role: 'user', kind: 'said', parts: [{ type: 'text', text: 'more' }] }],
    whenActive: 'refuse',
  });
  const rested = await face.app.room.rest(run);
  expect(rested.status).toBe('requires_action');
  if (message === undefined) throw new Error('The thread is empty.');
  return { thread: own, run, message };
}

describe('a new message', () => {
  it('has every field of the original from the start', async () => {
    expect(await say('Hello', { metadata: { a: 'b' } })).toEqual({
      id: expect.stringMatching(/^msg_\w{22}$/u) as string,
      object: 'thread.message',
      created_at: expect.any(Number) as number,
      thread_id: thread.id,
      assistant_id: null,
      run_id: null,
      status: 'completed',
      incomplete_details: null,
      incomplete_at: null,
      completed_at: expect.any(Number) as number,
      role: 'user',
      content: [{ type: 'text', text: { value: 'Hello', annotations: [] } }],
      attachments: [],
      metadata: { a: 'b' },
    });
  });

  it('keeps the order and details of its parts', async () => {
    const { content } = await say([
      { type: 'text', text: 'Look:' },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
      { type: 'text', text: 'at that' },
    ]);
    expect(content).toEqual([
      { type: 'text', text: { value: 'Look:', annotations: [] } },
      { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
      { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA', detail: 'auto' } },
      { type: 'text', text: { value: 'at that', annotations: [] } },
    ]);
  });

  it.each([
    '',
    'picture.png',
    'ftp://example.com/a.png',
    'https://',
    'data:text/plain;base64,AAAA',
    'data:image/png;base64,',
  ])('shows no image at an address that no model can open: %j', async (url) => {
    const content = [{ type: 'image_url', image_url: { url } }];
    const { status, body } = await face.send('POST', path(), { role: 'user', content });
    expect([status, body.error]).toEqual([
      400,
      {
        message: "Invalid 'content[0].image_url.url'. Expected a valid URL, but got a value with an invalid format.",
        type: 'invalid_request_error',
        param: 'content[0].image_url.url',
        code: 'invalid_value',
      },
    ]);
  });

  it('may be an assistant’s, said by no agent', async () => {
    expect(await say('I was here', { role: 'assistant' })).toMatchObject({
      role: 'assistant',
      assistant_id: null,
      run_id: null,
    });
  });

  it('names no file that is not there', async () => {
    const image = { type: 'image_file', image_file: { file_id: 'file-abc' } };
    const refusals = [
      { content: 'x', attachments: [{ file_id: 'file-abc', tools: [{ type: 'file_search' }] }] },
      { content: 'x', attachments: [{ file_id: 'file-abc' }] },
      { content: 'x', file_ids: ['file-abc'] },
      { content: [image] },
    ];
    for (const body of refusals) {
      const answer = await face.send('POST', path(), { role: 'user', ...body });
      expect([answer.status, answer.body.error?.message]).toEqual([404, 'No such File object: file-abc']);
    }
    await say('x', { attachments: [], file_ids: [] });
  });
});

describe('a message', () => {
  it('is read again as it was made, and changes nothing but its metadata', async () => {
    const made = await say('Keep me', { metadata: { a: '1' } });
    expect((await face.send('GET', path(`/${made.id}`))).body).toEqual(made);
    const changed = await face.send('POST', path(`/${made.id}`), { metadata: { b: '2' } });
    expect(changed.body).toEqual({ ...made, metadata: { b: '2' } });
    expect((await face.send('POST', path(`/${made.id}`), {})).body).toEqual(changed.body);
    const refused = await face.send('POST', path(`/${made.id}`), { content: 'other' });
    expect(refused.body.error).toMatchObject({ code: 'unknown_parameter', param: 'content' });
    expect((await face.send('GET', path(`/${made.id}`))).body).toEqual(changed.body);
  });

  it('is gone once it is deleted', async () => {
    const made = await say('Forget me');
    const deleted = await face.send('DELETE', path(`/${made.id}`));
    expect(deleted.body).toEqual({ id: made.id, object: 'thread.message.deleted', deleted: true });
    for (const [method, body] of [['GET'], ['POST', {}], ['DELETE']] as const) {
      const answer = await face.send(method, path(`/${made.id}`), body);
      expect([answer.status, answer.body.error?.message]).toEqual([404, `No message found with id '${made.id}'.`]);
    }
  });

  it('of another thread is not found, nor in a thread of another owner', async () => {
    const made = await say('Mine');
    const other = (await face.send('POST', '/threads')).body;
    const elsewhere = await face.send('GET', `/threads/${other.id}/messages/${made.id}`);
    expect([elsewhere.status, elsewhere.body.error?.message]).toEqual([404, `No message found with id '${made.id}'.`]);
    const stranger = await face.app.newUser();
    const requests = [
      ['GET', `/${made.id}`],
      ['GET', ''],
      ['POST', '', { role: 'user', content: 'x' }],
      ['POST', `/${made.id}`, {}],
      ['DELETE', `/${made.id}`],
    ] as const;
    for (const [method, rest, body] of requests) {
      const answer = await face.send(method, path(rest), body, stranger.headers);
      expect([answer.status, answer.body.error?.message]).toEqual([404, `No thread found with id '${thread.id}'.`]);
    }
  });

  it('that is an agent’s inner working is never shown', async () => {
    const hidden = await spoken((message) => ({ ...message, kind: 'inner', visible: false }));
    expect(hidden.error?.message).toMatch(/^No message found/u);
  });

  it('of which nothing has come yet has no content', async () => {
    const early = await spoken((message) => ({
      ...message,
      status: 'in_progress',
      parts: [{ type: 'text', text: '', annotations: [] }],
    }));
    expect(early).toMatchObject({ status: 'in_progress', content: [], completed_at: null, incomplete_at: null });
  });

  it.each([
    ['max_output_tokens', 'max_tokens'],
    ['content_filter', 'content_filter'],
    ['cancelled', 'run_cancelled'],
    ['expired', 'run_expired'],
    ['failed', 'run_failed'],
  ] as const)('that was cut by %s says so as %s, and when', async (cut, reason) => {
    const message = await spoken((whole) => endMessage(whole, { at: 1_750_000_000_900, cut }));
    expect(message).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason },
      incomplete_at: 1_750_000_000,
      completed_at: null,
      assistant_id: expect.stringMatching(/^asst_/u) as string,
      run_id: expect.stringMatching(/^run_/u) as string,
    });
  });
});

describe('while a run is active, a thread', () => {
  it('takes no message and gives none up, and says which run is in the way', async () => {
    const { thread: own, run, message } = await busyThread();
    const runId = toOpenaiId('run', run.id);
    const added = await face.send('POST', `/threads/${own.id}/messages`, { role: 'user', content: 'x' });
    expect([added.status, added.body]).toEqual([
      400,
      {
        error: {
          message: `Can't add messages to ${own.id} while a run ${runId} is active.`,
          type: 'invalid_request_error',
          param: null,
          code: null,
        },
      },
    ]);
    const deleted = await face.send('DELETE', `/threads/${own.id}/messages/${message.id}`);
    expect([deleted.status, deleted.body.error?.message]).toEqual([400, expect.stringContaining(runId)]);
    expect((await face.send('GET', `/threads/${own.id}/messages`)).body.data).toHaveLength(2);

    await face.app.services.runs.cancel(principal, run.id);
    const later = await face.send('POST', `/threads/${own.id}/messages`, { role: 'user', content: 'x' });
    expect(later.status).toBe(200);
    expect((await face.send('DELETE', `/threads/${own.id}/messages/${message.id}`)).status).toBe(200);
  });

  it('can be read, and its metadata and that of its messages changed', async () => {
    const { thread: own, message } = await busyThread();
    const changes = [`/threads/${own.id}`, `/threads/${own.id}/messages/${message.id}`];
    for (const place of changes) {
      const { status, body } = await face.send('POST', place, { metadata: { a: 'b' } });
      expect([status, body.metadata]).toEqual([200, { a: 'b' }]);
    }
    expect((await face.send('GET', `/threads/${own.id}/messages/${message.id}`)).body.metadata).toEqual({ a: 'b' });
  });

  it('keeps the official client from trying again, since a refusal is no passing failure', async () => {
    const { thread: own } = await busyThread();
    let requests = 0;
    const counting: typeof fetch = (input, init) => {
      requests += 1;
      return face.watch.fetch(input, init);
    };
    const { messages } = face.client({ maxRetries: 2, fetch: counting }).beta.threads;
    await expect(messages.create(own.id, { role: 'user', content: 'x' })).rejects.toMatchObject({ status: 400 });
    expect(requests).toBe(1);
  });
});

describe('the messages of a run', () => {
  it('are what its agent said, without what came with it', async () => {
    const { thread: own, run } = await busyThread();
    const conversationId = readId('conversation', own.id) ?? '';
    const page = await face.app.store.messages.page(conversationId, { limit: 10, order: 'desc', visibleOnly: true });
    const [brought] = page.items;
    if (brought === undefined) throw new Error('The thread is empty.');
    expect(brought.runId).toBe(run.id);
    const said = { ...brought, id: newId(), role: 'assistant' as const, agentId: run.agentId };
    await face.app.store.messages.append(conversationId, [said]);
    const runId = toOpenaiId('run', run.id);
    const { body } = await face.send('GET', `/threads/${own.id}/messages?run_id=${runId}`);
    expect(body.data).toMatchObject([{ id: toOpenaiId('message', said.id), run_id: runId, role: 'assistant' }]);
    const all = await face.send('GET', `/threads/${own.id}/messages`);
    expect(all.body.data.map((message: Body) => message.run_id)).toEqual([runId, null, null]);
  });
});
