import { expect } from 'vitest';
import { checkLog, type RunEvent, type RunFact } from '../../../src/domain/event.js';
import type { Message } from '../../../src/domain/message.js';
import type { Run, RunError, Step } from '../../../src/domain/run.js';
import type { RunStatus } from '../../../src/domain/status.js';
import type { ToolCall } from '../../../src/domain/tool.js';

const at = Date.UTC(2024, 3, 12, 21, 3, 11, 402);
/** The time of every event of these logs, as the face writes it. */
export const date = '2024-04-12T21:03:11.402000+00:00';

export const runId = '00000000-0000-7000-8000-00000000000a';
export const messageId = '00000000-0000-7000-8000-00000000000b';
export const toolsStepId = '00000000-0000-7000-8000-00000000000c';

/** A run with a status, for a log. */
export function runOf(status: RunStatus, changes: Partial<Run> = {}): Run {
  return {
    id: runId,
    ownerId: 'owner',
    conversationId: 'conversation',
    agentId: 'agent',
    status,
    waiting: false,
    overrides: {},
    input: null,
    pendingCalls: [],
    error: null,
    incompleteReason: null,
    usage: { promptTokens: 100, completionTokens: 20, cachedTokens: null, reasoningTokens: null, estimated: false },
    turn: 2,
    attempt: 1,
    losses: 0,
    leaseOwner: null,
    leaseUntil: null,
    lastSeq: 0,
    metadata: {},
    faceData: {},
    createdAt: at,
    startedAt: at,
    expiresAt: null,
    endedAt: null,
    ...changes,
  };
}

/** The fact that a run has moved. */
export function status(next: RunStatus, error: RunError | null = null): RunFact {
  return { type: 'run-status', run: runOf(next, { error }) };
}

function stepOf(kind: Step['kind'], id: string, changes: Partial<Step> = {}): Step {
  return {
    id,
    runId,
    conversationId: 'conversation',
    turn: 0,
    kind,
    status: 'in_progress',
    messageId: null,
    calls: [],
    usage: null,
    error: null,
    startedAt: at,
    endedAt: null,
    ...changes,
  };
}

/** A message step in which the agent says the given pieces. */
export function speech(
  pieces: string[],
  options: { callId?: string; end?: Step['status']; id?: string } = {},
): RunFact[] {
  const id = options.id ?? messageId;
  const end = options.end ?? 'completed';
  const message: Message = {
    id,
    conversationId: 'conversation',
    seq: 5,
    role: 'assistant',
    kind: 'said',
    parts: [],
    visible: true,
    status: 'in_progress',
    agentId: 'agent',
    runId,
    stepId: `step-${id}`,
    callId: options.callId ?? null,
    name: null,
    metadata: {},
    faceData: {},
    createdAt: at,
  };
  const whole: Message = {
    ...message,
    parts: [{ type: 'text', text: pieces.join('') }],
    status: end === 'completed' ? 'completed' : 'incomplete',
  };
  return [
    { type: 'step-start', step: stepOf('message', `step-${id}`) },
    { type: 'message-start', message },
    ...pieces.map((text): RunFact => ({ type: 'text-delta', messageId: id, text })),
    { type: 'message-end', message: whole },
    { type: 'step-end', step: stepOf('message', `step-${id}`, { status: end }) },
  ];
}

/** A tools step with one call that runs here, told in fragments where there are any. */
export function work(
  call: Partial<ToolCall> & { name: string; arguments: string },
  fragments: string[] = [],
): RunFact[] {
  const ready: ToolCall = { id: 'call_1', where: 'here', state: 'ready', output: null, failed: false, ...call };
  const done: ToolCall = { ...ready, state: 'finished', output: call.output ?? 'ok' };
  return [
    { type: 'step-start', step: stepOf('tools', toolsStepId) },
    ...fragments.map((text): RunFact => ({
      type: 'call-delta',
      stepId: toolsStepId,
      callId: ready.id,
      name: ready.name,
      text,
    })),
    { type: 'call-ready', stepId: toolsStepId, call: ready },
    { type: 'call-result', stepId: toolsStepId, call: done },
    { type: 'step-end', step: stepOf('tools', toolsStepId, { status: 'completed' }) },
  ];
}

/** A tools step with several calls, all made ready at once and answered in the order given. */
export function workOf(names: string[], answered: string[], end: Step['status'] = 'completed'): RunFact[] {
  const call = (name: string, changes: Partial<ToolCall>): ToolCall => ({
    id: `call_${name}`,
    name,
    arguments: '{}',
    where: 'here',
    state: 'ready',
    output: null,
    failed: false,
    ...changes,
  });
  return [
    { type: 'step-start', step: stepOf('tools', toolsStepId) },
    ...names.map((name): RunFact => ({ type: 'call-ready', stepId: toolsStepId, call: call(name, {}) })),
    ...answered.map((name): RunFact => ({
      type: 'call-result',
      stepId: toolsStepId,
      call: call(name, { state: 'finished', output: `${name} is done` }),
    })),
    { type: 'step-end', step: stepOf('tools', toolsStepId, { status: end }) },
  ];
}

/** The fact that the agent thinks. */
export function thought(text: string, turn = 0): RunFact {
  return { type: 'reasoning-delta', turn, text };
}

/** Numbers facts into a log and makes sure it is one that a run can have. */
export async function* logOf(...facts: (RunFact | RunFact[])[]): AsyncGenerator<RunEvent> {
  const log = facts.flat().map((fact, index): RunEvent => ({ runId, seq: index + 1, at, ...fact }));
  expect(checkLog(log)).toEqual([]);
  yield* log;
}
