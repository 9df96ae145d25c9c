import { z } from 'zod';
import { callerOf, defineRoute, type Route } from '../../route.js';
import { partMembers, partOf } from './part.js';
import { blockReply } from './replies.js';
import { blockPath, blockQuery, createBlockBody, updateBlockBody } from './schemas.js';
import { labelledTextToWire } from './wire.js';

const head = { tag: 'letta blocks', access: 'user' } as const;
const one = {
  ...head,
  path: '/v1/blocks/{block_id}',
  params: blockPath,
  response: blockReply,
  missing: () => 'Block not found',
};

const list = defineRoute({
  ...head,
  method: 'get',
  path: '/v1/blocks',
  summary: 'List blocks: humans and personas, and with templates_only=false those of your agents',
  query: partMembers('block').extend(blockQuery.shape),
  response: z.array(blockReply),
  handle: async (call) => {
    const { label, name, templates_only: offeredOnly } = call.query;
    const blocks = await call.services.blocks.list(callerOf(call), { label, name, offeredOnly });
    return { json: partOf(blocks, call.query).map(labelledTextToWire) };
  },
});

const create = defineRoute({
  ...head,
  method: 'post',
  path: '/v1/blocks',
  summary: 'Create a block, to begin the memories of agents with',
  body: createBlockBody,
  response: blockReply,
  handle: async (call) => {
    const { body } = call;
    const block = await call.services.blocks.create(callerOf(call), {
      label: body.label,
      name: body.name ?? body.template_name ?? null,
      value: body.value,
      charsMax: body.limit,
      description: body.description,
      offered: body.template ?? body.is_template ?? true,
      metadata: body.metadata_ ?? {},
    });
    return { json: labelledTextToWire(block) };
  },
});

const read = defineRoute({
  ...one,
  method: 'get',
  summary: 'Read a block',
  handle: async (call) => ({
    json: labelledTextToWire(await call.services.blocks.get(callerOf(call), call.params.block_id)),
  }),
});

/** The client writes with POST what the server knew as PATCH. */
const updates = (['patch', 'post'] as const).map((method) =>
  defineRoute({
    ...one,
    method,
    summary: 'Change a block; of an agent, what it has in mind',
    body: updateBlockBody,
    handle: async (call) => {
      const { value, limit } = call.body;
      const name = call.body.name ?? call.body.template_name;
      const block = await call.services.blocks.update(callerOf(call), call.params.block_id, {
        ...(value === null || value === undefined ? {} : { value }),
        ...(name === null || name === undefined ? {} : { name }),
        ...(limit === null || limit === undefined ? {} : { charsMax: limit }),
      });
      return { json: labelledTextToWire(block) };
    },
  }),
);

const remove = defineRoute({
  ...one,
  method: 'delete',
  summary: 'Delete a block; of an agent, from its memory',
  handle: async (call) => ({
    json: labelledTextToWire(await call.services.blocks.delete(callerOf(call), call.params.block_id)),
  }),
});

/** The routes of blocks. */
export const lettaBlockRoutes: readonly Route[] = [list, create, read, ...updates, remove];
