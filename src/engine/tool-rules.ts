import type { PastCall, ToolRule } from '../domain/tool-rule.js';
import { speakingTool } from './protocol.js';

/** What rules leave a model to do in its next turn. */
export interface Allowance {
  /** Names of the tools it may call. */
  names: ReadonlySet<string>;
  /** True where it has to call one of them. */
  mustCall: boolean;
}

/**
 * What may be called after what has been called in a run. First calls come before everything else; then the rules of
 * the newest call, of all tools that may follow only another, and of those that were called often enough, hold at once.
 */
export function allowedTools(
  rules: readonly ToolRule[],
  past: readonly PastCall[],
  offered: readonly string[],
): Allowance {
  const first = rules.flatMap((rule) => (rule.type === 'run_first' ? [rule.toolName] : []));
  if (past.length === 0 && first.some((name) => offered.includes(name))) {
    return { names: new Set(offered.filter((name) => first.includes(name))), mustCall: true };
  }
  const last = past.at(-1);
  // Whoever has spoken and may not finish yet does what is missing.
  const missing = last?.name === speakingTool ? missingCalls(rules, past, offered) : [];
  if (missing.length > 0) return { names: new Set(missing), mustCall: true };
  let names = [...offered];
  let mustCall = false;
  for (const rule of rules) {
    const followers = last?.name === rule.toolName ? followersOf(rule, last) : null;
    if (followers !== null) {
      names = names.filter((name) => followers.includes(name));
      mustCall = true;
    } else if (rule.type === 'parent_last_tool' && last?.name !== rule.toolName) {
      names = names.filter((name) => !rule.children.includes(name));
    } else if (rule.type === 'max_count_per_step' && countOf(past, rule.toolName) >= rule.countMax) {
      names = names.filter((name) => name !== rule.toolName);
    }
  }
  return { names: new Set(names), mustCall: mustCall && names.length > 0 };
}

/** The tools that a rule lets follow a call of its tool; null where it has no say. */
function followersOf(rule: ToolRule, call: PastCall): readonly string[] | null {
  switch (rule.type) {
    case 'constrain_child_tools':
      return rule.children;
    case 'conditional': {
      const next = rule.outcomes[outcomeOf(call.output)] ?? rule.otherwise;
      if (next !== null) return [next];
      return rule.strict ? [] : null;
    }
    default:
      return null;
  }
}

/**
 * What a call returned, in the form in which rules name outcomes: a text as it is, any other value as JSON writes it.
 * Where the result is a JSON object, its `message` is what counts, as in the results of the original's tools.
 */
function outcomeOf(output: string | null): string {
  const text = (output ?? '').trim();
  const value = jsonOf(text);
  const told = typeof value === 'object' && value !== null && 'message' in value ? value.message : value;
  return typeof told === 'string' ? told : typeof told === 'number' || typeof told === 'boolean' ? String(told) : text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function missingCalls(rules: readonly ToolRule[], past: readonly PastCall[], offered: readonly string[]): string[] {
  return rules
    .filter((rule) => rule.type === 'required_before_exit' && offered.includes(rule.toolName))
    .map((rule) => rule.toolName)
    .filter((name) => countOf(past, name) === 0);
}

function countOf(past: readonly PastCall[], name: string): number {
  return past.filter((call) => call.name === name).length;
}

/** What rules say of whether a run goes on after a turn. */
export interface Verdict {
  /** `rest` and `continue` overrule the protocol; null leaves it the decision. */
  decision: 'rest' | 'continue' | null;
  /** Tools without a call of which the run may not end. */
  missing: string[];
}

/** Judges a turn: the calls it made, and all calls of the run, those included. */
export function judgeTurn(
  rules: readonly ToolRule[],
  made: readonly PastCall[],
  past: readonly PastCall[],
  offered: readonly string[],
): Verdict {
  const missing = missingCalls(rules, past, offered);
  const concerns = (type: ToolRule['type']): boolean =>
    rules.some((rule) => rule.type === type && made.some((call) => call.name === rule.toolName));
  if (concerns('exit_loop')) return { decision: 'rest', missing };
  const last = made.at(-1);
  const follows =
    last !== undefined &&
    rules.some((rule) => rule.toolName === last.name && (followersOf(rule, last)?.length ?? 0) > 0);
  return { decision: concerns('continue_loop') || follows ? 'continue' : null, missing };
}

/** True where a call of the tool waits for somebody's approval. */
export function needsApproval(rules: readonly ToolRule[], name: string): boolean {
  return rules.some((rule) => rule.type === 'requires_approval' && rule.toolName === name);
}

/** The rules as sentences for the model. */
export function describeRules(rules: readonly ToolRule[]): string {
  return rules.map(describeRule).join('\n');
}

function describeRule(rule: ToolRule): string {
  const { toolName } = rule;
  switch (rule.type) {
    case 'run_first':
      return `- Begin with ${toolName}, before any other tool.`;
    case 'exit_loop':
      return `- A call of ${toolName} ends your turn; make it your last.`;
    case 'continue_loop':
      return `- After ${toolName} you go on.`;
    case 'constrain_child_tools':
      return `- Right after ${toolName}, call one of: ${rule.children.join(', ')}.`;
    case 'parent_last_tool':
      return `- Only right after ${toolName} may you call: ${rule.children.join(', ')}.`;
    case 'conditional':
      return `- What ${toolName} returns decides what you call next: ${outcomesOf(rule)}.`;
    case 'max_count_per_step':
      return `- Call ${toolName} at most ${rule.countMax} times before you have answered.`;
    case 'required_before_exit':
      return `- Do not finish before you have called ${toolName}.`;
    case 'requires_approval':
      return `- Somebody has to approve each call of ${toolName}; it may be denied.`;
    default:
      return rule satisfies never;
  }
}

function outcomesOf(rule: Extract<ToolRule, { type: 'conditional' }>): string {
  const cases = Object.entries(rule.outcomes).map(([outcome, name]) => `${outcome} → ${name}`);
  return [...cases, ...(rule.otherwise === null ? [] : [`anything else → ${rule.otherwise}`])].join('; ');
}
