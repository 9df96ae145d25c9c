import { z } from 'zod';
import { wholeNumber } from './arguments.js';
import { define, numberParameter, searchTool } from './make-tool.js';
import type { Tool } from './tool.js';

/** Minutes of the longest pause, as MemGPT had it. */
const minutesMax = 360;

/**
 * Acknowledges a pause of timed heartbeats. It concerns only events sent by a timer; a heartbeat that a call asks for
 * comes all the same. Nothing is stored, since no timer of this server wakes agents.
 */
export const pauseHeartbeats: Tool = {
  ...searchTool(
    define(
      'pause_heartbeats',
      'Ask for quiet: no timed heartbeat for a number of minutes. Messages of users still arrive, and a heartbeat you ' +
        `request still comes. Example: {"minutes": 30}. More than ${minutesMax} minutes are cut to ${minutesMax}; ` +
        'it fails when minutes is not a whole number.',
      { minutes: numberParameter(`Minutes of quiet, at most ${minutesMax}.`) },
      ['minutes'],
    ),
    z.object({ minutes: wholeNumber(0, minutesMax) }),
    async (_access, _context, { minutes }) => {
      const granted = Math.min(minutes, minutesMax);
      const cut = minutes > granted ? ` (${minutes} asked, ${minutesMax} is the most)` : '';
      return { output: `ok, no timed heartbeat for ${granted} minutes${cut}`, failed: false };
    },
  ),
  rests: true,
};
