import { z } from 'zod';
import type { ToolRule } from '../../domain/tool-rule.js';

/*
 * Rules for tools as Letta writes them since 0.5.2. Members that this server has no use for are refused rather than
 * passed over, but for the prompt template, which the later servers ignored as well.
 */

const name = z.string().min(1).max(128);
const head = { tool_name: name, prompt_template: z.string().nullish() };
const children = z.array(name).min(1).max(64);
const plain = <T extends string>(type: T) => z.strictObject({ type: z.literal(type), ...head });

const toolRule = z.discriminatedUnion('type', [
  plain('run_first'),
  plain('exit_loop'),
  plain('continue_loop'),
  plain('required_before_exit'),
  plain('requires_approval'),
  z.strictObject({ type: z.literal('constrain_child_tools'), ...head, children }),
  z.strictObject({ type: z.literal('parent_last_tool'), ...head, children }),
  z.strictObject({ type: z.literal('max_count_per_step'), ...head, max_count_limit: z.int().min(1).max(1_000) }),
  z.strictObject({
    type: z.literal('conditional'),
    ...head,
    child_output_mapping: z.record(z.string(), name),
    default_child: name.nullish(),
    require_output_mapping: z.boolean().default(false),
  }),
]);

/** A list of rules. */
export const toolRules = z.array(toolRule).max(100);

/** A rule as it is asked for. */
export type ToolRuleBody = z.infer<typeof toolRule>;

/** A rule as the house keeps it. */
export function toToolRule(body: ToolRuleBody): ToolRule {
  const { tool_name: toolName } = body;
  switch (body.type) {
    case 'constrain_child_tools':
    case 'parent_last_tool':
      return { type: body.type, toolName, children: body.children };
    case 'max_count_per_step':
      return { type: body.type, toolName, countMax: body.max_count_limit };
    case 'conditional': {
      const { child_output_mapping: outcomes, default_child: otherwise, require_output_mapping: strict } = body;
      return { type: body.type, toolName, outcomes, otherwise: otherwise ?? null, strict };
    }
    default:
      return { type: body.type, toolName };
  }
}

/** A rule as it is shown. */
export function toolRuleToWire(rule: ToolRule): ToolRuleBody {
  const { toolName: tool_name } = rule;
  switch (rule.type) {
    case 'constrain_child_tools':
    case 'parent_last_tool':
      return { type: rule.type, tool_name, children: rule.children };
    case 'max_count_per_step':
      return { type: rule.type, tool_name, max_count_limit: rule.countMax };
    case 'conditional': {
      const { outcomes: child_output_mapping, otherwise: default_child, strict: require_output_mapping } = rule;
      return { type: rule.type, tool_name, child_output_mapping, default_child, require_output_mapping };
    }
    default:
      return { type: rule.type, tool_name };
  }
}
