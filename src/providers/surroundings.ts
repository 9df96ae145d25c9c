import { systemClock, type Clock } from '../domain/clock.js';

/** Where a provider reports what it put up with; pino's own shape. */
export interface ProviderLogger {
  info(facts: Record<string, unknown>, message: string): void;
  warn(facts: Record<string, unknown>, message: string): void;
}

/** Keeps small values for a while; Keyv's own shape. A cache that fails is a cache that is empty. */
export interface ProviderCache {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown, timeToLiveMs: number): Promise<unknown>;
}

/** What every provider is given. */
export interface Surroundings {
  clock: Clock;
  logger: ProviderLogger;
  cache: ProviderCache;
}

/** Says nothing. */
export const silentLogger: ProviderLogger = { info: () => undefined, warn: () => undefined };

/** Keeps nothing. */
export const noCache: ProviderCache = { get: () => Promise.resolve(undefined), set: () => Promise.resolve(true) };

/** The machine's clock, no log, no cache. */
export const plainSurroundings: Surroundings = { clock: systemClock, logger: silentLogger, cache: noCache };
