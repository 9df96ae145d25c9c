import type { RunEvent } from '../../../domain/event.js';
import { readId, toLettaId } from '../../../domain/ids.js';
import type { Frame } from '../../sse.js';
import type { Beat } from '../beats.js';
import { shownText } from '../errors.js';
import {
  faultFrames,
  streamReply,
  wholeReply,
  type ReplyEvent,
  type StreamDialect,
  type WholeReply,
} from '../reply-stream.js';
import { toSecondTime } from './wire.js';

/** A stream of typed messages: whole ones, or in fragments. */
export type TypedForm = 'steps' | 'tokens';

/** The frames of a streamed reply of Letta 0.4, until the run rests. They always end with `[DONE]`. */
export function toTypedFrames(log: AsyncIterable<RunEvent>, form: TypedForm): AsyncGenerator<Frame> {
  return streamReply(log, dialects[form]);
}

/** The frames that end a stream which broke off with an error. */
export function typedLastWords(error: unknown): Frame[] {
  return faultFrames(shownText(error), dialects.steps);
}

/** A reply of typed messages, read to its end. */
export function toTypedReply(log: AsyncIterable<RunEvent>): Promise<WholeReply> {
  return wholeReply(log, wholeOf);
}

const typed = { fault: (text: string) => ({ error: text }), write: toAsciiJson, hasSentinels: true };

const dialects: Record<TypedForm, StreamDialect> = {
  steps: { ...typed, show: wholeOf },
  tokens: { ...typed, show: fragmentOf },
};

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
