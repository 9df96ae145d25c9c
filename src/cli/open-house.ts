import type { House } from '../compose.js';
import type { Config } from '../config.js';
import type { Logger } from '../logger.js';

/** Composes a house. It is loaded only when a command needs it, so that help and version answer at once. */
export async function openHouse(config: Config, logger: Logger): Promise<House> {
  const { composeHouse } = await import('../compose.js');
  return composeHouse(config, { logger });
}
