import { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ProviderError, type ModelRequest } from '../../src/providers/provider.js';
import type { ScriptedReply } from '../../src/providers/scripted.js';
import { startMockUpstream, type MockUpstream } from '../support/mock-upstream.js';
import type { Body } from '../support/openai-face.js';
import { startReadingFace } from '../support/reading-face.js';
import { eventsOf, lookup, newStory, openStream, readStream, untilStatus } from '../support/run-stories.js';
import { callOf, open, outputsFor, twoCalls } from './checklist.js';
import { serveHouse, type ServedHouse } from './house.js';

/*
 * What a client of the Assistants API relies on, item by item, continued: streams, files, the other ways to ask an agent,
 * and what needs a server of its own.
 */

describe('streams', () => {
  const pathOf = ({ data }: { data: Body }): string => `/threads/${String(data['thread_id'])}/runs/${data.id}`;

  it('21. a reply is told in the order of the original, and ends with done', async () => {
    const own = await open(['Hi.']);
    const { threadId, assistantId } = await newStory(own);
    const body = { assistant_id: assistantId, stream: true };
    const events = await readStream(own, `/threads/${threadId}/runs`, { body });
    expect(events.map(({ event }) => event.replace('thread.', ''))).toEqual([
      ...['run.created', 'run.queued', 'run.in_progress', 'run.step.created', 'run.step.in_progress'],
      ...['message.created', 'message.in_progress', 'message.delta', 'message.completed'],
      ...['run.step.completed', 'run.completed', 'done'],
    ]);
  });

  it('22. the stream helper of the client hears text, calls, messages and steps, and gives all of them at the end', async () => {
    const own = await open([{ text: 'Let me see.', ...twoCalls }]);
    const { threadId, assistantId } = await newStory(own, { assistant: { tools: [lookup] } });
    const stream = own.client().beta.threads.runs.stream(threadId, { assistant_id: assistantId });
    const heard = new Set<string>();
    const names = ['textDelta', 'toolCallCreated', 'toolCallDelta', 'messageDone', 'runStepDone'] as const;
    for (const name of names) stream.on(name, () => void heard.add(name));
    expect((await stream.finalRun()).status).toBe('requires_action');
    expect(heard).toEqual(new Set(names));
    expect([(await stream.finalMessages()).length, (await stream.finalRunSteps()).length]).toEqual([1, 2]);
  });

  it('23. calls made together have indexes of their own, also in a second round', async () => {
    const own = await open([{ text: 'First.', ...twoCalls }, { calls: [callOf('call_c')] }, 'Done.']);
    const { threadId, assistantId } = await newStory(own, { assistant: { tools: [lookup] } });
    const { runs } = own.client().beta.threads;
    const indexes: number[] = [];
    const first = runs.stream(threadId, { assistant_id: assistantId });
    first.on('toolCallDelta', (delta) => void indexes.push(delta.index));
    const { id } = await first.finalRun();
    expect([...new Set(indexes)]).toEqual([0, 1]);
    const tool_outputs = outputsFor('call_a', 'call_b');
    const second = await runs.submitToolOutputsAndPoll(id, { thread_id: threadId, tool_outputs });
    expect(second.required_action?.submit_tool_outputs.tool_calls.map((call) => call.id)).toEqual(['call_c']);
    const last = await runs.submitToolOutputsAndPoll(id, { thread_id: threadId, tool_outputs: outputsFor('call_c') });
    expect(last.status).toBe('completed');
  });

  it('24. a run whose reader leaves at the third event completes, and its message is read later', async () => {
    const own = await open(['Still here.']);
    const { threadId, assistantId } = await newStory(own);
    const body = { assistant_id: assistantId, stream: true };
    let seen = 0;
    let path = '';
    for await (const event of eventsOf(await openStream(own, `/threads/${threadId}/runs`, { body }))) {
      if (seen === 0) path = pathOf(event);
      seen += 1;
      if (seen === 3) break;
    }
    await untilStatus(own, path, ['completed']);
    expect(JSON.stringify((await own.send('GET', `/threads/${threadId}/messages`)).body.data)).toContain('Still here.');
  });

  it('25. a stream that cannot go on raises an error in the client, and a failed run is told to pollers', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const own = await open([
      { text: 'Hi.', before: () => held },
      { error: new ProviderError('provider_rate_limited', 'Slow.') },
    ]);
    const gone = await newStory(own);
    const { threads } = own.client().beta;
    const readToEnd = async (): Promise<void> => {
      const stream = await threads.runs.create(gone.threadId, { assistant_id: gone.assistantId, stream: true });
      for await (const { event } of stream) {
        if (event !== 'thread.run.in_progress') continue;
        await threads.delete(gone.threadId);
        release();
      }
    };
    await expect(readToEnd()).rejects.toMatchObject({ type: 'server_error', code: 'server_error' });
    const failing = await newStory(own);
    const run = await threads.runs.createAndPoll(failing.threadId, { assistant_id: failing.assistantId });
    expect([run.status, run.last_error?.code]).toEqual(['failed', 'rate_limit_exceeded']);
  });
});

describe('files and stores', () => {
  it('26. three files are uploaded to a store in one call, and their batch counts them all', async () => {
    const own = await startReadingFace();
    onTestFinished(() => own.close());
    const { vectorStores } = own.client();
    const store = await vectorStores.create({});
    const files = await Promise.all(['a', 'b', 'c'].map((name) => toFile(Buffer.from(`On ${name}.`), `${name}.txt`)));
    const batch = await vectorStores.fileBatches.uploadAndPoll(store.id, { files });
    expect([batch.status, batch.file_counts.completed, batch.file_counts.total]).toEqual(['completed', 3, 3]);
  });

  it('27. a file is ready the first time that is asked', async () => {
    const { files } = (await open([])).client();
    const { id } = await files.create({ file: await toFile(Buffer.from('x'), 'x.txt'), purpose: 'assistants' });
    expect((await files.waitForProcessing(id, { pollInterval: 1, maxWait: 1_000 })).status).toBe('processed');
  });

  it('28. a citation cuts its own text out of the message and names a file that is there', async () => {
    const own = await startReadingFace({ script: citing });
    onTestFinished(() => own.close());
    const client = own.client();
    const file = await client.files.create({
      file: await toFile(Buffer.from('The harbour closes at ten.'), 'hours.txt'),
      purpose: 'assistants',
    });
    const store = await client.vectorStores.create({});
    await client.vectorStores.files.createAndPoll(store.id, { file_id: file.id });
    const { id } = await client.beta.assistants.create({
      model: 'm',
      tools: [{ type: 'file_search' }],
      tool_resources: { file_search: { vector_store_ids: [store.id] } },
    });
    const thread = { messages: [{ role: 'user' as const, content: 'When does the harbour close?' }] };
    const run = await client.beta.threads.createAndRunPoll({ assistant_id: id, thread });
    const [message] = (await client.beta.threads.messages.list(run.thread_id)).data;
    const [part] = message?.content ?? [];
    if (part?.type !== 'text') throw new Error('The message has no text.');
    const { value, annotations } = part.text;
    expect(annotations.map((one) => value.slice(one.start_index, one.end_index))).toEqual(
      annotations.map((one) => one.text),
    );
    expect(annotations).toMatchObject([{ type: 'file_citation', file_citation: { file_id: file.id } }]);
    expect(value.match(/【[^】]*】/gu)).toHaveLength(1);
  });

  it('29. parts that came in any order make one file in the order named, and no file of another size', async () => {
    const { uploads, files } = (await open([])).client();
    const begin = (bytes: number) =>
      uploads.create({ filename: 'big.txt', purpose: 'assistants', bytes, mime_type: 'text/plain' });
    const add = async (id: string, text: string): Promise<string> =>
      (await uploads.parts.create(id, { data: await toFile(Buffer.from(text), 'part') })).id;
    const { id } = await begin(9);
    const [three, one, two] = [await add(id, 'ccc'), await add(id, 'aaa'), await add(id, 'bbb')];
    const done = await uploads.complete(id, { part_ids: [one, two, three] });
    expect(await (await files.content(done.file?.id ?? '')).text()).toBe('aaabbbccc');
    const short = await begin(10);
    const part_ids = [await add(short.id, 'ccc')];
    await expect(uploads.complete(short.id, { part_ids })).rejects.toMatchObject({ status: 400 });
  });
});

/** Searches once and cites the first thing found. */
function citing({ messages }: ModelRequest): ScriptedReply {
  const last = messages.at(-1);
  if (last?.role !== 'tool') return { calls: [{ name: 'file_search', arguments: { query: 'harbour' } }] };
  const { results } = JSON.parse(last.text) as { results: { cite_as: string }[] };
  return `At ten${results[0]?.cite_as ?? ''}.`;
}

describe('other doors', () => {
  it('33. a chat is answered whole, as a stream with its usage, and with calls of the client’s tools', async () => {
    const own = await open(['Hello.', 'Again.', { calls: [callOf('call_a')] }]);
    const { completions } = own.client().chat;
    const ask = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi.' }] };
    expect((await completions.create(ask)).choices[0]?.message.content).toBe('Hello.');
    const usages: unknown[] = [];
    let text = '';
    for await (const chunk of await completions.create({
      ...ask,
      stream: true,
      stream_options: { include_usage: true },
    })) {
      text += chunk.choices[0]?.delta.content ?? '';
      if (chunk.usage) usages.push(chunk.usage);
    }
    expect([text, usages.length]).toEqual(['Again.', 1]);
    const called = await completions.create({ ...ask, tools: [lookup] });
    expect(called.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ id: 'call_a' }] },
    });
  });

  it('34. a fact told in a thread is known to the same agent in a chat of the same person', async () => {
    const edit = { label: 'human', new_string: 'Likes teal.', insert_line: -1 };
    const own = await open([{ calls: [{ name: 'memory_insert', arguments: edit }] }, 'Noted.', 'Teal.', 'No idea.']);
    const client = own.client();
    const { id } = await client.beta.assistants.create({ model: 'm' });
    const thread = { metadata: { memory: 'ada' }, messages: [{ role: 'user' as const, content: 'I like teal.' }] };
    await client.beta.threads.createAndRunPoll({ assistant_id: id, thread });
    const promptFor = async (user: string): Promise<string> => {
      const messages = [{ role: 'user' as const, content: 'What do I like?' }];
      await client.chat.completions.create({ model: id, user, messages });
      return JSON.stringify(own.app.room.provider.requests.at(-1)?.messages[0]);
    };
    expect(await promptFor('ada')).toContain('Likes teal.');
    expect(await promptFor('bob')).not.toContain('Likes teal.');
  });
});

describe('a server of its own', () => {
  let upstream: MockUpstream;
  let house: ServedHouse;
  beforeAll(async () => {
    upstream = await startMockUpstream({
      chat: (_request, index) => (index === 0 ? { text: 'Well', cutAfter: 1, ending: 'silence' } : { text: 'Back.' }),
      embeddings: () => [[3, 0.5, -0.25]],
    });
    house = await serveHouse(upstream);
  });
  afterAll(async () => {
    await house.close();
    await upstream.close();
  });

  it('18. a run in which the server was killed ends after the restart, and its thread goes on', async () => {
    const before = house.client().beta;
    const { id: assistant_id } = await before.assistants.create({ model: 'mock' });
    const thread = { messages: [{ role: 'user' as const, content: 'Hi.' }] };
    const run = await before.threads.createAndRun({ assistant_id, thread });
    await expect.poll(() => upstream.chats().length).toBe(1);
    await house.restart();
    const { runs, messages } = house.client().beta.threads;
    const ended = await runs.poll(run.id, { thread_id: run.thread_id }, { pollIntervalMs: 20 });
    expect(ended.status).toBe('completed');
    const next = await messages.create(run.thread_id, { role: 'user', content: 'Still there?' });
    expect(next.thread_id).toBe(run.thread_id);
  });

  it('30. embeddings are the same numbers in the form that the client asks for by itself and as plain numbers', async () => {
    const vectors = await Promise.all(
      [undefined, 'float' as const].map((encoding_format) =>
        house.client().embeddings.create({ model: 'm', input: 'x', encoding_format }),
      ),
    );
    const same = [3, 0.5, -0.25];
    expect(vectors.map(({ data }) => data[0]?.embedding)).toEqual([same, same]);
  });
});
