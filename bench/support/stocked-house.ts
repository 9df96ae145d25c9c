import { composeHouse, type House } from '../../src/compose.js';
import { loadConfig } from '../../src/config.js';
import { defaultUserId, newId } from '../../src/domain/ids.js';
import { defaultMemoryKey } from '../../src/domain/memory.js';
import type { Message } from '../../src/domain/message.js';
import type { Run } from '../../src/domain/run.js';
import type { Principal } from '../../src/domain/user.js';
import { createLogger } from '../../src/logger.js';

/** Someone with a conversation of some length. */
export interface Talker {
  agentId: string;
  conversationId: string;
  memoryId: string;
  /** What could be said next, with a text of its own. */
  nextMessage(): Message;
}

/** A house in this process without a worker, so that the store can be asked by itself. */
export interface StockedHouse {
  house: House;
  /** Makes an agent whose conversation holds so many messages. */
  newTalker(messages: number): Promise<Talker>;
  /** Says one more thing in a conversation. */
  append(talker: Talker): Promise<void>;
  /** Writes the rows of finished runs. */
  addFinishedRuns(talker: Talker, count: number): Promise<void>;
  /** Puts one run into the queue. */
  queue(talker: Pick<Talker, 'agentId' | 'conversationId'>): Promise<void>;
  /** Takes the run from the queue. */
  claim(): Promise<Run>;
  finish(run: Run): Promise<void>;
}

const principal: Principal = { userId: defaultUserId, role: 'admin' };
const rowsPerTransaction = 500;
const vocabulary = 2_000;
const wordsPerMessage = 20;

/** Opens a house over an empty folder, or over the database of `BENCH_DATABASE_URL`. */
export async function openStockedHouse(folder: string): Promise<StockedHouse> {
  const { BENCH_DATABASE_URL: databaseUrl } = process.env;
  const env = databaseUrl === undefined ? {} : { THREADKEEPER_DATABASE_URL: databaseUrl };
  const config = loadConfig({ env, userHome: folder, overrides: { workerConcurrency: 0 } });
  const house = await composeHouse(config, { logger: createLogger({ level: 'silent' }) });
  const { store, services } = house;
  const words = createWords();

  const queue = async ({ agentId, conversationId }: Pick<Talker, 'agentId' | 'conversationId'>): Promise<void> => {
    const input = [{ role: 'user' as const, kind: 'said' as const, parts: [{ type: 'text' as const, text: words() }] }];
    await services.runs.start(principal, { agentId, conversationId, input, whenActive: 'refuse' });
  };
  const claim = async (): Promise<Run> => {
    const now = Date.now();
    const run = await store.transaction((tx) => tx.runs.claim({ owner: 'bench', now, leaseUntil: now + 60_000 }));
    if (run === null) throw new Error('Nothing was queued.');
    return run;
  };
  const finish = async (run: Run): Promise<void> => {
    await store.runs.write(finished(run), run.status);
  };
  const startTalking = async (): Promise<Talker> => {
    const { agent } = await services.agents.create(principal, { name: null });
    const conversationId = await services.agents.mainConversation(principal, agent.id);
    const memory = await store.memories.findByKey(agent.id, defaultMemoryKey);
    if (memory === null) throw new Error('The agent has no memory.');
    const ids = { agentId: agent.id, conversationId, memoryId: memory.id };
    await queue(ids);
    await finish(await claim());
    const { items } = await store.messages.page(conversationId, { limit: 1, order: 'desc', visibleOnly: true });
    const [model] = items;
    if (model === undefined) throw new Error('Nothing was said.');
    const nextMessage = (): Message => ({
      ...model,
      id: newId(),
      parts: [{ type: 'text', text: words() }],
      createdAt: Date.now(),
    });
    return { ...ids, nextMessage };
  };

  return {
    house,
    queue,
    claim,
    finish,
    newTalker: async (messages) => {
      const talker = await startTalking();
      const there = (await store.conversations.find(talker.conversationId))?.lastSeq ?? 0;
      await inBatches(messages - there, async (count) => {
        const batch = Array.from({ length: count }, talker.nextMessage);
        await store.transaction((tx) => tx.messages.append(talker.conversationId, batch), { relaxed: true });
      });
      return talker;
    },
    append: async (talker) => {
      await store.transaction((tx) => tx.messages.append(talker.conversationId, [talker.nextMessage()]));
    },
    addFinishedRuns: async (talker, count) => {
      const { items } = await store.runs.page(talker.conversationId, { limit: 1, order: 'desc' });
      const [model] = items;
      if (model === undefined) throw new Error('There was no run.');
      await inBatches(count, async (size) => {
        await store.transaction(
          async (tx) => {
            for (let made = 0; made < size; made += 1) await tx.runs.insert({ ...model, id: newId() });
          },
          { relaxed: true },
        );
      });
    },
  };
}

function finished(run: Run): Run {
  return { ...run, status: 'completed', leaseOwner: null, leaseUntil: null, endedAt: Date.now() };
}

async function inBatches(count: number, write: (size: number) => Promise<void>): Promise<void> {
  for (let left = count; left > 0; left -= rowsPerTransaction) await write(Math.min(left, rowsPerTransaction));
}

/** Sentences of made-up words, the same ones at every run. */
function createWords(): () => string {
  let state = 1;
  const next = (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % vocabulary;
  };
  return () => Array.from({ length: wordsPerMessage }, () => wordNumber(next())).join(' ');
}

/** The spelling of one made-up word; no two end alike for a stemmer. */
export function wordNumber(number: number): string {
  return `word${number}q`;
}
