import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveHouse, type ServedHouse } from './house.js';

let house: ServedHouse;
beforeAll(async () => {
  house = await serveHouse(null);
});
afterAll(() => house.close());

/** Says something in a thread through an official client, and what the assistant answers. */
async function say(assistantId: string, threadId: string, content: string): Promise<string> {
  const { threads } = house.client().beta;
  await threads.messages.create(threadId, { role: 'user', content });
  const run = await threads.runs.createAndPoll(threadId, { assistant_id: assistantId });
  expect(run.status).toBe('completed');
  const [message] = (await threads.messages.list(threadId)).data;
  const [part] = message?.content ?? [];
  return part?.type === 'text' ? part.text.value : '';
}

async function newThread(metadata: Record<string, string>): Promise<string> {
  return (await house.client().beta.threads.create({ metadata })).id;
}

const question = 'What is my favourite colour?';

it('what is told in one thread is known in the other of the same key and in no other, also after a restart', async () => {
  const assistant = await house.client().beta.assistants.create({ model: 'offline/demo' });
  const told = await newThread({ memory: 'ada' });
  const same = await newThread({ user_id: 'ada' });
  const other = await newThread({ memory: 'bob' });
  const nobodys = [await newThread({}), await newThread({})];

  await say(assistant.id, told, 'My favourite colour is teal.');
  expect(await say(assistant.id, same, question)).toContain('teal');
  for (const thread of [other, ...nobodys]) expect(await say(assistant.id, thread, question)).not.toContain('teal');

  await house.restart();
  expect(await say(assistant.id, same, question)).toContain('teal');
  expect(await say(assistant.id, await newThread({ memory: 'ada' }), question)).toContain('teal');
  for (const thread of [other, ...nobodys, await newThread({})]) {
    expect(await say(assistant.id, thread, question)).not.toContain('teal');
  }
});

it('the key is one assistant’s own: another assistant knows nothing of it', async () => {
  const { assistants } = house.client().beta;
  const first = await assistants.create({ model: 'offline/demo' });
  const second = await assistants.create({ model: 'offline/demo' });
  await say(first.id, await newThread({ memory: 'eve' }), 'My favourite colour is teal.');
  expect(await say(second.id, await newThread({ memory: 'eve' }), question)).not.toContain('teal');
  expect(await say(first.id, await newThread({ memory: 'eve' }), question)).toContain('teal');
});

it('an assistant whose pairs say so shares one memory among all threads that name none', async () => {
  const assistant = await house
    .client()
    .beta.assistants.create({ model: 'offline/demo', metadata: { memory_scope: 'shared' } });
  const keyed = await newThread({ memory: 'zoe' });
  await say(assistant.id, keyed, 'Hello');
  await say(assistant.id, await newThread({}), 'My favourite colour is teal.');
  expect(await say(assistant.id, await newThread({}), question)).toContain('teal');
  expect(await say(assistant.id, keyed, question)).not.toContain('teal');
});

it('a thread that is deleted takes its own memory with it, and leaves that of its key', async () => {
  const assistant = await house.client().beta.assistants.create({ model: 'offline/demo' });
  const thread = await newThread({ memory: 'kim' });
  await say(assistant.id, thread, 'My favourite colour is teal.');
  await house.client().beta.threads.delete(thread);
  expect(await say(assistant.id, await newThread({ memory: 'kim' }), question)).toContain('teal');
});
