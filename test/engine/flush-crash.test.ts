import { afterAll, describe, expect, it } from 'vitest';
import type { Agent, Protocol } from '../../src/domain/agent.js';
import { checkLog } from '../../src/domain/event.js';
import { createLoop } from '../../src/engine/loop.js';
import { createSearchAccess } from '../../src/engine/query-vectors.js';
import { createToolRegistry } from '../../src/engine/tools/registry.js';
import type { ModelRequest } from '../../src/providers/provider.js';
import { createScriptedProvider, type ScriptedReply } from '../../src/providers/scripted.js';
import { Worker } from '../../src/runs/worker.js';
import type { Store } from '../../src/store/store.js';
import { temporaryPostgres, temporarySqlite, type TemporaryDatabase } from '../support/databases.js';
import { openRoom, registryOf, type EngineRoom } from '../support/engine-room.js';
import { mortal } from '../support/mortal-store.js';
import { call, isValidHistory } from '../support/requests.js';

const contextWindow = 6_000;
/** Four of them fill the window past the trigger, and not beyond what may be sent. */
const longs: Record<Protocol, string> = {
  native: 'we walked along the shore and talked '.repeat(165),
  heartbeat: 'we walked along the shore and talked '.repeat(145),
};
const isFlush = (request: ModelRequest): boolean =>
  JSON.stringify(request.messages.at(-1)).includes('about to scroll out of your view');

const tools: Record<Protocol, string[]> = {
  native: ['memory_append', 'archival_insert'],
  heartbeat: ['send_message', 'core_memory_append', 'archival_memory_insert'],
};
const notes: Record<Protocol, ScriptedReply> = {
  native: {
    calls: [
      { id: 'flush_1', name: 'memory_append', arguments: { label: 'human', text: 'walks' } },
      { id: 'flush_2', name: 'archival_insert', arguments: { text: 'We walked along the shore.' } },
    ],
  },
  heartbeat: {
    calls: [
      { id: 'flush_1', name: 'core_memory_append', arguments: { name: 'human', content: 'walks' } },
      { id: 'flush_2', name: 'archival_memory_insert', arguments: { content: 'We walked along the shore.' } },
    ],
  },
};

/** How often the model was asked to save what is about to go. */
let flushes = 0;

function reply(request: ModelRequest): ScriptedReply {
  if (!isValidHistory(request)) throw new Error('The history is not valid.');
  if (request.tools.length === 0) return 'They walked.';
  const protocol = request.tools.some((tool) => tool.name.startsWith('core_memory')) ? 'heartbeat' : 'native';
  if (isFlush(request)) {
    flushes += 1;
    return notes[protocol];
  }
  return protocol === 'native' ? 'Yes.' : call('send_message', { message: 'Yes.' });
}

function workerOver(room: EngineRoom, store: Store): Worker {
  const providers = registryOf(createScriptedProvider('scripted', reply, { contextWindow }));
  const clock = { now: () => Date.now() };
  const noCache = { get: () => Promise.resolve(undefined), set: () => Promise.resolve(true) };
  const searchAccess = createSearchAccess(store.search, providers, noCache);
  const loop = createLoop({ store, providers, tools: createToolRegistry(), searchAccess, clock, memoryFlush: true });
  return new Worker({ store, notifier: room.notifier, clock, loop, concurrency: 4, onFault: () => undefined });
}

/** Fills a window, then sends the message that starts a flush to a worker that dies after its n-th commit. */
async function tell(room: EngineRoom, protocol: Protocol, commits: number) {
  const agent = await room.newAgent({ protocol, tools: tools[protocol] });
  const builder = workerOver(room, room.store);
  builder.start();
  const long = longs[protocol];
  for (let said = 0; said < 3; said += 1) await room.say(agent, long);
  await builder.stop(0);
  expect((await windowOf(room, agent)).summary).toBeNull();
  flushes = 0;

  const { store, isDead } = mortal(room.store, commits);
  const [first, second] = [workerOver(room, store), workerOver(room, room.store)];
  first.start();
  let rescued = false;
  const rescue = setInterval(() => {
    if (!isDead() || rescued) return;
    rescued = true;
    void room.store.runs.lapseLeases(Date.now()).then(() => second.start());
  }, 2);
  try {
    const run = await room.say(agent, `${long} and now?`);
    expect(checkLog(await room.store.events.read(run.id, 0, 10_000))).toEqual([]);
    return { died: isDead(), flushes, outcome: await outcomeOf(room, agent, run.id) };
  } finally {
    clearInterval(rescue);
    await first.stop(0);
    await second.stop(0);
  }
}

async function outcomeOf(room: EngineRoom, agent: Agent, runId: string) {
  const memory = await room.store.memories.findByKey(agent.id, 'default');
  const passages = await room.store.memories.passages(memory?.id ?? '', { limit: 100, order: 'asc' });
  const steps = await room.store.runs.steps(runId);
  // A message that was taken back stays on the record as unfinished.
  const rows = (await room.messages(agent)).filter((row) => row.runId === runId && row.status === 'completed');
  const { status, turn } = (await room.store.runs.find(runId)) ?? {};
  return {
    status,
    turn,
    spoken: (await room.spoken(agent)).map((text) => text.slice(-20)),
    human: (await room.blocks(agent))['human'],
    passages: passages.items.map(({ text }) => text),
    steps: steps.filter((step) => step.status !== 'abandoned').map((step) => [step.kind, step.turn, step.status]),
    kinds: rows.map((row) => `${row.role} ${row.kind}`),
    compactions: (await windowOf(room, agent)).summary?.compactions,
  };
}

async function windowOf(room: EngineRoom, agent: Agent) {
  const window = await room.store.conversations.window(agent.id, agent.mainConversationId ?? '');
  if (window === null) throw new Error('The agent has no window.');
  return window;
}

const databases: [string, () => Promise<TemporaryDatabase | null>][] = [
  ['SQLite', temporarySqlite],
  ['PostgreSQL', temporaryPostgres],
];

describe.each(databases)('a memory flush on %s', (name, openDatabase) => {
  const opened = openDatabase();
  afterAll(async () => (await opened)?.close());

  it.for(['native', 'heartbeat'] as const)(
    'saves once and is followed by the answer, after whichever commit its worker is killed (%s)',
    { timeout: 120_000 },
    async (protocol, { skip }) => {
      const database = await opened;
      if (database === null) return skip(`${name} is not offered on this machine`);
      const room = await openRoom({ script: [], store: database.store, working: false });
      try {
        const whole = await tell(room, protocol, Infinity);
        expect(whole).toMatchObject({ flushes: 1, outcome: { status: 'completed', turn: 1, human: 'walks' } });
        expect(whole.outcome.passages).toEqual(['We walked along the shore.']);
        expect(whole.outcome.spoken.at(-1)).toBe('assistant: Yes.');
        let commits = 1;
        for (let died = true; died; commits += 1) {
          const told = await tell(room, protocol, commits);
          expect(told.outcome, `killed after commit ${commits}`).toEqual(whole.outcome);
          // Whoever dies between the question and its first commit leaves nothing of it; else nobody is asked again.
          expect(told.flushes, `killed after commit ${commits}`).toBeLessThanOrEqual(2);
          died = told.died;
        }
        expect(commits).toBeGreaterThan(7);
      } finally {
        await room.close();
      }
    },
  );
});
