import type { ToolRule } from './tool-rule.js';
import type { JsonSchema } from './tool.js';

/**
 * How an agent talks to its model. In `native`, text is the answer and a tool call goes on; in `heartbeat` (MemGPT), a
 * speaking tool carries the answer and a call asks for another turn with `request_heartbeat`.
 */
export type Protocol = 'native' | 'heartbeat';

/** The face that made an agent. It decides what its conversations remember where nothing else says so. */
export type Origin = 'native' | 'openai';

/** How an agent's files are searched; what is absent is the house's. */
export interface FileSearchOptions {
  maxResults?: number;
  /** From 0 to 1. */
  scoreMin?: number;
}

/** A tool an agent was given. What runs here is named; what runs at the client carries its own description. */
export type AgentTool =
  | { type: 'builtin'; name: string; options?: FileSearchOptions }
  | {
      type: 'function';
      name: string;
      description: string | null;
      parameters: JsonSchema | null;
      strict: boolean | null;
      /** True where only a foreign source is kept: nobody carries the tool out, and a call of it is answered so. */
      kept?: boolean;
    };

/** How user text reaches the model: as it is, with the time in a tail that is never stored, or in a JSON envelope. */
export type Envelope = 'plain' | 'plain+time' | 'json';

/** Settings of the model call, each null or absent where the provider's default holds. */
export interface ModelSettings {
  temperature?: number | null;
  topP?: number | null;
  /** Tokens of one reply. */
  maxOutputTokens?: number | null;
  reasoningEffort?: string | null;
  /** The `response_format` of the OpenAI dialect, passed on as it came. */
  responseFormat?: unknown;
  /** Tokens of the model's window, where the agent knows better than the provider. */
  contextWindow?: number | null;
  /** Texts at which a reply ends. */
  stop?: string[] | null;
  seed?: number | null;
  frequencyPenalty?: number | null;
  presencePenalty?: number | null;
  /** From a token's number to how much likelier or less likely it is made. */
  logitBias?: Record<string, number> | null;
}

/** Settings of an agent: those of its model calls, and what else holds for all of its runs. */
export interface AgentSettings extends ModelSettings {
  /** Rules for the order in which its tools are called; absent where there are none. */
  toolRules?: ToolRule[];
}

/** Someone: a name, instructions, a model, tools. */
export interface Agent {
  id: string;
  ownerId: string;
  /** Unique for an owner among the agents of the native face; free and optional on the OpenAI face. */
  name: string | null;
  description: string | null;
  /** The base text of the system prompt. */
  instructions: string | null;
  /** As the caller wrote it: `provider/model`, a bare name, or an alias; empty for the server's default of the day. */
  model: string;
  protocol: Protocol;
  origin: Origin;
  envelope: Envelope;
  settings: AgentSettings;
  tools: AgentTool[];
  /** Free text pairs of the owner's. */
  metadata: Record<string, string>;
  /** What a face must give back though the engine has no use for it, such as a preset's name. */
  faceData: Record<string, unknown>;
  /** The conversation in which the native face speaks to this agent. */
  mainConversationId: string | null;
  createdAt: number;
  updatedAt: number;
}
