import { readId, toOpenaiId } from '../domain/ids.js';

/*
 * A client of chats holds nothing but its transcript. The id of a call carries the run that waits for it, so that its
 * result finds the run again.
 */

const form = /^call_([0-9A-Za-z]{22})_(.+)$/su;
const runPrefix = 'run_';

/** The id under which a client sees a call of a run. */
export function spellCallId(runId: string, callId: string): string {
  return `call_${toOpenaiId('run', runId).slice(runPrefix.length)}_${callId}`;
}

/** The run and the call that an id names; null where it is none of ours. */
export function readCallId(text: string): { runId: string; callId: string } | null {
  const [, run = '', callId = ''] = form.exec(text) ?? [];
  const runId = readId('run', runPrefix + run);
  return runId === null ? null : { runId, callId };
}
