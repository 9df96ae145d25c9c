import { z } from 'zod';
import { toLettaId } from '../../../domain/ids.js';
import type { AgentChanges } from '../../../services/agent-changes.js';
import type { NewAgent, NewBlock } from '../../../services/agent-creation.js';
import { callerOf, defineRoute, type Call, type Route } from '../../route.js';
import { toToolRule } from '../tool-rule-schemas.js';
import { partMembers, partOf } from './part.js';
import { agentReply } from './replies.js';
import { agentPath, createAgentBody, updateAgentBody, type BlockBody, type LlmConfigBody } from './schemas.js';
import { agentToWire } from './wire.js';

const head = { tag: 'letta agents', access: 'user' } as const;
const one = {
  ...head,
  path: '/v1/agents/{agent_id}',
  params: agentPath,
  missing: ({ params }: { params: { agent_id: string } }) => noSuchLettaAgent(params.agent_id),
};

const list = defineRoute({
  ...head,
  method: 'get',
  path: '/v1/agents',
  summary: 'List your agents, or the one of a name',
  query: partMembers('agent').extend({ name: z.string().optional() }),
  response: z.array(agentReply),
  handle: async (call) => {
    const { name } = call.query;
    const all = await call.services.agents.describeAll(callerOf(call));
    const wanted = name === undefined ? all : all.filter(({ agent }) => agent.name === name);
    const listed = wanted.map((details) => ({ id: details.agent.id, details }));
    return { json: partOf(listed, call.query).map(({ details }) => agentToWire(details)) };
  },
});

const create = defineRoute({
  ...head,
  method: 'post',
  path: '/v1/agents',
  summary: 'Create an agent',
  body: createAgentBody,
  response: agentReply,
  handle: async (call) => {
    const details = await call.services.agents.create(callerOf(call), toNewAgent(call));
    return { json: agentToWire(details) };
  },
});

const read = defineRoute({
  ...one,
  method: 'get',
  summary: 'Read an agent',
  response: agentReply,
  handle: async (call) => {
    const details = await call.services.agents.describe(callerOf(call), call.params.agent_id);
    return { json: agentToWire(details) };
  },
});

const update = defineRoute({
  ...one,
  method: 'patch',
  summary: 'Change an agent; what is null or missing stays',
  body: updateAgentBody,
  response: agentReply,
  handle: async (call) => {
    const changes = toChanges(call);
    return { json: agentToWire(await call.services.agents.update(callerOf(call), call.params.agent_id, changes)) };
  },
});

const remove = defineRoute({
  ...one,
  method: 'delete',
  summary: 'Delete an agent and what it remembers',
  response: z.null(),
  handle: async (call) => {
    await call.services.agents.delete(callerOf(call), call.params.agent_id);
    return { json: null };
  },
});

/** The routes of agents. */
export const lettaAgentRoutes: readonly Route[] = [list, create, read, update, remove];

/** The sentence for an agent that is absent or somebody else's. */
export function noSuchLettaAgent(id: string): string {
  return `Agent agent_id=${toLettaId('agent', id)} not found.`;
}

function toNewAgent({ body, services }: Call<unknown, unknown, z.infer<typeof createAgentBody>>): NewAgent {
  const blocks = body.memory?.memory;
  return {
    name: body.name ?? null,
    description: body.description,
    metadata: body.metadata_ ?? {},
    system: body.system,
    toolNames: body.tools,
    toolsAreAll: true,
    toolRules: body.tool_rules?.map(toToolRule),
    agentType: body.agent_type,
    ...(blocks === undefined ? {} : { blocks: Object.entries(blocks).map(toNewBlock), blocksAreAll: true }),
    ...modelOf(body.llm_config, services),
  };
}

function toNewBlock([label, block]: [string, BlockBody]): NewBlock {
  return {
    label: block.label ?? label,
    value: block.value ?? '',
    description: block.description ?? descriptions[label],
    charsMax: block.limit,
  };
}

/** What a model is told of the usual blocks, of which these clients say nothing. */
const descriptions: Record<string, string> = {
  persona: 'Who you are and how you speak.',
  human: 'What you know of the person you talk to.',
};

function toChanges({ body, services }: Call<unknown, unknown, z.infer<typeof updateAgentBody>>): AgentChanges {
  const values = Object.entries(body.memory?.memory ?? {}).flatMap(([label, { value }]): [string, string][] =>
    value === null || value === undefined ? [] : [[label, value]],
  );
  const { model, contextWindow } = modelOf(body.llm_config, services);
  return {
    name: body.name ?? undefined,
    description: body.description ?? undefined,
    instructions: body.system ?? undefined,
    model,
    contextWindow,
    toolNames: body.tools ?? undefined,
    metadata: body.metadata_ ?? undefined,
    blocks: values.length === 0 ? undefined : Object.fromEntries(values),
    liveMessageIds: body.message_ids ?? undefined,
  };
}

/** A model by the name under which it is found again; clients send back what they were shown. */
function modelOf(
  config: LlmConfigBody | null | undefined,
  services: Call<unknown, unknown, unknown>['services'],
): { model?: string; contextWindow?: number } {
  if (config === null || config === undefined) return {};
  const model = services.serverFacts.modelName(config.model, config.model_endpoint_type ?? null);
  return { model, contextWindow: config.context_window ?? undefined };
}
