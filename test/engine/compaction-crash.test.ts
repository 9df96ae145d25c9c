import { afterAll, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/domain/agent.js';
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
import { isValidHistory } from '../support/requests.js';

const contextWindow = 6_000;
const long = 'we walked along the shore and talked '.repeat(170);

/** As a function of what is in view, so that a turn that is taken again goes the same way. */
function reply(request: ModelRequest): ScriptedReply {
  if (!isValidHistory(request)) throw new Error('The history is not valid.');
  if (request.tools.length === 0) return 'They walked.';
  const since = request.messages.slice(request.messages.findLastIndex((message) => message.role === 'user'));
  if (!JSON.stringify(since[0]).includes('note it')) return 'Yes.';
  const note = { name: 'memory_append', arguments: { label: 'human', text: 'walks' }, id: 'call_1' };
  return since.some((message) => message.role === 'tool') ? 'Noted.' : { calls: [note] };
}

function workerOver(room: EngineRoom, store: Store): Worker {
  const providers = registryOf(createScriptedProvider('scripted', reply, { contextWindow }));
  const clock = { now: () => Date.now() };
  const noCache = { get: () => Promise.resolve(undefined), set: () => Promise.resolve(true) };
  const searchAccess = createSearchAccess(store.search, providers, noCache);
  const loop = createLoop({ store, providers, tools: createToolRegistry(), searchAccess, clock });
  return new Worker({ store, notifier: room.notifier, clock, loop, concurrency: 4, onFault: () => undefined });
}

/** Fills a window, then sends the message for which room must be made to a worker that dies after its n-th commit. */
async function tell(room: EngineRoom, commits: number) {
  const agent = await room.newAgent({ tools: ['memory_append'] });
  const builder = workerOver(room, room.store);
  builder.start();
  for (let said = 0; said < 3; said += 1) await room.say(agent, long);
  await builder.stop(0);
  expect(await windowOf(room, agent)).toMatchObject({ summary: null });

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
    const run = await room.say(agent, `${long} note it`);
    expect(checkLog(await room.store.events.read(run.id, 0, 10_000))).toEqual([]);
    const { summary, liveFromSeq } = await windowOf(room, agent);
    const outcome = {
      status: run.status,
      spoken: (await room.spoken(agent)).map((text) => text.slice(-20)),
      human: (await room.blocks(agent))['human'],
      summary: { text: summary?.text, covers: summary?.covers, compactions: summary?.compactions },
      liveFromSeq,
    };
    return { died: isDead(), outcome };
  } finally {
    clearInterval(rescue);
    await first.stop(0);
    await second.stop(0);
  }
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

describe.each(databases)('a compaction on %s', (name, openDatabase) => {
  const opened = openDatabase();
  afterAll(async () => (await opened)?.close());

  it(
    '36. F9: changes nothing but once, after whichever commit its worker is killed',
    { timeout: 60_000 },
    async ({ skip }) => {
      const database = await opened;
      if (database === null) return skip(`${name} is not offered on this machine`);
      const room = await openRoom({ script: [], store: database.store, working: false });
      try {
        const whole = await tell(room, Infinity);
        expect(whole.outcome).toMatchObject({ status: 'completed', human: 'walks', summary: { compactions: 1 } });
        let commits = 1;
        for (let died = true; died; commits += 1) {
          const told = await tell(room, commits);
          expect(told.outcome, `killed after commit ${commits}`).toEqual(whole.outcome);
          died = told.died;
        }
        expect(commits).toBeGreaterThan(5);
      } finally {
        await room.close();
      }
    },
  );
});
