import type { Step } from '../domain/run.js';

/** How many calls at the end of a run are the same call, failing in the same way. */
export function failureStreak(steps: readonly Step[]): number {
  const calls = steps.flatMap((step) => (step.status === 'abandoned' ? [] : step.calls));
  const last = calls.at(-1);
  if (last === undefined || !last.failed) return 0;
  let streak = 0;
  for (const call of calls.toReversed()) {
    const isSame = call.failed && call.name === last.name && call.arguments === last.arguments;
    if (!isSame || call.output !== last.output) break;
    streak += 1;
  }
  return streak;
}
