import type { Place, Problem, TransferRecord } from '../record.js';
import { spokenText, type LettaCall, type LettaMessage } from './message.js';
import { toRows, type Setting } from './message-rows.js';
import { unpackText } from './packed-text.js';

/** The messages of an agent, wherever they lie. */
export interface MessageSource {
  /** All of them, the oldest first. */
  all(): AsyncIterable<LettaMessage>;
  /** One of them by its id; null where it is gone. */
  find(id: string): Promise<LettaMessage | null>;
}

/** What a history came to. */
export interface HistoryEnd {
  /** The number at which begins what the agent has in view. */
  liveFromSeq: number;
  lastSeq: number;
  /** Ids that are in view and not among the messages. */
  missing: string[];
}

/** Rows of one moment that are put in order together. */
const momentMax = 200;

/**
 * The records of a history: first what is out of view, in the order of time, then what is in view, in the order in
 * which the agent has it. That order is the truth, whatever the times say: a system message that was written anew is
 * late and comes first. Holds no more than a moment's messages at a time.
 */
export async function* historyRecords(
  source: MessageSource,
  inView: readonly string[],
  setting: Setting,
  placeOf: (message: LettaMessage) => Place,
): AsyncGenerator<TransferRecord | Problem, HistoryEnd> {
  const live = [...new Set(inView)];
  const missing: string[] = [];
  let seq = 0;
  const number = function* (message: LettaMessage, isOpening: boolean): Generator<TransferRecord | Problem> {
    for (const why of message.changes) yield { kind: 'problem', place: placeOf(message), severity: 'changed', why };
    for (const row of toRows(message, setting, isOpening)) {
      seq += 1;
      yield { kind: 'message', place: placeOf(message), ownerId: setting.ownerId, value: { ...row, seq } };
    }
  };
  let liveFromSeq: number | null = null;
  let calls: readonly LettaCall[] = [];
  for await (const { message, isLive, isOpening } of withOpening(merged(source, live, missing))) {
    if (isLive) liveFromSeq ??= seq + 1;
    yield* number(withCalls(message, calls), isOpening);
    if (message.calls.length > 0) calls = message.calls;
  }
  return { liveFromSeq: liveFromSeq ?? seq + 1, lastSeq: seq, missing };
}

/** Characters to which some releases cut the id of a call in one place and not in the other. */
const cutIdLength = 29;

/** A message with its results given to the calls before it, by the name and the whole id that those have. */
function withCalls(message: LettaMessage, calls: readonly LettaCall[]): LettaMessage {
  if (message.results.length === 0) return message;
  const callOf = (callId: string): LettaCall | undefined =>
    calls.find(({ id }) => id === callId) ??
    calls.find(({ id }) => callId !== '' && id.slice(0, cutIdLength) === callId.slice(0, cutIdLength));
  const found = message.results.map((result) => callOf(result.callId));
  const results = message.results.map((result, index) => ({ ...result, callId: found[index]?.id ?? result.callId }));
  return { ...message, results, name: message.name ?? found[0]?.name ?? null };
}

interface Placed {
  message: LettaMessage;
  isLive: boolean;
}

async function* merged(source: MessageSource, live: readonly string[], missing: string[]): AsyncGenerator<Placed> {
  const isInView = new Set(live);
  for await (const message of inCausalOrder(source.all())) {
    if (!isInView.has(message.id)) yield { message, isLive: false };
  }
  for (const id of live) {
    const message = await source.find(id);
    if (message === null) missing.push(id);
    else yield { message, isLive: true };
  }
}

/** Messages of the same moment have no order of their own: the system's comes first, and a result after its call. */
async function* inCausalOrder(messages: AsyncIterable<LettaMessage>): AsyncGenerator<LettaMessage> {
  let moment: LettaMessage[] = [];
  for await (const message of messages) {
    const isNext = moment[0]?.createdAt !== message.createdAt || moment.length >= momentMax;
    if (isNext) {
      yield* causal(moment);
      moment = [];
    }
    moment.push(message);
  }
  yield* causal(moment);
}

function causal(moment: LettaMessage[]): LettaMessage[] {
  if (moment.length < 2) return moment;
  const called = new Set(moment.flatMap((message) => message.calls.map((call) => call.id)));
  const answers = (message: LettaMessage): boolean => message.results.some((result) => called.has(result.callId));
  const system = moment.filter((message) => message.role === 'system');
  const rest = moment.filter((message) => message.role !== 'system');
  const results = rest.filter(answers);
  const ordered = rest
    .filter((message) => !answers(message))
    .flatMap((message) => {
      const own = new Set(message.calls.map((call) => call.id));
      return [message, ...results.filter(({ results: [first] }) => first !== undefined && own.has(first.callId))];
    });
  const left = results.filter((message) => !ordered.includes(message));
  return [...system, ...ordered, ...left];
}

/** Marks the example with which a history of MemGPT begins: a call, its result and a login right after the prompt. */
async function* withOpening(messages: AsyncIterable<Placed>): AsyncGenerator<Placed & { isOpening: boolean }> {
  let first: Placed[] | null = [];
  const release = function* (head: readonly Placed[]): Generator<Placed & { isOpening: boolean }> {
    const isOpening = isExample(head.map(({ message }) => message));
    for (const placed of head) yield { ...placed, isOpening };
  };
  for await (const placed of messages) {
    if (first === null) yield { ...placed, isOpening: false };
    else if (first.push(placed) === exampleLength) {
      yield* release(first);
      first = null;
    }
  }
  if (first !== null) yield* release(first);
}

const exampleLength = 4;

function isExample(head: readonly LettaMessage[]): boolean {
  const [prompt, call, result, login] = head;
  if (prompt?.role !== 'system' || call?.role !== 'assistant' || result?.role !== 'tool') return false;
  return login?.role === 'user' && unpackText(spokenText(login))?.type === 'login';
}
