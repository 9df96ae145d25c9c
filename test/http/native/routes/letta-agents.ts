import { expect } from 'vitest';
import { z } from 'zod';
import * as shapes from './letta-shapes.js';
import {
  agentBody,
  blockBody,
  letta,
  newAgent,
  ofAgent,
  ofGreetedAgent,
  storedHistory,
  unknownAgent,
} from './letta-things.js';
import { routeCase, withoutCredential, type RouteCase } from './route-case.js';

const root = '/v1/agents/{agent_id}';
const nameless = { ...agentBody, name: 'no/slash' };

const agents: RouteCase[] = [
  routeCase({
    route: 'GET /v1/agents',
    eras: letta,
    send: async (client) => ({ made: await newAgent(client) }),
    shape: z.array(shapes.agent),
    effect: ({ reply, sent: { made } }) => expect(reply).toEqual([made]),
    refusal: withoutCredential,
  }),
  routeCase({
    route: 'POST /v1/agents',
    eras: letta,
    send: () => ({ body: agentBody }),
    shape: shapes.agent,
    effect: async ({ client, reply }) => {
      expect(reply).toMatchObject({ name: 'harbor-guide', user_id: `user-${client.id}` });
      expect(reply.metadata_).toEqual({ 'human:': 'basic' });
      expect(reply.memory.memory).toMatchObject({ human: { value: 'Name: Inés', limit: 2_000, label: 'human' } });
      expect(reply.tools).toEqual(
        expect.arrayContaining([...agentBody.tools, 'core_memory_append', 'core_memory_replace']),
      );
      expect(await client.ok(shapes.agent, 'GET', root, { path: { agent_id: reply.id } })).toEqual(reply);
    },
    refusal: { but: { body: nameless }, status: 422, says: ['value_error', 'body', 'name'] },
  }),
  routeCase({
    route: `GET ${root}`,
    eras: letta,
    send: ofAgent,
    shape: shapes.agent,
    effect: ({ reply, sent: { path } }) => expect(reply).toMatchObject({ id: path.agent_id, name: 'harbor-guide' }),
    refusal: unknownAgent,
  }),
  routeCase({
    route: `PATCH ${root}`,
    eras: letta,
    send: async (client) => {
      const { path } = await ofAgent(client);
      const memory = { memory: { human: blockBody('human', 'Name: Ole') }, prompt_template: '' };
      const body = {
        ...agentBody,
        id: path.agent_id,
        name: 'ferry',
        system: 'Steer.',
        tools: ['send_message'],
        memory,
      };
      return { path, body };
    },
    shape: shapes.agent,
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply).toMatchObject({ id: path.agent_id, name: 'ferry', system: 'Steer.', tools: ['send_message'] });
      expect(reply.memory.memory).toMatchObject({ human: { value: 'Name: Ole' }, persona: { value: 'I am calm.' } });
      expect(await client.ok(shapes.agent, 'GET', root, { path })).toEqual(reply);
    },
    refusal: { but: { body: { name: 'ferry' } }, status: 422, says: ['missing', 'body', 'id'] },
  }),
  routeCase({
    route: `DELETE ${root}`,
    eras: letta,
    send: ofAgent,
    shape: z.null(),
    effect: async ({ client, sent }) => expect(await client.status('GET', root, sent)).toBe(404),
    refusal: unknownAgent,
  }),
];

const memory: RouteCase[] = [
  routeCase({
    route: `GET ${root}/memory`,
    eras: letta,
    send: ofAgent,
    shape: shapes.memory,
    effect: ({ reply }) => expect(reply.memory).toMatchObject({ human: { value: 'Name: Inés', template: false } }),
    refusal: unknownAgent,
  }),
  routeCase({
    route: `PATCH ${root}/memory`,
    eras: letta,
    send: async (client) => ({ ...(await ofAgent(client)), body: { human: 'Name: Ole', persona: null } }),
    shape: shapes.memory,
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply.memory).toMatchObject({ human: { value: 'Name: Ole' }, persona: { value: 'I am calm.' } });
      expect(await client.ok(shapes.memory, 'GET', `${root}/memory`, { path })).toEqual(reply);
    },
    refusal: { but: { body: { human: 7 } }, status: 422, says: ['string_type', 'body', 'human'] },
  }),
  routeCase({
    route: `GET ${root}/memory/messages`,
    eras: letta,
    send: ofGreetedAgent,
    shape: z.array(shapes.storedMessage),
    effect: async ({ client, reply, sent: { path } }) => {
      const history = await storedHistory(client, path);
      expect(reply).toEqual(history.filter((message) => message.role !== 'system').reverse());
      const { message_ids: ids } = await client.ok(shapes.agent, 'GET', root, { path });
      expect(ids).toEqual(reply.map((message) => message.id));
    },
    refusal: unknownAgent,
  }),
  routeCase({
    route: `GET ${root}/memory/recall`,
    eras: letta,
    send: ofGreetedAgent,
    shape: shapes.size,
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply.size).toBe(7);
      expect(await storedHistory(client, path)).toHaveLength(7);
    },
    refusal: unknownAgent,
  }),
  routeCase({
    route: `GET ${root}/memory/search`,
    eras: letta,
    send: async (client) => ({ ...(await ofGreetedAgent(client)), query: { query: 'evening', scope: 'recall' } }),
    shape: z.looseObject({ total: z.int(), results: z.array(z.looseObject({ text: z.string() })) }),
    effect: ({ reply }) => expect(reply.results.map((found) => found.text)).toEqual(['Good evening']),
    refusal: { but: { query: { scope: 'dreams' } }, status: 422, says: ['enum', 'query', 'scope'] },
  }),
];

const passages = z.array(shapes.passage);
const noon = 'The ferry sails at noon.';
const withArchive: typeof ofAgent = async (client) => {
  const { path } = await ofAgent(client);
  for (const text of [noon, 'The café closes at eight.']) {
    await client.ok(passages, 'POST', `${root}/archival`, { path, body: { text } });
  }
  return { path };
};

const archive: RouteCase[] = [
  routeCase({
    route: `GET ${root}/memory/archival`,
    eras: letta,
    send: withArchive,
    shape: shapes.size,
    effect: ({ reply }) => expect(reply.size).toBe(2),
    refusal: unknownAgent,
  }),
  routeCase({
    route: `GET ${root}/archival`,
    eras: letta,
    send: async (client) => ({ ...(await withArchive(client)), query: { limit: '1000' } }),
    shape: passages,
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply.map((passage) => passage.text)).toEqual([noon, 'The café closes at eight.']);
      expect(reply[0]?.agent_id).toBe(path.agent_id);
      const query = { after: reply[0]?.id ?? '', limit: '1' };
      expect(await client.ok(passages, 'GET', `${root}/archival`, { path, query })).toEqual(reply.slice(1));
    },
    refusal: { but: { query: { limit: 'all' } }, status: 422, says: ['int_parsing', 'query', 'limit'] },
  }),
  routeCase({
    route: `POST ${root}/archival`,
    eras: letta,
    send: async (client) => ({ ...(await ofAgent(client)), body: { text: noon } }),
    shape: passages,
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply.map((passage) => passage.text)).toEqual([noon]);
      expect(await client.ok(passages, 'GET', `${root}/archival`, { path })).toEqual(reply);
    },
    refusal: { but: { body: { text: noon, title: 'x' } }, status: 422, says: ['extra_forbidden', 'body', 'title'] },
  }),
  routeCase({
    route: `DELETE ${root}/archival/{memory_id}`,
    eras: letta,
    send: async (client) => {
      const { path } = await withArchive(client);
      const [first] = await client.ok(passages, 'GET', `${root}/archival`, { path });
      return { path: { ...path, memory_id: first?.id ?? '' } };
    },
    shape: shapes.confirmation,
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply.message).toBe(`Memory id=${path.memory_id} successfully deleted`);
      const left = await client.ok(passages, 'GET', `${root}/archival`, { path });
      expect(left.map((passage) => passage.text)).toEqual(['The café closes at eight.']);
    },
    refusal: unknownAgent,
  }),
];

/** Agents of Letta 0.4, what they have in mind and what they keep. */
export const lettaAgentCases: readonly RouteCase[] = [...agents, ...memory, ...archive];
