import type { ToolRule } from '../../domain/tool-rule.js';
import { flagIn, isObject, listIn, objectIn, textIn, textsIn } from './cells.js';

/** How the first releases with rules called the kinds of them. */
const earlyTypes: Readonly<Record<string, string>> = {
  InitToolRule: 'run_first',
  TerminalToolRule: 'exit_loop',
  ToolRule: 'constrain_child_tools',
};

/** The rules for the order of calls that this server knows; one that is said twice is one. */
export function rulesIn(rules: readonly unknown[]): ToolRule[] {
  const known = rules.map(toRule).filter((rule) => rule !== null);
  return [...new Map(known.map((rule) => [JSON.stringify(rule), rule])).values()];
}

/** What of the rules is not kept, a sentence each. */
export function lostRules(rules: readonly unknown[]): string[] {
  const nameless = rules.filter(namesNoTool);
  const unknown = rules.filter((rule) => !namesNoTool(rule) && toRule(rule) === null);
  const filling = rules.filter((rule) => isObject(rule) && toRule(rule) !== null && fillsArguments(rule));
  return [
    ...(nameless.length === 0 ? [] : ['A rule for tools that names none was left behind.']),
    ...(unknown.length === 0 ? [] : ['A rule for tools that this server does not know was left behind.']),
    ...(filling.length === 0 ? [] : ['Arguments that a rule for tools fills in were left behind; the rule was kept.']),
  ];
}

/** True for what a form without a choice of tool left there: it holds for nothing. */
function namesNoTool(rule: unknown): boolean {
  return isObject(rule) && textIn(rule['tool_name']) === '';
}

function fillsArguments(rule: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(objectIn(rule['args'])).length > 0 || listIn(rule['child_arg_nodes']).length > 0;
}

function toRule(rule: unknown): ToolRule | null {
  if (!isObject(rule)) return null;
  const toolName = textIn(rule['tool_name']) ?? '';
  const written = textIn(rule['type']) ?? '';
  const type = earlyTypes[written] ?? written;
  if (toolName === '') return null;
  switch (type) {
    case 'run_first':
    case 'exit_loop':
    case 'continue_loop':
    case 'required_before_exit':
    case 'requires_approval':
      return { type, toolName };
    case 'constrain_child_tools':
    case 'parent_last_tool': {
      const children = textsIn(rule['children']);
      return children.length === 0 ? null : { type, toolName, children };
    }
    case 'max_count_per_step': {
      const countMax = rule['max_count_limit'];
      return typeof countMax === 'number' && countMax >= 1 ? { type, toolName, countMax } : null;
    }
    case 'conditional': {
      const mapping = Object.entries(objectIn(rule['child_output_mapping']));
      const outcomes = Object.fromEntries(mapping.map(([output, child]) => [output, String(child)]));
      const [otherwise, strict] = [textIn(rule['default_child']), flagIn(rule['require_output_mapping'])];
      return { type, toolName, outcomes, otherwise, strict };
    }
    default:
      return null;
  }
}

/** A rule as Letta writes it. */
export function fromRule({ toolName, ...rule }: ToolRule): Record<string, unknown> {
  const head = { tool_name: toolName, type: rule.type };
  switch (rule.type) {
    case 'constrain_child_tools':
    case 'parent_last_tool':
      return { ...head, children: rule.children };
    case 'max_count_per_step':
      return { ...head, max_count_limit: rule.countMax };
    case 'conditional': {
      const { outcomes: child_output_mapping, otherwise: default_child, strict: require_output_mapping } = rule;
      return { ...head, child_output_mapping, default_child, require_output_mapping };
    }
    default:
      return head;
  }
}
