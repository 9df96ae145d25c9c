import type { RequestCall, RequestMessage } from '../providers/provider.js';
import { parseArguments } from './call-arguments.js';

/** What a model reads in place of a result that never came. */
export const missingResult =
  'This call did not complete and has no result. Its effects are unknown: check before you repeat it.';

type ToolMessage = Extract<RequestMessage, { role: 'tool' }>;

/** A call under the id it keeps, and the result it was given. */
interface Slot {
  call: RequestCall;
  result: ToolMessage | null;
}

/**
 * Makes a history that every provider accepts, whatever happened to it: each call is followed at once by exactly one
 * result, in the order of the calls; a missing result is told as an error; results without a call and second results
 * are dropped; an id that is used again is renamed together with its result; arguments are JSON objects; no message is
 * empty. A history begins with an assistant only where that one is whole. Doing it twice changes nothing.
 */
export function normaliseHistory(messages: RequestMessage[]): RequestMessage[] {
  const slots = pairCalls(messages);
  return messages.flatMap((message, index): RequestMessage[] => {
    switch (message.role) {
      case 'system':
        return [message];
      case 'user':
        return message.parts.length === 0 ? [] : [message];
      case 'tool':
        return [];
      case 'assistant':
        return withResults(message.text, slots.get(index) ?? []);
      default:
        return message satisfies never;
    }
  });
}

function withResults(text: string | null, slots: Slot[]): RequestMessage[] {
  const spoken = text === null || text.trim() === '' ? null : text;
  if (spoken === null && slots.length === 0) return [];
  const results = slots.map(({ call, result }): ToolMessage => ({
    role: 'tool',
    callId: call.id,
    name: call.name,
    text: result?.text ?? missingResult,
  }));
  return [{ role: 'assistant', text: spoken, calls: slots.map((slot) => slot.call) }, ...results];
}

/** Gives each call its id and its result. The keys are places of assistant messages. */
function pairCalls(messages: RequestMessage[]): Map<number, Slot[]> {
  const bySender = new Map<number, Slot[]>();
  const waiting = new Map<string, Slot[]>();
  const rename = createRenamer(messages);
  messages.forEach((message, index) => {
    if (message.role === 'tool') {
      const slot = waiting.get(message.callId)?.find((candidate) => candidate.result === null);
      if (slot !== undefined) slot.result = message;
      return;
    }
    if (message.role !== 'assistant') return;
    // From here on a result with one of these ids belongs to this message, even where an earlier call still waits.
    for (const call of message.calls) waiting.delete(call.id);
    const slots = message.calls.map((call): Slot => {
      const slot: Slot = {
        call: { ...call, id: rename(call.id), arguments: validArguments(call.arguments) },
        result: null,
      };
      waiting.set(call.id, [...(waiting.get(call.id) ?? []), slot]);
      return slot;
    });
    bySender.set(index, slots);
  });
  return bySender;
}

/** Returns a verb that leaves the first use of an id alone and gives every later one an id that nobody has. */
function createRenamer(messages: RequestMessage[]): (id: string) => string {
  const original = messages.flatMap((message) =>
    message.role === 'assistant' ? message.calls.map((call) => call.id) : [],
  );
  const taken = new Set(original);
  const used = new Set<string>();
  const free = (base: string): string => {
    let count = 2;
    while (taken.has(`${base}-${count}`)) count += 1;
    return `${base}-${count}`;
  };
  return (id) => {
    if (id !== '' && !used.has(id)) {
      used.add(id);
      return id;
    }
    // The widest limit that providers set to an id is 40 characters.
    const renamed = free(id === '' ? 'call' : id.slice(0, 32));
    taken.add(renamed);
    return renamed;
  };
}

/** Some servers parse the arguments of old calls and refuse a whole request for one that is broken. */
function validArguments(text: string): string {
  const parsed = parseArguments(text);
  if (!parsed.ok) return '{}';
  return parsed.repaired || text.trim() === '' ? JSON.stringify(parsed.value) : text;
}
