import { loadConfig, type Config } from '../config.js';
import { AppError } from '../domain/errors.js';
import { createLogger } from '../logger.js';
import { createHttpClient, type HttpClient } from './http-client.js';
import { openHouse } from './open-house.js';
import { findServer } from './server-record.js';

/** A client of the server that serves this home, or of the one that the settings name; null where none runs. */
export function runningServer(config: Config, userId: string | null = null): HttpClient | null {
  const found = findServer(config);
  const url = config.serverUrl ?? found?.url ?? null;
  if (url === null) return null;
  if (config.adminPassword === null) {
    const which = found === null ? url : `${url} (process ${found.pid})`;
    throw new AppError(
      'unauthenticated',
      `A server is running at ${which}; set MEMGPT_SERVER_PASS to its admin password to talk through it.`,
    );
  }
  return createHttpClient({ url, password: config.adminPassword, home: config.home, userId });
}

/**
 * Does some work through the native face: of the server that runs already, or of one that this process opens for that
 * long, where nobody else can reach it.
 */
export async function withHouse<T>(work: (client: HttpClient) => Promise<T>, userId: string | null = null): Promise<T> {
  const client = runningServer(loadConfig({ refuseOwnUpstream: false }), userId);
  if (client !== null) return work(client);
  const config = loadConfig();
  const logger = createLogger({ level: 'error', human: true });
  const tls = { enabled: false, certPath: null, keyPath: null };
  const house = await openHouse({ ...config, host: '127.0.0.1', port: 0, tls }, logger);
  try {
    const { url } = await house.listen();
    return await work(createHttpClient({ url, password: house.adminPassword, home: config.home, userId }));
  } finally {
    await house.close();
  }
}
