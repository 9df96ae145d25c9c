import type { RunEvent } from '../../domain/event.js';
import type { Run, RunError } from '../../domain/run.js';
import { isAtRest } from '../../domain/status.js';
import { awaitingApproval } from '../../services/call-approvals.js';
import type { Frame } from '../sse.js';
import { BeatReader, type Beat, type ShownCall } from './beats.js';
import { shownText } from './errors.js';
import { toPythonJson, toPythonLiteral } from './python-text.js';
import { toIsoTime } from './wire.js';

/** One event object of a reply. */
export type ReplyEvent = Record<string, unknown>;

/**
 * The forms of a reply. `legacy`: calls as text, the spoken words beside them. `steps`: calls as objects, bare
 * sentinels between them. `tokens`: like `steps`, in fragments.
 */
export type ReplyForm = 'legacy' | 'steps' | 'tokens';

/** A reply that was waited for. */
export interface WholeReply {
  events: ReplyEvent[];
  /** The run as it rests; null where the log ended before. */
  run: Run | null;
}

/** What a reader is told where a log ends before its run rests, as when the server stops. */
export const brokenOff = 'The server stopped reading the run before the answer was whole.';

/** The frames of a streamed reply, until the run rests. */
export async function* toFrames(log: AsyncIterable<RunEvent>, form: ReplyForm): AsyncGenerator<Frame> {
  const reader = new BeatReader();
  for await (const event of log) {
    for (const beat of reader.take(event)) yield* framesOf(beat, form);
    if (event.type === 'run-status' && isAtRest(event.run.status)) return;
  }
  yield* errorFrames(brokenOff, form);
}

/** The frames that end a stream which broke off with an error. */
export function lastWords(error: unknown, form: ReplyForm): Frame[] {
  return errorFrames(shownText(error), form);
}

/**
 * A reply read to its end. In `legacy` a call is text; in `steps` it is an object, and the spoken words stand beside it
 * for clients that look for them.
 */
export async function toWholeReply(
  log: AsyncIterable<RunEvent>,
  form: Exclude<ReplyForm, 'tokens'>,
): Promise<WholeReply> {
  const reader = new BeatReader();
  const reply: WholeReply = { events: [], run: null };
  for await (const event of log) {
    for (const beat of reader.take(event)) {
      if (beat.type === 'rest') reply.run = beat.run;
      const shown = form === 'steps' && beat.type === 'said' ? saidEvent(beat) : objectOf(beat, form);
      if (shown !== null) reply.events.push(shown);
    }
    if (reply.run !== null) break;
  }
  return reply;
}

/** Why a run at rest has no whole answer to show, or null where it has one. */
export function faultOf(run: Run): RunError | null {
  switch (run.status) {
    case 'failed':
      return run.error ?? { code: 'internal', message: 'The run failed.' };
    case 'cancelled':
      return { code: 'cancelled', message: 'The run was cancelled.' };
    case 'expired':
      return { code: 'busy', message: 'The run waited too long and expired.' };
    case 'requires_action':
      return { code: 'conflict', message: waitedFor(run) };
    case 'queued':
    case 'in_progress':
    case 'cancelling':
    case 'completed':
    case 'incomplete':
      return null;
    default:
      return run.status satisfies never;
  }
}

function waitedFor(run: Run): string {
  const calls = awaitingApproval(run).map((call) => call.name);
  if (calls.length === 0) return 'The agent waits for a function that only its client can carry out.';
  return `The agent waits for approval of a call of ${calls.join(', ')}.`;
}

function framesOf(beat: Beat, form: ReplyForm): Frame[] {
  if (beat.type === 'rest') return endFrames(beat.run, form);
  if (form !== 'legacy' && beat.type === 'generation-end') return [{ data: '[DONE_GEN]' }];
  if (form !== 'legacy' && beat.type === 'step-end') return [{ data: '[DONE_STEP]' }];
  const event = form === 'tokens' ? fragmentOf(beat) : objectOf(beat, form);
  return event === null ? [] : [frame(event)];
}

function endFrames(run: Run, form: ReplyForm): Frame[] {
  const fault = faultOf(run);
  if (fault !== null) return errorFrames(fault.message, form);
  return form === 'legacy' ? [] : [{ data: '[DONE]' }];
}

function errorFrames(text: string, form: ReplyForm): Frame[] {
  return form === 'legacy' ? [frame({ internal_error: text })] : [frame({ error: text }), { data: '[DONE]' }];
}

function frame(event: ReplyEvent): Frame {
  return { data: toPythonJson(event) };
}

/** A beat as one object, null where the form does not show it. */
function objectOf(beat: Beat, form: 'legacy' | 'steps'): ReplyEvent | null {
  const mark = { id: beat.id, date: toIsoTime(beat.at) };
  switch (beat.type) {
    case 'thought':
      return { internal_monologue: beat.text, ...mark };
    case 'call':
      return { function_call: form === 'legacy' ? callText(beat.call) : beat.call, ...mark };
    case 'said':
      return form === 'legacy' ? saidEvent(beat) : null;
    case 'return':
      return { function_return: beat.output, status: beat.failed ? 'error' : 'success', ...mark };
    case 'thought-part':
    case 'call-part':
    case 'generation-end':
    case 'step-end':
    case 'rest':
      return null;
    default:
      return beat satisfies never;
  }
}

/** A beat in the form of fragments: what was told piece by piece is not told again whole. */
function fragmentOf(beat: Beat): ReplyEvent | null {
  const mark = { id: beat.id, date: toIsoTime(beat.at) };
  switch (beat.type) {
    case 'thought-part':
      return { internal_monologue: beat.text, ...mark };
    case 'call-part':
      return { function_call: beat.part, ...mark };
    case 'call':
      return beat.wasStreamed ? null : { function_call: beat.call, ...mark };
    case 'return':
      return objectOf(beat, 'steps');
    case 'thought':
    case 'said':
    case 'generation-end':
    case 'step-end':
    case 'rest':
      return null;
    default:
      return beat satisfies never;
  }
}

function saidEvent(beat: Extract<Beat, { type: 'said' }>): ReplyEvent {
  return { assistant_message: beat.text, id: beat.id, date: toIsoTime(beat.at) };
}

/** A call as the old servers printed it: `name({'argument': 'value'})`, without the request for another turn. */
function callText(call: ShownCall): string {
  let given: unknown;
  try {
    given = JSON.parse(call.arguments);
  } catch {
    return `${call.name}(${call.arguments})`;
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return `${call.name}(${call.arguments})`;
  const shown = Object.entries(given).filter(([name]) => name !== 'request_heartbeat');
  return `${call.name}(${toPythonLiteral(Object.fromEntries(shown))})`;
}
