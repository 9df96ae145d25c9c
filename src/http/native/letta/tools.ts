import { z } from 'zod';
import { AppError } from '../../../domain/errors.js';
import { toLettaId } from '../../../domain/ids.js';
import { callerOf, defineRoute, type Route } from '../../route.js';
import { partMembers, partOf } from './part.js';
import { toolReply } from './replies.js';
import { createToolBody, createToolQuery, lettaId, toolNamePath, toolPath, updateToolBody } from './schemas.js';
import { toolToWire } from './wire.js';

const head = { tag: 'letta tools', access: 'user' } as const;
const one = {
  ...head,
  path: '/v1/tools/{tool_id}',
  params: toolPath,
  missing: ({ params }: { params: { tool_id: string } }) =>
    `Tool with id ${toLettaId('tool', params.tool_id)} not found.`,
};

const list = defineRoute({
  ...head,
  method: 'get',
  path: '/v1/tools',
  summary: 'List tools: those that are built in, those of the whole server, and your own',
  // The first releases of 0.5 called it `cursor`.
  query: partMembers('tool').extend({ cursor: lettaId('tool').optional() }),
  response: z.array(toolReply),
  handle: async (call) => {
    const tools = await call.services.storedTools.list(callerOf(call), 'own');
    const { cursor, after = cursor, limit } = call.query;
    return { json: partOf(tools, { after, limit }).map(toolToWire) };
  },
});

const create = defineRoute({
  ...head,
  method: 'post',
  path: '/v1/tools',
  summary: 'Keep a tool as source text that is never run; one of its name is written anew',
  query: createToolQuery,
  body: createToolBody,
  response: toolReply,
  handle: async (call) => {
    const { body } = call;
    const request = {
      name: body.name,
      description: body.description,
      sourceCode: body.source_code,
      sourceType: body.source_type,
      jsonSchema: body.json_schema,
      tags: body.tags,
      module: body.module,
    };
    return { json: toolToWire(await call.services.storedTools.keep(callerOf(call), 'own', request, true)) };
  },
});

const read = defineRoute({
  ...one,
  method: 'get',
  summary: 'Read a tool',
  response: toolReply,
  handle: async (call) => ({
    json: toolToWire(await call.services.storedTools.get(callerOf(call), call.params.tool_id)),
  }),
});

const readId = defineRoute({
  ...head,
  method: 'get',
  path: '/v1/tools/name/{tool_name}',
  summary: 'Read the id of a tool by its name',
  params: toolNamePath,
  response: z.string(),
  missing: ({ params }) => `Tool with name ${params.tool_name} not found.`,
  handle: async (call) => {
    const tool = await call.services.storedTools.findByName(callerOf(call), 'own', call.params.tool_name);
    return { json: toLettaId('tool', tool.id) };
  },
});

const update = defineRoute({
  ...one,
  method: 'patch',
  summary: 'Change a tool of your own; what is null or missing stays',
  body: updateToolBody,
  response: toolReply,
  handle: async (call) => {
    const { body, params } = call;
    if (body.id !== undefined && body.id !== params.tool_id) {
      throw new AppError('invalid_request', 'The id in the body is not the id in the path.', { param: 'id' });
    }
    const changes = {
      name: body.name ?? undefined,
      description: body.description ?? undefined,
      sourceCode: body.source_code ?? undefined,
      sourceType: body.source_type ?? undefined,
      jsonSchema: body.json_schema ?? undefined,
      tags: body.tags ?? undefined,
      module: body.module ?? undefined,
    };
    return { json: toolToWire(await call.services.storedTools.update(callerOf(call), params.tool_id, changes)) };
  },
});

const remove = defineRoute({
  ...one,
  method: 'delete',
  summary: 'Delete a tool of your own',
  response: z.null(),
  handle: async (call) => {
    await call.services.storedTools.delete(callerOf(call), call.params.tool_id);
    return { json: null };
  },
});

/** The routes of tools. */
export const lettaToolRoutes: readonly Route[] = [list, create, read, readId, update, remove];
