import { newId, toOpenaiId } from '../domain/ids.js';
import type { ModelEvent, ModelRequest } from './provider.js';
import { couldBecomeCall, findTag, readCalls, type WrittenCall } from './rescue-text.js';

/**
 * Finds calls that a model wrote into its text. Where tools are offered and the text is a call of one of them, it comes
 * out as a call; every other text passes untouched, and at once unless its beginning could still become a call.
 */
export async function* rescueCalls(
  events: AsyncIterable<ModelEvent>,
  request: Pick<ModelRequest, 'tools' | 'toolChoice'>,
): AsyncGenerator<ModelEvent, void> {
  if (request.tools.length === 0 || request.toolChoice === 'none') {
    yield* events;
    return;
  }
  const names = new Set(request.tools.map((tool) => tool.name));
  const holder = createHolder(names);
  let hasCalls = false;
  for await (const event of events) {
    switch (event.type) {
      case 'text':
        yield* toText(hasCalls ? event.text : holder.push(event.text));
        break;
      case 'reasoning':
        yield event;
        break;
      case 'call':
        // Some servers send a call twice: as a call and as the text it was parsed from.
        if (!hasCalls) yield* toText(holder.restWithoutCalls());
        hasCalls = true;
        yield event;
        break;
      case 'finish': {
        const rescued = hasCalls || event.reason === 'length' ? null : holder.end();
        if (rescued === null) {
          yield* toText(holder.rest());
          yield event;
          break;
        }
        yield* toText(rescued.before);
        yield* toCallEvents(rescued.calls);
        yield { ...event, reason: 'calls' };
        break;
      }
    }
  }
}

function* toText(text: string): Generator<ModelEvent, void> {
  if (text !== '') yield { type: 'text', text };
}

function* toCallEvents(calls: WrittenCall[]): Generator<ModelEvent, void> {
  for (const [index, call] of calls.entries()) {
    yield { type: 'call', index, id: toOpenaiId('call', newId()), name: call.name, arguments: call.arguments };
  }
}

interface Holder {
  /** Takes text, gives what can be said now. */
  push(text: string): string;
  /** What is still held. */
  rest(): string;
  /** What is still held, or nothing where that is a call. */
  restWithoutCalls(): string;
  /** The calls in what is held, with the text in front of them; null where there are none. */
  end(): { before: string; calls: WrittenCall[] } | null;
}

/** Holds text back while it could become a call: from the start, or from a tag in the middle on. */
function createHolder(names: ReadonlySet<string>): Holder {
  let held = '';
  let started = false;
  let isCall = true;

  const release = (upTo: number): string => {
    const said = held.slice(0, upTo);
    held = held.slice(upTo);
    return said;
  };
  return {
    push(text) {
      held += text;
      if (!started) {
        if (held.trim() === '' || couldBecomeCall(held, names)) return '';
        started = true;
        isCall = false;
      }
      if (isCall) return '';
      const tag = findTag(held);
      if (tag === null) return release(held.length);
      isCall = tag.whole;
      return release(tag.at);
    },
    rest: () => release(held.length),
    restWithoutCalls() {
      const text = release(held.length);
      return readCalls(text, names) === null ? text : '';
    },
    end() {
      const calls = readCalls(held, names);
      return calls === null ? null : { before: '', calls };
    },
  };
}
