import { expect } from 'vitest';
import { z } from 'zod';
import type { Client } from './client.js';
import * as shapes from './letta-shapes.js';
import { letta, newAgent, ofReadSource, unknownAgent, unknownSource } from './letta-things.js';
import { nobody, routeCase, withoutCredential, type Refusal, type RouteCase } from './route-case.js';
import { file } from './things.js';

const root = '/v1/sources/{source_id}';
const birds = { name: 'birds', description: null, embedding_config: null, metadata_: { coast: 'west' } };
const newSource = (client: Client) => client.ok(shapes.source, 'POST', '/v1/sources/', { body: birds });
const ofSource = async (client: Client) => ({ path: { source_id: (await newSource(client)).id } });

const sources: RouteCase[] = [
  routeCase({
    route: 'GET /v1/sources',
    eras: letta,
    send: async (client) => {
      const { path } = await ofReadSource(client);
      const { id } = await newAgent(client);
      await client.ok(shapes.source, 'POST', `${root}/attach`, { path, query: { agent_id: id } });
      return { made: id };
    },
    shape: z.array(shapes.source),
    effect: ({ reply, sent }) => {
      const attached_agents = [{ id: sent.made, name: 'harbor-guide' }];
      expect(reply).toMatchObject([{ metadata_: { num_documents: 1, num_passages: 1, attached_agents } }]);
    },
    refusal: withoutCredential,
  }),
  routeCase({
    route: 'POST /v1/sources',
    eras: letta,
    send: () => ({ body: birds }),
    shape: shapes.source,
    effect: async ({ client, reply }) => {
      expect(reply).toMatchObject({ name: 'birds', user_id: `user-${client.id}` });
      expect(await client.ok(shapes.source, 'GET', root, { path: { source_id: reply.id } })).toEqual(reply);
    },
    refusal: { but: { body: { colour: 'blue', name: 'x' } }, status: 422, says: ['extra_forbidden', 'body', 'colour'] },
  }),
  routeCase({
    route: `GET ${root}`,
    eras: letta,
    send: ofSource,
    shape: shapes.source,
    effect: ({ reply, sent: { path } }) => expect(reply).toMatchObject({ id: path.source_id, name: 'birds' }),
    refusal: unknownSource,
  }),
  routeCase({
    route: 'GET /v1/sources/name/{source_name}',
    eras: letta,
    send: async (client) => ({ made: await newSource(client), path: { source_name: 'birds' } }),
    shape: z.string(),
    effect: ({ reply, sent: { made } }) => expect(reply).toBe(made.id),
    refusal: { but: { path: { source_name: 'stones' } }, status: 404, says: 'Source with name=stones not found.' },
  }),
  routeCase({
    route: `PATCH ${root}`,
    eras: letta,
    send: async (client) => {
      const { path } = await ofSource(client);
      const body = { id: path.source_id, name: 'owls', description: 'Night', metadata_: { coast: 'east' } };
      return { path, body: { ...body, embedding_config: null } };
    },
    shape: shapes.source,
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply).toMatchObject({ name: 'owls', description: 'Night', metadata_: { coast: 'east' } });
      expect(await client.ok(shapes.source, 'GET', root, { path })).toEqual(reply);
    },
    refusal: { but: { body: { name: 'owls' } }, status: 422, says: ['missing', 'body', 'id'] },
  }),
  routeCase({
    route: `DELETE ${root}`,
    eras: letta,
    send: ofReadSource,
    shape: z.null(),
    effect: async ({ client, sent }) => expect(await client.status('GET', root, { path: sent.path })).toBe(404),
    refusal: unknownSource,
  }),
];

const ofPair = async (client: Client) => {
  const { path } = await ofReadSource(client);
  return { path, query: { agent_id: (await newAgent(client)).id } };
};
const unknownPair: Refusal = {
  but: { path: { source_id: `source-${nobody}` }, query: { agent_id: `agent-${nobody}` } },
  status: 404,
  says: `Source with id=source-${nobody} or agent with id=agent-${nobody} not found.`,
};
const attachedTo = async (client: Client, agentId: string): Promise<string[]> => {
  const attached = z.array(shapes.source);
  const list = await client.ok(attached, 'GET', '/v1/agents/{agent_id}/sources', { path: { agent_id: agentId } });
  return list.map((source) => source.id);
};

const attachments: RouteCase[] = [
  routeCase({
    route: `POST ${root}/attach`,
    eras: letta,
    send: ofPair,
    shape: shapes.source,
    effect: async ({ client, reply, sent: { path, query } }) => {
      expect(reply.id).toBe(path.source_id);
      expect(await attachedTo(client, query.agent_id)).toEqual([path.source_id]);
    },
    refusal: unknownPair,
  }),
  routeCase({
    route: `POST ${root}/detach`,
    eras: letta,
    send: async (client) => {
      const both = await ofPair(client);
      await client.ok(shapes.source, 'POST', `${root}/attach`, both);
      return both;
    },
    shape: shapes.source,
    effect: async ({ client, reply, sent: { path, query } }) => {
      expect(reply.id).toBe(path.source_id);
      expect(await attachedTo(client, query.agent_id)).toEqual([]);
    },
    refusal: unknownPair,
  }),
  routeCase({
    route: 'GET /v1/agents/{agent_id}/sources',
    eras: letta,
    send: async (client) => {
      const { path, query } = await ofPair(client);
      await client.ok(shapes.source, 'POST', `${root}/attach`, { path, query });
      return { path: query, made: path.source_id };
    },
    shape: z.array(shapes.source),
    effect: ({ reply, sent: { made } }) => expect(reply.map((source) => source.id)).toEqual([made]),
    refusal: unknownAgent,
  }),
];

const jobs = z.array(shapes.job);
const jobPath = '/v1/jobs/{job_id}';

const contents: RouteCase[] = [
  routeCase({
    route: `POST ${root}/upload`,
    eras: letta,
    send: async (client) => ({ ...(await ofSource(client)), file }),
    shape: shapes.job,
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply.metadata_).toMatchObject({ filename: 'birds.txt', source_id: path.source_id });
      const read = () => client.ok(shapes.job, 'GET', jobPath, { path: { job_id: reply.id } });
      await expect.poll(async () => (await read()).status, { interval: 10, timeout: 15_000 }).toBe('completed');
      const passages = await client.ok(z.array(shapes.passage), 'GET', `${root}/passages`, { path });
      expect(passages.map((passage) => passage.text)).toEqual([file.content.trim()]);
    },
    refusal: unknownSource,
  }),
  routeCase({
    route: `GET ${root}/passages`,
    eras: letta,
    send: ofReadSource,
    shape: z.array(shapes.passage),
    effect: ({ reply, sent: { path } }) =>
      expect(reply).toMatchObject([{ text: file.content.trim(), source_id: path.source_id, agent_id: null }]),
    refusal: unknownSource,
  }),
  routeCase({
    route: `GET ${root}/documents`,
    eras: letta,
    send: ofReadSource,
    shape: z.array(shapes.document),
    effect: ({ reply, sent: { path } }) =>
      expect(reply).toMatchObject([{ source_id: path.source_id, metadata_: { file_name: 'birds.txt' } }]),
    refusal: unknownSource,
  }),
  routeCase({
    route: 'GET /v1/jobs',
    eras: letta,
    send: async (client) => {
      const { path, jobId } = await ofReadSource(client);
      return { made: jobId, query: path };
    },
    shape: jobs,
    effect: async ({ client, reply, sent: { made } }) => {
      expect(reply.map((job) => [job.id, job.status])).toEqual([[made, 'completed']]);
      const query = { source_id: `source-${nobody}` };
      expect(await client.ok(jobs, 'GET', '/v1/jobs/', { query })).toEqual([]);
    },
    refusal: withoutCredential,
  }),
  routeCase({
    route: 'GET /v1/jobs/active',
    eras: letta,
    send: ofReadSource,
    shape: jobs,
    // Its file has been read, so the job is not among them.
    effect: ({ reply }) => expect(reply).toEqual([]),
    refusal: withoutCredential,
  }),
  routeCase({
    route: `GET ${jobPath}`,
    eras: letta,
    send: async (client) => ({ path: { job_id: (await ofReadSource(client)).jobId } }),
    shape: shapes.job,
    effect: ({ reply }) => expect(reply).toMatchObject({ status: 'completed', metadata_: { num_passages: 1 } }),
    refusal: {
      but: { path: { job_id: `job-${nobody}` } },
      status: 404,
      says: `Job with id=job-${nobody} not found.`,
    },
  }),
];

/** Sources and jobs of Letta 0.4. */
export const lettaSourceCases: readonly RouteCase[] = [...sources, ...attachments, ...contents];
