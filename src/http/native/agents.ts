import { AppError } from '../../domain/errors.js';
import type { AgentDetails } from '../../services/agent-view.js';
import { callerOf, defineRoute, type Route } from '../route.js';
import { agentListReply, agentReply, confirmation, createAgentReply } from './replies.js';
import { agentPath, agentQuery, createAgentBody, earlyRenameBody, renameBody } from './schemas.js';
import { agentStateToWire, agentSummaryToWire, presetToWire } from './wire.js';

const tag = 'agents';
const nameCharsMax = 50;
const nameForm = /^[A-Za-z0-9 _-]+$/u;

const listAgents = defineRoute({
  method: 'get',
  path: '/api/agents',
  summary: 'List your agents, the one last spoken to first',
  tag,
  access: 'user',
  response: agentListReply,
  handle: async (call) => {
    const summaries = await call.services.agents.list(callerOf(call));
    return { json: { num_agents: summaries.length, agents: summaries.map(agentSummaryToWire) } };
  },
});

const listAllAgents = defineRoute({
  method: 'get',
  path: '/api/admin/agents',
  summary: 'List the agents of all users',
  tag: 'admin',
  access: 'admin',
  response: agentListReply,
  handle: async (call) => {
    const summaries = await call.services.agents.listAll(callerOf(call));
    return { json: { num_agents: summaries.length, agents: summaries.map(agentSummaryToWire) } };
  },
});

const createAgent = defineRoute({
  method: 'post',
  path: '/api/agents',
  summary: 'Create an agent',
  tag,
  access: 'user',
  body: createAgentBody,
  response: createAgentReply,
  handle: async (call) => {
    const { config } = call.body;
    const details = await call.services.agents.create(callerOf(call), {
      name: config.name ?? null,
      preset: config.preset,
      human: config.human,
      persona: config.persona,
      humanName: config.human_name,
      personaName: config.persona_name,
      toolNames: config.function_names,
      system: config.system,
      model: config.model,
      metadata: config.metadata ?? {},
    });
    return { json: { agent_state: agentStateToWire(details), preset: presetToWire(details) } };
  },
});

const readRoute = { summary: 'Read an agent', tag, access: 'user', response: agentReply } as const;
const notFound = (id: string): string => `Agent agent_id=${id} not found.`;

const getByPath = ['/api/agents/{agent_id}', '/api/agents/{agent_id}/config'].map((path) =>
  defineRoute({
    ...readRoute,
    method: 'get',
    path,
    params: agentPath,
    missing: ({ params }) => notFound(params.agent_id),
    handle: async (call) => agentAnswer(await call.services.agents.describe(callerOf(call), call.params.agent_id)),
  }),
);

const getByQuery = defineRoute({
  ...readRoute,
  method: 'get',
  path: '/api/agents/config',
  query: agentQuery,
  missing: ({ query }) => notFound(query.agent_id),
  handle: async (call) => agentAnswer(await call.services.agents.describe(callerOf(call), call.query.agent_id)),
});

const renameRoute = { summary: 'Rename an agent', tag, access: 'user', response: agentReply } as const;

const renameByPath = defineRoute({
  ...renameRoute,
  method: 'patch',
  path: '/api/agents/{agent_id}/rename',
  params: agentPath,
  body: renameBody,
  missing: ({ params }) => noSuchAgent(params.agent_id),
  handle: async (call) => {
    const name = checkedName(call.body.agent_name);
    return agentAnswer(await call.services.agents.rename(callerOf(call), call.params.agent_id, name));
  },
});

const renameByBody = defineRoute({
  ...renameRoute,
  method: 'patch',
  path: '/api/agents/rename',
  body: earlyRenameBody,
  missing: ({ body }) => noSuchAgent(body.agent_id),
  handle: async (call) => {
    const name = checkedName(call.body.agent_name);
    return agentAnswer(await call.services.agents.rename(callerOf(call), call.body.agent_id, name));
  },
});

const deleteRoute = {
  method: 'delete',
  summary: 'Delete an agent and what it remembers',
  tag,
  access: 'user',
  response: confirmation,
} as const;

const deleteByPath = defineRoute({
  ...deleteRoute,
  path: '/api/agents/{agent_id}',
  params: agentPath,
  missing: ({ params }) => noSuchAgent(params.agent_id),
  handle: async (call) => {
    await call.services.agents.delete(callerOf(call), call.params.agent_id);
    return deletedAnswer(call.params.agent_id);
  },
});

const deleteByQuery = defineRoute({
  ...deleteRoute,
  path: '/api/agents',
  query: agentQuery,
  missing: ({ query }) => noSuchAgent(query.agent_id),
  handle: async (call) => {
    await call.services.agents.delete(callerOf(call), call.query.agent_id);
    return deletedAnswer(call.query.agent_id);
  },
});

/** The routes of agents, in the spellings of all releases. */
export const agentRoutes: readonly Route[] = [
  listAgents,
  listAllAgents,
  createAgent,
  deleteByQuery,
  getByQuery,
  renameByBody,
  ...getByPath,
  deleteByPath,
  renameByPath,
];

/** The sentence for an agent that is absent or somebody else's. */
export function noSuchAgent(id: string): string {
  return `Agent agent_id=${id} does not exist`;
}

function agentAnswer(details: AgentDetails): { json: unknown } {
  const at = details.lastMessageAt;
  const lastRun = at === null ? null : Math.floor(at / 1_000);
  const sources = details.libraries.map((library) => library.id);
  return { json: { agent_state: agentStateToWire(details), last_run_at: lastRun, sources } };
}

function deletedAnswer(id: string): { json: unknown } {
  return { json: { message: `Agent agent_id=${id} successfully deleted` } };
}

function checkedName(name: string): string {
  const length = [...name].length;
  if (length < 1 || length > nameCharsMax) {
    const message = `Name length must be between 1 and ${nameCharsMax} characters.`;
    throw new AppError('invalid_request', message, { param: 'agent_name' });
  }
  if (nameForm.test(name)) return name;
  throw new AppError('invalid_request', 'Name contains invalid characters.', { param: 'agent_name' });
}
