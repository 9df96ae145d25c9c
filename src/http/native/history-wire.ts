import { derivedId } from '../../domain/derived-id.js';
import { textOf } from '../../domain/message.js';
import type { History, HistoryEntry } from '../../services/messages.js';
import { toIsoTime } from './wire.js';

/*
 * What was said, in the words of the old servers, where every answer is a call.
 */

/** The id of the call that stands for a message said in plain text. */
export function speechCallId(messageId: string): string {
  return `call_${derivedId('speech', messageId).replaceAll('-', '').slice(8)}`;
}

/** An agent's history. */
export function historyToWire({ agent, entries }: History): Record<string, unknown>[] {
  return entries.map((entry) => ({
    ...messageToWire(entry),
    user_id: agent.ownerId,
    agent_id: agent.id,
    model: entry.message.role === 'assistant' ? agent.model : null,
  }));
}

function messageToWire(entry: HistoryEntry): Record<string, unknown> {
  const { message, inContext } = entry;
  const { text, name, calls, callId } = shownMessage(entry);
  const made = calls.map((call) => ({
    id: call.id,
    tool_call_type: 'function',
    function: { name: call.name, arguments: call.arguments },
  }));
  return {
    id: message.id,
    text,
    created_at: toIsoTime(message.createdAt),
    role: message.role,
    name,
    embedding: null,
    embedding_dim: null,
    embedding_model: null,
    tool_calls: made.length === 0 ? null : made,
    tool_call_id: callId,
    in_context: inContext,
  };
}

/** A stored message in the words of the old servers. */
export interface ShownMessage {
  /** What users and tools said, packed; of the agent's own messages the thought. */
  text: string | null;
  name: string | null;
  calls: { id: string; name: string; arguments: string }[];
  /** The call that a tool's message answers. */
  callId: string | null;
  failed: boolean;
}

/** A stored message in the words of the old servers, where every answer is a call. */
export function shownMessage({ message, packedText }: HistoryEntry): ShownMessage {
  const result = message.parts.find((part) => part.type === 'tool-result');
  return {
    text: packedText ?? thoughtOf(message.parts, message.visible ? null : textOf(message)),
    name: result === undefined ? message.name : result.name,
    calls: callsOf(message),
    callId: result?.callId ?? null,
    failed: result?.failed ?? false,
  };
}

/** An answer in plain text is shown as the call that would have said it, so that old readers find it. */
function callsOf(message: HistoryEntry['message']): ShownMessage['calls'] {
  if (message.role === 'assistant' && message.visible) {
    const text = `{"message": ${JSON.stringify(textOf(message))}}`;
    return [{ id: speechCallId(message.id), name: 'send_message', arguments: text }];
  }
  return message.parts.flatMap((part) =>
    part.type === 'tool-call' ? [{ id: part.callId, name: part.name, arguments: part.arguments }] : [],
  );
}

function thoughtOf(parts: HistoryEntry['message']['parts'], text: string | null): string | null {
  const reasoning = parts.flatMap((part) => (part.type === 'reasoning' ? [part.text] : []));
  const whole = [...reasoning, text ?? ''].filter((piece) => piece !== '').join('\n');
  return whole === '' ? null : whole;
}
