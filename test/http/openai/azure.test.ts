import { AzureOpenAI } from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adminPassword } from '../running-app.js';
import { startFace, type OpenaiFace } from '../../support/openai-face.js';

let face: OpenaiFace;
beforeAll(async () => {
  face = await startFace();
});
afterAll(() => face.close());

const asAzure = { authorization: '', 'api-key': adminPassword };
const version = 'api-version=2024-05-01-preview';

it('Azure’s spelling of paths and key is the same face', async () => {
  const { body: assistant } = await face.send('POST', `/openai/assistants?${version}`, { model: 'm' }, asAzure);
  const { body: thread } = await face.send('POST', `/openai/threads?${version}`, {}, asAzure);
  const said = await face.send(
    'POST',
    `/openai/threads/${thread.id}/messages?${version}`,
    { role: 'user', content: 'x' },
    asAzure,
  );
  expect(said.status).toBe(200);
  for (const prefix of ['/v1', '/openai/v1', '/openai']) {
    const read = async (path: string): Promise<unknown> =>
      (await face.send('GET', `${prefix}${path}`, undefined, asAzure)).body;
    expect(await read(`/assistants/${assistant.id}?${version}`)).toEqual(assistant);
    expect(await read(`/threads/${thread.id}`)).toEqual(thread);
    expect(await read(`/threads/${thread.id}/messages/${said.body.id}`)).toEqual(said.body);
  }
});

it('what Azure’s spelling does not have is refused in the same words', async () => {
  const unknown = await face.send('GET', `/openai/nothing?${version}`, undefined, asAzure);
  expect([unknown.status, unknown.body.error?.code]).toEqual([404, 'unknown_url']);
  const keyless = await face.send('GET', `/openai/assistants?${version}`, undefined, { authorization: '' });
  expect([keyless.status, keyless.body.error?.type]).toEqual([401, 'invalid_request_error']);
  const wrong = await face.send('PUT', `/openai/assistants?${version}`, {}, asAzure);
  expect([wrong.status, wrong.body.error?.code]).toEqual([405, 'method_not_supported']);
});

it('the official client for Azure keeps assistants and threads here', async () => {
  const client = new AzureOpenAI({
    endpoint: face.app.url,
    apiKey: adminPassword,
    apiVersion: '2024-05-01-preview',
    maxRetries: 0,
    fetch: face.watch.fetch,
  });
  const assistant = await client.beta.assistants.create({ model: 'gpt-4o', name: 'Azure' });
  const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Hello' }] });
  const messages = await client.beta.threads.messages.list(thread.id);
  expect(messages.data).toHaveLength(1);
  expect((await client.beta.assistants.retrieve(assistant.id)).name).toBe('Azure');
  expect((await client.beta.threads.delete(thread.id)).deleted).toBe(true);
});
