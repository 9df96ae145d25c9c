import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMockUpstream, type MockUpstream } from '../support/mock-upstream.js';
import { serveHouse, type ServedHouse } from './house.js';

interface Asked {
  messages: { role: string; content: string }[];
  tools?: { function: { name: string } }[];
  tool_choice?: unknown;
}

/** A model server that calls what it is made to call, and cites what it was given. */
function startUpstream(): Promise<MockUpstream> {
  return startMockUpstream({
    models: [{ id: 'mock', object: 'model', created: 1_700_000_000, owned_by: 'mock' }],
    chat: ({ body }) => {
      const { messages, tools = [], tool_choice } = body as Asked;
      const last = messages.at(-1);
      if (last?.role === 'tool') {
        const [marker = ''] = /【\d+:\d+†source】/u.exec(last.content) ?? [];
        return { text: `It says so${marker}.` };
      }
      if (typeof tool_choice === 'object') {
        return { calls: [{ id: 'call_s', name: 'file_search', arguments: '{"query":"ferry"}' }] };
      }
      if (tools.some((tool) => tool.function.name === 'shout')) {
        return { calls: [{ id: 'call_1', name: 'shout', arguments: '{}' }] };
      }
      return { text: '{"colour":"teal"}' };
    },
    embeddings: ({ body }) => [body.input].flat().map((text: string) => [text.length, 0.5].slice(0, body.dimensions)),
  });
}

let upstream: MockUpstream;
let house: ServedHouse;
let client: OpenAI;
beforeAll(async () => {
  upstream = await startUpstream();
  house = await serveHouse(upstream);
  client = house.client();
});
afterAll(async () => {
  await house.close();
  await upstream.close();
});

const called = new Set<string>();

/** Notes every call of a method of a resource, and of the resources it holds; returns the names of all methods. */
function watchMethods(resource: object, path: string): string[] {
  const prototype = Object.getPrototypeOf(resource) as object;
  const names = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
  for (const name of names) {
    const method = Reflect.get(resource, name) as (...given: unknown[]) => unknown;
    const noted = (...given: unknown[]): unknown => {
      called.add(`${path}.${name}`);
      return method.apply(resource, given);
    };
    Reflect.set(resource, name, noted);
  }
  const inner = Object.entries(resource).filter(
    ([name, value]) => !name.startsWith('_') && typeof value === 'object' && value !== null,
  );
  return [
    ...names.map((name) => `${path}.${name}`),
    ...inner.flatMap(([name, value]) => watchMethods(value as object, `${path}.${name}`)),
  ];
}

const textFile = (text: string, name: string) => toFile(Buffer.from(text), name);

async function driveFiles({ files, uploads }: OpenAI): Promise<void> {
  const made = await files.create({ file: await textFile('The ferry leaves.', 'ferry.txt'), purpose: 'assistants' });
  expect(await files.retrieve(made.id)).toEqual(made);
  expect((await files.list()).data).toEqual([made]);
  expect(await (await files.content(made.id)).text()).toBe('The ferry leaves.');
  expect((await files.waitForProcessing(made.id)).status).toBe('processed');
  const begun = { filename: 'a.txt', purpose: 'assistants' as const, bytes: 1, mime_type: 'text/plain' };
  const { id } = await uploads.create(begun);
  const part = await uploads.parts.create(id, { data: await textFile('x', 'part') });
  expect((await uploads.complete(id, { part_ids: [part.id] })).file?.bytes).toBe(1);
  expect((await uploads.cancel((await uploads.create(begun)).id)).status).toBe('cancelled');
  expect((await files.delete(made.id)).deleted).toBe(true);
}

async function driveStores({ vectorStores, files }: OpenAI): Promise<void> {
  const store = await vectorStores.create({ name: 'first' });
  const vector_store_id = store.id;
  expect((await vectorStores.update(store.id, { name: 'second' })).name).toBe('second');
  expect((await vectorStores.retrieve(store.id)).name).toBe('second');
  expect((await vectorStores.list()).data.map(({ id }) => id)).toContain(store.id);
  const ownFiles = vectorStores.files;
  const read = await ownFiles.uploadAndPoll(store.id, await textFile('The ferry leaves at noon.', 'ferry.txt'));
  expect(read.status).toBe('completed');
  const sent = await ownFiles.upload(store.id, await textFile('The tide is high.', 'tide.txt'));
  expect((await ownFiles.poll(store.id, sent.id)).status).toBe('completed');
  expect(await ownFiles.update(read.id, { vector_store_id, attributes: { year: 1901 } })).toMatchObject({
    attributes: { year: 1901 },
  });
  expect((await ownFiles.retrieve(read.id, { vector_store_id })).attributes).toEqual({ year: 1901 });
  expect((await ownFiles.list(store.id, { filter: 'completed' })).data).toHaveLength(2);
  expect((await ownFiles.content(read.id, { vector_store_id })).data[0]?.text).toBe('The ferry leaves at noon.');
  const found = await vectorStores.search(store.id, { query: 'ferry', filters: { type: 'gt', key: 'year', value: 0 } });
  expect(found.data.map(({ file_id }) => file_id)).toEqual([read.id]);
  expect((await ownFiles.delete(sent.id, { vector_store_id })).deleted).toBe(true);
  expect((await ownFiles.create(store.id, { file_id: sent.id })).status).toBe('in_progress');
  expect((await ownFiles.createAndPoll(store.id, { file_id: sent.id })).status).toBe('completed');
  const { fileBatches } = vectorStores;
  const batch = await fileBatches.uploadAndPoll(store.id, { files: [await textFile('A buoy.', 'buoy.txt')] });
  expect(batch).toMatchObject({ status: 'completed', file_counts: { completed: 1, total: 1 } });
  expect(await fileBatches.retrieve(batch.id, { vector_store_id })).toEqual(batch);
  expect((await fileBatches.listFiles(batch.id, { vector_store_id })).data).toHaveLength(1);
  const lamp = await files.create({ file: await textFile('A lamp.', 'lamp.txt'), purpose: 'assistants' });
  const again = await fileBatches.createAndPoll(store.id, { files: [{ file_id: lamp.id, attributes: { lit: true } }] });
  expect(again.file_counts).toEqual({ in_progress: 0, completed: 1, failed: 0, cancelled: 0, total: 1 });
  const rope = await files.create({ file: await textFile('A rope.', 'rope.txt'), purpose: 'assistants' });
  const third = await fileBatches.create(store.id, { file_ids: [rope.id] });
  expect((await fileBatches.poll(store.id, third.id)).status).toBe('completed');
  expect((await fileBatches.cancel(third.id, { vector_store_id })).file_counts.completed).toBe(1);
  expect((await vectorStores.delete(store.id)).deleted).toBe(true);
}

async function driveModels({ models, embeddings }: OpenAI): Promise<void> {
  expect((await models.list()).data.map(({ id }) => id)).toContain('mock');
  expect((await models.retrieve('mock')).object).toBe('model');
  await expect(models.delete('mock')).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError);
  const { data } = await embeddings.create({ model: 'mock', input: 'abc', dimensions: 1 });
  expect(data[0]?.embedding).toEqual([3]);
}

async function driveChats({ chat: { completions } }: OpenAI): Promise<void> {
  const ask = { model: 'mock', messages: [{ role: 'user' as const, content: 'Hello' }] };
  const shout = { name: 'shout', description: 'Shouts.', parameters: {}, parse: JSON.parse, function: () => 'Ahoy' };
  expect((await completions.create(ask)).choices[0]?.message.content).toContain('teal');
  expect(await completions.stream(ask).finalContent()).toContain('teal');
  const running = completions.runTools({ ...ask, tools: [{ type: 'function', function: shout }] });
  expect(await running.finalContent()).toBe('It says so.');
  const json_schema = { name: 'answer', schema: { type: 'object' } };
  const parsed = await completions.parse({ ...ask, response_format: { type: 'json_schema', json_schema } });
  expect(parsed.choices[0]?.message.parsed).toEqual({ colour: 'teal' });
  // Chats are not kept for their senders here, and whoever looks for one is told so at once.
  const kept: (() => PromiseLike<unknown>)[] = [
    () => completions.list(),
    () => completions.retrieve('c'),
    () => completions.update('c', { metadata: {} }),
    () => completions.delete('c'),
    () => completions.messages.list('c'),
  ];
  for (const look of kept) await expect(look()).rejects.toMatchObject({ code: expect.any(String) as string });
}

describe('the official client', () => {
  it('drives every method it has for files, uploads, stores, models, embeddings and chats', async () => {
    const { files, uploads, vectorStores, models, embeddings, chat } = client;
    const resources = { files, uploads, vectorStores, models, embeddings, chat };
    const all = Object.entries(resources).flatMap(([name, resource]) => watchMethods(resource, name));
    await driveFiles(client);
    await driveStores(client);
    await driveModels(client);
    await driveChats(client);
    expect([...called].sort()).toEqual(all.sort());
    expect(all.length).toBeGreaterThan(40);
  });

  it.each(['polled', 'streamed'])(
    'is answered with citations by a model server that was made to search: %s',
    async (how) => {
      const own = house.client();
      const store = await own.vectorStores.create({});
      const file = await own.vectorStores.files.uploadAndPoll(store.id, await textFile('The ferry leaves.', 'f.txt'));
      const assistant = await own.beta.assistants.create({
        model: 'mock',
        tools: [{ type: 'file_search' }],
        tool_resources: { file_search: { vector_store_ids: [store.id] } },
      });
      const { id } = await own.beta.threads.create({ messages: [{ role: 'user', content: 'When?' }] });
      const before = upstream.chats().length;
      const body = { assistant_id: assistant.id, tool_choice: { type: 'file_search' as const } };
      if (how === 'polled') await own.beta.threads.runs.createAndPoll(id, body);
      else await own.beta.threads.runs.stream(id, body).finalRun();
      const forced = { type: 'function', function: { name: 'file_search' } };
      const choices = upstream
        .chats()
        .slice(before)
        .map((asked) => (asked.body as Asked).tool_choice);
      expect(choices).toEqual([forced, undefined]);
      const [part] = (await own.beta.threads.messages.list(id)).data[0]?.content ?? [];
      if (part?.type !== 'text') throw new Error('The answer has no text.');
      const [citation] = part.text.annotations;
      if (citation?.type !== 'file_citation') throw new Error('The answer cites nothing.');
      expect(citation.file_citation.file_id).toBe(file.id);
      expect(part.text.value.slice(citation.start_index, citation.end_index)).toBe(citation.text);
    },
  );

  it('leaves no thread and no store behind where the run it made them for is refused', async () => {
    const own = house.client();
    const file = await own.files.create({ file: await textFile('x', 'x.txt'), purpose: 'assistants' });
    const assistant = await own.beta.assistants.create({ model: 'mock', tools: [{ type: 'file_search' }] });
    const before = (await own.vectorStores.list()).data.length;
    const attachments = [{ file_id: file.id, tools: [{ type: 'file_search' as const }] }];
    const refused = own.beta.threads.createAndRun({
      assistant_id: assistant.id,
      model: 'azure/none',
      thread: { messages: [{ role: 'user', content: 'x', attachments }] },
    });
    await expect(refused).rejects.toMatchObject({ code: 'model_not_found' });
    expect((await own.vectorStores.list()).data).toHaveLength(before);
  });
});
