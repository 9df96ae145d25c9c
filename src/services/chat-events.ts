import { AppError } from '../domain/errors.js';
import type { RunEvent } from '../domain/event.js';
import { textOf } from '../domain/message.js';
import type { Run, RunError, Usage } from '../domain/run.js';
import { isAtRest, isFinal } from '../domain/status.js';
import { spellCallId } from './chat-call-ids.js';
import type { ChatEnd, ChatEvent } from './chat-answers.js';

/** How a run's log is told as an answer. */
export interface RunTelling {
  /** The number after which it is told; what stands before belongs to an earlier answer. */
  afterSeq: number;
  signal: AbortSignal;
  /** Called once the run has ended and before its end is told. */
  atEnd(): Promise<void>;
}

/**
 * Tells what an agent says in a run, up to the next rest: its words, and the calls it leaves to the client. Its own
 * tools and thoughts are not told. Throws where the run failed, or was stopped by somebody else.
 */
export async function* tellRun(log: AsyncIterable<RunEvent>, telling: RunTelling): AsyncGenerator<ChatEvent> {
  let spentBefore: Usage | null = null;
  const speech = createSpeech();
  for await (const event of log) {
    const isEarlier = event.seq <= telling.afterSeq;
    if (event.type === 'run-status' && isEarlier) spentBefore = event.run.usage;
    if (isEarlier) continue;
    if (event.type !== 'run-status') yield* speech.tell(event);
    else if (isAtRest(event.run.status)) {
      if (isFinal(event.run.status)) await telling.atEnd();
      yield* endOf(event.run, spentBefore);
      return;
    }
  }
  if (!telling.signal.aborted) throw new AppError('conflict', 'The answer ended early: its thread was deleted.');
}

/** Follows the messages of a run and tells them one after the other. */
function createSpeech() {
  let open: { id: string; told: string } | null = null;
  let hasSpoken = false;

  function* say(text: string): Generator<ChatEvent> {
    if (open === null || text === '') return;
    if (open.told === '' && hasSpoken) yield { type: 'message' };
    open.told += text;
    hasSpoken = true;
    yield { type: 'text', text };
  }

  return {
    *tell(event: RunEvent): Generator<ChatEvent> {
      if (event.type === 'message-start') open = { id: event.message.id, told: '' };
      if (event.type === 'text-delta' && event.messageId === open?.id) yield* say(event.text);
      if (event.type !== 'message-end' || event.message.id !== open?.id) return;
      const whole = textOf(event.message);
      if (!event.message.visible) {
        if (open.told !== '') yield { type: 'taken-back' };
      } else if (whole.startsWith(open.told)) yield* say(whole.slice(open.told.length));
      open = null;
    },
  };
}

function* endOf(run: Run, before: Usage | null): Generator<ChatEvent> {
  const usage = spentSince(run.usage, before);
  switch (run.status) {
    case 'requires_action':
      for (const [index, call] of run.pendingCalls.entries()) {
        yield { type: 'call', index, id: spellCallId(run.id, call.id), name: call.name, arguments: call.arguments };
      }
      yield { type: 'finish', reason: 'calls', usage };
      return;
    case 'completed':
    case 'incomplete':
      yield { type: 'finish', reason: reasonOf(run), usage };
      return;
    case 'failed':
      throw toError(run.error);
    case 'cancelled':
    case 'expired':
    case 'queued':
    case 'in_progress':
    case 'cancelling':
      throw new AppError('conflict', `The answer was not finished: its run is ${run.status}.`);
    default:
      run.status satisfies never;
  }
}

function reasonOf({ status, incompleteReason }: Run): ChatEnd {
  if (status === 'completed') return 'stop';
  return incompleteReason === 'content_filter' ? 'filter' : 'length';
}

function toError(error: RunError | null): AppError {
  if (error === null) return new AppError('internal', 'The run failed.');
  switch (error.code) {
    case 'error_loop':
    case 'worker_lost':
    case 'cancelled':
      return new AppError('provider_unavailable', error.message);
    default:
      return new AppError(error.code, error.message);
  }
}

function spentSince(spent: Usage | null, before: Usage | null): Usage {
  const total = spent ?? {
    promptTokens: 0,
    completionTokens: 0,
    cachedTokens: null,
    reasoningTokens: null,
    estimated: true,
  };
  const less = (now: number | null, then: number | null | undefined): number | null =>
    now === null ? null : now - (then ?? 0);
  return {
    promptTokens: total.promptTokens - (before?.promptTokens ?? 0),
    completionTokens: total.completionTokens - (before?.completionTokens ?? 0),
    cachedTokens: less(total.cachedTokens, before?.cachedTokens),
    reasoningTokens: less(total.reasoningTokens, before?.reasoningTokens),
    estimated: total.estimated,
  };
}
