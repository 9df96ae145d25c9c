import type { RunEvent } from '../../domain/event.js';
import type { Run, RunError } from '../../domain/run.js';
import { awaitingApproval } from '../../services/call-approvals.js';
import type { Frame } from '../sse.js';
import { BeatReader, type Beat } from './beats.js';

/** One event object of a reply. */
export type ReplyEvent = Record<string, unknown>;

/** A reply that was waited for. */
export interface WholeReply {
  events: ReplyEvent[];
  /** The run as it rests; null where the log ended before. */
  run: Run | null;
}

/** What differs between the forms in which replies are streamed. */
export interface StreamDialect {
  /** A beat as an object; null where the form does not show it. */
  show(beat: Beat): ReplyEvent | null;
  /** A failure as an object. */
  fault(text: string): ReplyEvent;
  write(event: ReplyEvent): string;
  /** Whether bare words stand between the objects, and `[DONE]` at the end. */
  hasSentinels: boolean;
}

/** What a reader is told where a log ends before its run rests, as when the server stops. */
export const brokenOff = 'The server stopped reading the run before the answer was whole.';

/** The frames of a streamed reply, until the run rests. */
export async function* streamReply(log: AsyncIterable<RunEvent>, dialect: StreamDialect): AsyncGenerator<Frame> {
  for await (const beat of beatsOf(log)) {
    if (beat.type === 'rest') return yield* endFrames(beat.run, dialect);
    const sentinel = dialect.hasSentinels ? sentinels[beat.type] : undefined;
    if (sentinel !== undefined) yield { data: sentinel };
    const event = dialect.show(beat);
    if (event !== null) yield { data: dialect.write(event) };
  }
  yield* faultFrames(brokenOff, dialect);
}

/** A reply read to its end. */
export async function wholeReply(log: AsyncIterable<RunEvent>, show: StreamDialect['show']): Promise<WholeReply> {
  const events: ReplyEvent[] = [];
  for await (const beat of beatsOf(log)) {
    const event = show(beat);
    if (event !== null) events.push(event);
    if (beat.type === 'rest') return { events, run: beat.run };
  }
  return { events, run: null };
}

/** The frames that end a stream with a failure. */
export function faultFrames(text: string, { fault, write, hasSentinels }: StreamDialect): Frame[] {
  const told = { data: write(fault(text)) };
  return hasSentinels ? [told, { data: '[DONE]' }] : [told];
}

const sentinels: Partial<Record<Beat['type'], string>> = {
  'generation-end': '[DONE_GEN]',
  'step-end': '[DONE_STEP]',
};

/** The last beat is the run's rest; none where the log ends before. */
async function* beatsOf(log: AsyncIterable<RunEvent>): AsyncGenerator<Beat> {
  const reader = new BeatReader();
  for await (const event of log) {
    for (const beat of reader.take(event)) {
      yield beat;
      if (beat.type === 'rest') return;
    }
  }
}

function endFrames(run: Run, dialect: StreamDialect): Frame[] {
  const fault = faultOf(run);
  if (fault !== null) return faultFrames(fault.message, dialect);
  return dialect.hasSentinels ? [{ data: '[DONE]' }] : [];
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
