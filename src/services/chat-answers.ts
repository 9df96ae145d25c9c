import type { Usage } from '../domain/run.js';

/** A call as a chat message shows it. */
export interface ChatCall {
  id: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

/** Why an answer ends. */
export type ChatEnd = 'stop' | 'calls' | 'length' | 'filter';

/**
 * A piece of an answer. Calls come in fragments told apart by `index`; `id` and `name` come with the first. Every
 * answer ends with exactly one `finish`, or throws; one that nobody reads any more just ends.
 */
export type ChatEvent =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  | { type: 'call'; index: number; id?: string; name?: string; arguments?: string }
  /** What comes now is another message of the same answer. */
  | { type: 'message' }
  /** The message that was being said is void: the model broke off and is asked again. */
  | { type: 'taken-back' }
  | { type: 'finish'; reason: ChatEnd; usage: Usage };

/** Something by which an answer can be told once more. */
export interface ChatToken {
  runId: string;
  afterSeq: number;
}

/** An answer on its way. */
export interface ChatAnswer {
  /** One of ours, for the answer's own id. */
  id: string;
  createdAt: number;
  events: AsyncIterable<ChatEvent>;
  /** Null where the answer cannot be told again. */
  token: ChatToken | null;
}

/** An answer that is whole. */
export interface ChatReply {
  /** Null where nothing was said. */
  text: string | null;
  reasoning: string | null;
  calls: ChatCall[];
  reason: ChatEnd;
  usage: Usage;
}

/** What stands between two messages of one answer. */
export const messageBreak = '\n\n';

/** Reads an answer to its end. Throws what its events throw. */
export async function collectAnswer(events: AsyncIterable<ChatEvent>): Promise<ChatReply> {
  const texts = [''];
  const calls: ChatCall[] = [];
  let reasoning = '';
  for await (const event of events) {
    switch (event.type) {
      case 'text':
        texts.push((texts.pop() ?? '') + event.text);
        break;
      case 'reasoning':
        reasoning += event.text;
        break;
      case 'call':
        addFragment(calls, event);
        break;
      case 'message':
        texts.push('');
        break;
      case 'taken-back':
        texts.pop();
        break;
      case 'finish': {
        const text = texts.filter((part) => part !== '').join(messageBreak);
        const said = text === '' && calls.length > 0 ? null : text;
        const thought = reasoning === '' ? null : reasoning;
        return { text: said, reasoning: thought, calls, reason: event.reason, usage: event.usage };
      }
      default:
        event satisfies never;
    }
  }
  throw new Error('An answer ended without its finish.');
}

function addFragment(calls: ChatCall[], fragment: Extract<ChatEvent, { type: 'call' }>): void {
  const call = calls[fragment.index] ?? { id: '', name: '', arguments: '' };
  calls[fragment.index] = {
    id: fragment.id ?? call.id,
    name: fragment.name ?? call.name,
    arguments: call.arguments + (fragment.arguments ?? ''),
  };
}
