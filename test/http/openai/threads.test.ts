import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readId } from '../../../src/domain/ids.js';
import { privateMemoryKey } from '../../../src/services/memory-scope.js';
import { principal } from '../../support/engine-room.js';
import { lastUserText } from '../../support/requests.js';
import { startFace, type Body, type OpenaiFace } from '../../support/openai-face.js';

let face: OpenaiFace;
beforeAll(async () => {
  face = await startFace({
    script: (request) =>
      lastUserText(request) === 'Think for ever.'
        ? { text: 'Nobody hears this.', before: untilAborted }
        : { calls: [{ name: 'lookup', arguments: {} }] },
  });
});
afterAll(() => face.close());

/** Resolves once the thinking has been broken off. */
let broken: Promise<void>;
const untilAborted = (signal: AbortSignal): Promise<void> => {
  broken = new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
  return broken.then(() => signal.throwIfAborted());
};

async function make(body?: object): Promise<Body> {
  const { status, body: made } = await face.send('POST', '/threads', body);
  expect(status).toBe(200);
  return made;
}

const inner = (thread: Body): string => readId('conversation', thread.id) ?? '';
const messagesOf = async (thread: Body): Promise<Body[]> =>
  (await face.send('GET', `/threads/${thread.id}/messages?order=asc`)).body.data;

/** Lets an assistant ask for a function in a thread, so that a run waits there for its client. */
async function startRun(thread: Body): Promise<{ runId: string; agentId: string }> {
  const tools = [{ type: 'function', function: { name: 'lookup' } }];
  const { body: assistant } = await face.send('POST', '/assistants', { model: 'm', tools });
  const agentId = readId('agent', assistant.id) ?? '';
  const run = await face.app.services.runs.start(principal, {
    agentId,
    conversationId: inner(thread),
    input: [],
    whenActive: 'refuse',
  });
  await face.app.room.rest(run);
  return { runId: run.id, agentId };
}

describe('a new thread', () => {
  it.each([[undefined], [{}], [{ messages: null, metadata: null, tool_resources: null }]])(
    'is empty where the body is %j',
    async (body) => {
      const made = await make(body);
      expect(made).toEqual({
        id: expect.stringMatching(/^thread_\w{22}$/u) as string,
        object: 'thread',
        created_at: expect.any(Number) as number,
        metadata: {},
        tool_resources: { code_interpreter: { file_ids: [] }, file_search: { vector_store_ids: [] } },
      });
      expect((await face.send('GET', `/threads/${made.id}`)).body).toEqual(made);
      expect(await messagesOf(made)).toEqual([]);
    },
  );

  it('keeps the order of the messages it is made with, within the one second in which they are made', async () => {
    const texts = Array.from({ length: 32 }, (_, index) => `message ${index}`);
    const roles = ['user', 'assistant'];
    const messages = texts.map((content, index) => ({ role: roles[index % 2], content, metadata: { at: `${index}` } }));
    const said = await messagesOf(await make({ messages }));
    expect(said).toHaveLength(20);
    expect(said.map((message) => message.content[0]?.text?.value)).toEqual(texts.slice(0, 20));
    expect(said[1]).toMatchObject({ role: 'assistant', assistant_id: null, run_id: null, metadata: { at: '1' } });
  });

  it('takes no more than 32 messages', async () => {
    const messages = Array.from({ length: 33 }, () => ({ role: 'user', content: 'x' }));
    const { status, body } = await face.send('POST', '/threads', { messages });
    expect([status, body.error?.code]).toEqual([400, 'array_above_max_length']);
  });

  it('opens the memory of the end user that its metadata names', async () => {
    const keyOf = async (metadata: object): Promise<string | null | undefined> =>
      (await face.app.store.conversations.find(inner(await make({ metadata }))))?.memoryKey;
    expect(await keyOf({ memory: 'anna' })).toBe('user:anna');
    expect(await keyOf({ user_id: 'anna' })).toBe('user:anna');
    expect(await keyOf({ memory: 'anna', user_id: 'ben' })).toBe('user:anna');
    expect(await keyOf({ memory: '', topic: 'tea' })).toBeNull();
    // A name can never spell the key of another thread's private memory.
    expect(await keyOf({ memory: privateMemoryKey('x') })).toBe(`user:${privateMemoryKey('x')}`);
  });
});

describe('a change of a thread', () => {
  it('replaces its metadata as a whole, and leaves it where it is not named', async () => {
    const made = await make({ metadata: { a: '1' } });
    const changed = await face.send('POST', `/threads/${made.id}`, { metadata: { b: '2' } });
    expect(changed.body).toEqual({ ...made, metadata: { b: '2' } });
    expect((await face.send('POST', `/threads/${made.id}`, {})).body).toEqual(changed.body);
    expect((await face.send('POST', `/threads/${made.id}`, { metadata: null })).body.metadata).toEqual({});
  });

  it('that names no memory leaves the one that was named, and another name takes its place', async () => {
    const made = await make({ metadata: { memory: 'anna' } });
    const keyAfter = async (metadata: object): Promise<string | null | undefined> => {
      await face.send('POST', `/threads/${made.id}`, { metadata });
      return (await face.app.store.conversations.find(inner(made)))?.memoryKey;
    };
    expect(await keyAfter({ title: 'Tea' })).toBe('user:anna');
    expect(await keyAfter({ user_id: 'ben' })).toBe('user:ben');
  });
});

describe('a deleted thread', () => {
  it('is gone with its messages, and its second deletion finds nothing', async () => {
    const made = await make({ messages: [{ role: 'user', content: 'Hi' }] });
    const [message] = await messagesOf(made);
    const deleted = await face.send('DELETE', `/threads/${made.id}`);
    expect([deleted.status, deleted.body]).toEqual([200, { id: made.id, object: 'thread.deleted', deleted: true }]);
    const paths = ['', '/messages', `/messages/${message?.id ?? ''}`];
    for (const path of paths) {
      const { status, body } = await face.send('GET', `/threads/${made.id}${path}`);
      expect([status, body.error?.message]).toEqual([404, `No thread found with id '${made.id}'.`]);
    }
    expect((await face.send('DELETE', `/threads/${made.id}`)).status).toBe(404);
  });

  it('takes a run along that was still active, and its private memory, and leaves the shared ones', async () => {
    const { store } = face.app;
    const lone = await make();
    const { runId, agentId } = await startRun(lone);
    const shared = await make({ metadata: { memory: 'anna' } });
    const second = await startRun(shared);
    expect(await store.memories.findByKey(agentId, privateMemoryKey(inner(lone)))).not.toBeNull();
    for (const thread of [lone, shared]) expect((await face.send('DELETE', `/threads/${thread.id}`)).status).toBe(200);
    expect(await store.runs.find(runId)).toBeNull();
    expect(await store.memories.findByKey(agentId, privateMemoryKey(inner(lone)))).toBeNull();
    expect(await store.memories.findByKey(agentId, 'default')).not.toBeNull();
    expect(await store.memories.findByKey(second.agentId, 'user:anna')).not.toBeNull();
    expect(face.app.room.faults).toEqual([]);
  });
});

describe('a thread that is deleted while its run thinks', () => {
  it('breaks the thinking off, and tells the reader of its stream that the run was cancelled', async () => {
    const thread = await make({ messages: [{ role: 'user', content: 'Think for ever.' }] });
    const { body: assistant } = await face.send('POST', '/assistants', { model: 'm' });
    const stream = face.client().beta.threads.runs.stream(thread.id, { assistant_id: assistant.id });
    const events: string[] = [];
    const read = (async () => {
      for await (const event of stream) {
        events.push(event.event);
        if (event.event !== 'thread.run.in_progress') continue;
        await expect.poll(() => face.app.room.provider.requests.length).toBeGreaterThan(0);
        expect((await face.send('DELETE', `/threads/${thread.id}`)).status).toBe(200);
      }
    })();
    await read;
    await broken;
    expect(events.slice(-2)).toEqual(['thread.run.cancelling', 'thread.run.cancelled']);
    expect((await face.send('GET', `/threads/${thread.id}`)).status).toBe(404);
  });
});

describe('the list of threads', () => {
  it('is narrowed by memory, by assistant and by metadata', async () => {
    const stranger = await face.app.newUser();
    const anna = await make({ metadata: { memory: 'anna-7', topic: 'coffee', mood: 'calm' } });
    const ben = await make({ metadata: { user_id: 'ben-7', topic: 'coffee' } });
    const { agentId } = await startRun(ben);
    const ids = async (query: string, headers = {}): Promise<string[]> =>
      (await face.send('GET', `/threads?${query}`, undefined, headers)).body.data.map((thread: Body) => thread.id);
    expect(await ids('memory=anna-7')).toEqual([anna.id]);
    expect(await ids('memory=ben-7')).toEqual([ben.id]);
    expect(await ids(`assistant_id=${agentId}`)).toEqual([ben.id]);
    expect(await ids('metadata[topic]=coffee')).toEqual([ben.id, anna.id]);
    expect(await ids('metadata[topic]=coffee&metadata[mood]=calm&order=asc')).toEqual([anna.id]);
    expect(await ids('metadata[topic]=coffee&limit=1')).toEqual([ben.id]);
    expect(await ids('metadata[topic]=coffee', stranger.headers)).toEqual([]);
  });
});
