import { AppError } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import { charsOf } from '../domain/memory.js';
import { textOf, type Message, type MessagePart, type Role } from '../domain/message.js';
import { unpack } from '../engine/envelope.js';

/** A call as an edited message is to show it. */
export interface EditedCall {
  id: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

/** What is to be written anew of a message; what is absent stays. */
export interface MessageEdit {
  /**
   * What a user said or a tool answered, bare or in its envelope; of the agent's own messages, the words said aloud
   * where there are any, else the thought.
   */
  text?: string;
  name?: string;
  calls?: EditedCall[];
  role?: Role;
  /** The call that a tool's message answers. */
  callId?: string;
}

/**
 * A message of an agent as it is after an edit. Throws `invalid_request` for an edit that makes no message of it: calls
 * of somebody who makes none, a result that answers no call, another role for the record of a prompt.
 */
export function editedMessage(agentId: string, message: Message, edit: MessageEdit): Message {
  if (charsOf(edit.text ?? '') > limits.messageCharsMax) {
    const text = `A message may have ${limits.messageCharsMax} characters.`;
    throw new AppError('invalid_request', text, { param: 'text' });
  }
  const named = { ...message, name: edit.name ?? message.name };
  const { role = message.role } = edit;
  const cast = role === message.role ? named : inRole(agentId, named, role, edit.callId);
  const worded = edit.text === undefined ? cast : { ...cast, parts: withWords(cast, edit.text) };
  const answering = edit.callId === undefined ? worded : { ...worded, parts: withCallId(worded, edit.callId) };
  return edit.calls === undefined ? answering : { ...answering, parts: withCalls(answering, edit.calls) };
}

/** The same words from somebody else. Of the agent they are a thought, of the system an alert. */
function inRole(agentId: string, message: Message, role: Role, callId: string | undefined): Message {
  if (message.role === 'system') {
    throw new AppError('invalid_request', 'The record of the prompt keeps its role.', { param: 'role' });
  }
  const result = message.parts.find((part) => part.type === 'tool-result');
  const text = result?.output ?? textOf(message);
  const inner = { ...message, kind: 'inner', visible: false, agentId, callId: null } as const;
  const heard = { ...message, role: 'user', callId: null, parts: [{ type: 'text', text }] } satisfies Message;
  switch (role) {
    case 'user':
      return { ...heard, kind: 'said', visible: true, agentId: null };
    case 'system':
      return { ...heard, kind: 'alert', visible: false, agentId };
    case 'assistant':
      return { ...inner, role, parts: [{ type: 'text', text }] };
    case 'tool': {
      if (callId === undefined) {
        throw new AppError('invalid_request', 'A result answers a call; say which.', { param: 'tool_call_id' });
      }
      const name = message.name ?? '';
      return { ...inner, role, parts: [{ type: 'tool-result', callId, name, output: text, failed: false }] };
    }
    default:
      return role satisfies never;
  }
}

function withWords(message: Message, text: string): MessagePart[] {
  const opened = unpack(text)?.message ?? text;
  switch (message.role) {
    case 'user':
      return [
        ...message.parts.filter((part) => part.type !== 'text'),
        { type: 'text', text: message.kind === 'said' || message.kind === 'alert' ? opened : text },
      ];
    case 'tool':
      return message.parts.map((part) => (part.type === 'tool-result' ? { ...part, output: opened } : part));
    case 'system':
      return [{ type: 'text', text }];
    case 'assistant':
      if (!message.visible) return withThought(message, text);
      return [...message.parts.filter((part) => part.type !== 'text'), { type: 'text', text }];
    default:
      return message.role satisfies never;
  }
}

/** A thought beside spoken words is the model's reasoning; beside calls it is the text. */
export function withThought(message: Message, text: string): MessagePart[] {
  const rest = message.parts.filter((part) => part.type !== 'reasoning' && (message.visible || part.type !== 'text'));
  return [message.visible ? { type: 'reasoning', text } : { type: 'text', text }, ...rest];
}

function withCalls(message: Message, calls: EditedCall[]): MessagePart[] {
  if (message.role !== 'assistant' || message.visible) {
    const text = 'Only a message of the agent that makes calls can have others.';
    throw new AppError('invalid_request', text, { param: 'tool_calls' });
  }
  const made = calls.map(({ id, name, arguments: text }): MessagePart => ({
    type: 'tool-call',
    callId: id,
    name,
    arguments: text,
  }));
  return [...message.parts.filter((part) => part.type !== 'tool-call'), ...made];
}

function withCallId(message: Message, callId: string): MessagePart[] {
  if (message.role !== 'tool') {
    throw new AppError('invalid_request', 'Only the result of a tool answers a call.', { param: 'tool_call_id' });
  }
  return message.parts.map((part) => (part.type === 'tool-result' ? { ...part, callId } : part));
}
