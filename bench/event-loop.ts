import { setTimeout as sleep } from 'node:timers/promises';
import { carryLoad } from './support/load.js';
import type { Server, Vitals } from './support/processes.js';
import { inMs, inTimes, type Section } from './support/report.js';
import { openStage, usualPace, type Stage } from './support/servers.js';
import type { Target } from './support/client.js';

const streams = 64;
const messagesPerStream = 12;
const idleMs = 3_000;

/** How long the event loop is held up while many streams run. */
export async function measureEventLoop(): Promise<Section[]> {
  const stage = await openStage(usualPace);
  try {
    const agents = await stage.newAgents(streams);
    const idle = await vitalsOf(stage.threadkeeper, () => sleep(idleMs));
    const bare = await vitalsOf(stage.bare, () => stream(stage, (id) => stage.toBare(id, 'tokens'), agents));
    const own = await vitalsOf(stage.threadkeeper, () =>
      stream(stage, (id) => stage.toThreadkeeper(id, 'tokens'), agents),
    );
    return [{ title: `Event loop under ${streams} streams`, explanation, rows: toRows(idle, bare, own) }];
  } finally {
    await stage.close();
  }
}

const explanation =
  `${streams} streams at a time, each ${messagesPerStream} messages of ${usualPace.tokens} tokens at ` +
  `${usualPace.tokensPerSecond} per second. The delay is what a timer of 10 ms is late by, as ` +
  '`perf_hooks.monitorEventLoopDelay` counts it inside the server.';

async function stream(stage: Stage, toTarget: (id: string) => Target, ids: readonly string[]): Promise<void> {
  const groups = ids.map((id) =>
    Array.from({ length: messagesPerStream }, () => () => stage.client.send(toTarget(id))),
  );
  await carryLoad(groups, streams);
}

async function vitalsOf(server: Server, work: () => Promise<void>): Promise<Vitals> {
  await server.resetVitals();
  await work();
  return server.vitals();
}

function toRows(idle: Vitals, bare: Vitals, own: Vitals): string[][] {
  const row = (name: string, { loopDelayP99, loopDelayMax }: Vitals): string[] => [
    name,
    inMs(loopDelayP99),
    inMs(loopDelayMax),
    inTimes(loopDelayP99, bare.loopDelayP99),
  ];
  return [
    ['server', 'p99', 'longest', 'ratio of p99'],
    row('Threadkeeper, idle', idle),
    row(`bare Express, ${streams} streams`, bare),
    row(`Threadkeeper, ${streams} streams`, own),
  ];
}
