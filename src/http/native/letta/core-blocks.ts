import { z } from 'zod';
import type { Block } from '../../../domain/memory.js';
import { callerOf, defineRoute, type Route } from '../../route.js';
import { noSuchLettaAgent } from './agents.js';
import { partMembers, partOf } from './part.js';
import { blockReply } from './replies.js';
import { agentBlockPath, agentPath, changeAgentBlockBody } from './schemas.js';
import { labelledTextToWire } from './wire.js';

/*
 * The blocks of one agent by their labels, on routes that clients have known since Letta 0.6.
 */

const path = '/v1/agents/{agent_id}/core-memory/blocks';
const head = { tag: 'letta blocks', access: 'user' } as const;
const one = {
  ...head,
  path: `${path}/{block_label}`,
  params: agentBlockPath,
  response: blockReply,
  missing: ({ params }: { params: z.infer<typeof agentBlockPath> }): string =>
    `Agent or block of label ${params.block_label} not found.`,
};

const list = defineRoute({
  ...head,
  method: 'get',
  path,
  summary: 'List what an agent always has in mind',
  params: agentPath,
  query: partMembers('block'),
  response: z.array(blockReply),
  missing: ({ params }) => noSuchLettaAgent(params.agent_id),
  handle: async (call) => {
    const { userId } = callerOf(call);
    const { blocks } = await call.services.memories.overview(callerOf(call), call.params.agent_id);
    return { json: partOf(blocks, call.query).map((block) => toWire(block, userId)) };
  },
});

const read = defineRoute({
  ...one,
  method: 'get',
  summary: 'Read a block of an agent by its label',
  handle: async (call) => {
    const caller = callerOf(call);
    const block = await call.services.memories.block(caller, call.params.agent_id, call.params.block_label);
    return { json: toWire(block, caller.userId) };
  },
});

const update = defineRoute({
  ...one,
  method: 'patch',
  summary: 'Change a block of an agent by its label',
  body: changeAgentBlockBody,
  handle: async (call) => {
    const caller = callerOf(call);
    const { id } = await call.services.memories.block(caller, call.params.agent_id, call.params.block_label);
    const { value, limit } = call.body;
    const block = await call.services.blocks.update(caller, id, {
      ...(value === null || value === undefined ? {} : { value }),
      ...(limit === null || limit === undefined ? {} : { charsMax: limit }),
    });
    return { json: labelledTextToWire(block) };
  },
});

/** The routes of the blocks of one agent. */
export const lettaCoreBlockRoutes: readonly Route[] = [list, read, update];

function toWire(block: Block, ownerId: string): Record<string, unknown> {
  return labelledTextToWire({ ...block, name: null, offered: false, metadata: {}, ownerId });
}
