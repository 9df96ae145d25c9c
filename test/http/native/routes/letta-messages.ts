import { expect } from 'vitest';
import { z } from 'zod';
import type { Client } from './client.js';
import * as shapes from './letta-shapes.js';
import { letta, ofAgent, ofGreetedAgent, saying, storedHistory, unknownAgent } from './letta-things.js';
import { nobody, routeCase, type RouteCase } from './route-case.js';
import { greeting } from './things.js';

const path = '/v1/agents/{agent_id}/messages';
const callArguments = `{"message": "${greeting.words}"}`;
const say = (members?: object) => async (client: Client) => ({
  ...(await ofAgent(client)),
  body: saying('Bin da', members),
});

/** The newest exchange is on record. */
const isOnRecord = async (client: Client, agent: { agent_id: string }): Promise<void> => {
  const [returned, called, asked] = await storedHistory(client, agent);
  expect(JSON.parse(asked?.text ?? '')).toMatchObject({ type: 'user_message', message: 'Bin da' });
  expect(called).toMatchObject({ role: 'assistant', text: greeting.thought });
  const { name, arguments: given } = called?.tool_calls?.[0]?.function ?? { name: '', arguments: '{}' };
  expect([name, JSON.parse(given)]).toEqual(['send_message', { message: greeting.words }]);
  expect(returned).toMatchObject({ role: 'tool', tool_call_id: called?.tool_calls?.[0]?.id });
};

const sending: RouteCase[] = [
  routeCase({
    route: `POST ${path}`,
    eras: letta,
    form: 'without a stream',
    send: say(),
    shape: shapes.typedReply,
    effect: async ({ client, reply, sent }) => {
      expect(reply.messages).toMatchObject([
        { internal_monologue: greeting.thought },
        { function_call: { name: 'send_message', arguments: callArguments } },
        { function_return: 'None', status: 'success' },
      ]);
      expect(reply.usage.step_count).toBe(1);
      await isOnRecord(client, sent.path);
    },
    refusal: unknownAgent,
  }),
  routeCase({
    route: `POST ${path}`,
    eras: letta,
    form: 'for stored messages, as its client asks',
    send: say({ stream_steps: false, stream_tokens: false, return_message_object: true }),
    shape: shapes.storedReply,
    effect: async ({ client, reply, sent }) => {
      const [returned, called] = await storedHistory(client, sent.path);
      expect(reply.messages).toEqual([called, returned]);
      await isOnRecord(client, sent.path);
    },
    refusal: { but: { body: { messages: [{ role: 'tool', text: 'x' }] } }, status: 400, says: 'Bad role tool' },
  }),
  routeCase({
    route: `POST ${path}`,
    eras: letta,
    form: 'as a stream of steps',
    send: say({ stream_steps: true, stream_tokens: false, return_message_object: false }),
    shape: shapes.stepEvents,
    effect: async ({ client, reply, sent }) => {
      const told = reply.map((event) => (typeof event === 'string' ? event : event.message_type));
      expect(told).toEqual([
        'internal_monologue',
        '[DONE_GEN]',
        'function_call',
        'function_return',
        '[DONE_STEP]',
        '[DONE]',
      ]);
      await isOnRecord(client, sent.path);
    },
    refusal: {
      but: { body: saying('x', { stream_steps: true, return_message_object: true }) },
      status: 400,
      says: "return_message_object must be 'false' if stream_steps is 'true'",
    },
  }),
  routeCase({
    route: `POST ${path}`,
    eras: letta,
    form: 'as a stream of tokens',
    send: say({ stream_steps: true, stream_tokens: true }),
    shape: shapes.tokenEvents,
    effect: async ({ client, reply, sent }) => {
      const pieces = reply.flatMap((event) =>
        typeof event === 'object' && 'function_call' in event ? [event.function_call] : [],
      );
      expect(pieces.map((piece) => piece['arguments'] ?? '').join('')).toBe(callArguments);
      expect(reply.at(-1)).toBe('[DONE]');
      await isOnRecord(client, sent.path);
    },
    refusal: {
      but: { body: saying('x', { stream_tokens: true }) },
      status: 400,
      says: "stream_steps must be 'true' if stream_tokens is 'true'",
    },
  }),
];

const reading: RouteCase[] = [
  routeCase({
    route: `GET ${path}`,
    eras: letta,
    form: 'for stored messages before one of them',
    send: async (client) => {
      const greeted = await ofGreetedAgent(client);
      const all = await storedHistory(client, greeted.path);
      return { ...greeted, all, query: { before: all[0]?.id ?? '', limit: '2', msg_object: 'true' } };
    },
    shape: z.array(shapes.storedMessage),
    effect: ({ reply, sent: { all } }) => expect(reply).toEqual(all.slice(1, 3)),
    refusal: unknownAgent,
  }),
  routeCase({
    route: `GET ${path}`,
    eras: letta,
    form: 'for typed messages',
    send: ofGreetedAgent,
    shape: z.array(shapes.toldMessage),
    effect: ({ reply }) => {
      expect(reply.map((message) => message.message_type).slice(0, 4)).toEqual([
        'function_return',
        'internal_monologue',
        'function_call',
        'user_message',
      ]);
      const [returned] = reply;
      const packed = returned !== undefined && 'function_return' in returned ? returned.function_return : '';
      expect(JSON.parse(packed)).toMatchObject({ status: 'OK', message: 'None' });
    },
    refusal: { but: { query: { limit: 'all' } }, status: 422, says: ['int_parsing', 'query', 'limit'] },
  }),
];

/** A message of a greeted agent: 0 is what the tool returned, 1 the agent's call, 2 what was said to it. */
const message = (at: number, change: object) => async (client: Client) => {
  const greeted = await ofGreetedAgent(client);
  const found = (await storedHistory(client, greeted.path))[at];
  const id = found?.id ?? '';
  const unset = { role: null, text: null, name: null, tool_calls: null, tool_call_id: null };
  return { path: { ...greeted.path, message_id: id }, body: { id, ...unset, ...change }, found };
};

const edits: [form: string, at: number, change: object, shown: object][] = [
  ['of what was said', 2, { text: 'Good night', name: 'ole' }, { role: 'user', name: 'ole' }],
  ['of a thought', 1, { text: 'It is late.' }, { role: 'assistant', text: 'It is late.' }],
  [
    'of a call',
    1,
    {
      tool_calls: [
        { id: 'call_1', type: 'function', function: { name: 'send_message', arguments: '{"message": "Hm"}' } },
      ],
    },
    {
      tool_calls: [
        { id: 'call_1', type: 'function', function: { name: 'send_message', arguments: '{"message": "Hm"}' } },
      ],
    },
  ],
  ['of the call that a result answers', 0, { tool_call_id: 'call_9' }, { role: 'tool', tool_call_id: 'call_9' }],
  ['of a role, to the agent', 2, { role: 'assistant' }, { role: 'assistant', text: 'Good evening', tool_calls: null }],
  ['of a role, to a tool', 2, { role: 'tool', tool_call_id: 'call_7' }, { role: 'tool', tool_call_id: 'call_7' }],
  ['of a role, to a user', 0, { role: 'user', text: 'Hello' }, { role: 'user', tool_call_id: null }],
  ['of a role, to the system', 2, { role: 'system' }, { role: 'user', text: expect.stringContaining('system_alert') }],
];

const editing: RouteCase[] = edits.map(([form, at, change, shown]) =>
  routeCase({
    route: `PATCH ${path}/{message_id}`,
    eras: letta,
    form,
    send: message(at, change),
    shape: shapes.storedMessage,
    effect: async ({ client, reply, sent }) => {
      expect(reply).toMatchObject({ ...shown, id: sent.path.message_id, created_at: sent.found?.created_at });
      expect(await storedHistory(client, sent.path)).toContainEqual(reply);
      // Whatever was changed, the agent can go on from it.
      await client.ok(shapes.typedReply, 'POST', path, { path: sent.path, body: saying('And now?') });
    },
    refusal: {
      but: { body: { id: `message-${nobody}`, text: 'x' } },
      status: 400,
      says: 'The id in the body is not the id in the path.',
    },
  }),
);

/** Messages of Letta 0.4, sent, read and written anew. */
export const lettaMessageCases: readonly RouteCase[] = [...sending, ...reading, ...editing];
