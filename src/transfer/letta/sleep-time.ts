import { sleepTimeEveryMax, sleepTimeKeys } from '../../domain/sleep-time.js';
import { numberIn, objectIn, textIn } from './cells.js';

/*
 * Later releases have a second agent tidy the memory of a first one: a group of the kind `sleeptime`, with the number of
 * answers after which it is woken. Here a server tidies memories itself, as often as the agent's metadata say.
 */

/** The kind of such a group. */
export const sleepingKind = 'sleeptime';

/** What is told of a group that became such a setting. */
export const sleepingWords =
  'A group with a sleeping agent became a setting: this server tidies memories itself. The sleeping agent came along.';

/**
 * The pair of metadata for the agent that a group manages, from the group's members, whichever release wrote them; null
 * for a group of another kind. No number means after every answer, and 0 never.
 */
export function sleepTimePair(group: Readonly<Record<string, unknown>>): Record<string, string> | null {
  const told = { ...group, ...objectIn(group['manager_config']) };
  if (textIn(told['manager_type']) !== sleepingKind) return null;
  const every = numberIn(told['sleeptime_agent_frequency']) ?? 1;
  return { [sleepTimeKeys.every]: every < 1 ? 'off' : String(Math.min(Math.round(every), sleepTimeEveryMax)) };
}
