import type { IncompleteReason, Run } from '../domain/run.js';

/** Tokens that a run may still spend; infinite where it was given no limit. */
export interface Budget {
  promptTokens: number;
  completionTokens: number;
}

/** What is left of the tokens that a run was given for all of its model calls together. */
export function budgetLeft(run: Run): Budget {
  const { maxPromptTokens = Infinity, maxCompletionTokens = Infinity } = run.overrides;
  return {
    promptTokens: maxPromptTokens - (run.usage?.promptTokens ?? 0),
    completionTokens: maxCompletionTokens - (run.usage?.completionTokens ?? 0),
  };
}

/** The limit that a run has used up, or null where it may go on. */
export function spentBudget(run: Run): IncompleteReason | null {
  const left = budgetLeft(run);
  if (left.completionTokens <= 0) return 'max_output_tokens';
  return left.promptTokens <= 0 ? 'max_prompt_tokens' : null;
}
