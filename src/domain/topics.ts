/** The topic that is rung when a run may be claimed. */
export const queueTopic = 'queue';

/** The topic of one run's log. */
export function runTopic(runId: string): string {
  return `run:${runId}`;
}
