import { z } from 'zod';
import type { AgentDetails } from '../../../services/agent-view.js';
import { callerOf, defineRoute, type Route } from '../../route.js';
import { agentReply } from './replies.js';
import { blockPath, sharedBlockPath } from './schemas.js';
import { agentToWire } from './wire.js';

/** Paths and words of later releases, which let agents share blocks. */
const changes = (['attach', 'detach'] as const).map((word) =>
  defineRoute({
    method: 'patch',
    path: `/v1/agents/{agent_id}/core-memory/blocks/${word}/{block_id}`,
    summary: word === 'attach' ? 'Share a block with an agent' : 'Take a block from an agent',
    tag: 'letta blocks',
    access: 'user',
    params: sharedBlockPath,
    response: agentReply,
    missing: () => 'Agent or block not found',
    handle: async (call) => {
      const { agent_id: agentId, block_id: blockId } = call.params;
      await call.services.sharedBlocks[word](callerOf(call), agentId, blockId);
      return { json: agentToWire(await call.services.agents.describe(callerOf(call), agentId)) };
    },
  }),
);

const holders = defineRoute({
  method: 'get',
  path: '/v1/blocks/{block_id}/agents',
  summary: 'List the agents that have a block',
  tag: 'letta blocks',
  access: 'user',
  params: blockPath,
  response: z.array(agentReply),
  missing: () => 'Block not found',
  handle: async (call) => {
    const caller = callerOf(call);
    const ids = await call.services.sharedBlocks.holders(caller, call.params.block_id);
    const agents: AgentDetails[] = [];
    for (const id of ids) agents.push(await call.services.agents.describe(caller, id));
    return { json: agents.map(agentToWire) };
  },
});

/** The routes by which agents share blocks. */
export const lettaSharedBlockRoutes: readonly Route[] = [...changes, holders];
