import type OpenAI from 'openai';
import { toFile } from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { decide } from '../../../src/providers/demo/decide.js';
import { startReadingFace, type ReadingFace } from '../../support/reading-face.js';

let face: ReadingFace;
afterEach(() => face.close());

const forced = { type: 'file_search' as const };

/** An assistant with a file, at a model that searches files only where it is made to. */
async function assistantWithFile(client: OpenAI): Promise<string> {
  const store = await client.vectorStores.create({});
  const file = await toFile(Buffer.from('Good morning is what the harbour master says.'), 'greetings.txt');
  await client.vectorStores.files.uploadAndPoll(store.id, file);
  const assistant = await client.beta.assistants.create({
    model: 'm',
    tools: [{ type: 'file_search' }],
    tool_resources: { file_search: { vector_store_ids: [store.id] } },
  });
  return assistant.id;
}

const messages = [{ role: 'user' as const, content: 'Good morning.' }];

async function stepTypes(client: OpenAI, run: OpenAI.Beta.Threads.Run): Promise<string[]> {
  const { data } = await client.beta.threads.runs.steps.list(run.id, { thread_id: run.thread_id, order: 'asc' });
  return data.flatMap(({ step_details: details }) =>
    details.type === 'tool_calls' ? details.tool_calls.map(({ type }) => type) : [details.type],
  );
}

describe('a run that is made to search files', () => {
  it.each(['polled', 'streamed'])('searches once, before anything else, and then answers: %s', async (how) => {
    face = await startReadingFace({ script: (request) => decide(request) });
    const client = face.client();
    const assistant_id = await assistantWithFile(client);
    const { id } = await client.beta.threads.create({ messages });
    const body = { assistant_id, tool_choice: forced };
    const run =
      how === 'polled'
        ? await client.beta.threads.runs.createAndPoll(id, body)
        : await client.beta.threads.runs.stream(id, body).finalRun();
    expect([run.status, run.tool_choice]).toEqual(['completed', forced]);
    expect(await stepTypes(client, run)).toEqual(['file_search', 'message_creation']);
    expect(face.app.room.provider.requests.map(({ toolChoice }) => toolChoice)).toEqual([
      { name: 'file_search' },
      'auto',
    ]);
    const free = await client.beta.threads.createAndRunPoll({ assistant_id, thread: { messages } });
    expect(await stepTypes(client, free)).toEqual(['message_creation']);
  });

  it('is left free where it has nothing to search', async () => {
    face = await startReadingFace({ script: ['I have no files.'] });
    const client = face.client();
    const { id: assistant_id } = await client.beta.assistants.create({ model: 'm', tools: [{ type: 'file_search' }] });
    const run = await client.beta.threads.createAndRunPoll({ assistant_id, tool_choice: forced, thread: { messages } });
    expect(run.status).toBe('completed');
    expect(face.app.room.provider.requests.map(({ toolChoice }) => toolChoice)).toEqual(['auto']);
  });
});

describe('a file beside a message', () => {
  it('opens no store where the message or its run is refused, the thread being busy', async () => {
    face = await startReadingFace({ script: [{ calls: [{ name: 'lookup', arguments: {} }] }] });
    const client = face.client();
    const file = await client.files.create({ file: await toFile(Buffer.from('x'), 'x.txt'), purpose: 'assistants' });
    const lookup = { type: 'function' as const, function: { name: 'lookup', parameters: {} } };
    const { id: assistant_id } = await client.beta.assistants.create({ model: 'm', tools: [lookup] });
    const run = await client.beta.threads.createAndRunPoll({ assistant_id, thread: { messages } });
    expect(run.status).toBe('requires_action');
    const message = { role: 'user' as const, content: 'x', attachments: [{ file_id: file.id, tools: [forced] }] };
    const second = client.beta.threads.runs.create(run.thread_id, { assistant_id, additional_messages: [message] });
    await expect(second).rejects.toMatchObject({ status: 400 });
    await expect(client.beta.threads.messages.create(run.thread_id, message)).rejects.toMatchObject({ status: 400 });
    expect((await client.vectorStores.list()).data).toEqual([]);
  });
});
