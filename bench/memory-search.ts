import { join } from 'node:path';
import { createProse } from './support/prose.js';
import { inMs, inNumber, type Section } from './support/report.js';
import { temporaryFolder } from './support/servers.js';
import { spreadOf } from './support/statistics.js';
import { openStockedHouse, type StockedHouse, type Talker } from './support/stocked-house.js';

const sizes = (process.env['BENCH_MEMORIES'] ?? '1000,10000,100000').split(',').map(Number);
const messageChars = 130;
const messagesPerWrite = 500;
const searches = 120;
/** Questions that come before and are not counted: the first one starts the thread and reads where everything stands. */
const warmups = 20;
const hitsWanted = 10;
const pageLimit = 20;

const explanation =
  `What was said in one conversation, in messages of ${messageChars} characters in which words are as unevenly frequent ` +
  `as in a language, is asked for with ${searches} different questions of five words, three of them frequent ones, one ` +
  'after the other; a new message comes between them. Matching is how many messages hold one of the words. The page is ' +
  'the newest one of 20, read through the same store without a break: alone, and while the searches go on.';

/** How long searches of all that was said take, by how much that is, and what they do to others meanwhile. */
export async function measureMemorySearch(): Promise<Section[]> {
  const rows = [['messages', 'matching', 'median', 'p95', 'page alone', 'p95', 'page meanwhile', 'p95']];
  for (const size of sizes) rows.push(await measure(size));
  return [{ title: 'Search of what was said', explanation, rows }];
}

async function measure(size: number): Promise<string[]> {
  const folder = temporaryFolder();
  const stocked = await openStockedHouse(join(folder.path, 'house'));
  try {
    const talker = await stocked.newTalker(1);
    const prose = createProse();
    const say = async (count: number): Promise<void> => {
      const batch = Array.from({ length: count }, () => ({
        ...talker.nextMessage(),
        parts: [{ type: 'text' as const, text: prose.text(messageChars) }],
      }));
      await stocked.house.store.transaction((tx) => tx.messages.append(talker.conversationId, batch), {
        relaxed: true,
      });
    };
    for (let said = 0; said < size; said += messagesPerWrite) await say(messagesPerWrite);
    for (let sample = 0; sample < warmups; sample += 1) await search(stocked, talker, prose.matter());
    const alone = await pagesDuring(stocked, talker, () => new Promise((resolve) => setTimeout(resolve, 1_000)));
    const found: { ms: number; total: number }[] = [];
    const meanwhile = await pagesDuring(stocked, talker, async () => {
      for (let sample = 0; sample < searches; sample += 1) {
        await say(1);
        found.push(await search(stocked, talker, prose.matter()));
      }
    });
    const { median, p95 } = spreadOf(found.map(({ ms }) => ms));
    const matching = found.reduce((sum, { total }) => sum + total, 0) / found.length;
    const pages = [alone, meanwhile].flatMap((times) => [inMs(spreadOf(times).median), inMs(spreadOf(times).p95)]);
    return [String(size), inNumber(matching), inMs(median), inMs(p95), ...pages];
  } finally {
    await stocked.house.close();
    folder.close();
  }
}

async function search(
  { house }: StockedHouse,
  { memoryId }: Talker,
  query: string,
): Promise<{ ms: number; total: number }> {
  const startedAt = performance.now();
  const { hits, total } = await house.store.search.messages({
    memoryId,
    query,
    embedding: null,
    roles: ['user', 'assistant'],
    from: null,
    to: null,
    limit: hitsWanted,
    offset: 0,
  });
  if (hits.length === 0) throw new Error('The search found nothing.');
  return { ms: performance.now() - startedAt, total };
}

/** Reads pages until the work is done. Milliseconds of each. */
async function pagesDuring({ house }: StockedHouse, talker: Talker, work: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  let done = false;
  const working = work().finally(() => (done = true));
  while (!done) {
    const startedAt = performance.now();
    await house.store.messages.page(talker.conversationId, { limit: pageLimit, order: 'desc', visibleOnly: true });
    times.push(performance.now() - startedAt);
    // As requests do, each page comes in its own turn of the event loop, with a pause before it.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await working;
  return times;
}
