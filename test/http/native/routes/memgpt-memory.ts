import { expect } from 'vitest';
import { z } from 'zod';
import type { Client } from './client.js';
import * as shapes from './memgpt-shapes.js';
import { memgpt, nobody, routeCase, type Refusal, type RouteCase } from './route-case.js';
import { archiveOf, coreMemory, greetedAgent, newAgent } from './things.js';

const unknownAgent: Refusal = {
  but: { path: { agent_id: nobody } },
  status: 404,
  says: `Agent agent_id=${nobody} does not exist`,
};
const byPath = async (client: Client) => ({ path: { agent_id: await newAgent(client, { human: 'Name: Inés' }) } });

const core: RouteCase[] = [
  routeCase({
    route: 'GET /api/agents/{agent_id}/memory',
    eras: memgpt,
    send: byPath,
    shape: shapes.memory,
    effect: ({ reply }) =>
      expect(reply).toMatchObject({ core_memory: { human: 'Name: Inés' }, recall_memory: 4, archival_memory: 0 }),
    refusal: unknownAgent,
  }),
  routeCase({
    route: 'GET /api/agents/memory',
    eras: ['memgpt-early'],
    send: async (client) => ({ query: { agent_id: await newAgent(client, { human: 'Name: Inés' }) } }),
    shape: shapes.memory,
    effect: ({ reply }) => expect(reply.core_memory.human).toBe('Name: Inés'),
    refusal: { but: { query: { agent_id: 'harbor' } }, status: 422, says: ['uuid_parsing', 'query', 'agent_id'] },
  }),
  routeCase({
    route: 'POST /api/agents/{agent_id}/memory',
    eras: memgpt,
    send: async (client) => ({ ...(await byPath(client)), body: { human: 'Name: Inés. Likes tea.', persona: null } }),
    shape: shapes.memoryChange,
    effect: async ({ client, reply, sent: { path } }) => {
      expect([reply.old_core_memory.human, reply.new_core_memory.human]).toEqual([
        'Name: Inés',
        'Name: Inés. Likes tea.',
      ]);
      expect(reply.new_core_memory.persona).toBe(reply.old_core_memory.persona);
      expect((await coreMemory(client, path.agent_id)).human).toBe('Name: Inés. Likes tea.');
    },
    refusal: { but: { body: { human: 7 } }, status: 422, says: ['string_type', 'body', 'human'] },
  }),
  routeCase({
    route: 'POST /api/agents/memory',
    eras: ['memgpt-early'],
    send: async (client) => ({ body: { agent_id: await newAgent(client), human: 'Name: Inés' } }),
    shape: shapes.memoryChange,
    effect: async ({ client, reply, sent: { body } }) => {
      expect(reply.new_core_memory.human).toBe('Name: Inés');
      expect((await coreMemory(client, body.agent_id)).human).toBe('Name: Inés');
    },
    refusal: { but: { body: { human: 'Name: Inés' } }, status: 422, says: ['missing', 'body', 'agent_id'] },
  }),
];

const search = routeCase({
  route: 'GET /api/agents/{agent_id}/memory/search',
  eras: memgpt,
  send: async (client) => ({
    path: { agent_id: await greetedAgent(client) },
    query: { query: 'evening', scope: 'recall' },
  }),
  shape: z.looseObject({ total: z.int(), results: z.array(z.looseObject({ text: z.string() })) }),
  effect: ({ reply }) => expect(reply.results.map((found) => found.text)).toEqual(['Good evening']),
  refusal: { but: { query: { scope: 'dreams' } }, status: 422, says: ['enum', 'query', 'scope'] },
});

/** An agent with three texts in its archive. */
const withArchive = async (client: Client) => {
  const id = await newAgent(client);
  const ids: string[] = [];
  for (const content of ['one', 'two', 'three']) {
    const stored = await client.ok(shapes.passageIds, 'POST', `/api/agents/${id}/archival`, { body: { content } });
    ids.push(...stored.ids);
  }
  return { path: { agent_id: id }, ids };
};

const archive: RouteCase[] = [
  routeCase({
    route: 'GET /api/agents/{agent_id}/archival/all',
    eras: memgpt,
    send: withArchive,
    shape: shapes.archive,
    effect: ({ reply, sent: { ids } }) =>
      expect(reply.archival_memory).toEqual([
        { id: ids[0], contents: 'one' },
        { id: ids[1], contents: 'two' },
        { id: ids[2], contents: 'three' },
      ]),
    refusal: unknownAgent,
  }),
  routeCase({
    route: 'GET /api/agents/{agent_id}/archival',
    eras: memgpt,
    send: async (client) => {
      const { path, ids } = await withArchive(client);
      return { path, query: { after: ids[0] ?? '', limit: '1' } };
    },
    shape: shapes.archive,
    effect: async ({ client, reply, sent: { path, query } }) => {
      expect(reply.archival_memory.map((passage) => passage.contents)).toEqual(['two']);
      const before = { path, query: { before: query.after } };
      const older = await client.ok(shapes.archive, 'GET', '/api/agents/{agent_id}/archival', before);
      expect(older.archival_memory).toEqual([]);
    },
    refusal: { but: { query: { limit: 'many' } }, status: 422, says: ['int_parsing', 'query', 'limit'] },
  }),
  routeCase({
    route: 'POST /api/agents/{agent_id}/archival',
    eras: memgpt,
    send: async (client) => ({ ...(await byPath(client)), body: { content: 'The ferry sails at noon.' } }),
    shape: shapes.passageIds,
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply.ids).toHaveLength(1);
      expect(await archiveOf(client, path.agent_id)).toEqual(['The ferry sails at noon.']);
    },
    refusal: { but: { body: {} }, status: 422, says: ['missing', 'body', 'content'] },
  }),
  routeCase({
    route: 'DELETE /api/agents/{agent_id}/archival',
    eras: memgpt,
    send: async (client) => {
      const { path, ids } = await withArchive(client);
      return { path, query: { id: ids[1] ?? '' } };
    },
    shape: shapes.confirmation,
    effect: async ({ client, reply, sent: { path, query } }) => {
      expect(reply.message).toBe(`Memory id=${query.id} successfully deleted`);
      expect(await archiveOf(client, path.agent_id)).toEqual(['one', 'three']);
    },
    refusal: { but: { query: { id: 'two' } }, status: 422, says: ['uuid_parsing', 'query', 'id'] },
  }),
];

const commands: RouteCase[] = [
  ...['memory', '/memory', 'MEMORY'].map((command) =>
    routeCase({
      route: 'POST /api/agents/{agent_id}/command',
      eras: memgpt,
      form: `of ${command}`,
      send: async (client) => ({ ...(await byPath(client)), body: { command } }),
      shape: shapes.commandResponse,
      effect: ({ reply }) => expect(reply.response).toContain('Name: Inés'),
      refusal: unknownAgent,
    }),
  ),
  ...['save', 'savechat', 'heartbeat', 'memorywarning', 'dump', 'dump 2', 'dumpraw', 'summarize', 'retry'].map(
    (command) =>
      routeCase({
        route: 'POST /api/agents/{agent_id}/command',
        eras: memgpt,
        form: `of ${command}`,
        send: async (client) => ({ path: { agent_id: await greetedAgent(client) }, body: { command } }),
        shape: shapes.commandResponse,
        effect: ({ reply }) => expect(reply.response).not.toBe(''),
        refusal: { but: { body: { command: 7 } }, status: 422, says: ['string_type', 'body', 'command'] },
      }),
  ),
  routeCase({
    route: 'POST /api/agents/command',
    eras: ['memgpt-early'],
    send: async (client) => ({ body: { agent_id: await greetedAgent(client), command: '/pop 2' } }),
    shape: shapes.commandResponse,
    effect: async ({ client, reply, sent: { body } }) => {
      expect(reply.response).toContain('2');
      const { recall_memory: left } = await client.ok(shapes.memory, 'GET', `/api/agents/${body.agent_id}/memory`);
      expect(left).toBe(5);
    },
    refusal: { but: { body: { command: 'pop' } }, status: 422, says: ['missing', 'body', 'agent_id'] },
  }),
];

/** Core memory, archives and chat commands of MemGPT. */
export const memgptMemoryCases: readonly RouteCase[] = [...core, search, ...archive, ...commands];
