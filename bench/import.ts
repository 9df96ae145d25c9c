import { once } from 'node:events';
import { createWriteStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpClient, type HttpClient } from '../src/cli/http-client.js';
import { newId } from '../src/domain/ids.js';
import { createProse } from './support/prose.js';
import { inMs, inNumber, type Section } from './support/report.js';
import { password, startThreadkeeper, temporaryFolder } from './support/servers.js';
import { spreadOf } from './support/statistics.js';

/** `BENCH_MESSAGES=1000000` measures the million itself; then the whole takes some minutes more. */
const messages = Number(process.env['BENCH_MESSAGES'] ?? 100_000);
const messagesPerThread = 200;
const charsPerMessage = 200;
const askEveryMs = 50;
const megabyte = 1024 * 1024;

/** What an import costs, and whoever uses the server meanwhile. */
export async function measureImport(): Promise<Section[]> {
  const folder = temporaryFolder();
  try {
    const path = join(folder.path, 'bundle.jsonl');
    await writeBundle(path);
    const server = await startThreadkeeper(folder.path, 'home', {});
    try {
      const client = createHttpClient({ url: server.url, password, home: folder.path });
      const thread = (await client.json('POST', '/v1/threads', {})) as { id: string };
      await server.resetVitals();
      const startedAt = performance.now();
      const importing = importBundle(client, path);
      const answers = await answersDuring(importing, () => client.json('GET', `/v1/threads/${thread.id}`));
      const seconds = (performance.now() - startedAt) / 1_000;
      const { cpuMs, loopDelayP99, loopDelayMax, peakBytes } = await server.vitals();
      const { median, p99, max } = spreadOf(answers);
      const figures = [
        [inNumber(seconds), inNumber(messages / seconds), inMinutes(seconds), inMinutes(cpuMs / 1_000)],
        [inNumber(peakBytes / megabyte), inMs(loopDelayP99), inMs(loopDelayMax), inMs(median), inMs(p99), inMs(max)],
      ];
      return [toSection(statSync(path).size, figures.flat())];
    } finally {
      await server.stop();
    }
  } finally {
    folder.close();
  }
}

/** Minutes for a million messages. */
function inMinutes(seconds: number): string {
  return inNumber((1_000_000 / messages) * (seconds / 60));
}

/** Throws where a message was not imported. */
async function importBundle(client: HttpClient, path: string): Promise<void> {
  const report = (await client.json('POST', '/admin/import/bundle', { path })) as {
    counts: { message?: { created: number } };
  };
  if (report.counts.message?.created === messages) return;
  throw new Error(`Not all was imported: ${JSON.stringify(report)}`);
}

/** Asks again and again until the work is done; what each answer took. */
async function answersDuring(work: Promise<void>, ask: () => Promise<unknown>): Promise<number[]> {
  let goesOn = true;
  const working = work.finally(() => (goesOn = false));
  const asking = (async () => {
    const times: number[] = [];
    while (goesOn) {
      const askedAt = performance.now();
      await ask();
      times.push(performance.now() - askedAt);
      await sleep(askEveryMs);
    }
    return times;
  })();
  await working;
  return asking;
}

async function writeBundle(path: string): Promise<void> {
  const file = createWriteStream(path);
  let lines = 0;
  for (const line of bundleLines()) {
    lines += 1;
    if (!file.write(`${JSON.stringify(line)}\n`)) await once(file, 'drain');
  }
  file.end(`${JSON.stringify({ kind: 'end', lines })}\n`);
  await once(file, 'close');
}

function* bundleLines(): Generator<object> {
  const prose = createProse();
  let conversationId = '';
  yield { format: 'threadkeeper-bundle', version: 1 };
  for (let number = 0; number < messages; number += 1) {
    const seq = (number % messagesPerThread) + 1;
    if (seq === 1) {
      conversationId = newId();
      const value = { id: conversationId, memoryKey: null, metadata: {}, lastSeq: 0, createdAt: number, faceData: {} };
      yield { kind: 'conversation', value };
    }
    const value = {
      ...{ id: newId(), conversationId, seq, role: seq % 2 === 1 ? 'user' : 'assistant', kind: 'said' },
      ...{ parts: [{ type: 'text', text: prose.text(charsPerMessage) }], visible: true, status: 'completed' },
      ...{ agentId: null, runId: null, stepId: null, callId: null, name: null, metadata: {}, faceData: {} },
      createdAt: number,
    };
    yield { kind: 'message', value };
  }
}

function toSection(bytes: number, figures: readonly string[]): Section {
  return {
    title: `An import of ${messages} messages`,
    explanation:
      `A bundle of ${inNumber(bytes / megabyte)} MB, in threads of ${messagesPerThread} messages of ${charsPerMessage} ` +
      `characters, is imported into a running server from its own disk: read once to be checked, and once more to be ` +
      `taken in. Meanwhile another client asks for a thread, ${askEveryMs} ms after each answer. Memory is the most ` +
      'that the process ever held. Minutes of processors are those of all its threads.',
    rows: [
      ['seconds', 'messages per second', 'minutes for a million', 'of processors'].concat([
        'MB at most',
        'loop p99',
        'loop longest',
        'answer meanwhile',
        'its p99',
        'slowest',
      ]),
      [...figures],
    ],
  };
}
