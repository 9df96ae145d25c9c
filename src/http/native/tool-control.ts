import { z } from 'zod';
import { callerOf, defineRoute, type Route } from '../route.js';
import { noSuchAgent } from './agents.js';
import { agentPath, idText } from './schemas.js';
import { toolRules, toolRuleToWire, toToolRule } from './tool-rule-schemas.js';
import { toIsoTime } from './wire.js';

const head = {
  tag: 'tool control',
  access: 'user',
  params: agentPath,
  missing: ({ params }: { params: z.infer<typeof agentPath> }) => noSuchAgent(params.agent_id),
} as const;

const rulesReply = z.object({ tool_rules: toolRules }).meta({ id: 'ToolRules' });

const readRules = defineRoute({
  ...head,
  method: 'get',
  path: '/api/agents/{agent_id}/tool-rules',
  summary: 'Read the rules for the order in which an agent calls its tools',
  response: rulesReply,
  handle: async (call) => {
    const rules = await call.services.toolControl.rules(callerOf(call), call.params.agent_id);
    return { json: { tool_rules: rules.map(toolRuleToWire) } };
  },
});

const writeRules = defineRoute({
  ...head,
  method: 'put',
  path: '/api/agents/{agent_id}/tool-rules',
  summary: 'Replace those rules',
  body: z.strictObject({ tool_rules: toolRules }).meta({ id: 'ToolRulesChange' }),
  response: rulesReply,
  handle: async (call) => {
    const wanted = call.body.tool_rules.map(toToolRule);
    const rules = await call.services.toolControl.setRules(callerOf(call), call.params.agent_id, wanted);
    return { json: { tool_rules: rules.map(toolRuleToWire) } };
  },
});

const conversation = idText('conversation')
  .optional()
  .meta({ description: "A conversation or thread; the agent's own where none is named." });

const readApprovals = defineRoute({
  ...head,
  method: 'get',
  path: '/api/agents/{agent_id}/approvals',
  summary: 'List the calls that wait for approval',
  query: z.object({ conversation_id: conversation }),
  response: z
    .object({
      run_id: z.string().nullable(),
      expires_at: z.string().nullable(),
      tool_calls: z.array(z.object({ tool_call_id: z.string(), name: z.string(), arguments: z.string() })),
    })
    .meta({ id: 'AwaitedApprovals' }),
  handle: async (call) => {
    const { agent_id: agentId } = call.params;
    const awaiting = await call.services.toolControl.awaiting(callerOf(call), agentId, call.query.conversation_id);
    return {
      json: {
        run_id: awaiting.runId,
        expires_at: awaiting.expiresAt === null ? null : toIsoTime(awaiting.expiresAt),
        tool_calls: awaiting.calls.map(({ id, name, arguments: text }) => ({
          tool_call_id: id,
          name,
          arguments: text,
        })),
      },
    };
  },
});

const approval = z.object({
  tool_call_id: z.string(),
  approve: z.boolean(),
  reason: z.string().max(10_000).nullish().meta({ description: 'Told to the model where the call is denied.' }),
});

const giveApprovals = defineRoute({
  ...head,
  method: 'post',
  path: '/api/agents/{agent_id}/approvals',
  summary: 'Approve or deny every call that waits; the agent goes on',
  body: z
    .strictObject({ approvals: z.array(approval).min(1).max(256), conversation_id: conversation })
    .meta({ id: 'ApprovalRequest' }),
  response: z.object({ run_id: z.string(), status: z.string() }).meta({ id: 'ApprovalReply' }),
  handle: async (call) => {
    const { approvals, conversation_id: conversationId } = call.body;
    const given = approvals.map(({ tool_call_id: callId, approve, reason }) => ({
      callId,
      approve,
      reason: reason ?? null,
    }));
    const { toolControl } = call.services;
    const run = await toolControl.approve(callerOf(call), call.params.agent_id, given, conversationId);
    return { json: { run_id: run.id, status: run.status } };
  },
});

/** The routes by which people keep a hand on an agent's tools. */
export const toolControlRoutes: readonly Route[] = [readRules, writeRules, readApprovals, giveApprovals];
