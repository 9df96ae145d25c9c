import { afterEach, describe, expect, it } from 'vitest';
import type { Script } from '../../../src/providers/scripted.js';
import { toOpenaiId } from '../../../src/domain/ids.js';
import { adminPassword } from '../running-app.js';
import { startFace, type OpenaiFace } from '../../support/openai-face.js';
import { finalStatuses, newStory, readStream, tell, untilStatus } from '../../support/run-stories.js';

let face: OpenaiFace;
afterEach(() => face.close());

const open = async (script: Script): Promise<OpenaiFace> => (face = await startFace({ script }));

/** Asks the native face. */
async function ask(method: string, path: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await fetch(`${face.app.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${adminPassword}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

async function newNativeAgent(): Promise<string> {
  const { agent_state } = (await ask('POST', '/api/agents', { config: { name: 'Sam' } })) as {
    agent_state: { id: string };
  };
  return agent_state.id;
}

const speaks = {
  calls: [
    {
      id: 'call_1',
      name: 'send_message',
      arguments: { inner_thoughts: 'A guest.', message: 'Hello, I am Sam.' },
    },
  ],
};

describe('an agent of the native face', () => {
  it('answers in a thread, and what it says through its speaking tool streams as a message', async () => {
    await open([speaks]);
    const agentId = await newNativeAgent();
    const { threadId } = await newStory(face);
    const body = { assistant_id: toOpenaiId('agent', agentId), stream: true };
    const events = await readStream(face, `/threads/${threadId}/runs`, { body });
    expect(tell(events).filter((line) => !line.includes('.delta '))).toEqual([
      'thread.run.created queued',
      'thread.run.queued queued',
      'thread.run.in_progress in_progress',
      'thread.run.step.created S1 message_creation in_progress M1',
      'thread.run.step.in_progress S1 message_creation in_progress M1',
      'thread.message.created M1 in_progress []',
      'thread.message.in_progress M1 in_progress []',
      'thread.message.completed M1 completed ["Hello, I am Sam."]',
      'thread.run.step.completed S1 message_creation completed M1',
      'thread.run.completed completed',
      'done [DONE]',
    ]);
    expect(JSON.stringify(events)).not.toContain('A guest.');
  });

  it('shows the runs that the native face began as runs of its main conversation, settings and all', async () => {
    await open([speaks]);
    const agentId = await newNativeAgent();
    await ask('POST', `/api/agents/${agentId}/messages`, { message: 'Who are you?' });
    const agent = await face.app.store.agents.find(agentId);
    const threadId = toOpenaiId('conversation', agent?.mainConversationId ?? '');
    const { body } = await face.send('GET', `/threads/${threadId}/runs`);
    expect(body.data).toHaveLength(1);
    expect(body.data[0]).toMatchObject({
      status: 'completed',
      assistant_id: toOpenaiId('agent', agentId),
      model: agent?.model,
      instructions: agent?.instructions ?? '',
      tools: [],
    });
    const events = await readStream(face, `/threads/${threadId}/runs/${body.data[0]?.id ?? ''}/events`);
    expect(events.at(-2)?.data).toEqual(body.data[0]);
    expect(tell(events).at(-1)).toBe('done [DONE]');
  });
});

describe('a request for a stream that is sent again', () => {
  it('tells the stream of the first run, and begins no second one', async () => {
    await open(['Only once.']);
    const story = await newStory(face);
    const body = { assistant_id: story.assistantId, stream: true };
    const request = (count: string) => ({ body, headers: { 'x-stainless-retry-count': count } });
    const first = await readStream(face, `/threads/${story.threadId}/runs`, request('0'));
    const again = await readStream(face, `/threads/${story.threadId}/runs`, request('1'));
    expect(again).toEqual(first);
    expect((await face.send('GET', `/threads/${story.threadId}/runs`)).body.data).toHaveLength(1);
  });

  it('tells of the thread again where it was made together with the run', async () => {
    await open(['Only once.']);
    const { assistantId } = await newStory(face);
    const body = { assistant_id: assistantId, stream: true, thread: { metadata: { once: 'only' } } };
    const request = (count: string) => ({ body, headers: { 'x-stainless-retry-count': count } });
    const first = await readStream(face, '/threads/runs', request('0'));
    expect(await readStream(face, '/threads/runs', request('2'))).toEqual(first);
    const threads = await face.send('GET', '/threads?metadata[once]=only');
    expect(threads.body.data).toHaveLength(1);
  });
});

describe('a server that is taken over in the middle of a run', () => {
  it('leaves a run that becomes terminal under another worker, and a thread that is free', async () => {
    await open(['Taken over.']);
    await face.app.room.worker.stop(0);
    const story = await newStory(face);
    const { body } = await face.send('POST', `/threads/${story.threadId}/runs`, { assistant_id: story.assistantId });
    const dead = await face.app.store.runs.claim({ owner: 'dead', now: Date.now(), leaseUntil: Date.now() - 1 });
    expect(dead?.status).toBe('in_progress');
    const other = face.app.room.newWorker();
    other.start();
    const path = `/threads/${story.threadId}/runs/${body.id}`;
    expect((await untilStatus(face, path, finalStatuses)).status).toBe('completed');
    const next = await face.send('POST', `/threads/${story.threadId}/messages`, { role: 'user', content: 'Thanks' });
    expect(next.status).toBe(200);
    await other.stop(0);
  });
});
