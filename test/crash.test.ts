import { afterAll, describe, expect, it } from 'vitest';
import type { Agent, Protocol } from '../src/domain/agent.js';
import { checkLog } from '../src/domain/event.js';
import { isFinal } from '../src/domain/status.js';
import { createLoop } from '../src/engine/loop.js';
import { createSearchAccess } from '../src/engine/query-vectors.js';
import { createToolRegistry } from '../src/engine/tools/registry.js';
import type { ModelRequest } from '../src/providers/provider.js';
import { createScriptedProvider, type ScriptedReply } from '../src/providers/scripted.js';
import { Worker } from '../src/runs/worker.js';
import type { Store } from '../src/store/store.js';
import { temporaryPostgres, temporarySqlite, type TemporaryDatabase } from './support/databases.js';
import { openRoom, principal, registryOf, type EngineRoom } from './support/engine-room.js';
import { mortal } from './support/mortal-store.js';

/** The story as a function of what is in view, so that a turn that is taken again goes the same way. */
const stories: Record<Protocol, (request: ModelRequest) => ScriptedReply> = {
  native: (request) => {
    const since = request.messages.slice(request.messages.findLastIndex((message) => message.role === 'user'));
    const results = since.filter((message) => message.role === 'tool').length;
    if (JSON.stringify(since[0]).includes('second')) return 'The second answer.';
    if (results === 0) {
      return {
        text: 'Let me note that.',
        deltaChars: 5,
        calls: [
          { id: 'call_1', name: 'memory_append', arguments: { label: 'human', text: 'Name: Ines' } },
          { id: 'call_2', name: 'archival_insert', arguments: { text: 'Ines likes tea.' } },
        ],
      };
    }
    if (results === 2) {
      return {
        calls: [
          { id: 'call_3', name: 'conversation_search', arguments: { query: 'tea' } },
          { id: 'call_4', name: 'ask_client', arguments: {} },
        ],
      };
    }
    return { text: 'All done, Ines.', deltaChars: 4 };
  },
  heartbeat: (request) => {
    const asked = request.messages.findLastIndex(
      (message) => message.role === 'user' && JSON.stringify(message).includes('user_message'),
    );
    const since = request.messages.slice(asked);
    const results = since.filter((message) => message.role === 'tool').length;
    const say = (message: string, id: string) => ({ id, name: 'send_message', arguments: { message } });
    if (JSON.stringify(since[0]).includes('second')) return { calls: [say('The second answer.', 'call_9')] };
    if (results === 0) {
      return {
        text: 'A name! I keep it.',
        deltaChars: 6,
        calls: [
          {
            id: 'call_1',
            name: 'core_memory_append',
            arguments: { name: 'human', content: 'Name: Ines', request_heartbeat: true },
          },
          say('Noted.', 'call_2'),
        ],
      };
    }
    if (results === 2) {
      return {
        calls: [
          { id: 'call_3', name: 'archival_memory_insert', arguments: { content: 'Ines likes tea.' } },
          { id: 'call_4', name: 'ask_client', arguments: { request_heartbeat: true } },
        ],
      };
    }
    return { calls: [say('All done, Ines.', 'call_5')], deltaChars: 7 };
  },
};

const toolsOf: Record<Protocol, string[]> = {
  native: ['memory_append', 'archival_insert', 'conversation_search'],
  heartbeat: ['send_message', 'core_memory_append', 'archival_memory_insert'],
};

interface Outcome {
  spoken: string[];
  blocks: Record<string, string>;
  passages: string[];
  results: string[];
}

/** Tells the story, with a worker that dies after its n-th commit; whether it did. */
async function tell(room: EngineRoom, protocol: Protocol, commits: number) {
  const agent = await room.newAgent({ protocol, tools: toolsOf[protocol], functions: ['ask_client'] });
  const { store, isDead } = mortal(room.store, commits);
  const first = workerOver(room, store);
  const second = workerOver(room, room.store);
  first.start();
  let rescued = false;
  const rescue = setInterval(() => {
    if (!isDead() || rescued) return;
    rescued = true;
    void room.store.runs.lapseLeases(Date.now()).then(() => second.start());
  }, 2);
  try {
    for (const text of ['I am Ines and I like tea.', 'This is the second question.']) await exchange(room, agent, text);
  } finally {
    clearInterval(rescue);
    await first.stop(0);
    await second.stop(0);
  }
  return { died: isDead(), outcome: await outcomeOf(room, agent) };
}

function workerOver(room: EngineRoom, store: Store): Worker {
  const providers = registryOf(createScriptedProvider('scripted', (request) => story(request)));
  const story = (request: ModelRequest): ScriptedReply =>
    stories[request.tools.some((tool) => tool.name === 'send_message') ? 'heartbeat' : 'native'](request);
  const noCache = { get: () => Promise.resolve(undefined), set: () => Promise.resolve(true) };
  const clock = { now: () => Date.now() };
  const loop = createLoop({
    store,
    providers,
    tools: createToolRegistry(),
    searchAccess: createSearchAccess(store.search, providers, noCache),
    clock,
  });
  return new Worker({ store, notifier: room.notifier, clock, loop, concurrency: 4, onFault: () => undefined });
}

async function exchange(room: EngineRoom, agent: Agent, text: string): Promise<void> {
  const run = await room.start(agent, text);
  let rested = await room.rest(run);
  while (!isFinal(rested.status)) {
    const outputs = rested.pendingCalls.map((call) => ({ callId: call.id, output: 'the client says yes' }));
    const queued = await room.runs.submit(principal, run.id, outputs);
    rested = await room.rest(run, queued.lastSeq);
  }
  expect(rested.status).toBe('completed');
  expect(checkLog(await room.store.events.read(run.id, 0, 10_000))).toEqual([]);
}

async function outcomeOf(room: EngineRoom, agent: Agent): Promise<Outcome> {
  const memory = await room.store.memories.findByKey(agent.id, 'default');
  const passages = await room.store.memories.passages(memory?.id ?? '', { limit: 100, order: 'asc' });
  const messages = await room.messages(agent);
  return {
    spoken: await room.spoken(agent),
    blocks: await room.blocks(agent),
    passages: passages.items.map((passage) => passage.text),
    results: messages.flatMap((message) =>
      message.parts.flatMap((part) => (part.type === 'tool-result' ? [part.callId] : [])),
    ),
  };
}

const databases: [string, () => Promise<TemporaryDatabase | null>][] = [
  ['SQLite', temporarySqlite],
  ['PostgreSQL', temporaryPostgres],
];

describe.each(databases)('a crash is an ordinary morning on %s', (name, openDatabase) => {
  const opened = openDatabase();
  afterAll(async () => (await opened)?.close());

  it.for(['native', 'heartbeat'] as const)(
    'a worker killed after any of its commits changes neither the conversation nor the memory (%s)',
    { timeout: 120_000 },
    async (protocol, { skip }) => {
      const database = await opened;
      if (database === null) return skip(`${name} is not offered on this machine`);
      const room = await openRoom({ script: [], store: database.store, working: false });
      try {
        const whole = await tell(room, protocol, Infinity);
        expect(whole.outcome.passages).toEqual(['Ines likes tea.']);
        expect(whole.outcome.blocks['human']).toBe('Name: Ines');
        let commits = 1;
        for (let died = true; died; commits += 1) {
          const told = await tell(room, protocol, commits);
          expect(told.outcome, `killed after commit ${commits}`).toEqual(whole.outcome);
          died = told.died;
        }
        expect(commits).toBeGreaterThan(12);
      } finally {
        await room.close();
      }
    },
  );
});
