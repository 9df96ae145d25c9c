import { carryLoad } from './support/load.js';
import { inMs, inNumber, inTimes, type Section } from './support/report.js';
import { noPace, openStage, usualPace, type Pace, type Stage } from './support/servers.js';
import type { Server } from './support/processes.js';
import type { Target } from './support/client.js';

/** One load on one server. */
interface Rate {
  perSecond: number;
  /** Processor time of the server for each run. */
  cpuMs: number;
}

const messagesPerConversation = 8;
const conversationsFor: Record<number, number> = { 1: 24, 16: 96, 64: 128 };

/** How many messages are answered in a second, against a bare Express route that writes the same to the same disk. */
export async function measureRunsPerSecond(): Promise<Section[]> {
  return [
    await measure('Completed runs per second, a model that takes no time', noPace, [1, 16, 64]),
    await measure('Completed runs per second, a model of usual speed', usualPace, [64]),
  ];
}

async function measure(title: string, pace: Pace, concurrencies: readonly number[]): Promise<Section> {
  const stage = await openStage(pace);
  try {
    await carryBoth(stage, 4, 8);
    const rows = [headings];
    for (const concurrency of concurrencies) {
      const { bare, threadkeeper } = await carryBoth(stage, concurrency, conversationsFor[concurrency] ?? concurrency);
      rows.push([
        String(concurrency),
        inNumber(bare.perSecond),
        inNumber(threadkeeper.perSecond),
        inTimes(threadkeeper.perSecond, bare.perSecond),
        inMs(bare.cpuMs),
        inMs(threadkeeper.cpuMs),
        inTimes(threadkeeper.cpuMs, bare.cpuMs),
      ]);
    }
    return { title, explanation, rows };
  } finally {
    await stage.close();
  }
}

const headings = ['at a time', 'bare Express', 'Threadkeeper', 'ratio', 'CPU per run, bare', 'Threadkeeper', 'ratio'];

const explanation =
  `Conversations of ${messagesPerConversation} messages, each waited for, so many conversations at a time. The bare ` +
  'route makes the same model call and two commits, one for the words of each side.';

async function carryBoth(
  stage: Stage,
  concurrency: number,
  conversations: number,
): Promise<{ bare: Rate; threadkeeper: Rate }> {
  const agents = await stage.newAgents(conversations);
  const carry = (server: Server, toTarget: (conversation: string) => Target): Promise<Rate> =>
    carryOne(stage, server, agents.map(toTarget), concurrency);
  return {
    bare: await carry(stage.bare, (id) => stage.toBare(id, 'whole')),
    threadkeeper: await carry(stage.threadkeeper, (id) => stage.toThreadkeeper(id, 'whole')),
  };
}

async function carryOne(stage: Stage, server: Server, targets: Target[], concurrency: number): Promise<Rate> {
  const groups = targets.map((target) =>
    Array.from({ length: messagesPerConversation }, () => () => stage.client.send(target)),
  );
  await server.resetVitals();
  const { results, elapsedMs } = await carryLoad(groups, concurrency);
  const { cpuMs } = await server.vitals();
  return { perSecond: (results.length / elapsedMs) * 1_000, cpuMs: cpuMs / results.length };
}
