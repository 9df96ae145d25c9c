/** The topic that is rung when a run may be claimed. */
export const queueTopic = 'queue';

/** The topic that is rung when a file waits to be read into a library. */
export const ingestTopic = 'ingest';

/** The topic of one run's log. */
export function runTopic(runId: string): string {
  return `run:${runId}`;
}
