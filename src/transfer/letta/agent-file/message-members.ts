import { textOf, type Message, type MessagePart } from '../../../domain/message.js';
import { packTime } from '../packed-text.js';

/** A message in the words of an agent file; null for words that a call in another message holds already. */
export function messageMembers(
  message: Message,
  ids: { message: string; agent: string },
): Record<string, unknown> | null {
  if (message.role === 'assistant' && message.callId !== null) return null;
  const calls = message.parts.filter((part) => part.type === 'tool-call');
  const results = message.parts.filter((part) => part.type === 'tool-result');
  return {
    type: 'message',
    id: ids.message,
    agent_id: ids.agent,
    role: message.role,
    content: contentOf(message, results),
    name: message.role === 'tool' ? (results[0]?.name ?? null) : message.name,
    model: null,
    otid: null,
    sender_id: null,
    group_id: null,
    tool_calls: calls.map(({ callId, name, arguments: text }) => {
      return { id: callId, type: 'function', function: { name, arguments: text } };
    }),
    tool_call_id: results[0]?.callId ?? null,
    tool_returns: results.map(({ callId, output, failed }) => {
      return { tool_call_id: callId, status: failed ? 'error' : 'success', func_response: output };
    }),
    created_at: new Date(message.createdAt).toISOString(),
  };
}

type ResultPart = Extract<MessagePart, { type: 'tool-result' }>;

/** What people and tools said is packed, as the old servers have it. */
function contentOf(message: Message, results: readonly ResultPart[]): object[] {
  const time = packTime(message.createdAt);
  if (message.role === 'user' && message.kind === 'said') {
    const name = message.name === null ? {} : { name: message.name };
    const text = JSON.stringify({ type: 'user_message', message: textOf(message), time, ...name });
    return [{ type: 'text', text }, ...message.parts.flatMap(imageMembers)];
  }
  if (message.role === 'tool') {
    return results.map(({ output, failed }) => {
      const text = JSON.stringify({ status: failed ? 'Failed' : 'OK', message: output, time });
      return { type: 'text', text };
    });
  }
  return message.parts.flatMap((part): object[] => {
    if (part.type === 'text') return [{ type: 'text', text: part.text }];
    return part.type === 'reasoning' ? [{ type: 'reasoning', is_native: true, reasoning: part.text }] : [];
  });
}

function imageMembers(part: MessagePart): object[] {
  if (part.type !== 'image' || part.url === null) return [];
  const match = /^data:([^;,]+);base64,(.*)$/su.exec(part.url);
  const source =
    match === null ? { type: 'url', url: part.url } : { type: 'base64', media_type: match[1], data: match[2] };
  return [{ type: 'image', source }];
}
