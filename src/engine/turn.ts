import type { Clock } from '../domain/clock.js';
import type { RunFact } from '../domain/event.js';
import type { CutReason, MessagePart, NewMessage } from '../domain/message.js';
import { addUsage, noTokens, type IncompleteReason, type Run, type Step, type Usage } from '../domain/run.js';
import type { ToolCall } from '../domain/tool.js';
import { ProviderError, type ModelRequest } from '../providers/provider.js';
import type { Repositories } from '../store/store.js';
import { parseArguments } from './call-arguments.js';
import { closeTurn, finishSpeech } from './closing.js';
import { endRun } from './ending.js';
import type { Journal } from './journal.js';
import { ownMessage } from './own-message.js';
import { speakingTool } from './protocol.js';
import { ReplyReader, toolsStep, type OpenStep, type Reply } from './reply.js';
import type { Scene } from './scene.js';
import { closeSpeech, say } from './speech.js';
import { messageOf } from './spoken-text.js';

/** What a turn left behind: a run that ended, calls to carry out, or a reply with nothing in it. */
export type TurnOutcome = { type: 'ended' } | { type: 'continue' } | { type: 'calls'; step: Step } | { type: 'empty' };

/** What a turn is taken with. */
export interface TurnWork {
  journal: Journal;
  scene: Scene;
  clock: Clock;
  signal: AbortSignal;
  /** What models were paid so that this turn could be taken; its step carries it too. */
  carried: Usage | null;
}

/**
 * One model call: streams the reply onto the log, then commits it as a whole. The usage returned is the reply's own.
 */
export async function takeTurn(work: TurnWork, request: ModelRequest): Promise<TurnOutcome & { usage: Usage }> {
  const { journal, scene, clock, signal, carried } = work;
  const reader = new ReplyReader(journal, scene, clock);
  let hasBegun = false;
  try {
    let reply: Reply | null = null;
    for await (const event of scene.model.provider.stream(request, signal)) {
      signal.throwIfAborted();
      hasBegun = true;
      reply = await reader.take(event);
    }
    if (reply === null) throw new Error('The provider ended a reply without its finish.');
    const { usage } = reply;
    if (isEmpty(reply)) {
      await reader.abandon();
      return { type: 'empty', usage };
    }
    const whole = { ...reply, usage: addUsage(usage, carried) ?? usage };
    const outcome = await journal.commit((tx, run) => commitReply(tx, run, scene, reader.open, whole, clock.now()));
    return { ...outcome, usage };
  } catch (error) {
    // A run that is being stopped is closed, or handed on, with what it has open.
    if (!signal.aborted) await reader.abandon();
    throw hasBegun && error instanceof ProviderError ? new BrokenReply(error) : error;
  }
}

/** A reply that broke off after it had begun. The same request may well succeed. */
export class BrokenReply extends ProviderError {
  constructor(cause: ProviderError) {
    super(cause.code, cause.message, { overflow: cause.overflow, cause });
    this.name = 'BrokenReply';
  }
}

function isEmpty(reply: Reply): boolean {
  return reply.text.trim() === '' && reply.calls.length === 0 && reply.reason !== 'length' && reply.reason !== 'filter';
}

async function commitReply(
  tx: Repositories,
  run: Run,
  scene: Scene,
  open: OpenStep,
  reply: Reply,
  at: number,
): Promise<{ facts: RunFact[]; value: TurnOutcome }> {
  const stopped = stoppedBy(reply);
  const calls = toCalls(scene, reply, stopped !== null);
  const work = calls.filter((call) => call.where !== 'speech');
  const facts: RunFact[] = [];
  const taken: Run = { ...run, turn: run.turn + 1, usage: addUsage(run.usage, reply.usage) };
  await tx.runs.write(taken, run.status);
  facts.push(...(await settleSpeech(tx, run, scene, open, reply, { calls, cut: stopped, at })));
  if (calls.length > 0) await tx.messages.append(run.conversationId, [innerMessage(run, reply, calls, at)]);
  if (work.length > 0) {
    const ready = await readyStep(tx, run, open, { work, usage: reply.usage, at });
    return { facts: [...facts, ...ready.facts], value: { type: 'calls', step: ready.step } };
  }
  const turn = { step: null, spokenCalls: open?.kind === 'message' ? [open.callId] : [], usage: reply.usage, at };
  if (stopped !== null) {
    // A cut reply may hold whole speaking calls: they are answered, or the next request would show them as lost.
    const speech = await finishSpeech(tx, taken, turn);
    const ending = await endRun(tx, taken, { status: 'incomplete', incompleteReason: stopped, at });
    return { facts: [...facts, ...speech.facts, ...ending], value: { type: 'ended' } };
  }
  const closing = await closeTurn(tx, taken, scene, turn);
  return { facts: [...facts, ...closing.facts], value: { type: closing.ended ? 'ended' : 'continue' } };
}

function stoppedBy(reply: Reply): Extract<CutReason, IncompleteReason> | null {
  if (reply.reason === 'length') return 'max_output_tokens';
  return reply.reason === 'filter' ? 'content_filter' : null;
}

/** A call that was cut by the token limit is kept only where its arguments are whole. */
function toCalls(scene: Scene, reply: Reply, wasCut: boolean): ToolCall[] {
  return reply.calls.flatMap((call): ToolCall[] => {
    const parsed = parseArguments(call.arguments);
    if (wasCut && (!parsed.ok || parsed.repaired)) return [];
    const where = call.name === speakingTool ? 'speech' : scene.clientTools.has(call.name) ? 'client' : 'here';
    const text = parsed.ok && parsed.repaired ? JSON.stringify(parsed.value) : call.arguments || '{}';
    return [{ id: call.id, name: call.name, arguments: text, where, state: 'ready', output: null, failed: false }];
  });
}

/** Closes the message that was streamed, and says the plain text that is an answer but was not streamed. */
async function settleSpeech(
  tx: Repositories,
  run: Run,
  scene: Scene,
  open: OpenStep,
  reply: Reply,
  how: { calls: ToolCall[]; cut: CutReason | null; at: number },
): Promise<RunFact[]> {
  const hasWork = how.calls.some((call) => call.where !== 'speech');
  const usage = hasWork ? noTokens(reply.usage) : reply.usage;
  if (open?.kind === 'message') {
    const text = open.callId === null ? reply.text : spokenText(how.calls, reply, open.callId);
    return closeSpeech(tx, open.speech, { text, cut: how.cut, usage, at: how.at });
  }
  // In the heartbeat protocol, text that no call comes with is the answer.
  const isAnswer = scene.protocol.textIs === 'thought' && how.calls.length === 0 && reply.text.trim() !== '';
  return isAnswer ? say(tx, run, { text: reply.text, callId: null, usage, at: how.at }) : [];
}

function spokenText(calls: ToolCall[], reply: Reply, callId: string): string {
  const call = calls.find(({ id }) => id === callId) ?? reply.calls.find(({ id }) => id === callId);
  return messageOf(call?.arguments ?? '');
}

async function readyStep(
  tx: Repositories,
  run: Run,
  open: OpenStep,
  { work, usage, at }: { work: ToolCall[]; usage: Usage; at: number },
): Promise<{ step: Step; facts: RunFact[] }> {
  const isOpen = open?.kind === 'tools';
  const step: Step = {
    ...(isOpen ? open.step : toolsStep(run.id, run.conversationId, run.turn, at)),
    calls: work,
    usage,
  };
  if (isOpen) await tx.runs.updateStep(step);
  else await tx.runs.insertStep(step);
  const start: RunFact[] = isOpen ? [] : [{ type: 'step-start', step }];
  const ready = work.map((call): RunFact => ({ type: 'call-ready', stepId: step.id, call }));
  return { step, facts: [...start, ...ready] };
}

/** The agent's own record of a reply with calls: what it thought and what it asked for. */
function innerMessage(run: Run, reply: Reply, calls: ToolCall[], at: number): NewMessage {
  const thought = [reply.thoughts, reply.text].filter((text) => text.trim() !== '').join('\n');
  const parts: MessagePart[] = [
    ...(reply.reasoning === '' ? [] : [{ type: 'reasoning' as const, text: reply.reasoning }]),
    ...(thought === '' ? [] : [{ type: 'text' as const, text: thought }]),
    ...calls.map((call): MessagePart => ({
      type: 'tool-call',
      callId: call.id,
      name: call.name,
      arguments: call.arguments,
    })),
  ];
  return ownMessage(run, at, { role: 'assistant', kind: 'inner', parts });
}
