import type { RunEvent } from '../../domain/event.js';
import type { Frame } from '../sse.js';
import type { Beat, ShownCall } from './beats.js';
import { shownText } from './errors.js';
import { toPythonJson, toPythonLiteral } from './python-text.js';
import {
  faultFrames,
  streamReply,
  wholeReply,
  type ReplyEvent,
  type StreamDialect,
  type WholeReply,
} from './reply-stream.js';
import { toIsoTime } from './wire.js';

export { brokenOff, faultOf } from './reply-stream.js';

/**
 * The forms of a reply. `legacy`: calls as text, the spoken words beside them. `steps`: calls as objects, bare
 * sentinels between them. `tokens`: like `steps`, in fragments.
 */
export type ReplyForm = 'legacy' | 'steps' | 'tokens';

/** The frames of a streamed reply, until the run rests. */
export function toFrames(log: AsyncIterable<RunEvent>, form: ReplyForm): AsyncGenerator<Frame> {
  return streamReply(log, dialects[form]);
}

/** The frames that end a stream which broke off with an error. */
export function lastWords(error: unknown, form: ReplyForm): Frame[] {
  return faultFrames(shownText(error), dialects[form]);
}

/**
 * A reply read to its end. In `legacy` a call is text; in `steps` it is an object, and the spoken words stand beside it
 * for clients that look for them.
 */
export function toWholeReply(log: AsyncIterable<RunEvent>, form: Exclude<ReplyForm, 'tokens'>): Promise<WholeReply> {
  return wholeReply(log, (beat) => (beat.type === 'said' ? saidEvent(beat) : objectOf(beat, form)));
}

const streamed = { fault: (text: string) => ({ error: text }), write: toPythonJson, hasSentinels: true };

const dialects: Record<ReplyForm, StreamDialect> = {
  legacy: {
    ...streamed,
    show: (beat) => objectOf(beat, 'legacy'),
    fault: (text) => ({ internal_error: text }),
    hasSentinels: false,
  },
  steps: { ...streamed, show: (beat) => objectOf(beat, 'steps') },
  tokens: { ...streamed, show: fragmentOf },
};

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
