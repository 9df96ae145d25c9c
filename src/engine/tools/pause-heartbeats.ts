import { z } from 'zod';
import { checkArguments, wholeNumber } from './arguments.js';
import { define, numberParameter } from './make-tool.js';
import type { Tool } from './tool.js';

/** Minutes of the longest pause, as MemGPT had it. */
const minutesMax = 360;

const schema = z.object({ minutes: wholeNumber(0, null) }).transform(({ minutes }, context) => {
  if (minutes !== null) return minutes;
  context.addIssue({ code: 'custom', path: ['minutes'], message: 'it is missing' });
  return z.NEVER;
});

/**
 * Acknowledges a pause of timed heartbeats. It concerns only events sent by a timer; a heartbeat that a call asks for
 * comes all the same. Nothing is stored, since no timer of this server wakes agents.
 */
export const pauseHeartbeats: Tool = {
  definition: define(
    'pause_heartbeats',
    'Ask for quiet: no timed heartbeat for a number of minutes. Messages of users still arrive, and a heartbeat you ' +
      `request still comes. Example: {"minutes": 30}. More than ${minutesMax} minutes are cut to ${minutesMax}; ` +
      'it fails when minutes is not a whole number.',
    { minutes: numberParameter(`Minutes of quiet, at most ${minutesMax}.`) },
    ['minutes'],
  ),
  rests: true,
  effect: 'outside',
  repeatable: true,
  async run(_context, input) {
    const checked = checkArguments('pause_heartbeats', schema, input);
    if (!checked.ok) return checked.result;
    const granted = Math.min(checked.value, minutesMax);
    const cut = checked.value > granted ? ` (${checked.value} were asked for; ${minutesMax} is the most)` : '';
    return { output: `ok, no timed heartbeat for ${granted} minutes${cut}`, failed: false };
  },
};
