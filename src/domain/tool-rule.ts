/*
 * Rules for the order in which an agent calls its tools, as Letta 0.5.2 and later know them. They hold for one run:
 * what was called in an earlier run counts for nothing.
 */

/** A rule that concerns one tool. */
export type ToolRule = { toolName: string } &
  /** A run begins with a call of one of the tools that have this rule. */
  (
    | { type: 'run_first' }
    /** After a call of it the run ends, even where the call failed. */
    | { type: 'exit_loop' }
    /** After a call of it the run goes on. */
    | { type: 'continue_loop' }
    | {
        /** After a call of it comes a call of one of these. */
        type: 'constrain_child_tools';
        children: string[];
      }
    | {
        /** These are called right after it, or not at all. */
        type: 'parent_last_tool';
        children: string[];
      }
    | {
        /** What it returns decides which tool is called next. */
        type: 'conditional';
        /** From what it returned, written as text, to the tool that follows. */
        outcomes: Record<string, string>;
        /** The tool that follows where no outcome fits; null for any. */
        otherwise: string | null;
        /** True where no tool at all follows when no outcome fits and there is no `otherwise`. */
        strict: boolean;
      }
    | {
        /** It is called this often in one run and no more. */
        type: 'max_count_per_step';
        countMax: number;
      }
    /** A run does not end before it was called. */
    | { type: 'required_before_exit' }
    /** Somebody has to approve each call of it before it is carried out. */
    | { type: 'requires_approval' }
  );

/** The name of a kind of rule, as Letta spells it. */
export type ToolRuleType = ToolRule['type'];

/** A call that was carried out, as rules look at it. */
export interface PastCall {
  name: string;
  output: string | null;
  failed: boolean;
}
