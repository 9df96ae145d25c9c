import { expect } from 'vitest';
import { z } from 'zod';
import type { Client } from './client.js';
import * as shapes from './letta-shapes.js';
import { letta, newAgent, ofAgent, ofReadSource, unknownAgent, unknownSource } from './letta-things.js';
import { nobody, routeCase, type RouteCase } from './route-case.js';

/*
 * Routes that clients have known since Letta 0.5 and 0.6.
 */

const searching = 'conversation_search';
const unknownPair = {
  but: { path: { agent_id: `agent-${nobody}`, tool_id: `tool-${nobody}` } },
  status: 404,
  says: `Agent agent_id=agent-${nobody} or tool with id tool-${nobody} not found.`,
};

/** An agent and a tool that it has or has not. */
const ofPair = async (client: Client, toolName: string) => {
  const { id } = await newAgent(client);
  const toolId = await client.ok(z.string(), 'GET', '/v1/tools/name/{tool_name}', { path: { tool_name: toolName } });
  return { path: { agent_id: id, tool_id: toolId } };
};

const tools: RouteCase[] = [
  routeCase({
    route: 'GET /v1/agents/{agent_id}/tools',
    eras: letta,
    send: ofAgent,
    shape: z.array(shapes.tool),
    effect: async ({ client, reply, sent: { path } }) => {
      const { tools: names } = await client.ok(shapes.agent, 'GET', '/v1/agents/{agent_id}', { path });
      expect(reply.map((tool) => tool.name).sort()).toEqual(names.toSorted());
    },
    refusal: unknownAgent,
  }),
  ...['add-tool', 'tools/attach'].map((word) =>
    routeCase({
      route: `PATCH /v1/agents/{agent_id}/${word}/{tool_id}`,
      eras: letta,
      send: (client) => ofPair(client, 'conversation_search_date'),
      shape: shapes.agent,
      effect: ({ reply }) =>
        expect(reply.tools).toEqual(expect.arrayContaining([searching, 'conversation_search_date'])),
      refusal: unknownPair,
    }),
  ),
  ...['remove-tool', 'tools/detach'].map((word) =>
    routeCase({
      route: `PATCH /v1/agents/{agent_id}/${word}/{tool_id}`,
      eras: letta,
      send: (client) => ofPair(client, searching),
      shape: shapes.agent,
      effect: ({ reply }) => {
        expect(reply.tools).toContain('send_message');
        expect(reply.tools).not.toContain(searching);
      },
      refusal: unknownPair,
    }),
  ),
];

const file = z.strictObject({
  id: z.string().regex(/^file-[0-9a-f]{8}-/u),
  user_id: z.string(),
  source_id: z.string(),
  file_name: z.string(),
  file_path: z.null(),
  file_type: z.null(),
  file_size: z.null(),
  file_creation_date: z.null(),
  file_last_modified_date: z.null(),
  created_at: z.iso.datetime({ offset: true }),
});
const filesPath = '/v1/sources/{source_id}/files';

const files: RouteCase[] = [
  routeCase({
    route: `GET ${filesPath}`,
    eras: letta,
    send: ofReadSource,
    shape: z.array(file),
    effect: ({ reply, sent: { path } }) =>
      expect(reply).toMatchObject([{ file_name: 'birds.txt', source_id: path.source_id }]),
    refusal: unknownSource,
  }),
  routeCase({
    route: 'DELETE /v1/sources/{source_id}/{file_id}',
    eras: letta,
    send: async (client) => {
      const { path } = await ofReadSource(client);
      const [held] = await client.ok(z.array(file), 'GET', filesPath, { path });
      return { path: { ...path, file_id: held?.id ?? '' } };
    },
    shape: z.null(),
    effect: async ({ client, sent: { path } }) => {
      const left = { path: { source_id: path.source_id } };
      expect(await client.ok(z.array(file), 'GET', filesPath, left)).toEqual([]);
      expect(await client.ok(z.array(z.unknown()), 'GET', '/v1/sources/{source_id}/passages', left)).toEqual([]);
    },
    refusal: {
      but: { path: { source_id: `source-${nobody}`, file_id: `file-${nobody}` } },
      status: 404,
      says: `File with id=file-${nobody} of source with id=source-${nobody} not found.`,
    },
  }),
];

const blocksPath = '/v1/agents/{agent_id}/core-memory/blocks';
const ofHuman = async (client: Client) => {
  const { path } = await ofAgent(client);
  return { path: { ...path, block_label: 'human' } };
};
const unknownBlock = {
  but: { path: { agent_id: `agent-${nobody}`, block_label: 'human' } },
  status: 404,
  says: 'Agent or block of label human not found.',
};

const blocks: RouteCase[] = [
  routeCase({
    route: `GET ${blocksPath}`,
    eras: letta,
    send: ofAgent,
    shape: z.array(shapes.block),
    effect: ({ reply }) => expect(reply.map((block) => block.label).sort()).toEqual(['human', 'persona']),
    refusal: unknownAgent,
  }),
  routeCase({
    route: `GET ${blocksPath}/{block_label}`,
    eras: letta,
    send: ofHuman,
    shape: shapes.block,
    effect: ({ reply }) => expect(reply).toMatchObject({ label: 'human', value: 'Name: Inés', limit: 2_000 }),
    refusal: unknownBlock,
  }),
  routeCase({
    route: `PATCH ${blocksPath}/{block_label}`,
    eras: letta,
    send: async (client) => ({ ...(await ofHuman(client)), body: { value: 'Name: Ole', limit: 3_000 } }),
    shape: shapes.block,
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply).toMatchObject({ label: 'human', value: 'Name: Ole', limit: 3_000 });
      expect(await client.ok(shapes.block, 'GET', `${blocksPath}/{block_label}`, { path })).toEqual(reply);
    },
    refusal: { but: { body: { colour: 'blue' } }, status: 422, says: ['extra_forbidden', 'body', 'colour'] },
  }),
];

const archivePath = '/v1/agents/{agent_id}/archival-memory';
const closed = { text: 'The pier is closed.' };
const archived = (client: Client, path: { agent_id: string }) =>
  client.ok(z.array(shapes.passage), 'GET', archivePath, { path });

const archive: RouteCase[] = [
  routeCase({
    route: `GET ${archivePath}`,
    eras: letta,
    send: async (client) => {
      const { path } = await ofAgent(client);
      return { path, made: await client.ok(z.array(shapes.passage), 'POST', archivePath, { path, body: closed }) };
    },
    shape: z.array(shapes.passage),
    effect: ({ reply, sent: { made } }) => expect(reply).toEqual(made),
    refusal: unknownAgent,
  }),
  routeCase({
    route: `POST ${archivePath}`,
    eras: letta,
    send: async (client) => ({ ...(await ofAgent(client)), body: closed }),
    shape: z.array(shapes.passage),
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply).toMatchObject([closed]);
      expect(await archived(client, path)).toEqual(reply);
    },
    refusal: { but: { body: {} }, status: 422, says: ['missing', 'body', 'text'] },
  }),
  routeCase({
    route: `DELETE ${archivePath}/{memory_id}`,
    eras: letta,
    send: async (client) => {
      const { path } = await ofAgent(client);
      const [made] = await client.ok(z.array(shapes.passage), 'POST', archivePath, { path, body: closed });
      return { path: { ...path, memory_id: made?.id ?? '' } };
    },
    shape: z.strictObject({ message: z.string() }),
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply.message).toBe(`Memory id=${path.memory_id} successfully deleted`);
      expect(await archived(client, { agent_id: path.agent_id })).toEqual([]);
    },
    refusal: {
      but: { path: { agent_id: `agent-${nobody}`, memory_id: `passage-${nobody}` } },
      status: 404,
      says: `Agent agent_id=agent-${nobody} not found.`,
    },
  }),
];

/** Every route that came after Letta 0.4. */
export const lettaLaterCases: readonly RouteCase[] = [...tools, ...files, ...blocks, ...archive];
