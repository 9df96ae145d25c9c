import type { RunFact } from '../domain/event.js';
import type { MessagePart } from '../domain/message.js';
import { addUsage, type Run, type Step, type Usage } from '../domain/run.js';
import type { ToolCall } from '../domain/tool.js';
import { AppError } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import type { ModelRequest } from '../providers/provider.js';
import type { Repositories } from '../store/store.js';
import { parseArguments } from './call-arguments.js';
import { rulesOf } from './call-gate.js';
import { carryOut } from './calls.js';
import type { Context } from './context.js';
import { ownMessage } from './own-message.js';
import type { PromptWork } from './prompt-work.js';
import { toolsStep } from './reply.js';

/** The pair on an agent by which its owner asks for this, or refuses it where the server's setting asks for it. */
const ownersWish = 'memory_flush';

const instruction =
  '[context]\nOlder messages of this conversation are about to scroll out of your view. Save what will matter later to ' +
  'your memory now, with as few calls as it takes. This is not an answer: nobody reads what you write besides the calls.';

/**
 * True where the agent is asked to save what is about to go. Without tools that edit its memory it cannot, and where its
 * tools stand under rules they are not offered outside of them.
 */
export function flushesMemory({ dependencies, scene }: PromptWork): boolean {
  const wish = scene.agent.metadata[ownersWish];
  const isWanted = wish === undefined ? dependencies.memoryFlush === true : wish === 'on' || wish === 'true';
  return isWanted && rulesOf(scene).length === 0 && memoryTools(dependencies, scene).length > 0;
}

/**
 * One model call that offers nothing but memory tools, before messages scroll out of view. Its calls are a step of the
 * run like any others, each committed with its result; its words are not said. What goes wrong with it is nobody's
 * trouble: the compaction follows anyway. Returns what it cost where no step carries that.
 */
export async function flushMemory(work: PromptWork, context: Context): Promise<Usage | null> {
  const { journal, scene, gauge, signal } = work;
  if (gauge.weigh(context.tokens) > scene.promptTokens) return null;
  const request = toRequest(work, context.request);
  try {
    const { calls, usage } = await collectCalls(work, request);
    if (calls.length === 0) return usage;
    const step = await journal.commit((tx, run) => openStep(tx, run, { calls, usage, at: now(work) }));
    await finishFlush(work, step);
    return null;
  } catch (error) {
    if (signal.aborted || (error instanceof AppError && error.code === 'lease_lost')) throw error;
    return null;
  }
}

/**
 * True for the step of a flush. The turn that it makes room for is yet to come, while the calls of any other step are
 * written in the commit that counts its turn as taken.
 */
export function isFlush(step: Step, run: Run): boolean {
  return step.kind === 'tools' && step.calls.length > 0 && step.turn === run.turn;
}

/** Carries out what is left of a flush and ends its step. It decides nothing: the turn comes after it in any case. */
export async function finishFlush({ dependencies, journal, scene, signal }: PromptWork, step: Step): Promise<void> {
  const done = await carryOut(dependencies, journal, scene, step, { refused: new Map(), signal });
  await journal.commit(async (tx) => {
    const ended: Step = { ...done, status: 'completed', endedAt: dependencies.clock.now() };
    await tx.runs.updateStep(ended);
    return { facts: [{ type: 'step-end', step: ended }], value: null };
  });
}

function memoryTools({ tools }: PromptWork['dependencies'], scene: PromptWork['scene']): ModelRequest['tools'] {
  return scene.definitions.filter((definition) => tools.find(definition.name)?.effect === 'memory');
}

function toRequest({ dependencies, scene }: PromptWork, request: ModelRequest): ModelRequest {
  return {
    ...request,
    messages: [...request.messages, { role: 'user', parts: [{ type: 'text', text: instruction }] }],
    tools: memoryTools(dependencies, scene),
    toolChoice: 'auto',
  };
}

async function collectCalls(
  { scene, signal }: PromptWork,
  request: ModelRequest,
): Promise<{ calls: ToolCall[]; usage: Usage | null }> {
  const raw = new Map<number, { id: string; name: string; arguments: string }>();
  let usage: Usage | null = null;
  for await (const event of scene.model.provider.stream(request, signal)) {
    if (event.type === 'finish') usage = event.usage;
    if (event.type !== 'call') continue;
    const call = raw.get(event.index) ?? { id: '', name: '', arguments: '' };
    raw.set(event.index, {
      id: event.id ?? call.id,
      name: event.name ?? call.name,
      arguments: call.arguments + (event.arguments ?? ''),
    });
  }
  const offered = new Set(request.tools.map((tool) => tool.name));
  const calls = [...raw.values()].filter((call) => offered.has(call.name) && parseArguments(call.arguments).ok);
  return { calls: calls.slice(0, limits.callsPerTurn).map(toCall), usage };
}

function toCall(call: { id: string; name: string; arguments: string }): ToolCall {
  return { ...call, where: 'here', state: 'ready', output: null, failed: false };
}

/** The step and the agent's own record of the calls; the turn that is to come keeps its number. */
async function openStep(
  tx: Repositories,
  run: Run,
  { calls, usage, at }: { calls: ToolCall[]; usage: Usage | null; at: number },
): Promise<{ facts: RunFact[]; value: Step }> {
  const step: Step = { ...toolsStep(run.id, run.conversationId, run.turn, at), calls, usage };
  const parts = calls.map(({ id, name, arguments: text }): MessagePart => ({
    type: 'tool-call',
    callId: id,
    name,
    arguments: text,
  }));
  await tx.runs.write({ ...run, usage: addUsage(run.usage, usage) }, run.status);
  await tx.messages.append(run.conversationId, [ownMessage(run, at, { role: 'assistant', kind: 'inner', parts })]);
  await tx.runs.insertStep(step);
  const ready = calls.map((call): RunFact => ({ type: 'call-ready', stepId: step.id, call }));
  return { facts: [{ type: 'step-start', step }, ...ready], value: step };
}

function now({ dependencies }: PromptWork): number {
  return dependencies.clock.now();
}
