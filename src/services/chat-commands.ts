import type { ModelSettings } from '../domain/agent.js';
import type { MessagePart } from '../domain/message.js';
import type { ToolChoice } from '../domain/run.js';
import type { ToolDefinition } from '../domain/tool.js';
import type { ChatCall } from './chat-answers.js';

/** One message of a chat as its client sends it again with every request. */
export type ChatMessage =
  | { role: 'system'; text: string }
  | { role: 'user'; parts: MessagePart[]; name: string | null }
  | { role: 'assistant'; text: string | null; calls: ChatCall[] }
  | { role: 'tool'; callId: string; text: string };

/** Asks a model, or an agent in a model's place, to go on with a chat. */
export interface ChatCommand {
  /** A model's name, or an agent's id or name. */
  model: string;
  messages: ChatMessage[];
  /** What the client can carry out; null where it does not say. */
  tools: ToolDefinition[] | null;
  toolChoice: ToolChoice | null;
  parallelToolCalls: boolean | null;
  /** Only what is set. */
  settings: ModelSettings;
  /** The end user in the client's words; in the manner of an older server, the id of an agent. */
  user: string | null;
  safetyIdentifier: string | null;
  metadata: Record<string, string>;
  /** True where the answer is wanted at once: an agent's is read to its end though its client has left, for its repeat. */
  whole: boolean;
}
