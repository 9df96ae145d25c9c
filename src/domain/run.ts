import type { ErrorCode } from './errors.js';
import type { NewMessage } from './message.js';
import type { RunStatus } from './status.js';
import type { AgentTool, Envelope, ModelSettings } from './agent.js';
import type { Tidying } from './sleep-time.js';
import type { ToolCall } from './tool.js';

/** Tokens spent. `estimated` where the provider reported none and we counted ourselves. */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
  /** Null where the provider did not say; 0 where it said 0. */
  cachedTokens: number | null;
  reasoningTokens: number | null;
  estimated: boolean;
}

/** Why a run or a step failed. */
export interface RunError {
  code: ErrorCode | 'error_loop' | 'worker_lost' | 'cancelled';
  message: string;
}

/** Why a run stopped short of a whole answer. */
export type IncompleteReason = 'max_turns' | 'max_output_tokens' | 'max_prompt_tokens' | 'content_filter';

/** Which calls the model may make in this run. */
export type ToolChoice = 'auto' | 'none' | 'required' | { name: string };

/** What a caller changed for one run. It is never written to the agent. */
export interface RunOverrides {
  model?: string;
  instructions?: string;
  additionalInstructions?: string;
  tools?: AgentTool[];
  settings?: ModelSettings;
  envelope?: Envelope;
  toolChoice?: ToolChoice;
  parallelToolCalls?: boolean;
  /** Tokens that all prompts, and all replies, of this run may have together. */
  maxPromptTokens?: number;
  maxCompletionTokens?: number;
  /** Of what was said before this run, only so many of the newest messages are sent. */
  lastMessages?: number;
  /** Turns this run may take. */
  maxTurns?: number;
  /** Asks for no answer: everything in the window is summarised and scrolls out of it. */
  compactOnly?: boolean;
  /** `expiresAt` holds for the whole of the run's life, while it works too; else only while it waits. */
  expiresAtWork?: boolean;
  /** Once it is answered it counts towards the tidying of its memory, which comes after so many. */
  tidiedAfter?: number;
  /** This run answers nobody: it tidies a memory in the background. */
  tidying?: Tidying;
}

/** The promise to answer: durable, with a status. */
export interface Run {
  id: string;
  ownerId: string;
  conversationId: string;
  agentId: string;
  status: RunStatus;
  /** True while it stands behind another run of its conversation. */
  waiting: boolean;
  overrides: RunOverrides;
  /** Messages that enter the conversation when the run begins; null once they have. */
  input: NewMessage[] | null;
  /** Calls that wait for the client, while the status is `requires_action`. */
  pendingCalls: ToolCall[];
  error: RunError | null;
  incompleteReason: IncompleteReason | null;
  usage: Usage | null;
  /** Replies of the model that are on the record; the number of the turn to take next. */
  turn: number;
  /** How often a worker has claimed it. Together with `leaseOwner` the fence against a worker that lost its lease. */
  attempt: number;
  /** Leases that lapsed since the last commit. */
  losses: number;
  leaseOwner: string | null;
  leaseUntil: number | null;
  /** Number of the newest event. */
  lastSeq: number;
  metadata: Record<string, string>;
  faceData: Record<string, unknown>;
  createdAt: number;
  startedAt: number | null;
  /** When a run that waits (in the queue or for the client) gives up; see `expiresAtWork`. */
  expiresAt: number | null;
  endedAt: number | null;
}

/** What a turn leaves on the record. */
export interface Step {
  id: string;
  runId: string;
  conversationId: string;
  turn: number;
  kind: 'message' | 'tools';
  status: 'in_progress' | 'completed' | 'failed' | 'cancelled' | 'expired' | 'abandoned';
  messageId: string | null;
  calls: ToolCall[];
  usage: Usage | null;
  error: RunError | null;
  startedAt: number;
  endedAt: number | null;
}

/** The sum of two counts; estimated where either is. */
export function addUsage(left: Usage | null, right: Usage | null): Usage | null {
  if (left === null) return right;
  if (right === null) return left;
  const add = (a: number | null, b: number | null): number | null =>
    a === null && b === null ? null : (a ?? 0) + (b ?? 0);
  return {
    promptTokens: left.promptTokens + right.promptTokens,
    completionTokens: left.completionTokens + right.completionTokens,
    cachedTokens: add(left.cachedTokens, right.cachedTokens),
    reasoningTokens: add(left.reasoningTokens, right.reasoningTokens),
    estimated: left.estimated || right.estimated,
  };
}

/** The count of a step whose tokens are on another step of the same turn. */
export function noTokens(like: Usage): Usage {
  return { ...like, promptTokens: 0, completionTokens: 0, cachedTokens: null, reasoningTokens: null };
}
