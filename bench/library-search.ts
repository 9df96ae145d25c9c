import { Readable } from 'node:stream';
import { composeHouse } from '../src/compose.js';
import { loadConfig } from '../src/config.js';
import { defaultUserId, newId } from '../src/domain/ids.js';
import type { Principal } from '../src/domain/user.js';
import { createLogger } from '../src/logger.js';
import { createProse, type Prose } from './support/prose.js';
import { inMs, inTimes, type Section } from './support/report.js';
import { temporaryFolder } from './support/servers.js';
import { spreadOf, type Spread } from './support/statistics.js';

const principal: Principal = { userId: defaultUserId, role: 'admin' };
const [few, many] = [1_000, 100_000];
const passageChars = 800;
const passagesPerWrite = 500;
const searches = 60;
const warmups = 5;

type OpenHouse = Awaited<ReturnType<typeof composeHouse>>;

const explanation =
  `Ten hits by words, in libraries of passages of ${passageChars} characters in which words are as unevenly frequent ` +
  'as in a language. A sentence holds the same three words among five of the most frequent.';

const ways: Record<string, (prose: Prose) => string> = {
  'three words': (prose) => prose.query(),
  'a sentence': (prose) => prose.question(),
};

/** What a search by words costs in a small library and in a large one. */
export async function measureLibrarySearch(): Promise<Section> {
  const folder = temporaryFolder();
  const config = loadConfig({
    env: {},
    userHome: folder.path,
    overrides: { workerConcurrency: 0, fileConcurrency: 0 },
  });
  const house = await composeHouse(config, { logger: createLogger({ level: 'silent' }) });
  try {
    const [small, large] = [await stock(house, few), await stock(house, many)];
    const rows = [['passages', 'asked', 'median', 'p95', 'ratio of medians']];
    for (const [name, ask] of Object.entries(ways)) {
      const [little, much] = [await timesOf(house, small, ask), await timesOf(house, large, ask)];
      rows.push([String(few), name, inMs(little.median), inMs(little.p95), inTimes(1, 1)]);
      rows.push([String(many), name, inMs(much.median), inMs(much.p95), inTimes(much.median, little.median)]);
    }
    return { title: 'Search in a library', explanation, rows };
  } finally {
    await house.close();
    folder.close();
  }
}

/** Makes a library that holds so many passages of one file. Its id. */
async function stock({ services, store }: OpenHouse, passages: number): Promise<string> {
  const content = Readable.from([Buffer.from(`The text of ${passages} passages.`)]);
  const received = await services.files.receive(content);
  const details = { name: 'book.txt', mimeType: null, purpose: 'assistants' };
  const file = await services.files.keep(principal, received, details);
  const library = await services.libraries.create(principal, { kind: 'source', name: `of ${passages}` });
  await services.libraries.addFile(principal, library.id, { fileId: file.id });
  const lease = { owner: 'bench', afterOwnerId: '', now: Date.now(), leaseUntil: Date.now() + 3_600_000 };
  const claimed = await store.transaction((tx) => tx.libraries.claimFile(lease));
  if (claimed === null) throw new Error('There was no file to read.');
  const held = { id: claimed.id, owner: lease.owner, attempt: claimed.attempt };
  const prose = createProse();
  for (let position = 0; position < passages; position += passagesPerWrite) {
    const part = {
      ...held,
      position,
      passages: Array.from({ length: passagesPerWrite }, () => ({ id: newId(), text: prose.text(passageChars) })),
      progress: { unit: 'bytes', done: 0, total: 0 } as const,
      note: null,
      leaseUntil: lease.leaseUntil,
      at: lease.now,
    };
    await store.transaction((tx) => tx.libraries.putPart(part), { relaxed: true });
  }
  const end = { ...held, status: 'completed', error: null, at: Date.now() } as const;
  await store.transaction((tx) => tx.libraries.endFile(end));
  return library.id;
}

async function timesOf({ services }: OpenHouse, libraryId: string, ask: (prose: Prose) => string): Promise<Spread> {
  const prose = createProse();
  const times: number[] = [];
  for (let sample = -warmups; sample < searches; sample += 1) {
    const startedAt = performance.now();
    const { hits } = await services.libraries.search(principal, [libraryId], { query: ask(prose) });
    if (hits.length === 0) throw new Error('The search found nothing.');
    if (sample >= 0) times.push(performance.now() - startedAt);
  }
  return spreadOf(times);
}
