import type { IdKind } from '../../domain/ids.js';
import type { BlockChange, MemoryOverview } from '../../services/memories.js';
import { callerOf, defineRoute, type Route } from '../route.js';
import { noSuchAgent } from './agents.js';
import { contextRoute } from './context.js';
import { memorySearchRoute } from './memory-search.js';
import { memoryChangeReply, memoryReply } from './replies.js';
import { agentPath, agentQuery, earlyMemoryBody, memoryBody } from './schemas.js';
import { coreMemoryToWire } from './wire.js';

const tag = 'memory';
const readRoute = { method: 'get', tag, access: 'user', response: memoryReply } as const;
const changeRoute = { method: 'post', tag, access: 'user', response: memoryChangeReply } as const;

const readByPath = defineRoute({
  ...readRoute,
  path: '/api/agents/{agent_id}/memory',
  summary: 'Read what an agent always has in mind, and how much it has stored',
  params: agentPath,
  missing: ({ params }) => noSuchAgent(params.agent_id),
  handle: async (call) => overviewAnswer(await call.services.memories.overview(callerOf(call), call.params.agent_id)),
});

const readByQuery = defineRoute({
  ...readRoute,
  path: '/api/agents/memory',
  summary: 'Read what an agent always has in mind (early spelling)',
  query: agentQuery,
  missing: ({ query }) => noSuchAgent(query.agent_id),
  handle: async (call) => overviewAnswer(await call.services.memories.overview(callerOf(call), call.query.agent_id)),
});

const changeByPath = defineRoute({
  ...changeRoute,
  path: '/api/agents/{agent_id}/memory',
  summary: 'Rewrite the human or persona block',
  params: agentPath,
  body: memoryBody,
  missing: ({ params }) => noSuchAgent(params.agent_id),
  handle: async (call) => {
    const values = valuesOf(call.body);
    return changeAnswer(await call.services.memories.rewrite(callerOf(call), call.params.agent_id, values));
  },
});

const changeByBody = defineRoute({
  ...changeRoute,
  path: '/api/agents/memory',
  summary: 'Rewrite the human or persona block (early spelling)',
  body: earlyMemoryBody,
  missing: ({ body }) => noSuchAgent(body.agent_id),
  handle: async (call) => {
    const values = valuesOf(call.body);
    return changeAnswer(await call.services.memories.rewrite(callerOf(call), call.body.agent_id, values));
  },
});

const place = { tag, params: agentPath, spell: (_kind: IdKind, id: string) => id };
const search = memorySearchRoute({ ...place, path: '/api/agents/{agent_id}/memory/search' });
const context = contextRoute({ ...place, path: '/api/agents/{agent_id}/context' });

/** The routes of core memory, of the search over all of an agent's memory, and of its prompt. */
export const memoryRoutes: readonly Route[] = [readByPath, readByQuery, changeByPath, changeByBody, search, context];

function valuesOf(body: { human?: string | null; persona?: string | null }): Record<string, string> {
  const given = Object.entries({ human: body.human, persona: body.persona });
  return Object.fromEntries(given.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function overviewAnswer(overview: MemoryOverview): { json: unknown } {
  return {
    json: {
      core_memory: coreMemoryToWire(overview.blocks),
      recall_memory: overview.messageCount,
      archival_memory: overview.passageCount,
    },
  };
}

function changeAnswer({ before, after }: BlockChange): { json: unknown } {
  return { json: { old_core_memory: coreMemoryToWire(before), new_core_memory: coreMemoryToWire(after) } };
}
