import type { Agent } from '../domain/agent.js';
import type { Clock } from '../domain/clock.js';
import type { Conversation } from '../domain/conversation.js';
import { AppError, notFound } from '../domain/errors.js';
import type { RunEvent, RunFact } from '../domain/event.js';
import { newId } from '../domain/ids.js';
import { limits } from '../domain/limits.js';
import type { NewMessage } from '../domain/message.js';
import type { Run, Step } from '../domain/run.js';
import { isFinal } from '../domain/status.js';
import type { ToolCall } from '../domain/tool.js';
import { queueTopic } from '../domain/topics.js';
import type { Principal } from '../domain/user.js';
import { endRun, resultMessage } from '../engine/ending.js';
import { capResult } from '../engine/tools/result.js';
import { appendAsFace } from '../runs/append.js';
import type { Follow } from '../runs/follow.js';
import type { Notifier } from '../runs/notifier.js';
import type { Repositories, Store } from '../store/store.js';
import { openWindow, type MemoryScope } from './memory-scope.js';
import type { CallOutput, IncomingMessage, RunService, StartRun } from './run-commands.js';

/** What the verbs of runs need. */
export interface RunServiceDependencies {
  store: Store;
  notifier: Notifier;
  follow: Follow;
  clock: Clock;
  memoryScope: MemoryScope;
}

/** Makes the verbs of runs. */
export function createRunService(dependencies: RunServiceDependencies): RunService {
  const { store, follow } = dependencies;

  async function ownRun(principal: Principal, id: string): Promise<Run> {
    const run = await store.runs.get(principal.userId, id);
    if (run === null) throw notFound('run', id);
    return run;
  }

  return {
    start: (principal, command) => start(dependencies, principal, command),
    get: ownRun,
    async page(principal, conversationId, request) {
      const conversation = await store.conversations.get(principal.userId, conversationId);
      if (conversation === null) throw notFound('conversation', conversationId);
      return store.runs.page(conversationId, request);
    },
    async steps(principal, runId, request) {
      await ownRun(principal, runId);
      return store.runs.pageSteps(runId, request);
    },
    async *follow(principal, runId, options) {
      await ownRun(principal, runId);
      yield* follow(runId, options);
    },
    async cancel(principal, runId) {
      await ownRun(principal, runId);
      return change(dependencies, runId, (tx, run) => cancelFacts(tx, run, dependencies.clock.now()));
    },
    async submit(principal, runId, outputs) {
      await ownRun(principal, runId);
      return change(dependencies, runId, (tx, run) => submitFacts(tx, run, outputs, dependencies.clock.now()));
    },
  };
}

async function start(dependencies: RunServiceDependencies, principal: Principal, command: StartRun): Promise<Run> {
  const { store, clock, notifier, memoryScope } = dependencies;
  const { run, events } = await store.transaction(async (tx) => {
    const at = clock.now();
    const agent = await tx.agents.get(principal.userId, command.agentId);
    if (agent === null) throw notFound('agent', command.agentId);
    const conversation = await tx.conversations.get(principal.userId, command.conversationId);
    if (conversation === null) throw notFound('conversation', command.conversationId);
    await tx.conversations.lock(conversation.id);
    await openWindow(tx, agent, conversation, memoryScope, at);
    const run = await insertRun(tx, newRun(agent, conversation, command, at), command);
    if (!run.waiting) await tx.bell.ring(queueTopic);
    return { run, events: await appendAsFace(tx, run.id, [{ type: 'run-status', run }], at) };
  });
  notifier.publish(run.id, events);
  notifier.ring(queueTopic);
  return run;
}

function newRun(agent: Agent, conversation: Conversation, command: StartRun, at: number): Run {
  const id = newId();
  const input = command.input.map((message) => incoming(message, agent, conversation.id, id, at));
  return {
    id,
    ownerId: agent.ownerId,
    conversationId: conversation.id,
    agentId: agent.id,
    status: 'queued',
    waiting: false,
    overrides: command.overrides ?? {},
    input: input.length === 0 ? null : input,
    pendingCalls: [],
    error: null,
    incompleteReason: null,
    usage: null,
    turn: 0,
    attempt: 0,
    losses: 0,
    leaseOwner: null,
    leaseUntil: null,
    lastSeq: 0,
    metadata: command.metadata ?? {},
    faceData: command.faceData ?? {},
    createdAt: at,
    startedAt: null,
    expiresAt: at + limits.runWaitMs,
    endedAt: null,
  };
}

function incoming(
  message: IncomingMessage,
  agent: Agent,
  conversationId: string,
  runId: string,
  at: number,
): NewMessage {
  return {
    id: newId(),
    conversationId,
    role: message.role,
    kind: message.kind,
    parts: message.parts,
    visible: message.kind === 'said',
    status: 'completed',
    // An alert is for this agent alone.
    agentId: message.kind === 'alert' ? agent.id : null,
    runId,
    stepId: null,
    callId: null,
    name: message.name ?? null,
    metadata: message.metadata ?? {},
    faceData: message.faceData ?? {},
    createdAt: message.createdAt ?? at,
  };
}

/**
 * What is said to a free conversation is in it at once; what is said while a run is active waits on its own run until
 * its turn comes, so that the exchanges of a conversation never mix.
 */
async function insertRun(tx: Repositories, run: Run, command: StartRun): Promise<Run> {
  const immediate: Run = { ...run, input: null };
  if (await tx.runs.insert(immediate)) {
    if (run.input !== null) await tx.messages.append(run.conversationId, run.input);
    return immediate;
  }
  if (command.whenActive === 'refuse') {
    const active = await tx.runs.active(run.conversationId);
    throw new AppError('conflict', `The conversation already has an active run ${active?.id ?? ''}.`);
  }
  if ((await tx.runs.countWaiting(run.conversationId)) >= limits.queuedRunsPerConversation) {
    throw new AppError('busy', `${limits.queuedRunsPerConversation} messages are waiting for an answer already.`, {
      retryAfterMs: limits.pollMs,
    });
  }
  const waiting: Run = { ...run, waiting: true };
  await tx.runs.insert(waiting);
  return waiting;
}

/** Changes a run from outside, under its row's lock, with the facts that tell of it. */
async function change(
  { store, clock, notifier }: RunServiceDependencies,
  runId: string,
  work: (tx: Repositories, run: Run) => Promise<RunFact[]>,
): Promise<Run> {
  const { run, events } = await store.transaction(async (tx) => {
    const locked = await tx.runs.takeNumbers(runId, 0);
    if (locked === null) throw notFound('run', runId);
    const facts = await work(tx, locked);
    const events: RunEvent[] = await appendAsFace(tx, runId, facts, clock.now());
    return { run: (await tx.runs.find(runId)) ?? locked, events };
  });
  notifier.publish(runId, events);
  notifier.ring(queueTopic);
  return run;
}

async function cancelFacts(tx: Repositories, run: Run, at: number): Promise<RunFact[]> {
  if (isFinal(run.status)) throw new AppError('conflict', `Cannot cancel run with status '${run.status}'.`);
  if (run.status === 'cancelling') return [];
  if (run.status !== 'in_progress') return endRun(tx, run, { status: 'cancelled', at });
  const cancelling: Run = { ...run, status: 'cancelling' };
  await tx.runs.write(cancelling, run.status);
  return [{ type: 'run-status', run: cancelling }];
}

async function submitFacts(tx: Repositories, run: Run, outputs: CallOutput[], at: number): Promise<RunFact[]> {
  if (run.status !== 'requires_action') {
    throw new AppError('conflict', `Runs in status '${run.status}' do not accept tool outputs.`);
  }
  const steps = await tx.runs.steps(run.id);
  const step = steps.find((candidate) => candidate.status === 'in_progress' && candidate.kind === 'tools');
  if (step === undefined) throw new AppError('internal', `Run ${run.id} waits without an open step.`);
  const answered = answer(run, outputs);
  const calls = step.calls.map((call) => answered.get(call.id) ?? call);
  const updated: Step = { ...step, calls };
  await tx.runs.updateStep(updated);
  const results = run.pendingCalls.map((call) => answered.get(call.id) ?? call);
  await tx.messages.append(
    run.conversationId,
    results.map((call) => resultMessage(step, run, call, at)),
  );
  const queued: Run = { ...run, status: 'queued', pendingCalls: [], expiresAt: at + limits.runWaitMs };
  await tx.runs.write(queued, run.status);
  await tx.bell.ring(queueTopic);
  const facts = results.map((call): RunFact => ({ type: 'call-result', stepId: step.id, call }));
  return [...facts, { type: 'run-status', run: queued }];
}

/** All pending calls with their outputs. Throws where one is missing, unknown or answered twice. */
function answer(run: Run, outputs: CallOutput[]): Map<string, ToolCall> {
  const answered = new Map<string, ToolCall>();
  for (const { callId, output } of outputs) {
    const call = run.pendingCalls.find((pending) => pending.id === callId);
    if (call === undefined || answered.has(callId)) {
      const param = 'tool_outputs';
      throw new AppError('invalid_request', `Run ${run.id} does not wait for the output of call '${callId}'.`, {
        param,
      });
    }
    const text = capResult(output, limits.toolResultCharsMax);
    answered.set(callId, { ...call, state: 'finished', output: text, failed: false });
  }
  const missing = run.pendingCalls.filter((call) => !answered.has(call.id)).map((call) => call.id);
  if (missing.length === 0) return answered;
  throw new AppError('invalid_request', `The outputs of these calls are missing: ${missing.join(', ')}.`, {
    param: 'tool_outputs',
  });
}
