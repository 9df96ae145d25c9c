import { expect } from 'vitest';
import type { Client } from './client.js';
import * as shapes from './memgpt-shapes.js';
import {
  memgpt,
  nobody,
  routeCase,
  withoutCredential,
  type Era,
  type Refusal,
  type RouteCase,
  type Sent,
} from './route-case.js';
import { file, newAgent, newSource, readSource, untilRead } from './things.js';

const early: readonly Era[] = ['memgpt-early'];
const unknownSource: Refusal = {
  but: { path: { source_id: nobody } },
  status: 404,
  says: `Source source_id=${nobody} not found.`,
};
const unknownInQuery: Refusal = { ...unknownSource, but: { query: { source_id: nobody } } };

const sourcesOf = async (client: Client) => (await client.ok(shapes.listedSources, 'GET', '/api/sources')).sources;

const rows: RouteCase[] = [
  routeCase({
    route: 'GET /api/sources',
    eras: memgpt,
    send: async (client) => {
      const { id } = await readSource(client);
      const agentId = await newAgent(client);
      await client.ok(shapes.source, 'POST', `/api/sources/${id}/attach`, { query: { agent_id: agentId } });
      return { made: { id, agentId } };
    },
    shape: shapes.listedSources,
    effect: ({ reply, sent: { made } }) => {
      const attached_agents = [{ id: made.agentId, name: 'Harbor guide' }];
      const metadata_ = { num_documents: 1, num_passages: 1, attached_agents };
      expect(reply.sources).toMatchObject([{ id: made.id, name: 'birds', metadata_ }]);
    },
    refusal: withoutCredential,
  }),
  routeCase({
    route: 'POST /api/sources',
    eras: memgpt,
    send: () => ({ body: { name: 'birds', description: 'Of the coast' } }),
    shape: shapes.newSource,
    effect: async ({ client, reply }) => {
      expect(reply).toMatchObject({ name: 'birds', description: 'Of the coast', user_id: client.id });
      expect((await sourcesOf(client)).map((source) => source.id)).toEqual([reply.id]);
    },
    refusal: { but: { body: { description: 'nameless' } }, status: 422, says: ['missing', 'body', 'name'] },
  }),
  routeCase({
    route: 'POST /api/sources/{source_id}',
    eras: ['memgpt-late'],
    send: async (client) => ({
      path: { source_id: await newSource(client) },
      body: { name: 'owls', description: 'Night' },
    }),
    shape: shapes.newSource,
    effect: async ({ client, reply, sent }) => {
      expect(reply).toMatchObject({ id: sent.path.source_id, ...sent.body });
      expect(await sourcesOf(client)).toMatchObject([sent.body]);
    },
    refusal: unknownSource,
  }),
  routeCase({
    route: 'DELETE /api/sources/{source_id}',
    eras: memgpt,
    send: async (client) => ({ path: { source_id: (await readSource(client)).id } }),
    shape: shapes.confirmation,
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply.message).toBe(`Source source_id=${path.source_id} successfully deleted`);
      expect(await sourcesOf(client)).toEqual([]);
    },
    refusal: unknownSource,
  }),
];

const passagesOf = async (client: Client, agentId: string): Promise<number> =>
  (await client.ok(shapes.memory, 'GET', `/api/agents/${agentId}/memory`)).archival_memory;

/** An agent that has a source or has none, and what the agent finds before. */
const pair = async (client: Client, verb: 'attach' | 'detach') => {
  const { id } = await readSource(client);
  const agentId = await newAgent(client);
  if (verb === 'detach') {
    await client.ok(shapes.source, 'POST', `/api/sources/${id}/attach`, { query: { agent_id: agentId } });
  }
  expect(await passagesOf(client, agentId)).toBe(verb === 'attach' ? 0 : 1);
  return { id, agentId };
};

const attachments: RouteCase[] = (['attach', 'detach'] as const).flatMap((verb) => {
  const isDone = async (client: Client, agentId: string, id: string): Promise<void> => {
    const { sources } = await client.ok(shapes.agent, 'GET', `/api/agents/${agentId}/config`);
    expect(sources).toEqual(verb === 'attach' ? [id] : []);
    expect(await passagesOf(client, agentId)).toBe(verb === 'attach' ? 1 : 0);
  };
  return [
    routeCase({
      route: `POST /api/sources/{source_id}/${verb}`,
      eras: memgpt,
      send: async (client) => {
        const { id, agentId } = await pair(client, verb);
        return { path: { source_id: id }, query: { agent_id: agentId } };
      },
      shape: shapes.source,
      effect: async ({ client, reply, sent: { path, query } }) => {
        expect(reply.id).toBe(path.source_id);
        await isDone(client, query.agent_id, path.source_id);
      },
      refusal: { but: { query: { agent_id: 'harbor' } }, status: 422, says: ['uuid_parsing', 'query', 'agent_id'] },
    }),
    routeCase({
      route: `POST /api/sources/${verb}`,
      eras: early,
      send: async (client) => {
        const { id, agentId } = await pair(client, verb);
        return { made: id, query: { agent_id: agentId, source_name: 'birds' } };
      },
      shape: shapes.source,
      effect: async ({ client, reply, sent: { made: id, query } }) => {
        expect(reply.id).toBe(id);
        await isDone(client, query.agent_id, id);
      },
      refusal: {
        but: { query: { agent_id: nobody, source_name: 'stones' } },
        status: 404,
        says: `Source stones or agent agent_id=${nobody} not found.`,
      },
    }),
  ];
});

const uploads: RouteCase[] = [
  routeCase({
    route: 'POST /api/sources/{source_id}/upload',
    eras: memgpt,
    send: async (client) => ({ path: { source_id: await newSource(client) }, file }),
    shape: shapes.upload,
    effect: async ({ client, reply, sent: { path } }) => {
      // What the releases without jobs read, and what those with jobs read.
      expect([reply.added_passages, reply.added_documents, reply.source.id]).toEqual([1, 1, path.source_id]);
      expect(await untilRead(client, reply.id)).toMatchObject({
        metadata_: { filename: 'birds.txt', source_id: path.source_id, num_passages: 1, num_documents: 1 },
      });
      expect(await sourcesOf(client)).toMatchObject([{ metadata_: { num_passages: 1, num_documents: 1 } }]);
    },
    refusal: unknownSource,
  }),
  routeCase({
    route: 'POST /api/sources/upload',
    eras: early,
    send: async (client) => ({ query: { source_id: await newSource(client) }, file }),
    shape: shapes.uploadCounts,
    effect: async ({ client, reply, sent: { query } }) => {
      expect(reply).toMatchObject({ source: { id: query.source_id }, added_passages: 1, added_documents: 1 });
      expect(await sourcesOf(client)).toMatchObject([{ metadata_: { num_passages: 1 } }]);
    },
    refusal: unknownInQuery,
  }),
  routeCase({
    route: 'GET /api/sources/status/{job_id}',
    eras: ['memgpt-late'],
    send: async (client) => ({ path: { job_id: (await readSource(client)).jobId } }),
    shape: shapes.job,
    effect: ({ client, reply }) => {
      expect(reply).toMatchObject({ status: 'completed', user_id: client.id, metadata_: { num_passages: 1 } });
      expect(reply.completed_at).not.toBeNull();
    },
    refusal: { but: { path: { job_id: nobody } }, status: 404, says: `Job with id=${nobody} not found.` },
  }),
];

const inPath = async (client: Client) => ({ path: { source_id: (await readSource(client)).id } });
const inQuery = async (client: Client) => ({ query: { source_id: (await readSource(client)).id } });

type Reading = [string, readonly Era[], (client: Client) => Promise<Sent>, Refusal];
const passageReadings: Reading[] = [
  ['GET /api/sources/{source_id}/passages%20', memgpt, inPath, unknownSource],
  ['GET /api/sources/{source_id}/passages', memgpt, inPath, unknownSource],
  ['GET /api/sources/passages%20', early, inQuery, unknownInQuery],
  ['GET /api/sources/passages', early, inQuery, unknownInQuery],
];
const documentReadings: Reading[] = [
  ['GET /api/sources/{source_id}/documents', memgpt, inPath, unknownSource],
  ['GET /api/sources/documents', early, inQuery, unknownInQuery],
];

const contents: RouteCase[] = [
  ...passageReadings.map(([route, eras, send, refusal]) =>
    routeCase({
      route,
      eras,
      send,
      shape: shapes.passages,
      effect: ({ client, reply }) =>
        expect(reply.passages).toMatchObject([{ text: file.content.trim(), data_source: 'birds', user_id: client.id }]),
      refusal,
    }),
  ),
  ...documentReadings.map(([route, eras, send, refusal]) =>
    routeCase({
      route,
      eras,
      send,
      shape: shapes.documents,
      effect: ({ reply }) =>
        expect(reply.documents).toMatchObject([{ data_source: 'birds', metadata: { file_name: 'birds.txt' } }]),
      refusal,
    }),
  ),
];

/** Sources of MemGPT, what is uploaded into them and who has them. */
export const memgptSourceCases: readonly RouteCase[] = [...rows, ...attachments, ...uploads, ...contents];
