import { newId } from '../../src/domain/ids.js';
import type { Message } from '../../src/domain/message.js';

/** A bundle of one conversation. */
export interface ThreadBundle {
  id: string;
  messageIds: string[];
  /** The message of this index, counted from 0; its text is `Word` and the index. */
  message(index: number): Message;
  /** The lines of the bundle with its first messages alone. */
  upTo(end: number): string[];
  lines: string[];
}

/** A bundle of one conversation with so many messages. */
export function threadOf(count: number): ThreadBundle {
  const id = `thread_${newId().replaceAll('-', '')}`;
  const messageIds = Array.from({ length: count }, () => newId());
  const conversation = { id, memoryKey: null, metadata: {}, lastSeq: 0, createdAt: 1, faceData: {} };
  const message = (index: number): Message => ({
    ...{ id: messageIds[index] ?? '', conversationId: id, seq: index + 1, role: 'user' },
    ...{ kind: 'said', parts: [{ type: 'text', text: `Word ${index}` }], visible: true },
    ...{ status: 'completed', agentId: null, runId: null, stepId: null, callId: null, name: null },
    ...{ metadata: {}, faceData: {}, createdAt: index },
  });
  const upTo = (end: number): string[] =>
    bundleOf([
      { kind: 'conversation', value: conversation },
      ...messageIds.slice(0, end).map((_id, index) => ({ kind: 'message', value: message(index) })),
    ]);
  return { id, messageIds, message, upTo, lines: upTo(count) };
}

/** The lines of a bundle that holds these things. */
export function bundleOf(things: readonly object[]): string[] {
  const header = { format: 'threadkeeper-bundle', version: 1 };
  return [header, ...things, { kind: 'end', lines: things.length + 1 }].map((line) => JSON.stringify(line));
}
