/** A JSON Schema document, kept as it came. */
export type JsonSchema = Record<string, unknown>;

/** What a model is told of a tool. */
export interface ToolDefinition {
  name: string;
  description: string;
  parameters: JsonSchema;
  strict?: boolean | null;
}

/**
 * A call the model made. `here` calls run in this server, `client` calls wait for the caller, `speech` calls are the
 * agent's spoken words and run nothing.
 */
export interface ToolCall {
  /** The provider's id of the call where it gave a usable one, else one of ours. */
  id: string;
  name: string;
  /** The arguments as JSON text, repaired where the model's own could not be parsed. */
  arguments: string;
  where: 'here' | 'client' | 'speech';
  /** `started` is written before a tool with effects outside runs, so that a crash never runs it twice. */
  state: 'ready' | 'started' | 'finished';
  output: string | null;
  failed: boolean;
  /** What was said by whoever had to be asked. Absent where nobody had to be, or has not answered yet. */
  approved?: boolean;
  /** True where the rules of the agent's tools forbade it; absent else. It was not carried out and counts for no rule. */
  refused?: true;
}

/** What a tool said. A failed result always makes another model call, so the model can mend it. */
export interface ToolResult {
  output: string;
  failed: boolean;
}
