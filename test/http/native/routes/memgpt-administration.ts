import { expect } from 'vitest';
import { z } from 'zod';
import { adminPassword } from '../../running-app.js';
import type { Client } from './client.js';
import * as shapes from './memgpt-shapes.js';
import { memgpt, nobody, routeCase, withoutCredential, type Era, type Refusal, type RouteCase } from './route-case.js';

const early: readonly Era[] = ['memgpt-early'];
const everybody: readonly Era[] = [...memgpt, 'letta-0.4'];
const unknownUser: Refusal = { but: { query: { user_id: nobody } }, status: 404, says: 'User does not exist' };
const users = z.strictObject({
  cursor: shapes.uuid.nullable(),
  user_list: z.array(z.strictObject({ user_id: shapes.uuid })),
});
const newUser = z.strictObject({ user_id: shapes.uuid, api_key: shapes.secretKey });
const newKey = z.strictObject({ api_key: shapes.secretKey });
const keys = z.strictObject({ api_key_list: z.array(z.string()) });
const deletedUser = z.strictObject({
  message: z.literal('User successfully deleted.'),
  user_id_deleted: shapes.uuid,
});

/** Whether a key opens the door, and to whose things. */
const holderOf = async (client: Client, key: string): Promise<unknown> =>
  (await client.stranger.call('POST', '/api/auth', { body: { password: key } })).body;

const people: RouteCase[] = [
  routeCase({
    route: 'GET /admin/users',
    eras: memgpt,
    send: () => ({ query: { limit: '1' } }),
    shape: users,
    effect: async ({ client, reply }) => {
      // The newest is the client, who was just made.
      expect(reply).toEqual({ cursor: client.id, user_list: [{ user_id: client.id }] });
      const query = { cursor: client.id, limit: '1' };
      const next = await client.ok(users, 'GET', '/admin/users', { query });
      expect(next.user_list[0]?.user_id).not.toBe(client.id);
    },
    refusal: { but: { query: { cursor: 'first' } }, status: 422, says: ['uuid_parsing', 'query', 'cursor'] },
  }),
  ...[
    { form: 'without a body', sent: {} },
    { form: 'with nulls', sent: { body: { user_id: null } } },
    { form: 'with a name for the key', sent: { body: { api_key_name: 'mobile-app' } } },
  ].map(({ form, sent }) =>
    routeCase({
      route: 'POST /admin/users',
      eras: memgpt,
      form,
      send: () => sent,
      shape: newUser,
      effect: async ({ client, reply }) =>
        expect(await holderOf(client, reply.api_key)).toEqual({ uuid: reply.user_id, is_admin: false }),
      refusal: { but: { body: { user_id: 'me' } }, status: 422, says: ['uuid_parsing', 'body', 'user_id'] },
    }),
  ),
  routeCase({
    route: 'DELETE /admin/users',
    eras: memgpt,
    send: (client) => ({ query: { user_id: client.id } }),
    shape: deletedUser,
    effect: async ({ client, reply }) => {
      expect(reply.user_id_deleted).toBe(client.id);
      expect(await holderOf(client, client.key)).toEqual({ detail: 'Incorrect credentials' });
    },
    refusal: unknownUser,
  }),
  routeCase({
    route: 'DELETE /admin/users/{user_id}',
    eras: early,
    send: (client) => ({ path: { user_id: client.id } }),
    shape: deletedUser,
    effect: async ({ client }) =>
      expect(await holderOf(client, client.key)).toEqual({ detail: 'Incorrect credentials' }),
    refusal: { ...unknownUser, but: { path: { user_id: nobody } } },
  }),
];

const doors: RouteCase[] = [
  routeCase({
    route: 'GET /admin/users/keys',
    eras: memgpt,
    send: (client) => ({ query: { user_id: client.id } }),
    shape: keys,
    effect: ({ client, reply }) => {
      expect(reply.api_key_list).toHaveLength(1);
      expect(reply.api_key_list[0]?.slice(0, 5)).toBe(client.key.slice(0, 5));
      expect(JSON.stringify(reply)).not.toContain(client.key);
    },
    refusal: unknownUser,
  }),
  ...(['name', 'key_name'] as const).map((member) =>
    routeCase({
      route: 'POST /admin/users/keys',
      eras: memgpt,
      form: `with its label as ${member}`,
      send: (client) => ({ body: { user_id: client.id, [member]: 'laptop' } }),
      shape: newKey,
      effect: async ({ client, reply }) => {
        expect(await holderOf(client, reply.api_key)).toEqual({ uuid: client.id, is_admin: false });
        const named = z.array(z.looseObject({ name: z.string() }));
        const shown = await client.ok(named, 'GET', '/v1/admin/users/keys', { query: { user_id: client.id } });
        expect(shown.map((key) => key.name)).toContain('laptop');
      },
      refusal: { but: { body: { name: 'laptop' } }, status: 422, says: ['missing', 'body', 'user_id'] },
    }),
  ),
  routeCase({
    route: 'DELETE /admin/users/keys',
    eras: memgpt,
    send: (client) => ({ query: { api_key: client.key } }),
    shape: z.strictObject({ message: z.literal('API key successfully deleted.'), api_key_deleted: shapes.secretKey }),
    effect: async ({ client, reply }) => {
      expect(reply.api_key_deleted).toBe(client.key);
      expect(await holderOf(client, client.key)).toEqual({ detail: 'Incorrect credentials' });
    },
    refusal: { but: { query: { api_key: 'sk-none' } }, status: 404, says: 'API key does not exist' },
  }),
  ...(['POST /api/auth', 'POST /v1/auth'] as const).flatMap((route) =>
    [true, false].map((isAdmin) =>
      routeCase({
        route,
        eras: route === 'POST /v1/auth' ? ['letta-0.4'] : memgpt,
        form: isAdmin ? 'with the password' : 'with a key',
        send: (client) => ({ body: { password: isAdmin ? adminPassword : client.key } }),
        shape: z.strictObject({ uuid: shapes.uuid, is_admin: z.boolean() }),
        effect: ({ client, reply }) => {
          expect(reply.is_admin).toBe(isAdmin);
          expect(reply.uuid === client.id).toBe(!isAdmin);
        },
        refusal: { but: { body: { password: 'wrong' } }, status: 400, says: 'Incorrect credentials' },
      }),
    ),
  ),
];

/** What everybody may read leaves nothing to refuse but the method. */
const wrongMethod: Refusal = { method: 'DELETE', status: 405, says: 'Method Not Allowed' };

const facts: RouteCase[] = [
  routeCase({
    route: 'GET /api/models',
    eras: memgpt,
    send: () => ({}),
    shape: z.strictObject({ models: z.array(shapes.llmConfig).length(1) }),
    effect: ({ reply }) => expect(reply.models[0]).toMatchObject({ model: 'scripted', context_window: 128_000 }),
    refusal: wrongMethod,
  }),
  routeCase({
    route: 'GET /api/config',
    eras: memgpt,
    send: () => ({}),
    shape: z.strictObject({ config: z.record(z.string(), z.unknown()), defaults: z.record(z.string(), z.unknown()) }),
    effect: ({ reply }) => {
      expect(reply.config).toMatchObject({ preset: 'memgpt_chat', persona: 'sam_pov', human: 'basic' });
      expect(reply.config['default_llm_config']).toMatchObject({ model: 'scripted' });
      expect(Object.keys(reply.defaults)).toEqual(Object.keys(reply.config));
    },
    refusal: withoutCredential,
  }),
  ...['/health', '/v1/health', '/latest/health'].map((path) =>
    routeCase({
      route: `GET ${path}`,
      eras: ['letta-0.4'],
      send: () => ({}),
      shape: z.strictObject({ version: z.string(), status: z.literal('ok') }),
      effect: ({ reply }) => expect(reply.version).toMatch(/^\d+\.\d+\.\d+$/u),
      refusal: wrongMethod,
    }),
  ),
];

const notThere: Refusal = { method: 'DELETE', status: 404, says: 'Not Found' };

const documents: RouteCase[] = [
  ...['/docs', '/redoc', '/docs/oauth2-redirect'].map((path) =>
    routeCase({
      route: `GET ${path}`,
      eras: everybody,
      send: () => ({}),
      shape: z.string(),
      effect: ({ reply }) => expect(reply).toMatch(/^<!doctype html>/iu),
      refusal: notThere,
    }),
  ),
  routeCase({
    route: 'GET /openapi.json',
    eras: everybody,
    send: () => ({}),
    shape: z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }),
    effect: ({ reply }) => expect(Object.keys(reply.paths)).toContain('/api/agents/{agent_id}/messages'),
    refusal: notThere,
  }),
];

/** Users, keys, and what the server says of itself, as MemGPT and every other client ask for it. */
export const memgptAdministrationCases: readonly RouteCase[] = [...people, ...doors, ...facts, ...documents];
