import { join } from 'node:path';
import { inMs, inNumber, inTimes, type Section } from './support/report.js';
import { temporaryFolder } from './support/servers.js';
import { spreadOf } from './support/statistics.js';
import { openStockedHouse, wordNumber, type StockedHouse, type Talker } from './support/stocked-house.js';

/** A store with its hands full, and whom to ask about. */
interface Stocked extends StockedHouse {
  /** Has a conversation as long as the store's size says. */
  talker: Talker;
  /** Has a conversation of a thousand messages in both stores. */
  neighbour: Talker;
}

const few = 1_000;
const many = 100_000;
const finishedRuns = 50_000;
const samples = 400;
const searches = 60;
const pageLimit = 20;

/** What the store's hot paths cost with little in it and with much. */
export async function measureStoreGrowth(): Promise<Section[]> {
  const folder = temporaryFolder();
  const small = await stock(join(folder.path, 'small'), few, 0);
  const large = await stock(join(folder.path, 'large'), many, finishedRuns);
  try {
    const rows = [['what', 'with little', 'with much', 'ratio', 'a second, with much']];
    for (const [name, count, once] of paths) rows.push(await compare(name, count, once, small, large));
    return [{ title: 'The store, by how much it holds', explanation, rows }];
  } finally {
    await small.house.close();
    await large.house.close();
    folder.close();
  }
}

const explanation =
  `The store alone, in this process, on SQLite with a disk write for every commit. The one store holds a conversation ` +
  `of ${few} messages; the other one of ${many}, and ${finishedRuns} finished runs. Both are asked in turn, and the ` +
  'figures are medians. Work that is bounded has a ratio near 1.';

/** What is done once, and what comes before and after without being counted. */
type Once = (house: Stocked) => Promise<number>;

const paths: [name: string, count: number, once: Once][] = [
  ['append a message', samples, (stocked) => timeOf(() => stocked.append(stocked.talker))],
  ['newest page of 20', samples, (stocked) => timeOf(() => page(stocked))],
  ['page of 20 in the middle', samples, pageInTheMiddle],
  ['claim a run', samples, claimOnce],
  ['search two words in a memory of 1000', searches, (stocked) => timeOf(() => search(stocked, stocked.neighbour, 2))],
  ['search four words in all that was said', searches, (stocked) => timeOf(() => search(stocked, stocked.talker, 4))],
];

async function stock(folder: string, messages: number, runs: number): Promise<Stocked> {
  const stocked = await openStockedHouse(folder);
  const talker = await stocked.newTalker(messages);
  const neighbour = await stocked.newTalker(few);
  await stocked.addFinishedRuns(neighbour, runs);
  return { ...stocked, talker, neighbour };
}

async function compare(name: string, count: number, once: Once, small: Stocked, large: Stocked): Promise<string[]> {
  const times: [little: number[], much: number[]] = [[], []];
  // The first few prepare statements and fill caches.
  for (let sample = -count / 10; sample < count; sample += 1) {
    const [little, much] = [await once(small), await once(large)];
    if (sample < 0) continue;
    times[0].push(little);
    times[1].push(much);
  }
  const [little, much] = times.map((list) => spreadOf(list).median);
  if (little === undefined || much === undefined) throw new Error('Nothing was measured.');
  return [name, inMs(little), inMs(much), inTimes(much, little), inNumber(1_000 / much)];
}

async function page({ house, talker }: Stocked, after?: string): Promise<string | undefined> {
  const request = { limit: pageLimit, order: 'desc', visibleOnly: true, after } as const;
  const { items } = await house.store.messages.page(talker.conversationId, request);
  if (items.length !== pageLimit) throw new Error('The page is not full.');
  return items.at(-1)?.id;
}

async function pageInTheMiddle(stocked: Stocked): Promise<number> {
  const { house, talker } = stocked;
  const middle = await house.store.conversations.find(talker.conversationId);
  const fromSeq = Math.floor((middle?.lastSeq ?? 0) / 2);
  const range = { conversationId: talker.conversationId, agentId: talker.agentId, fromSeq, toSeq: fromSeq };
  const [message] = await house.store.messages.view(range);
  return timeOf(() => page(stocked, message?.id));
}

async function claimOnce(stocked: Stocked): Promise<number> {
  await stocked.queue(stocked.neighbour);
  const startedAt = performance.now();
  const run = await stocked.claim();
  const elapsed = performance.now() - startedAt;
  await stocked.finish(run);
  return elapsed;
}

async function search({ house }: Stocked, { memoryId }: Talker, words: number): Promise<void> {
  const { hits } = await house.store.search.messages({
    memoryId,
    query: [17, 1_234, 456, 1_789].slice(0, words).map(wordNumber).join(' '),
    embedding: null,
    roles: null,
    from: null,
    to: null,
    limit: 5,
    offset: 0,
  });
  if (hits.length === 0) throw new Error('The search found nothing.');
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
