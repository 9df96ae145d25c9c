import { AzureOpenAI, toFile } from 'openai';
import { AzureOpenAI as AzureOpenAIv4 } from 'openai-v4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverPassword } from '../support/server-process.js';
import { startMockUpstream, type MockUpstream } from '../support/mock-upstream.js';
import { serveHouse, type ServedHouse } from './house.js';

let upstream: MockUpstream;
let house: ServedHouse;
beforeAll(async () => {
  upstream = await startMockUpstream({
    models: ['large', 'embedder'].map((id) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'mock' })),
    chat: ({ body }) => ({ text: `I am ${body.model}.` }),
    embeddings: ({ body }) => [[String(body.model).length, 0.5]],
  });
  house = await serveHouse(upstream);
});
afterAll(async () => {
  await house.close();
  await upstream.close();
});

const address = () => ({
  endpoint: new URL(house.client().baseURL).origin,
  apiKey: serverPassword,
  apiVersion: '2024-05-01-preview',
  maxRetries: 0,
});
const sixth = (own: { deployment?: string } = {}) =>
  new AzureOpenAI({ ...address(), fetch: house.watch.fetch, ...own });
// What is called here has the same form in both releases.
const fourth = (own: { deployment?: string } = {}) =>
  new AzureOpenAIv4({ ...address(), ...own }) as unknown as AzureOpenAI;
const asked = [{ role: 'user' as const, content: 'Who are you?' }];

describe('the official client for Azure', () => {
  it.each([
    ['6', sixth],
    ['4', fourth],
  ])('of version %s asks models by the names of their deployments', async (_release, open) => {
    const { chat, embeddings, models } = open();
    const answer = await chat.completions.create({ model: 'large', messages: asked });
    expect(answer.choices[0]?.message.content).toBe('I am large.');
    const pieces: string[] = [];
    const stream = await chat.completions.create({ model: 'large', messages: asked, stream: true });
    for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta.content ?? '');
    expect(pieces.join('')).toBe('I am large.');
    const { data } = await embeddings.create({ model: 'embedder', input: 'x', encoding_format: 'float' });
    expect(data[0]?.embedding).toEqual([8, 0.5]);
    const list = await models.list();
    expect(list.data.map(({ id }) => id)).toContain('large');
  });

  it.each([
    ['6', sixth],
    ['4', fourth],
  ])('of version %s that was given a deployment is answered by it, whatever the body says', async (_release, open) => {
    const client = open({ deployment: 'large' });
    const answer = await client.chat.completions.create({ model: '', messages: asked });
    expect(answer.choices[0]?.message.content).toBe('I am large.');
    const other = await client.chat.completions.create({ model: 'other', messages: asked });
    expect(other.choices[0]?.message.content).toBe('I am large.');
  });

  it('keeps files, uploads and vector stores here, and an assistant is answered from them', async () => {
    const client = sixth();
    const file = await client.files.create({
      file: await toFile(Buffer.from('It sails.'), 'a.txt'),
      purpose: 'assistants',
    });
    expect((await client.files.list()).data).toEqual([file]);
    expect(await (await client.files.content(file.id)).text()).toBe('It sails.');
    const begun = { filename: 'b.txt', purpose: 'assistants' as const, bytes: 1, mime_type: 'text/plain' };
    expect((await client.uploads.create(begun)).status).toBe('pending');
    const store = await client.vectorStores.create({ file_ids: [file.id] });
    const batch = await client.vectorStores.fileBatches.uploadAndPoll(store.id, {
      files: [await toFile(Buffer.from('It rows.'), 'c.txt')],
    });
    expect(batch.file_counts.completed).toBe(1);
    const assistant = await client.beta.assistants.create({
      model: 'large',
      tools: [{ type: 'file_search' }],
      tool_resources: { file_search: { vector_store_ids: [store.id] } },
    });
    const run = await client.beta.threads.createAndRunPoll({ assistant_id: assistant.id, thread: { messages: asked } });
    expect(run.status).toBe('completed');
  });
});
