import { callerOf, defineRoute, type Route } from '../route.js';
import { listToWire, readList, toPageRequest } from './listing.js';
import { assistantReply, deletedReply, listOf } from './replies.js';
import { readAssistantChanges, readNewAssistant } from './requests.js';
import { assistantListQuery, assistantPath, createAssistantBody, updateAssistantBody } from './schemas.js';
import { assistantToWire, deletedToWire, type WireObject } from './wire.js';
import type { Agent } from '../../domain/agent.js';
import type { Services } from '../../services/services.js';

const tag = 'assistants';
const access = 'user';

const createAssistant = defineRoute({
  method: 'post',
  path: '/v1/assistants',
  summary: 'Create an assistant: an agent with a memory',
  tag,
  access,
  body: createAssistantBody,
  response: assistantReply,
  handle: async (call) => {
    const agent = await call.services.assistants.create(callerOf(call), readNewAssistant(call.body));
    return { json: await toWire(call.services, agent) };
  },
});

const listAssistants = defineRoute({
  method: 'get',
  path: '/v1/assistants',
  summary: 'List assistants, agents of the native face among them',
  tag,
  access,
  query: assistantListQuery,
  response: listOf(assistantReply),
  handle: async (call) => {
    const page = await readList(call.services.assistants.page(callerOf(call), toPageRequest(call.query)));
    const assistants = await Promise.all(page.items.map((agent) => toWire(call.services, agent)));
    return { json: listToWire(assistants, page.hasMore) };
  },
});

const getAssistant = defineRoute({
  method: 'get',
  path: '/v1/assistants/{assistant_id}',
  summary: 'Read an assistant',
  tag,
  access,
  params: assistantPath,
  response: assistantReply,
  handle: async (call) => ({
    json: await toWire(call.services, await call.services.assistants.get(callerOf(call), call.params.assistant_id)),
  }),
});

const updateAssistant = defineRoute({
  method: 'post',
  path: '/v1/assistants/{assistant_id}',
  summary: 'Change an assistant; what is left out stays',
  tag,
  access,
  params: assistantPath,
  body: updateAssistantBody,
  response: assistantReply,
  handle: async (call) => {
    const changes = readAssistantChanges(call.body);
    const agent = await call.services.assistants.update(callerOf(call), call.params.assistant_id, changes);
    return { json: await toWire(call.services, agent) };
  },
});

const deleteAssistant = defineRoute({
  method: 'delete',
  path: '/v1/assistants/{assistant_id}',
  summary: 'Delete an assistant and what it remembers; threads and runs stay',
  tag,
  access,
  params: assistantPath,
  response: deletedReply,
  handle: async (call) => {
    await call.services.agents.delete(callerOf(call), call.params.assistant_id);
    return { json: deletedToWire('assistant', 'agent', call.params.assistant_id) };
  },
});

async function toWire({ toolResources }: Services, agent: Agent): Promise<WireObject> {
  return assistantToWire(agent, await toolResources.ofAgent(agent));
}

/** The routes of assistants. */
export const assistantRoutes: readonly Route[] = [
  createAssistant,
  listAssistants,
  getAssistant,
  updateAssistant,
  deleteAssistant,
];
