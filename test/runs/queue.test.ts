import { afterEach, describe, expect, it } from 'vitest';
import { limits } from '../../src/domain/limits.js';
import { openRoom, principal, type EngineRoom } from '../support/engine-room.js';

let room: EngineRoom;
afterEach(() => room.close());

describe('the queue of a conversation', () => {
  it('refuses a second run where the caller does not want to wait', async () => {
    room = await openRoom({ script: () => 'x', working: false });
    const agent = await room.newAgent();
    await room.start(agent, 'first');
    const second = room.runs.start(principal, {
      agentId: agent.id,
      conversationId: agent.mainConversationId ?? '',
      input: [{ role: 'user', kind: 'said', parts: [{ type: 'text', text: 'second' }] }],
      whenActive: 'refuse',
    });
    await expect(second).rejects.toMatchObject({ code: 'conflict' });
    expect(await room.spoken(agent)).toEqual(['user: first']);
  });

  it('holds a bounded number of runs and says when it is full', async () => {
    room = await openRoom({ script: () => 'x', working: false });
    const agent = await room.newAgent();
    for (let count = 0; count <= limits.queuedRunsPerConversation; count += 1) await room.start(agent, `text ${count}`);
    await expect(room.start(agent, 'one too many')).rejects.toMatchObject({ code: 'busy' });
  });

  it('keeps the words of a waiting message out of the exchange before it, and cancels it without a trace', async () => {
    room = await openRoom({ script: (request) => `seen ${request.messages.length}`, working: false });
    const agent = await room.newAgent();
    const first = await room.start(agent, 'first');
    const second = await room.start(agent, 'second');
    const third = await room.start(agent, 'third');
    expect((await room.runs.cancel(principal, second.id)).status).toBe('cancelled');
    room.worker.start();
    await room.rest(first);
    await room.rest(third);
    expect(await room.spoken(agent)).toEqual(['user: first', 'assistant: seen 2', 'user: third', 'assistant: seen 4']);
  });

  it('lets different conversations of one agent run side by side', async () => {
    let open = 0;
    let most = 0;
    room = await openRoom({
      script: async () => {
        most = Math.max(most, (open += 1));
        await new Promise((resolve) => setTimeout(resolve, 30));
        open -= 1;
        return 'done';
      },
    });
    const agents = await Promise.all([1, 2, 3, 4].map(() => room.newAgent()));
    await Promise.all(agents.map((agent) => room.say(agent, 'hello')));
    expect(most).toBeGreaterThan(1);
  });
});

describe('a run whose time is over', () => {
  it('expires in the queue with its message kept, and frees the conversation', async () => {
    let now = Date.now();
    room = await openRoom({ script: () => 'answer', working: false, clock: { now: () => now } });
    const agent = await room.newAgent();
    const first = await room.start(agent, 'first');
    now += limits.runWaitMs + 1;
    await room.sweeper.expire();
    expect((await room.rest(first)).status).toBe('expired');
    room.worker.start();
    expect((await room.say(agent, 'second')).status).toBe('completed');
    expect(await room.spoken(agent)).toEqual(['user: first', 'user: second', 'assistant: answer']);
  });

  it('expires while it waits for the client, and the next message is answered', async () => {
    let now = Date.now();
    room = await openRoom({
      script: (_request, index) => (index === 0 ? { calls: [{ name: 'ask_client', arguments: {} }] } : 'answer'),
      clock: { now: () => now },
    });
    const agent = await room.newAgent({ functions: ['ask_client'] });
    const run = await room.say(agent, 'first');
    expect(run.status).toBe('requires_action');
    now += limits.runWaitMs + 1;
    await room.sweeper.expire();
    expect((await room.rest(run, run.lastSeq)).status).toBe('expired');
    await room.log(run);
    expect((await room.say(agent, 'second')).status).toBe('completed');
  });
});

describe('a run whose time is over and whose worker is gone', () => {
  it('expires when it is taken up again, and no model is asked', async () => {
    let now = Date.now();
    room = await openRoom({ script: () => 'answer', working: false, clock: { now: () => now } });
    const agent = await room.newAgent();
    const run = await room.start(agent, 'first', { expiresAtWork: true });
    const claimed = await room.store.runs.claim({ owner: 'dead', now, leaseUntil: now + limits.leaseMs });
    expect(claimed).toMatchObject({ id: run.id, status: 'in_progress' });
    now += limits.runWaitMs + 1;
    room.worker.start();
    expect((await room.rest(run)).status).toBe('expired');
    expect(room.provider.requests).toEqual([]);
    await room.log(run);
    expect((await room.say(agent, 'second')).status).toBe('completed');
  });
});

describe('a worker that stops', () => {
  it('hands unfinished runs back, and another one finishes them', async () => {
    let calls = 0;
    room = await openRoom({
      script: () => {
        calls += 1;
        return calls === 1
          ? { text: 'never ends', deltaChars: 2, cutAfter: 2, ending: 'silence' }
          : 'finished elsewhere';
      },
    });
    const agent = await room.newAgent();
    const run = await room.start(agent, 'go');
    for await (const event of room.follow(run.id, { afterSeq: 0, signal: AbortSignal.timeout(5_000) })) {
      if (event.type === 'text-delta') break;
    }
    await room.worker.stop(0);
    expect((await room.runs.get(principal, run.id)).status).toBe('queued');
    const second = room.newWorker();
    second.start();
    expect((await room.rest(run)).status).toBe('completed');
    await second.stop(0);
    await room.log(run);
    expect(await room.spoken(agent)).toEqual(['user: go', 'assistant: finished elsewhere']);
  });

  it('a run lost by three workers in a row fails and says so', async () => {
    room = await openRoom({ script: () => 'never', working: false });
    const agent = await room.newAgent();
    const run = await room.start(agent, 'go');
    for (let loss = 0; loss < limits.lossesPerRun; loss += 1) {
      await room.store.runs.claim({ owner: `dead ${loss}`, now: Date.now(), leaseUntil: Date.now() - 1 });
    }
    room.worker.start();
    const ended = await room.rest(run);
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'worker_lost' } });
    await room.log(run);
  });
});
