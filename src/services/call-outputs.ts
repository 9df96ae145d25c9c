import { AppError } from '../domain/errors.js';
import type { RunFact } from '../domain/event.js';
import { limits } from '../domain/limits.js';
import type { Run, Step } from '../domain/run.js';
import type { ToolCall } from '../domain/tool.js';
import { queueTopic } from '../domain/topics.js';
import { resultMessage } from '../engine/ending.js';
import type { Repositories } from '../store/store.js';
import type { CallOutput } from './run-commands.js';

/**
 * Writes the outputs of all calls a run waits for and queues it again, inside a transaction that holds the run.
 * Returns the facts, in order.
 */
export async function takeOutputs(tx: Repositories, run: Run, outputs: CallOutput[], at: number): Promise<RunFact[]> {
  if (run.status !== 'requires_action') {
    throw new AppError('conflict', `Runs in status "${run.status}" do not accept tool outputs.`);
  }
  const steps = await tx.runs.steps(run.id);
  const step = steps.find((candidate) => candidate.status === 'in_progress' && candidate.kind === 'tools');
  if (step === undefined) throw new AppError('internal', `Run ${run.id} waits without an open step.`);
  const results = answer(run, outputs);
  const calls = step.calls.map((call) => results.find(({ id }) => id === call.id) ?? call);
  const agent = await tx.agents.find(run.agentId);
  // In the heartbeat protocol the loop still has to weigh what the calls asked for before the step is over.
  const isOver = agent?.protocol !== 'heartbeat' && calls.every((call) => call.state === 'finished');
  const updated: Step = isOver ? { ...step, calls, status: 'completed', endedAt: at } : { ...step, calls };
  await tx.runs.updateStep(updated);
  await tx.messages.append(
    run.conversationId,
    results.map((call) => resultMessage(step.id, run, call, at)),
  );
  const expiresAt = run.overrides.expiresAtWork === true ? run.expiresAt : at + limits.runWaitMs;
  const queued: Run = { ...run, status: 'queued', pendingCalls: [], expiresAt };
  await tx.runs.write(queued, run.status);
  await tx.bell.ring(queueTopic);
  const facts = results.map((call): RunFact => ({ type: 'call-result', stepId: step.id, call }));
  if (isOver) facts.push({ type: 'step-end', step: updated });
  return [...facts, { type: 'run-status', run: queued }];
}

/** All pending calls with their outputs, which are kept as they came. */
function answer(run: Run, outputs: CallOutput[]): ToolCall[] {
  const expected = run.pendingCalls.map((call) => call.id);
  const given = outputs.map(({ callId }) => callId);
  if (given.length !== expected.length || !expected.every((id) => given.includes(id))) {
    const list = (ids: string[]): string => `[${ids.map((id) => `'${id}'`).join(',')}]`;
    throw new AppError('invalid_request', `Expected tool outputs for call_ids ${list(expected)}, got ${list(given)}`);
  }
  const texts = new Map(outputs.map(({ callId, output }) => [callId, output]));
  return run.pendingCalls.map((call) => {
    return { ...call, state: 'finished', output: texts.get(call.id) ?? '', failed: false };
  });
}
