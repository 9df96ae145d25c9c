import type { Agent } from './agent.js';
import { AppError } from './errors.js';

/** How an agent tidies its memory between answers. */
export interface SleepTimeSetting {
  /** Answered runs in one memory after which it is tidied. */
  everyRuns: number;
  /** The model that tidies; null for the agent's own. */
  model: string | null;
}

/** The pairs of an agent's metadata that say whether and how its memory is tidied. */
export const sleepTimeKeys = { every: 'sleep_time_every', model: 'sleep_time_model' } as const;

/** The most answers that may be waited for. */
export const sleepTimeEveryMax = 999_999;

/**
 * How an agent's memory is tidied: as its metadata say, else after as many answers as are usual; null where that is never.
 * What cannot be read, as it may come with an import, says nothing.
 */
export function sleepTimeOf(agent: Pick<Agent, 'metadata'>, usualEvery: number): SleepTimeSetting | null {
  const everyRuns = readEvery(agent.metadata[sleepTimeKeys.every]) ?? usualEvery;
  if (everyRuns === 0) return null;
  const model = agent.metadata[sleepTimeKeys.model]?.trim() ?? '';
  return { everyRuns, model: model === '' ? null : model };
}

/** Throws `invalid_request` where metadata that are being set name a number of answers that cannot be read. */
export function checkSleepTime(metadata: Readonly<Record<string, unknown>>): void {
  const given = metadata[sleepTimeKeys.every];
  if (given === undefined || readEvery(given) !== null) return;
  const param = `metadata.${sleepTimeKeys.every}`;
  const shown = JSON.stringify(given).slice(0, 100);
  throw new AppError(
    'invalid_request',
    `Invalid '${param}': a text was expected that is a whole number of answers from 1 to ${sleepTimeEveryMax}, or 'off', ` +
      `but got ${shown}.`,
    { param },
  );
}

/** 0 is never; null where it is no number of answers. */
function readEvery(given: unknown): number | null {
  const text = typeof given === 'string' ? given.trim() : '';
  if (text === 'off' || text === '0') return 0;
  return /^[1-9]\d{0,5}$/u.test(text) ? Number(text) : null;
}

/** How far a conversation has been read for the sake of its memory. */
export interface ReadingMark {
  conversationId: string;
  /** The number of the last message that was read. */
  toSeq: number;
}

/** The work of a run that tidies a memory. */
export interface Tidying {
  memoryId: string;
  /** What it has been given to read; null until it has begun. */
  read: ReadingMark[] | null;
  /** True where more was unread than could be shown at once. */
  more: boolean;
}
