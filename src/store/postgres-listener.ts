import type pg from 'pg';
import { bellChannel } from './sql/dialect.js';

const firstRetryMs = 100;
const longestRetryMs = 10_000;

/** One connection that hears the rings of other processes, for all listeners of this one. */
export interface Listener {
  /** Resolves once rings are heard. The function returned stops it. */
  listen(onRing: (topic: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/**
 * Makes a listener. It connects for the first who listens, connects again by itself when the connection is lost, and
 * lets go with the last. Rings in between are missed, which is why they are hints.
 */
export function createListener(makeClient: () => pg.Client): Listener {
  const heard = new Set<(topic: string) => void>();
  let client: Promise<pg.Client> | null = null;
  let retry: NodeJS.Timeout | null = null;

  const connect = async (): Promise<pg.Client> => {
    const next = makeClient();
    next.on('notification', ({ payload }) => heard.forEach((onRing) => onRing(payload ?? '')));
    next.on('error', () => undefined);
    await next.connect();
    await next.query(`listen ${bellChannel}`);
    next.on('end', () => reconnect(firstRetryMs));
    return next;
  };
  const reconnect = (delayMs: number): void => {
    client = null;
    if (heard.size === 0) return;
    retry = setTimeout(() => {
      client = connect();
      client.catch(() => reconnect(Math.min(delayMs * 2, longestRetryMs)));
    }, delayMs);
    retry.unref();
  };
  const letGo = async (): Promise<void> => {
    heard.clear();
    if (retry !== null) clearTimeout(retry);
    const last = client;
    client = null;
    // A connection that never came needs no ending.
    await last?.then(
      (open) => open.end(),
      () => undefined,
    );
  };

  return {
    listen: async (onRing) => {
      heard.add(onRing);
      try {
        await (client ??= connect());
      } catch (error) {
        heard.delete(onRing);
        client = null;
        throw error;
      }
      return async () => {
        heard.delete(onRing);
        if (heard.size === 0) await letGo();
      };
    },
    close: letGo,
  };
}
