import { expect } from 'vitest';
import type { z } from 'zod';
import type { Client } from './client.js';
import * as shapes from './memgpt-shapes.js';
import { memgpt, nobody, routeCase, type Refusal, type RouteCase } from './route-case.js';
import { greetedAgent, greeting, newAgent } from './things.js';

const unknownAgent: Refusal = {
  but: { path: { agent_id: nobody } },
  status: 404,
  says: `Agent agent_id=${nobody} does not exist`,
};
const callText = `send_message({'message': '${greeting.words}'})`;
const callArguments = `{"message": "${greeting.words}"}`;

const historyOf = async (client: Client, id: string): Promise<z.infer<typeof shapes.history>['messages']> => {
  const query = { start: '0', count: '100' };
  return (await client.ok(shapes.history, 'GET', `/api/agents/${id}/messages`, { query })).messages;
};

/** The newest exchange is on record: what was said, the call, and what came back. */
const isOnRecord = async (client: Client, id: string, said: object): Promise<void> => {
  const [returned, called, asked] = await historyOf(client, id);
  expect(JSON.parse(asked?.text ?? '')).toMatchObject(said);
  expect(called).toMatchObject({ role: 'assistant', text: greeting.thought });
  const { name, arguments: given } = called?.tool_calls?.[0]?.function ?? { name: '', arguments: '{}' };
  expect([name, JSON.parse(given)]).toEqual(['send_message', { message: greeting.words }]);
  expect(returned).toMatchObject({ role: 'tool', tool_call_id: called?.tool_calls?.[0]?.id });
  expect(JSON.parse(returned?.text ?? '')).toMatchObject({ status: 'OK', message: 'None' });
};

const say = (client: Client, body: object) =>
  newAgent(client).then((id) => ({ path: { agent_id: id }, body: { message: 'Bin da', ...body } }));
const said = { type: 'user_message', message: 'Bin da' };

const whole: RouteCase[] = [
  routeCase({
    route: 'POST /api/agents/{agent_id}/messages',
    eras: memgpt,
    form: 'without a stream',
    send: (client) => say(client, { role: 'user', stream: false, agent_id: nobody }),
    shape: shapes.lateReply,
    effect: async ({ client, reply, sent: { path } }) => {
      expect(reply.messages).toMatchObject([
        { internal_monologue: greeting.thought },
        { function_call: { name: 'send_message', arguments: callArguments } },
        { assistant_message: greeting.words },
        { function_return: 'None', status: 'success' },
      ]);
      expect(reply.usage.step_count).toBe(1);
      expect(reply.usage.total_tokens).toBe(reply.usage.prompt_tokens + reply.usage.completion_tokens);
      await isOnRecord(client, path.agent_id, said);
    },
    refusal: unknownAgent,
  }),
  routeCase({
    route: 'POST /api/agents/{agent_id}/messages',
    eras: memgpt,
    form: 'of role system',
    send: (client) => say(client, { role: 'system' }),
    shape: shapes.lateReply,
    effect: ({ client, sent: { path } }) =>
      isOnRecord(client, path.agent_id, { type: 'system_alert', message: 'Bin da' }),
    refusal: { but: { body: { message: 'x', role: 'tool' } }, status: 422, says: ['enum', 'body', 'role'] },
  }),
  routeCase({
    route: 'POST /api/agents/{agent_id}/messages',
    eras: memgpt,
    form: 'with a timestamp and a name',
    send: (client) => say(client, { timestamp: '2024-04-12T21:03:11.402117+00:00', name: 'user' }),
    shape: shapes.lateReply,
    effect: async ({ client, sent: { path } }) => {
      const asked = (await historyOf(client, path.agent_id)).find((message) => message.text?.includes('Bin da'));
      expect(asked?.created_at).toBe('2024-04-12T21:03:11.402000+00:00');
      expect((JSON.parse(asked?.text ?? '') as { time: string }).time).toMatch(/^2024-04-12 \d\d:\d\d:\d\d [AP]M /u);
    },
    refusal: {
      but: { body: { message: 'x', timestamp: 'yesterday' } },
      status: 422,
      says: ['datetime_parsing', 'body', 'timestamp'],
    },
  }),
  routeCase({
    route: 'POST /api/agents/message',
    eras: ['memgpt-early'],
    form: 'without a stream',
    send: async (client) => ({ body: { agent_id: await newAgent(client), message: 'Bin da' } }),
    shape: shapes.earlyReply,
    effect: async ({ client, reply, sent: { body } }) => {
      expect(reply.messages).toMatchObject([
        { internal_monologue: greeting.thought },
        { function_call: callText },
        { assistant_message: greeting.words },
        { function_return: 'None', status: 'success' },
      ]);
      await isOnRecord(client, body.agent_id, said);
    },
    refusal: { but: { body: { message: 'x' } }, status: 422, says: ['missing', 'body', 'agent_id'] },
  }),
];

/** The objects of a stream, without their ids and dates. */
const bare = (events: readonly (object | string)[]): unknown[] =>
  events.map((event) =>
    typeof event === 'string'
      ? event
      : Object.fromEntries(Object.entries(event).filter(([key]) => !/^(id|date)$/u.test(key))),
  );

const streams: RouteCase[] = [
  ...(['POST /api/agents/{agent_id}/messages', 'POST /api/agents/message'] as const).map((route) =>
    routeCase({
      route,
      eras: route.endsWith('messages') ? memgpt : ['memgpt-early'],
      form: 'as a legacy stream',
      send: async (client) => {
        const id = await newAgent(client);
        return { path: { agent_id: id }, body: { agent_id: id, message: 'Bin da', stream: true } };
      },
      shape: shapes.legacyEvents,
      effect: async ({ client, reply, sent: { path } }) => {
        expect(bare(reply)).toEqual([
          { internal_monologue: greeting.thought },
          { function_call: callText },
          { assistant_message: greeting.words },
          { function_return: 'None', status: 'success' },
        ]);
        const [thought, call, words, returned] = reply;
        expect([call?.id, words?.id]).toEqual([thought?.id, thought?.id]);
        expect(returned?.id).not.toBe(thought?.id);
        await isOnRecord(client, path.agent_id, said);
      },
      refusal: {
        but: { body: { agent_id: nobody, message: '', stream: true } },
        status: 400,
        says: "Invalid input: ''",
      },
    }),
  ),
  routeCase({
    route: 'POST /api/agents/{agent_id}/messages',
    eras: ['memgpt-late'],
    form: 'as a stream of steps',
    send: (client) => say(client, { stream_steps: true }),
    shape: shapes.stepEvents,
    effect: async ({ client, reply, sent: { path } }) => {
      const call = { id: expect.any(String) as string, name: 'send_message', arguments: callArguments };
      expect(bare(reply)).toEqual([
        { internal_monologue: greeting.thought },
        '[DONE_GEN]',
        { function_call: call },
        { function_return: 'None', status: 'success' },
        '[DONE_STEP]',
        '[DONE]',
      ]);
      await isOnRecord(client, path.agent_id, said);
    },
    refusal: unknownAgent,
  }),
  routeCase({
    route: 'POST /api/agents/{agent_id}/messages',
    eras: ['memgpt-late'],
    form: 'as a stream of tokens',
    send: (client) => say(client, { stream_steps: true, stream_tokens: true }),
    shape: shapes.tokenEvents,
    effect: ({ reply }) => {
      const parts = reply.flatMap((event) => (typeof event === 'object' && 'function_call' in event ? [event] : []));
      expect(parts.map(({ function_call: part }) => part.arguments ?? '').join('')).toBe(callArguments);
      expect(parts.flatMap(({ function_call: part }) => part.name ?? [])).toEqual(['send_message']);
      expect(reply.slice(-2)).toEqual(['[DONE_STEP]', '[DONE]']);
    },
    refusal: {
      but: { body: { message: 'x', stream_tokens: true } },
      status: 400,
      says: "stream_steps must be 'true' if stream_tokens is 'true'",
    },
  }),
];

const readings: RouteCase[] = [
  routeCase({
    route: 'GET /api/agents/{agent_id}/messages',
    eras: memgpt,
    send: async (client) => ({ path: { agent_id: await greetedAgent(client) }, query: { start: '1', count: '2' } }),
    shape: shapes.history,
    effect: async ({ client, reply, sent: { path } }) => {
      const all = await historyOf(client, path.agent_id);
      expect(all).toHaveLength(7);
      expect(all.map((message) => message.role)).toEqual([
        'tool',
        'assistant',
        'user',
        'user',
        'tool',
        'assistant',
        'system',
      ]);
      expect(reply.messages).toEqual(all.slice(1, 3));
    },
    refusal: { but: { query: { start: '-1' } }, status: 422, says: ['greater_than_equal', 'query', 'start'] },
  }),
  routeCase({
    route: 'GET /api/agents/message',
    eras: ['memgpt-early'],
    send: async (client) => ({ query: { agent_id: await greetedAgent(client), start: '0', count: '100' } }),
    shape: shapes.history,
    effect: async ({ client, reply, sent: { query } }) =>
      expect(reply.messages).toEqual(await historyOf(client, query.agent_id)),
    refusal: { but: { query: { count: 'all' } }, status: 422, says: ['int_parsing', 'query', 'count'] },
  }),
  routeCase({
    route: 'GET /api/agents/{agent_id}/messages-cursor',
    eras: memgpt,
    send: async (client) => {
      const agent_id = await greetedAgent(client);
      return { path: { agent_id }, query: { before: (await historyOf(client, agent_id))[1]?.id ?? '' } };
    },
    shape: shapes.history,
    effect: async ({ client, reply, sent: { path } }) => {
      const all = await historyOf(client, path.agent_id);
      expect(reply.messages).toEqual(all.slice(2));
      // The client sends both cursors; the originals did not read this one.
      const query = { after: all[2]?.id ?? '', limit: '1000' };
      const newer = await client.ok(shapes.history, 'GET', '/api/agents/{agent_id}/messages-cursor', { path, query });
      expect(newer.messages).toEqual(all.slice(0, 2));
    },
    refusal: { but: { query: { before: 'noon' } }, status: 422, says: ['uuid_parsing', 'query', 'before'] },
  }),
];

/** Messages as MemGPT's clients send and read them. */
export const memgptMessageCases: readonly RouteCase[] = [...whole, ...streams, ...readings];
