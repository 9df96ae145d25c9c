import { z } from 'zod';
import { toLettaId } from '../../../domain/ids.js';
import { callerOf, defineRoute, type Route } from '../../route.js';
import { noSuchLettaAgent } from './agents.js';
import { partMembers, partOf } from './part.js';
import { agentReply, toolReply } from './replies.js';
import { agentPath, agentToolPath } from './schemas.js';
import { agentToWire, toolToWire } from './wire.js';

/*
 * The tools of one agent, on routes that clients have known since Letta 0.5.
 */

const head = { tag: 'letta tools', access: 'user' } as const;

const list = defineRoute({
  ...head,
  method: 'get',
  path: '/v1/agents/{agent_id}/tools',
  summary: 'List the tools of an agent',
  params: agentPath,
  query: partMembers('tool'),
  response: z.array(toolReply),
  missing: ({ params }) => noSuchLettaAgent(params.agent_id),
  handle: async (call) => {
    const caller = callerOf(call);
    const { tools } = await call.services.agents.describe(caller, call.params.agent_id);
    const names = new Set(tools.map((tool) => tool.name));
    const known = await call.services.storedTools.list(caller, 'own');
    const held = known.filter((tool) => names.has(tool.name));
    return { json: partOf(held, call.query).map(toolToWire) };
  },
});

/** How each release calls it, and whether the agent has the tool afterwards. */
const words = [
  ['add-tool', true],
  ['tools/attach', true],
  ['remove-tool', false],
  ['tools/detach', false],
] as const;

const changes = words.map(([word, isGiven]) =>
  defineRoute({
    ...head,
    method: 'patch',
    path: `/v1/agents/{agent_id}/${word}/{tool_id}`,
    summary: isGiven ? 'Give an agent a tool' : 'Take a tool from an agent',
    params: agentToolPath,
    response: agentReply,
    missing: ({ params }) =>
      `Agent agent_id=${toLettaId('agent', params.agent_id)} or tool with id ${toLettaId('tool', params.tool_id)} not found.`,
    handle: async (call) => {
      const caller = callerOf(call);
      const { agent_id: agentId, tool_id: toolId } = call.params;
      const { agents, storedTools } = call.services;
      const { name } = await storedTools.get(caller, toolId);
      const change = isGiven ? { givenTool: name } : { takenTool: name };
      return { json: agentToWire(await agents.update(caller, agentId, change)) };
    },
  }),
);

/** The routes of the tools of one agent. */
export const lettaAgentToolRoutes: readonly Route[] = [list, ...changes];
