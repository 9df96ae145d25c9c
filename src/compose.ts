import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type http from 'node:http';
import type https from 'node:https';
import type { Express } from 'express';
import { programVersion } from './cli/version.js';
import type { Config } from './config.js';
import { systemClock, type Clock } from './domain/clock.js';
import { limits } from './domain/limits.js';
import { createScales } from './engine/gauge.js';
import { createLoop, type RunLoop } from './engine/loop.js';
import { createSearchAccess } from './engine/query-vectors.js';
import { createToolRegistry } from './engine/tools/registry.js';
import type { Tool } from './engine/tools/tool.js';
import { createExtractor } from './extract/extractor.js';
import { createApp } from './http/app.js';
import { createServer, type TlsPair } from './http/server.js';
import type { Logger } from './logger.js';
import type { ProviderRegistry } from './providers/provider.js';
import { createRegistry } from './providers/registry.js';
import { createFollow } from './runs/follow.js';
import { Indexer } from './runs/indexer.js';
import { Ingester } from './runs/ingester.js';
import { createNotifier, type Notifier } from './runs/notifier.js';
import { SleepTimer } from './runs/sleep-timer.js';
import { Sweeper } from './runs/sweeper.js';
import { Worker } from './runs/worker.js';
import { createServices, type Services } from './services/services.js';
import { openCache } from './store/cache.js';
import { openStore } from './store/open.js';
import type { Store } from './store/store.js';

/** What a house may be given in place of its own. */
export interface HouseOptions {
  logger: Logger;
  /** Finds models, in place of the configured providers. */
  providers?: ProviderRegistry;
  /** Tools that agents may be given besides the built-in ones. */
  tools?: readonly Tool[];
  clock?: Clock;
}

/** A running house: it works on runs from the moment it is composed, and listens when it is asked to. */
export interface House {
  store: Store;
  services: Services;
  providers: ProviderRegistry;
  app: Express;
  adminPassword: string;
  /** True where the password was made for this start and nobody knows it yet. */
  generatedPassword: boolean;
  /** Listens where the configuration says. Rejects with the system's error where it cannot. */
  listen(): Promise<{ url: string }>;
  /** Stops listening, finishes running work or hands it back, and closes everything in reverse order. */
  close(): Promise<void>;
}

/** Of the time a stop may take, what running work gets before it is handed back. */
const graceMs = limits.shutdownMs * 0.7;

/** Wires a house from its configuration: the only place that knows every room. */
export async function composeHouse(config: Config, options: HouseOptions): Promise<House> {
  const { logger, clock = systemClock } = options;
  const onFault = (error: unknown, runId?: string | null): void => {
    logger.error({ err: error, runId: runId ?? undefined }, 'a background task failed');
  };
  const store = await openStore(config.databaseUrl, { filesUrl: config.filesUrl });
  const cache = await openCache({ home: config.home, url: config.cacheUrl, store: store.name });
  // Whoever held a lease of a database that only we can open is dead.
  if (store.exclusive) {
    await store.runs.lapseLeases(clock.now());
    await store.libraries.lapseFileLeases(clock.now());
  }

  const providers =
    options.providers ?? createRegistry(config.models, { clock, logger, cache: cache.named('provider_models') });
  const tools = createToolRegistry(options.tools);
  const notifier = await createNotifier(store);
  const follow = createFollow({ store, notifier });
  const searchAccess = createSearchAccess(store.search, providers, cache.named('query_vectors'));
  const { timezone, memoryFlush } = config;
  const scales = createScales(clock);
  const loop = createLoop({ store, providers, tools, searchAccess, clock, timezone, memoryFlush }, scales);

  const generatedPassword = config.adminPassword === null;
  const adminPassword = config.adminPassword ?? randomBytes(16).toString('base64url');
  const services = createServices({
    store,
    clock,
    notifier,
    follow,
    providers,
    tools,
    adminPassword,
    memoryScope: config.memoryScope,
    sleepTimeEvery: config.sleepTimeEvery,
    timezone: config.timezone,
    scales,
    embed: (text) => searchAccess.embed(text),
    fileBytesMax: config.fileBytesMax,
  });
  await services.users.ensureDefault();
  await services.organisations.ensureDefault();

  const background = startBackground(config, { store, notifier, clock, loop, providers, onFault });

  const { corsOrigins, requestsPerMinute } = config;
  const answers = cache.named('answers');
  const version = programVersion();
  const app = createApp({ services, clock, version, log: logger, corsOrigins, requestsPerMinute, answers });
  const server = createServer(app, await tlsPair(config));
  return {
    store,
    services,
    providers,
    app,
    adminPassword,
    generatedPassword,
    listen: () => listen(server, config),
    async close() {
      const closed = new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));
      server.closeIdleConnections();
      await background.stop();
      server.closeAllConnections();
      await closed;
      await notifier.close();
      await cache.close();
      await store.close();
    },
  };
}

/** Opens the configured port of the configured address, and says what a client on this machine is to call. */
async function listen(server: http.Server | https.Server, config: Config): Promise<{ url: string }> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : config.port;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  return { url: `${config.tls.enabled ? 'https' : 'http'}://${host}:${port}` };
}

/** What works without being asked: on runs, on files, on vectors, and on what is over. */
function startBackground(
  config: Config,
  parts: {
    store: Store;
    notifier: Notifier;
    clock: Clock;
    loop: RunLoop;
    providers: ProviderRegistry;
    onFault(error: unknown, runId?: string | null): void;
  },
): { stop(): Promise<void> } {
  const extractor = createExtractor();
  const worker = new Worker({ ...parts, concurrency: config.workerConcurrency });
  const sweeper = new Sweeper({ ...parts, eventRetentionMs: config.eventRetentionMs });
  const indexer = new Indexer(parts);
  const sleepTimer = new SleepTimer({ ...parts, sleepTimeEvery: config.sleepTimeEvery });
  const ingester = new Ingester({ ...parts, extractor, concurrency: config.fileConcurrency });
  worker.start();
  sweeper.start();
  indexer.start();
  sleepTimer.start();
  ingester.start();
  return {
    stop: async () => {
      await ingester.stop();
      await extractor.close();
      await sleepTimer.stop();
      await worker.stop(graceMs);
      await indexer.stop();
      await sweeper.stop();
    },
  };
}

async function tlsPair({ tls }: Config): Promise<TlsPair | null> {
  if (!tls.enabled || tls.certPath === null || tls.keyPath === null) return null;
  const [cert, key] = await Promise.all([readFile(tls.certPath, 'utf8'), readFile(tls.keyPath, 'utf8')]);
  return { cert, key };
}
