import type { Server } from 'node:http';
import { createApp } from '../../src/http/app.js';
import { createServer } from '../../src/http/server.js';
import { createToolRegistry } from '../../src/engine/tools/registry.js';
import type { Script } from '../../src/providers/scripted.js';
import { createServices, type Services } from '../../src/services/services.js';
import { systemClock, type Clock } from '../../src/domain/clock.js';
import { openCache } from '../../src/store/cache.js';
import type { Store } from '../../src/store/store.js';
import { openRoom, registryOf, type EngineRoom } from '../support/engine-room.js';

export const adminPassword = 'ilovellms';
export const asAdmin = { authorization: `Bearer ${adminPassword}` };

/** One line of a log. */
export interface LoggedFact {
  level: 'info' | 'error';
  fact: Record<string, unknown>;
  message: string;
}

/** The whole server but for its command line: a real store, a real worker, a real port, a scripted model. */
export interface RunningApp {
  server: Server;
  url: string;
  room: EngineRoom;
  store: Store;
  services: Services;
  logged: LoggedFact[];
  /** A user of their own: the headers of their requests. */
  newUser(): Promise<{ id: string; key: string; headers: { authorization: string } }>;
  /** How many rows there are of what requests can make. */
  rows(): Promise<{ agents: number; users: number; messages: number; runs: number; blocks: string }>;
  close(): Promise<void>;
}

/** What a test may set of an app. */
export interface AppOptions {
  script?: Script;
  corsOrigins?: string[];
  keepAliveMs?: number;
  requestsPerMinute?: number;
  clock?: Clock;
}

/** Starts an app on a free port; close it at the end of the test. */
export async function startApp(options: AppOptions = {}): Promise<RunningApp> {
  const room = await openRoom({
    script: options.script ?? [],
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  const { store } = room;
  const clock = options.clock ?? systemClock;
  const services = createServices({
    store,
    clock,
    notifier: room.notifier,
    follow: room.follow,
    providers: registryOf(room.provider),
    tools: createToolRegistry(),
    adminPassword,
    memoryScope: 'thread',
    scales: room.scales,
  });
  await services.users.ensureDefault();
  await services.organisations.ensureDefault();
  const logged: LoggedFact[] = [];
  const note = (level: LoggedFact['level']) => (fact: object, message: string) =>
    void logged.push({ level, fact: { ...fact }, message });
  const cache = await openCache({ home: '', url: 'memory:', store: store.name });
  const app = createApp({
    answers: cache.named('answers'),
    services,
    clock,
    version: '0.1.0',
    log: { info: note('info'), error: note('error') },
    corsOrigins: options.corsOrigins ?? [],
    keepAliveMs: options.keepAliveMs,
    requestsPerMinute: options.requestsPerMinute,
  });
  const server = createServer(app) as Server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  return {
    server,
    url: `http://127.0.0.1:${port}`,
    room,
    store,
    services,
    logged,
    newUser: async () => {
      const { user, issued } = await services.users.create({ userId: 'nobody', role: 'admin' }, {});
      return { id: user.id, key: issued.secret, headers: { authorization: `Bearer ${issued.secret}` } };
    },
    rows: () => countRows(store),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await cache.close();
      await room.close();
    },
  };
}

async function countRows(store: Store): ReturnType<RunningApp['rows']> {
  const everything = { limit: 1_000, order: 'asc' } as const;
  const users = (await store.users.page(everything)).items;
  const count = { agents: 0, users: users.length, messages: 0, runs: 0, blocks: '' };
  for (const user of users) {
    const agents = (await store.agents.page(user.id, everything)).items;
    count.agents += agents.length;
    for (const agent of agents) {
      const memory = await store.memories.findByKey(agent.id, 'default');
      const blocks = memory === null ? [] : await store.memories.blocks(memory.id);
      count.blocks += blocks.map((block) => `${block.label}@${block.version}`).join(' ') + ';';
      if (agent.mainConversationId === null) continue;
      const conversation = await store.conversations.find(agent.mainConversationId);
      count.messages += conversation?.lastSeq ?? 0;
      count.runs += (await store.runs.page(agent.mainConversationId, everything)).items.length;
    }
  }
  return count;
}
