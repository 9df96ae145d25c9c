/** Who speaks. `system` rows are a record of a prompt and are never sent again. */
export type Role = 'user' | 'assistant' | 'tool' | 'system';

/**
 * What a message is. `said` is what people said and were told; the rest is the agent's inner working: `inner` its
 * thoughts, calls and results, `boot` the opening example of the heartbeat protocol, `heartbeat`, `login` and `alert`
 * what the engine or an administrator tells the model.
 */
export type MessageKind = 'said' | 'inner' | 'boot' | 'heartbeat' | 'login' | 'alert';

export type MessagePart =
  | { type: 'text'; text: string; annotations?: unknown[] }
  | { type: 'image'; url: string | null; fileId: string | null; detail: string | null }
  | { type: 'reasoning'; text: string }
  | { type: 'tool-call'; callId: string; name: string; arguments: string }
  | { type: 'tool-result'; callId: string; name: string; output: string; failed: boolean };

/** One entry of a conversation. */
export interface Message {
  id: string;
  conversationId: string;
  /** The order of a conversation: a whole number, rising by one. */
  seq: number;
  role: Role;
  kind: MessageKind;
  parts: MessagePart[];
  /** True for what people said and were told. Only these are seen by other agents and by the OpenAI face. */
  visible: boolean;
  status: 'in_progress' | 'completed' | 'incomplete';
  /** The agent whose message this is, where it is one's. */
  agentId: string | null;
  runId: string | null;
  stepId: string | null;
  /** The speaking call that said this, where it was said through a tool. */
  callId: string | null;
  /** The speaker's name, where the caller gave one. */
  name: string | null;
  /** The caller's pairs and what a face must give back. */
  metadata: Record<string, string>;
  faceData: Record<string, unknown>;
  createdAt: number;
}

/** A message that has no place in a conversation yet: the store gives it its number. */
export type NewMessage = Omit<Message, 'seq'>;

/** Why an agent's message was left incomplete. */
export type CutReason = 'max_output_tokens' | 'content_filter' | 'cancelled' | 'failed' | 'expired';

/** How an agent's message ended: when, in milliseconds, and what cut it short where something did. */
export interface MessageEnd {
  at: number;
  cut: CutReason | null;
}

/** The message with its end on record and the status that goes with it. */
export function endMessage(message: Message, end: MessageEnd): Message {
  return {
    ...message,
    status: end.cut === null ? 'completed' : 'incomplete',
    faceData: { ...message.faceData, end },
  };
}

/** The end that is on record for a message; null for what was not said piece by piece. */
export function endOf(message: Pick<Message, 'faceData'>): MessageEnd | null {
  return (message.faceData['end'] as MessageEnd | undefined) ?? null;
}

/** The text of a message: its text parts, joined by blank lines. */
export function textOf(message: Pick<Message, 'parts'>): string {
  const texts = message.parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  return texts.join('\n\n');
}
