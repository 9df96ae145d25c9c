import type { RunEvent } from '../../../domain/event.js';
import { readId, toLettaId } from '../../../domain/ids.js';
import type { Run } from '../../../domain/run.js';
import { isAtRest } from '../../../domain/status.js';
import type { Frame } from '../../sse.js';
import { BeatReader, type Beat } from '../beats.js';
import { shownText } from '../errors.js';
import { brokenOff, faultOf, type ReplyEvent } from '../events.js';
import { toSecondTime } from './wire.js';

/** A stream of typed messages: whole ones, or in fragments. */
export type TypedForm = 'steps' | 'tokens';

/** The frames of a streamed reply of Letta 0.4, until the run rests. They always end with `[DONE]`. */
export async function* toTypedFrames(log: AsyncIterable<RunEvent>, form: TypedForm): AsyncGenerator<Frame> {
  const reader = new BeatReader();
  for await (const event of log) {
    for (const beat of reader.take(event)) yield* framesOf(beat, form);
    if (event.type === 'run-status' && isAtRest(event.run.status)) return;
  }
  yield* errorFrames(brokenOff);
}

/** The frames that end a stream which broke off with an error. */
export function typedLastWords(error: unknown): Frame[] {
  return errorFrames(shownText(error));
}

/** A reply read to its end, with the run as it rests; null where the log ended before. */
export async function toTypedReply(log: AsyncIterable<RunEvent>): Promise<{ messages: ReplyEvent[]; run: Run | null }> {
  const reader = new BeatReader();
  const messages: ReplyEvent[] = [];
  for await (const event of log) {
    for (const beat of reader.take(event)) {
      if (beat.type === 'rest') return { messages, run: beat.run };
      const message = wholeOf(beat);
      if (message !== null) messages.push(message);
    }
  }
  return { messages, run: null };
}

function framesOf(beat: Beat, form: TypedForm): Frame[] {
  if (beat.type === 'rest') {
    const fault = faultOf(beat.run);
    return fault === null ? [{ data: '[DONE]' }] : errorFrames(fault.message);
  }
  if (beat.type === 'generation-end') return [{ data: '[DONE_GEN]' }];
  if (beat.type === 'step-end') return [{ data: '[DONE_STEP]' }];
  const message = form === 'tokens' ? fragmentOf(beat) : wholeOf(beat);
  return message === null ? [] : [{ data: toAsciiJson(message) }];
}

function errorFrames(text: string): Frame[] {
  return [{ data: toAsciiJson({ error: text }) }, { data: '[DONE]' }];
}

function wholeOf(beat: Beat): ReplyEvent | null {
  switch (beat.type) {
    case 'thought':
      return { ...headOf(beat), message_type: 'internal_monologue', internal_monologue: beat.text };
    case 'call': {
      const { name, arguments: text } = beat.call;
      return { ...headOf(beat), message_type: 'function_call', function_call: { name, arguments: text } };
    }
    case 'return': {
      const status = beat.failed ? 'error' : 'success';
      return { ...headOf(beat), message_type: 'function_return', function_return: beat.output, status };
    }
    case 'said':
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

/** What was told piece by piece is not told again whole. */
function fragmentOf(beat: Beat): ReplyEvent | null {
  switch (beat.type) {
    case 'thought-part':
      return { ...headOf(beat), message_type: 'internal_monologue', internal_monologue: beat.text };
    case 'call-part': {
      const { name, arguments: text } = beat.part;
      const call = name === undefined ? { arguments: text } : { name, arguments: text };
      return { ...headOf(beat), message_type: 'function_call', function_call: call };
    }
    case 'call':
      return beat.wasStreamed ? null : wholeOf(beat);
    case 'return':
      return wholeOf(beat);
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

function headOf(beat: Beat): { id: string; date: string } {
  return { id: toLettaId('message', readId('message', beat.id) ?? beat.id), date: toSecondTime(beat.at) };
}

/** Compact JSON in ASCII, as the originals wrote it. */
function toAsciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
