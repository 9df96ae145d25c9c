import type { ToolRule } from '../../domain/tool-rule.js';
import { flagIn, isObject, objectIn, textIn, textsIn } from './cells.js';

/** How the first releases with rules called the kinds of them. */
const earlyTypes: Readonly<Record<string, string>> = {
  InitToolRule: 'run_first',
  TerminalToolRule: 'exit_loop',
  ToolRule: 'constrain_child_tools',
};

/** A rule for the order of calls, or null where this server knows no such rule. */
export function toRule(rule: unknown): ToolRule | null {
  if (!isObject(rule)) return null;
  const toolName = textIn(rule['tool_name']);
  const written = textIn(rule['type']) ?? '';
  const type = earlyTypes[written] ?? written;
  if (toolName === null) return null;
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
