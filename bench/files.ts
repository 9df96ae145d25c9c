import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpClient, type HttpClient } from '../src/cli/http-client.js';
import { measureLibrarySearch } from './library-search.js';
import type { Times } from './support/client.js';
import { illustratedPdf } from './support/pdf.js';
import { createProse, type Prose } from './support/prose.js';
import { inMs, inNumber, inTimes, type Section } from './support/report.js';
import { openStage, password, usualPace, type Stage } from './support/servers.js';
import { spreadOf } from './support/statistics.js';

const pdf = { pages: 500, bytes: 20_000_000, pageChars: 3_000 };
const small = { files: 1_000, bytes: 20_000 };
const warmUpMs = 2_000;
const idleMs = 6_000;
const lookMs = 100;
const megabyte = 1024 * 1024;

/** A document that is sent. */
interface Document {
  name: string;
  content: Buffer;
}

/** What happened while something was going on. */
interface Observed {
  seconds: number;
  chats: Times[];
  loopDelayMax: number;
  loopDelayP99: number;
  grownBytes: number;
  /** Different states of progress that were seen. */
  steps: number;
  passages: number;
}

interface Job {
  id: string;
  status: string;
  metadata_: { progress: { done: number }; num_passages: number; error?: string };
}

/** What files cost: being read while somebody talks, in number, and searched. */
export async function measureFiles(): Promise<Section[]> {
  const stage = await openStage(usualPace);
  try {
    const [agentId = ''] = await stage.newAgents(1);
    const client = createHttpClient({ url: stage.threadkeeper.url, password, home: '/' });
    const prose = createProse();
    await observe(stage, agentId, () => sleep(warmUpMs));
    const idle = await observe(stage, agentId, () => sleep(idleMs));
    const book = await observe(stage, agentId, (seen) => load(client, [bookOf(prose)], seen));
    const many = await observe(stage, agentId, (seen) => load(client, letters(prose), seen));
    return [toSection(idle, book, many), await measureLibrarySearch()];
  } finally {
    await stage.close();
  }
}

function bookOf(prose: Prose): Document {
  const pages = Array.from({ length: pdf.pages }, () => prose.text(pdf.pageChars));
  return { name: 'book.pdf', content: illustratedPdf(pages, pdf.bytes - pdf.pages * pdf.pageChars) };
}

function* letters(prose: Prose): Generator<Document> {
  for (let number = 1; number <= small.files; number += 1) {
    yield { name: `letter-${number}.txt`, content: Buffer.from(prose.text(small.bytes)) };
  }
}

type Seen = Pick<Observed, 'steps' | 'passages'>;

/** One client sends messages without a break while work goes on. */
async function observe(stage: Stage, agentId: string, work: (seen: Seen) => Promise<void>): Promise<Observed> {
  const seen = { steps: 0, passages: 0 };
  const chats: Times[] = [];
  const before = await stage.threadkeeper.resetVitals().then(() => stage.threadkeeper.vitals());
  const startedAt = performance.now();
  let goesOn = true;
  const working = work(seen).finally(() => (goesOn = false));
  const chatting = (async () => {
    while (goesOn) chats.push(await stage.client.send(stage.toThreadkeeper(agentId, 'tokens')));
  })();
  await working;
  const seconds = (performance.now() - startedAt) / 1_000;
  await chatting;
  const { loopDelayMax, loopDelayP99, residentBytes } = await stage.threadkeeper.vitals();
  return { ...seen, seconds, chats, loopDelayMax, loopDelayP99, grownBytes: residentBytes - before.residentBytes };
}

/** Sends documents into a new source and looks at each until it is read. Throws where one failed. */
async function load(client: HttpClient, documents: Iterable<Document>, seen: Seen): Promise<void> {
  const name = `source ${performance.now()}`;
  const source = (await client.json('POST', '/v1/sources', { name })) as { id: string };
  const jobs: Job[] = [];
  for (const { name: file, content } of documents) {
    const sent = { name: file, content: pieces(content) };
    jobs.push((await client.upload(`/v1/sources/${source.id}/upload`, sent)) as Job);
  }
  for (const begun of jobs) {
    const states = new Set<number>();
    for (let job = begun; ; job = (await client.json('GET', `/v1/jobs/${begun.id}`)) as Job) {
      states.add(job.metadata_.progress.done);
      if (job.status === 'failed') throw new Error(`A file was not read: ${job.metadata_.error ?? ''}`);
      if (job.status === 'completed') {
        seen.passages += job.metadata_.num_passages;
        break;
      }
      if (job !== begun) await sleep(lookMs);
    }
    seen.steps = Math.max(seen.steps, states.size);
  }
}

async function* pieces(content: Buffer): AsyncGenerator<Uint8Array> {
  const size = 64 * 1024;
  for (let start = 0; start < content.length; start += size) yield content.subarray(start, start + size);
}

function toSection(idle: Observed, book: Observed, many: Observed): Section {
  const usual = spreadOf(idle.chats.map((times) => times.firstToken));
  const row = (name: string, observed: Observed): string[] => {
    const first = spreadOf(observed.chats.map((times) => times.firstToken));
    return [
      name,
      inNumber(observed.seconds),
      String(observed.passages),
      String(observed.steps),
      inMs(observed.loopDelayP99),
      inMs(observed.loopDelayMax),
      inMs(first.median),
      inMs(first.p95),
      inTimes(first.median, usual.median),
      inNumber(observed.grownBytes / megabyte),
    ];
  };
  return {
    title: 'Files that are read while somebody talks',
    explanation:
      `A PDF of ${pdf.bytes / 1_000_000} MB and ${pdf.pages} pages, then ${small.files} files of ` +
      `${small.bytes / 1_000} KB, are sent and read while another client talks with an agent without a break. Progress ` +
      'is the number of different states that whoever asked for it every 100 ms was told. Memory is what the server ' +
      'holds more at the end.',
    rows: [
      ['while', 'seconds', 'passages', 'progress', 'loop p99', 'loop longest'].concat([
        'first token',
        'its p95',
        'ratio',
        'MB more',
      ]),
      row('nothing', idle),
      row('one large PDF', book),
      row(`${small.files} files`, many),
    ],
  };
}
