import { expect } from 'vitest';
import { z } from 'zod';
import type { Client } from './client.js';
import * as shapes from './letta-shapes.js';
import { letta, newAgent } from './letta-things.js';
import { nobody, routeCase, withoutCredential, type Refusal, type RouteCase } from './route-case.js';
import { pythonSource } from './things.js';

const blockPath = '/v1/blocks/{block_id}';
const human = {
  value: 'Name: Inés',
  limit: 3_000,
  name: 'ines',
  template: true,
  label: 'human',
  description: null,
  metadata_: { colour: 'blue' },
  user_id: null,
};
const newBlock = (client: Client) => client.ok(shapes.block, 'POST', '/v1/blocks/', { body: human });
const ofBlock = async (client: Client) => ({ path: { block_id: (await newBlock(client)).id } });
const unknownBlock: Refusal = { but: { path: { block_id: `block-${nobody}` } }, status: 404, says: 'Block not found' };

const blocks: RouteCase[] = [
  routeCase({
    route: 'GET /v1/blocks',
    eras: letta,
    form: 'for templates of a label and a name',
    send: async (client) => ({ made: await newBlock(client), query: { label: 'human', name: 'ines' } }),
    shape: z.array(shapes.block),
    effect: ({ reply, sent: { made } }) => expect(reply).toEqual([made]),
    refusal: withoutCredential,
  }),
  routeCase({
    route: 'GET /v1/blocks',
    eras: letta,
    form: 'for those of agents too',
    send: async (client) => ({ agent: await newAgent(client), query: { templates_only: 'false' } }),
    shape: z.array(shapes.block),
    effect: ({ reply, sent: { agent } }) =>
      expect(reply.map((block) => block.id)).toContain(agent.memory.memory['human']?.id),
    refusal: {
      but: { query: { templates_only: 'maybe' } },
      status: 422,
      says: ['bool_parsing', 'query', 'templates_only'],
    },
  }),
  routeCase({
    route: 'POST /v1/blocks',
    eras: letta,
    send: () => ({ body: human }),
    shape: shapes.block,
    effect: async ({ client, reply }) => {
      expect(reply).toMatchObject({ ...human, user_id: `user-${client.id}` });
      expect(await client.ok(shapes.block, 'GET', blockPath, { path: { block_id: reply.id } })).toEqual(reply);
    },
    refusal: { but: { body: { value: 'x' } }, status: 422, says: ['missing', 'body', 'label'] },
  }),
  routeCase({
    route: `GET ${blockPath}`,
    eras: letta,
    send: ofBlock,
    shape: shapes.block,
    effect: ({ reply }) => expect(reply.value).toBe('Name: Inés'),
    refusal: unknownBlock,
  }),
  ...(['PATCH', 'POST'] as const).map((method) =>
    routeCase({
      route: `${method} ${blockPath}`,
      eras: letta,
      send: async (client) => {
        const { path } = await ofBlock(client);
        return { path, body: { ...human, id: path.block_id, limit: null, value: 'Name: Ole', name: 'ole' } };
      },
      shape: shapes.block,
      effect: async ({ client, reply, sent: { path } }) => {
        expect(reply).toMatchObject({ id: path.block_id, value: 'Name: Ole', name: 'ole', limit: 3_000 });
        expect(await client.ok(shapes.block, 'GET', blockPath, { path })).toEqual(reply);
      },
      refusal: { but: { body: { value: 'x' } }, status: 422, says: ['missing', 'body', 'id'] },
    }),
  ),
  routeCase({
    route: `DELETE ${blockPath}`,
    eras: letta,
    send: ofBlock,
    shape: shapes.block,
    effect: async ({ client, reply, sent }) => {
      expect(reply.id).toBe(sent.path.block_id);
      expect(await client.status('GET', blockPath, sent)).toBe(404);
    },
    refusal: unknownBlock,
  }),
];

const toolPath = '/v1/tools/{tool_id}';
const tides = {
  source_code: pythonSource,
  source_type: 'python',
  name: 'tell_tide',
  tags: ['sea'],
  json_schema: null,
};
const newTool = (client: Client) => client.ok(shapes.tool, 'POST', '/v1/tools/', { body: tides });
const ofTool = async (client: Client) => ({ path: { tool_id: (await newTool(client)).id } });
const unknownTool: Refusal = {
  but: { path: { tool_id: `tool-${nobody}` } },
  status: 404,
  says: `Tool with id tool-${nobody} not found.`,
};

const tools: RouteCase[] = [
  routeCase({
    route: 'GET /v1/tools',
    eras: letta,
    send: async (client) => ({ made: await newTool(client) }),
    shape: z.array(shapes.tool),
    effect: ({ reply, sent: { made } }) => {
      expect(reply).toContainEqual(made);
      expect(reply.map((tool) => tool.name)).toContain('archival_memory_search');
    },
    refusal: withoutCredential,
  }),
  routeCase({
    route: 'POST /v1/tools',
    eras: letta,
    send: () => ({ body: tides, query: { update: 'true' } }),
    shape: shapes.tool,
    effect: async ({ client, reply, sent }) => {
      expect(reply).toMatchObject({ source_code: pythonSource, name: 'tell_tide', tags: ['sea'] });
      expect(reply.json_schema).toMatchObject({ parameters: { properties: { port: { type: 'string' } } } });
      expect(reply.user_id).toBe(`user-${client.id}`);
      expect(await client.ok(shapes.tool, 'POST', '/v1/tools/', sent)).toEqual(reply);
    },
    refusal: { but: { body: { name: 'tell_tide' } }, status: 422, says: ['missing', 'body', 'source_code'] },
  }),
  routeCase({
    route: `GET ${toolPath}`,
    eras: letta,
    send: ofTool,
    shape: shapes.tool,
    effect: ({ reply, sent: { path } }) => expect(reply).toMatchObject({ id: path.tool_id, source_code: pythonSource }),
    refusal: unknownTool,
  }),
  routeCase({
    route: 'GET /v1/tools/name/{tool_name}',
    eras: letta,
    send: async (client) => ({ made: await newTool(client), path: { tool_name: 'tell_tide' } }),
    shape: z.string(),
    effect: ({ reply, sent: { made } }) => expect(reply).toBe(made.id),
    refusal: { but: { path: { tool_name: 'stranger' } }, status: 404, says: 'Tool with name stranger not found.' },
  }),
  routeCase({
    route: `PATCH ${toolPath}`,
    eras: letta,
    send: async (client) => {
      const { path } = await ofTool(client);
      const unset = {
        source_type: null,
        module: null,
        user_id: null,
        name: null,
        json_schema: null,
        source_code: null,
      };
      return { path, body: { id: path.tool_id, ...unset, description: 'Tides.', tags: ['sea', 'moon'] } };
    },
    shape: shapes.tool,
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply).toMatchObject({ name: 'tell_tide', description: 'Tides.', tags: ['sea', 'moon'] });
      expect(await client.ok(shapes.tool, 'GET', toolPath, { path })).toEqual(reply);
    },
    refusal: {
      but: { body: { id: `tool-${nobody}` } },
      status: 400,
      says: 'The id in the body is not the id in the path.',
    },
  }),
  routeCase({
    route: `DELETE ${toolPath}`,
    eras: letta,
    send: ofTool,
    shape: z.null(),
    effect: async ({ client, sent }) => expect(await client.status('GET', toolPath, sent)).toBe(404),
    refusal: unknownTool,
  }),
];

/** Blocks and tools of Letta 0.4. */
export const lettaCatalogueCases: readonly RouteCase[] = [...blocks, ...tools];
