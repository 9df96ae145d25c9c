import { callerOf, defineRoute, type Route } from '../route.js';
import { noSuchAgent } from './agents.js';
import { commandReply } from './replies.js';
import { agentPath, commandBody, earlyCommandBody } from './schemas.js';

const commandRoute = { method: 'post', tag: 'commands', access: 'user', response: commandReply } as const;

const byPath = defineRoute({
  ...commandRoute,
  path: '/api/agents/{agent_id}/command',
  summary: 'Carry out a chat command, such as memory or summarize',
  params: agentPath,
  body: commandBody,
  missing: ({ params }) => noSuchAgent(params.agent_id),
  handle: async ({ services, ...call }) => {
    const { command } = call.body;
    const response = await services.commands.carryOut(callerOf(call), call.params.agent_id, command);
    return { json: { response } };
  },
});

const byBody = defineRoute({
  ...commandRoute,
  path: '/api/agents/command',
  summary: 'Carry out a chat command (early spelling)',
  body: earlyCommandBody,
  missing: ({ body }) => noSuchAgent(body.agent_id),
  handle: async ({ services, ...call }) => {
    const { agent_id: agentId, command } = call.body;
    return { json: { response: await services.commands.carryOut(callerOf(call), agentId, command) } };
  },
});

/** The routes of chat commands. */
export const commandRoutes: readonly Route[] = [byPath, byBody];
