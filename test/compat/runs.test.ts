import type OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MockUpstream } from '../support/mock-upstream.js';
import { fourthAsSixth } from './fourth-as-sixth.js';
import { serveHouse, startWeatherUpstream, type ServedHouse } from './house.js';

type AssistantStream = ReturnType<OpenAI['beta']['threads']['runs']['stream']>;
type Run = OpenAI.Beta.Threads.Run;

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Get the current weather in a given location',
    parameters: { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] },
  },
} as const;

const question = "What's the weather in Paris and London?";

describe.each([
  [6, 'the stand-in', null],
  [6, 'a model server', startWeatherUpstream],
  [4, 'the stand-in', null],
  [4, 'a model server', startWeatherUpstream],
])('the official client, version %i, with %s', (release, _name, startUpstream) => {
  let upstream: MockUpstream | null;
  let house: ServedHouse;
  let client: OpenAI;
  let assistantId: string;
  beforeAll(async () => {
    upstream = startUpstream === null ? null : await startUpstream();
    house = await serveHouse(upstream);
    client = release === 6 ? house.client() : fourthAsSixth(house.earlyClient());
    const model = upstream === null ? 'offline/demo' : 'mock';
    const assistant = await client.beta.assistants.create({ model, instructions: 'Help.', tools: [weather] });
    assistantId = assistant.id;
  });
  afterAll(async () => {
    await house.close();
    await upstream?.close();
  });

  const threadWith = async (content: string): Promise<string> =>
    (await client.beta.threads.create({ messages: [{ role: 'user', content }] })).id;

  const outputsFor = (run: Run) =>
    (run.required_action?.submit_tool_outputs.tool_calls ?? []).map((call) => {
      const { location } = JSON.parse(call.function.arguments) as { location: string };
      return { tool_call_id: call.id, output: `22 degrees in ${location}` };
    });

  const newestText = async (threadId: string): Promise<string> => {
    const { data } = await client.beta.threads.messages.list(threadId);
    const [part] = data[0]?.content ?? [];
    return part?.type === 'text' ? part.text.value : '';
  };

  it('creates a run and polls it to its end; the reply is then the first message', async () => {
    const threadId = await threadWith('Hello there');
    const run = await client.beta.threads.runs.createAndPoll(threadId, { assistant_id: assistantId });
    expect(run.status).toBe('completed');
    expect(run.usage?.total_tokens).toBeGreaterThan(0);
    expect(await newestText(threadId)).not.toBe('');
    expect((await client.beta.threads.runs.retrieve(run.id, { thread_id: threadId })).id).toBe(run.id);
    expect((await client.beta.threads.runs.list(threadId)).data.map(({ id }) => id)).toEqual([run.id]);
    const changed = await client.beta.threads.runs.update(run.id, { thread_id: threadId, metadata: { seen: 'yes' } });
    expect(changed.metadata).toEqual({ seen: 'yes' });
    const steps = await client.beta.threads.runs.steps.list(run.id, { thread_id: threadId });
    expect(steps.data.map((step) => step.type)).toEqual(['message_creation']);
    const [step] = steps.data;
    const again = await client.beta.threads.runs.steps.retrieve(step?.id ?? '', {
      thread_id: threadId,
      run_id: run.id,
    });
    expect(again).toEqual(step);
  });

  it('creates a thread and a run in one and polls it', async () => {
    const thread = { messages: [{ role: 'user' as const, content: 'Hello' }] };
    const run = await client.beta.threads.createAndRunPoll({ assistant_id: assistantId, thread });
    expect(run.status).toBe('completed');
    expect(await newestText(run.thread_id)).not.toBe('');
  });

  it('answers the calls of a run by polling, all of them at once', async () => {
    const threadId = await threadWith(question);
    const waiting = await client.beta.threads.runs.createAndPoll(threadId, { assistant_id: assistantId });
    expect(waiting.status).toBe('requires_action');
    const tool_outputs = outputsFor(waiting);
    expect(tool_outputs).toHaveLength(2);
    const run = await client.beta.threads.runs.submitToolOutputsAndPoll(waiting.id, {
      thread_id: threadId,
      tool_outputs,
    });
    expect(run.status).toBe('completed');
    expect(await newestText(threadId)).toContain('22 degrees in Paris');
    expect(await newestText(threadId)).toContain('22 degrees in London');
  });

  it('reads a stream of events by itself', async () => {
    const threadId = await threadWith('Hello');
    const stream = await client.beta.threads.runs.create(threadId, { assistant_id: assistantId, stream: true });
    const names: string[] = [];
    for await (const event of stream) names.push(event.event);
    expect(names[0]).toBe('thread.run.created');
    expect(names.at(-1)).toBe('thread.run.completed');
  });

  it('hears every event of a streamed reply, and its helpers give the whole of it', async () => {
    const threadId = await threadWith('Hello');
    const stream = client.beta.threads.runs.stream(threadId, { assistant_id: assistantId });
    const heard = listen(stream);
    const [run, messages, steps] = await Promise.all([
      stream.finalRun(),
      stream.finalMessages(),
      stream.finalRunSteps(),
    ]);
    await stream.done();
    expect(run.status).toBe('completed');
    expect(steps.map((step) => [step.type, step.status])).toEqual([['message_creation', 'completed']]);
    // This release keeps the status that a message had when it was created, whatever came later.
    expect(messages.map((message) => message.content)).toMatchObject([[{ text: { value: heard.text } }]]);
    expect(Object.keys(heard.counts).sort()).toEqual(
      [
        ...['end', 'event', 'messageCreated', 'messageDelta', 'messageDone'],
        ...['runStepCreated', 'runStepDone', 'textCreated', 'textDelta', 'textDone'],
      ].sort(),
    );
    expect(heard.text).toBe(await newestText(threadId));
  });

  it('hears every event of calls, and answers them by a stream of its own', async () => {
    const threadId = await threadWith(question);
    const first = client.beta.threads.runs.stream(threadId, { assistant_id: assistantId });
    const heard = listen(first);
    const waiting = await first.finalRun();
    expect(waiting.status).toBe('requires_action');
    expect(Object.keys(heard.counts)).toEqual(
      expect.arrayContaining(['toolCallCreated', 'toolCallDelta', 'runStepDelta', 'runStepCreated']),
    );
    expect(heard.counts['toolCallCreated']).toBe(2);
    expect(heard.arguments).toEqual({
      [outputsFor(waiting)[0]?.tool_call_id ?? '']: '{"location":"Paris"}',
      [outputsFor(waiting)[1]?.tool_call_id ?? '']: '{"location":"London"}',
    });
    const tool_outputs = outputsFor(waiting);
    const second = client.beta.threads.runs.submitToolOutputsStream(waiting.id, { thread_id: threadId, tool_outputs });
    const answered = listen(second);
    const [run, steps] = await Promise.all([second.finalRun(), second.finalRunSteps()]);
    expect(run.status).toBe('completed');
    expect(steps.map((step) => [step.type, step.status])).toEqual([
      ['tool_calls', 'completed'],
      ['message_creation', 'completed'],
    ]);
    expect(answered.text).toContain('22 degrees in London');
    expect(answered.counts['runStepDone']).toBe(2);
  });

  it('streams a thread and its run in one', async () => {
    const thread = { messages: [{ role: 'user' as const, content: 'Hello' }] };
    const stream = client.beta.threads.createAndRunStream({ assistant_id: assistantId, thread });
    const events: string[] = [];
    stream.on('event', ({ event }) => events.push(event));
    const run = await stream.finalRun();
    expect(events[0]).toBe('thread.created');
    expect(run.status).toBe('completed');
  });
});

describe('the official client with a model server that talks slowly', () => {
  let upstream: MockUpstream;
  let house: ServedHouse;
  beforeAll(async () => {
    upstream = await startWeatherUpstream();
    house = await serveHouse(upstream);
  });
  afterAll(async () => {
    await house.close();
    await upstream.close();
  });

  it('cancels a run in flight: the upstream call is aborted, the stream ends, the words so far stay', async () => {
    const client = house.client();
    const assistant = await client.beta.assistants.create({ model: 'mock' });
    const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Tell me slowly' }] });
    const stream = client.beta.threads.runs.stream(thread.id, { assistant_id: assistant.id });
    stream.once('textDelta', () => {
      const runId = stream.currentRun()?.id ?? '';
      void client.beta.threads.runs.cancel(runId, { thread_id: thread.id });
    });
    const run = await stream.finalRun();
    expect(run.status).toBe('cancelled');
    const [message] = (await client.beta.threads.messages.list(thread.id)).data;
    expect(message).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'run_cancelled' } });
    expect(JSON.stringify(message?.content)).toContain('Once');
    await expect.poll(() => upstream.chats().at(-1)?.aborted).toBe(true);
  });

  it('carries on a run whose reader has gone, and a poller finds it completed', async () => {
    const client = house.client();
    const assistant = await client.beta.assistants.create({ model: 'mock' });
    const thread = await client.beta.threads.create({ messages: [{ role: 'user', content: 'Hello' }] });
    const stream = await client.beta.threads.runs.create(thread.id, { assistant_id: assistant.id, stream: true });
    let runId = '';
    for await (const event of stream) {
      if (event.event === 'thread.run.created') runId = event.data.id;
      if (event.event === 'thread.run.in_progress') break;
    }
    const run = await client.beta.threads.runs.poll(runId, { thread_id: thread.id });
    expect(run.status).toBe('completed');
  });

  it('of version 4 polls, streams, answers calls and cancels just the same', async () => {
    const { threads, assistants } = house.earlyClient().beta;
    const assistant = await assistants.create({ model: 'mock', tools: [weather] });
    const thread = await threads.create({ messages: [{ role: 'user', content: question }] });
    const waiting = await threads.runs.createAndPoll(thread.id, { assistant_id: assistant.id });
    const tool_outputs = (waiting.required_action?.submit_tool_outputs.tool_calls ?? []).map((call) => ({
      tool_call_id: call.id,
      output: 'rain',
    }));
    const answer = threads.runs.submitToolOutputsStream(thread.id, waiting.id, { tool_outputs });
    expect((await answer.finalRun()).status).toBe('completed');
    expect((await answer.finalMessages())[0]?.content).toMatchObject([{ text: { value: 'It says: rain rain' } }]);
    const steps = await threads.runs.steps.list(thread.id, waiting.id);
    expect(steps.data.map((step) => step.type)).toEqual(['message_creation', 'tool_calls']);

    await threads.messages.create(thread.id, { role: 'user', content: 'Hello' });
    const stream = threads.runs.stream(thread.id, { assistant_id: assistant.id });
    let text = '';
    stream.on('textDelta', (delta) => (text += delta.value ?? ''));
    expect((await stream.finalRun()).status).toBe('completed');
    expect(text).toBe('Hello, I am listening.');

    await threads.messages.create(thread.id, { role: 'user', content: 'Tell me slowly' });
    const slow = await threads.runs.create(thread.id, { assistant_id: assistant.id });
    await threads.runs.cancel(thread.id, slow.id);
    expect((await threads.runs.poll(thread.id, slow.id)).status).toBe('cancelled');
  });
});

/** What was heard of a stream: how often each event came, the text, and the arguments of calls by their ids. */
function listen(stream: AssistantStream) {
  const heard = { counts: {} as Record<string, number>, text: '', arguments: {} as Record<string, string> };
  const count = (name: string): void => {
    heard.counts[name] = (heard.counts[name] ?? 0) + 1;
  };
  for (const name of ['messageCreated', 'messageDelta', 'messageDone', 'runStepCreated', 'runStepDelta'] as const) {
    stream.on(name, () => count(name));
  }
  for (const name of ['runStepDone', 'textCreated', 'textDone', 'toolCallCreated', 'toolCallDone', 'end'] as const) {
    stream.on(name, () => count(name));
  }
  stream.on('event', () => count('event'));
  stream.on('textDelta', (delta) => {
    count('textDelta');
    heard.text += delta.value ?? '';
  });
  stream.on('toolCallDelta', (_delta, snapshot) => {
    count('toolCallDelta');
    if (snapshot.type === 'function') heard.arguments[snapshot.id] = snapshot.function.arguments;
  });
  return heard;
}
