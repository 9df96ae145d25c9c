import type { Agent } from '../../domain/agent.js';
import type { Clock } from '../../domain/clock.js';
import type { RunFact } from '../../domain/event.js';
import type { Memory, Passage } from '../../domain/memory.js';
import type { Run } from '../../domain/run.js';
import type { ToolDefinition, ToolResult } from '../../domain/tool.js';
import type { Zone } from '../../domain/zone.js';
import type { Repositories, Search } from '../../store/store.js';
import type { Embedding } from '../../store/store.js';

/** What every tool is told of the call it answers. */
export interface ToolContext {
  agent: Agent;
  run: Run;
  /** The memory that this agent has open in this conversation. */
  memory: Memory;
  clock: Clock;
  /** The zone in which the agent reads and writes times. */
  zone: Zone;
  /** The step that holds the call. */
  stepId: string;
  /** What the tool's `look` found; null or absent where it has none, or it failed. */
  looked?: Candidates | null;
  /** Recognises a repeat of the same call. */
  callId: string;
  /**
   * What is found is cited by: the number of the conversation's newest message, and the call's place among the calls of
   * its kind. Absent is zero for both.
   */
  citedAs?: { message: number; place: number };
  /** The most characters a result may have. */
  resultCharsMax: number;
}

/** Arguments as the model gave them: parsed JSON, checked by each tool with its own schema. */
export type ToolArguments = Record<string, unknown>;

/**
 * A tool that runs in this server. `memory` tools write through the transaction that also writes their result, so they
 * happen exactly once. `search` tools only read, outside of any transaction, and may be repeated. `outside` tools
 * reach beyond the house: they are marked as started before they run and are never run twice unless `repeatable`.
 */
export type Tool = {
  definition: ToolDefinition;
  /** Ends the run after it was carried out, in the heartbeat protocol. */
  rests?: boolean;
} & (
  | {
      effect: 'memory';
      /** Reads beforehand what cannot be read in a transaction; `run` finds it in its context. Never throws. */
      look?(access: SearchAccess, context: ToolContext, input: ToolArguments): Promise<Candidates | null>;
      run(tx: Repositories, context: ToolContext, input: ToolArguments): Promise<MemoryToolResult>;
    }
  | { effect: 'search'; run(search: SearchAccess, context: ToolContext, input: ToolArguments): Promise<ToolResult> }
  | {
      effect: 'outside';
      repeatable: boolean;
      run(context: ToolContext, input: ToolArguments, signal: AbortSignal): Promise<ToolResult>;
    }
);

/** A result and the facts that go with it: one `memory-edit` for each block that changed. */
export interface MemoryToolResult extends ToolResult {
  facts: RunFact[];
}

/** Passages that may say the same as a text, and the text's vector where there is a provider of them. */
export interface Candidates {
  passages: Passage[];
  embedding: Embedding | null;
}

/** What a search tool reads from. */
export interface SearchAccess {
  search: Search;
  /** The vector of a query, or null where there is no provider of vectors or it does not answer in time. */
  embed(text: string): Promise<Embedding | null>;
}
