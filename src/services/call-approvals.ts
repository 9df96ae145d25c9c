import { AppError } from '../domain/errors.js';
import type { RunFact } from '../domain/event.js';
import { limits } from '../domain/limits.js';
import type { Run, Step } from '../domain/run.js';
import type { ToolCall } from '../domain/tool.js';
import { queueTopic } from '../domain/topics.js';
import { resultMessage } from '../engine/ending.js';
import type { Repositories } from '../store/store.js';

/** What somebody says of a call that waits for approval. */
export interface CallApproval {
  callId: string;
  approve: boolean;
  /** Told to the model where the call is denied. */
  reason: string | null;
}

/** Calls of a run that wait for somebody's approval. */
export function awaitingApproval(run: Run): ToolCall[] {
  return run.status === 'requires_action' ? run.pendingCalls.filter((call) => call.where === 'here') : [];
}

/**
 * Writes what was said of all calls of a run that wait for approval and queues it again, inside a transaction that
 * holds the run. What is approved is the very call that is on the record, with its arguments. The same answer given
 * once more changes nothing. Throws `conflict` where nothing waits and `invalid_request` where the calls are others.
 */
export async function takeApprovals(tx: Repositories, run: Run, given: CallApproval[], at: number): Promise<RunFact[]> {
  const steps = await tx.runs.steps(run.id);
  const awaiting = awaitingApproval(run);
  if (awaiting.length === 0) {
    if (given.length > 0 && given.every((approval) => wasGiven(steps, approval))) return [];
    throw new AppError('conflict', 'No call waits for approval.');
  }
  requireSame(awaiting, given);
  const step = steps.find((candidate) => candidate.status === 'in_progress' && candidate.kind === 'tools');
  if (step === undefined) throw new AppError('internal', `Run ${run.id} waits without an open step.`);
  const answers = new Map(given.map((approval) => [approval.callId, approval]));
  const calls = step.calls.map((call) => {
    const approval = answers.get(call.id);
    return approval === undefined ? call : answered(call, approval);
  });
  await tx.runs.updateStep({ ...step, calls });
  const denied = calls.filter((call) => answers.get(call.id)?.approve === false);
  await tx.messages.append(
    run.conversationId,
    denied.map((call) => resultMessage(step.id, run, call, at)),
  );
  const expiresAt = run.overrides.expiresAtWork === true ? run.expiresAt : at + limits.runWaitMs;
  const queued: Run = { ...run, status: 'queued', pendingCalls: [], expiresAt };
  await tx.runs.write(queued, run.status);
  await tx.bell.ring(queueTopic);
  const results = denied.map((call): RunFact => ({ type: 'call-result', stepId: step.id, call }));
  return [...results, { type: 'run-status', run: queued }];
}

function answered(call: ToolCall, { approve, reason }: CallApproval): ToolCall {
  if (approve) return { ...call, approved: true };
  const why = reason === null || reason.trim() === '' ? '' : ` The reason: ${reason}`;
  return { ...call, approved: false, state: 'finished', failed: true, output: `The call was denied.${why}` };
}

function wasGiven(steps: readonly Step[], { callId, approve }: CallApproval): boolean {
  return steps.some((step) => step.calls.some((call) => call.id === callId && call.approved === approve));
}

function requireSame(awaiting: readonly ToolCall[], given: readonly CallApproval[]): void {
  const expected = awaiting.map((call) => call.id);
  const named = given.map((approval) => approval.callId);
  if (named.length === expected.length && expected.every((id) => named.includes(id))) return;
  const list = (ids: string[]): string => ids.map((id) => `'${id}'`).join(', ');
  const message = `Expected approvals for the calls ${list(expected)}, got ${list(named)}.`;
  throw new AppError('invalid_request', message, { param: 'approvals' });
}
