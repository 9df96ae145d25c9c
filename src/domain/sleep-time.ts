import type { Agent } from './agent.js';

/** How an agent tidies its memory between answers. */
export interface SleepTimeSetting {
  /** Answered runs in one memory after which it is tidied. */
  everyRuns: number;
  /** The model that tidies; null for the agent's own. */
  model: string | null;
}

/** The pairs of an agent's metadata that say whether and how its memory is tidied. */
export const sleepTimeKeys = { every: 'sleep_time_every', model: 'sleep_time_model' } as const;

/** What the metadata of an agent says of it; null where it says nothing, or nothing that can be read. */
export function sleepTimeOf(agent: Pick<Agent, 'metadata'>): SleepTimeSetting | null {
  const every = agent.metadata[sleepTimeKeys.every]?.trim() ?? '';
  if (!/^[1-9]\d{0,5}$/u.test(every)) return null;
  const model = agent.metadata[sleepTimeKeys.model]?.trim() ?? '';
  return { everyRuns: Number(every), model: model === '' ? null : model };
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
