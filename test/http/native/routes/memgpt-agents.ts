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
import { greetedAgent, keptTool, newAgent, readSource } from './things.js';

const absent = (words: string, where: 'path' | 'query' = 'path'): Refusal => ({
  but: { [where]: { agent_id: nobody } },
  status: 404,
  says: words,
});
const notFound = `Agent agent_id=${nobody} not found.`;
const doesNotExist = `Agent agent_id=${nobody} does not exist`;

const byPath = async (client: Client) => ({ path: { agent_id: await newAgent(client) } });
const byQuery = async (client: Client) => ({ query: { agent_id: await newAgent(client) } });
const statusOf = (client: Client, id: string) => client.status('GET', `/api/agents/${id}/config`);

const creation: RouteCase[] = [
  routeCase({
    route: 'POST /api/agents',
    eras: ['memgpt-early'],
    form: 'with all four members, the unset ones null',
    send: () => ({ body: { config: { name: null, preset: null, persona: 'I am Mira.', human: 'cs_phd' } } }),
    shape: shapes.createdAgent,
    effect: async ({ client, reply: { agent_state: agent, preset } }) => {
      expect(agent.name).toMatch(/^[A-Z][a-z]+[A-Z][a-z]+/u);
      expect([agent.preset, preset.name, agent.persona]).toEqual(['memgpt_chat', 'memgpt_chat', 'I am Mira.']);
      expect(agent.human.length).toBeGreaterThan(100);
      const read = await client.ok(shapes.agent, 'GET', `/api/agents/${agent.id}/config`);
      expect(read.agent_state).toEqual(agent);
    },
    refusal: {
      but: { body: { config: { preset: 'unheard_of' } } },
      status: 400,
      says: 'preset unheard_of does not exist',
    },
  }),
  routeCase({
    route: 'POST /api/agents',
    eras: memgpt,
    form: 'with names of functions in one text, as up to 0.3.18',
    send: () => ({ body: { config: { name: 'Three', function_names: 'archival_memory_search, send_message' } } }),
    shape: shapes.createdAgent,
    effect: ({ reply: { agent_state: agent } }) => {
      expect(agent.tools).toEqual(expect.arrayContaining(['archival_memory_search', 'send_message']));
    },
    refusal: {
      but: { body: { config: { name: 'Four', function_names: 'no_such_tool' } } },
      status: 400,
      says: 'Tool no_such_tool does not exist',
    },
  }),
  routeCase({
    route: 'POST /api/agents',
    eras: ['memgpt-late'],
    form: 'with a system prompt, a list of functions and metadata, as from 0.3.19',
    send: () => ({
      body: {
        config: {
          name: 'Late',
          preset: null,
          system: 'Guide ships.',
          persona: 'I am calm.',
          human: 'Name: Inés',
          persona_name: 'calm',
          human_name: 'ines',
          function_names: ['send_message', 'core_memory_append', 'core_memory_replace'],
          metadata: { 'human:': 'ines', colour: 'blue' },
        },
      },
    }),
    shape: shapes.createdAgent,
    effect: async ({ client, reply: { agent_state: agent } }) => {
      expect(agent).toMatchObject({
        system: 'Guide ships.',
        metadata: { 'human:': 'ines', colour: 'blue', human: 'ines', persona: 'calm' },
        state: { memory: { human: { value: 'Name: Inés' }, persona: { value: 'I am calm.' } } },
      });
      expect(agent.tools).toEqual(
        expect.arrayContaining(['send_message', 'pause_heartbeats', 'archival_memory_insert', 'conversation_search']),
      );
      expect((await client.ok(shapes.listedAgents, 'GET', '/api/agents')).agents[0]).toMatchObject({
        id: agent.id,
        human: 'ines',
        persona: 'calm',
      });
    },
    refusal: { status: 409, says: 'Agent with name Late already exists' },
  }),
];

const lists: RouteCase[] = [
  routeCase({
    route: 'GET /api/agents',
    eras: memgpt,
    send: async (client) => {
      const tool = await keptTool(client);
      await newAgent(client, { name: 'Quiet' });
      const id = await greetedAgent(client, { name: 'Lively', human: 'Name: Inés', function_names: [tool.name] });
      const source = await readSource(client);
      await client.ok(shapes.source, 'POST', `/api/sources/${source.id}/attach`, { query: { agent_id: id } });
      return { made: { tool, source } };
    },
    shape: shapes.listedAgents,
    effect: ({ reply, sent: { made } }) => {
      expect([reply.num_agents, reply.agents.map((agent) => agent.name)]).toEqual([2, ['Lively', 'Quiet']]);
      expect(reply.agents[0]).toMatchObject({
        memory: { core_memory: { human: 'Name: Inés' }, recall_memory: 7, archival_memory: 1 },
        sources: [{ id: made.source.id, name: 'birds' }],
      });
      expect(reply.agents[0]?.tools).toContainEqual(
        expect.objectContaining({ id: made.tool.id, name: 'tell_tide', tags: ['sea'] }),
      );
    },
    refusal: withoutCredential,
  }),
  routeCase({
    route: 'GET /api/admin/agents',
    eras: ['memgpt-late'],
    send: async (client) => {
      await client.app.services.agents.create({ userId: client.id, role: 'user' }, { name: 'Of another' });
      return {};
    },
    shape: shapes.listedAgents,
    effect: ({ reply }) => expect(reply.agents.map((agent) => agent.name)).toContain('Of another'),
    refusal: withoutCredential,
  }),
];

type Reading = [string, readonly Era[], (client: Client) => Promise<Sent>, Refusal];
const readings: Reading[] = [
  ['GET /api/agents/{agent_id}/config', memgpt, byPath, absent(notFound)],
  ['GET /api/agents/{agent_id}', ['memgpt-early'], byPath, absent(notFound)],
  ['GET /api/agents/config', ['memgpt-early'], byQuery, absent(notFound, 'query')],
];
const reading: RouteCase[] = readings.map(([route, eras, send, refusal]) =>
  routeCase({
    route,
    eras,
    send,
    shape: shapes.agent,
    effect: ({ reply }) => expect(reply).toMatchObject({ agent_state: { name: 'Harbor guide' }, sources: [] }),
    refusal,
  }),
);

const tooLong = 'Name length must be between 1 and 50 characters.';
const changes: RouteCase[] = [
  routeCase({
    route: 'PATCH /api/agents/{agent_id}/rename',
    eras: memgpt,
    send: async (client) => ({ ...(await byPath(client)), body: { agent_name: 'Old_salt 2' } }),
    shape: shapes.agent,
    effect: async ({ client, reply }) => {
      expect(reply.agent_state.name).toBe('Old_salt 2');
      const { agents } = await client.ok(shapes.listedAgents, 'GET', '/api/agents');
      expect(agents.map((agent) => agent.name)).toEqual(['Old_salt 2']);
    },
    refusal: { but: { body: { agent_name: 'no/slash' } }, status: 400, says: 'Name contains invalid characters.' },
  }),
  routeCase({
    route: 'PATCH /api/agents/rename',
    eras: ['memgpt-early'],
    send: async (client) => ({ body: { agent_id: await newAgent(client), agent_name: 'Old salt' } }),
    shape: shapes.agent,
    effect: async ({ client, reply, sent }) => {
      expect(reply.agent_state.name).toBe('Old salt');
      const read = await client.ok(shapes.agent, 'GET', '/api/agents/config', {
        query: { agent_id: sent.body.agent_id },
      });
      expect(read).toEqual(reply);
    },
    refusal: { but: { body: { agent_id: nobody, agent_name: 'x'.repeat(51) } }, status: 400, says: tooLong },
  }),
  routeCase({
    route: 'DELETE /api/agents/{agent_id}',
    eras: memgpt,
    send: byPath,
    shape: shapes.confirmation,
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply.message).toBe(`Agent agent_id=${path.agent_id} successfully deleted`);
      expect(await statusOf(client, path.agent_id)).toBe(404);
    },
    refusal: absent(doesNotExist),
  }),
  routeCase({
    route: 'DELETE /api/agents',
    eras: ['memgpt-early'],
    send: byQuery,
    shape: shapes.confirmation,
    effect: async ({ client, reply, sent: { query } }) => {
      expect(reply.message).toBe(`Agent agent_id=${query.agent_id} successfully deleted`);
      expect(await statusOf(client, query.agent_id)).toBe(404);
    },
    refusal: absent(doesNotExist, 'query'),
  }),
];

/** Agents as MemGPT's clients make, read, rename and delete them. */
export const memgptAgentCases: readonly RouteCase[] = [...creation, ...lists, ...reading, ...changes];
