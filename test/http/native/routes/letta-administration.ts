import { expect } from 'vitest';
import { z } from 'zod';
import type { Client } from './client.js';
import * as shapes from './letta-shapes.js';
import { letta } from './letta-things.js';
import { nobody, routeCase, withoutCredential, type Refusal, type RouteCase } from './route-case.js';

const absent = (members: Record<string, string>, says: string): Refusal => ({
  but: { query: members },
  status: 404,
  says,
});
const unknownUser = absent({ user_id: `user-${nobody}` }, 'User does not exist');
const usersPath = '/v1/admin/users';
const keysPath = '/v1/admin/users/keys';
const organizationsPath = '/v1/admin/orgs';
const ofUser = (client: Client) => ({ query: { user_id: `user-${client.id}` } });
const keyWorks = async (client: Client, password: string): Promise<boolean> =>
  (await client.stranger.call('POST', '/api/auth', { body: { password } })).status === 200;

const users: RouteCase[] = [
  routeCase({
    route: `GET ${usersPath}`,
    eras: letta,
    send: () => ({ query: { limit: '1' } }),
    shape: z.array(shapes.user),
    effect: async ({ client, reply }) => {
      expect(reply.map((user) => user.id)).toEqual([`user-${client.id}`]);
      const query = { cursor: reply[0]?.id ?? '', limit: '1' };
      const [next] = await client.ok(z.array(shapes.user), 'GET', usersPath, { query });
      expect(next?.id).not.toBe(reply[0]?.id);
    },
    refusal: { but: { query: { limit: 'all' } }, status: 422, says: ['int_parsing', 'query', 'limit'] },
  }),
  routeCase({
    route: `POST ${usersPath}`,
    eras: letta,
    send: async (client) => {
      const organization = await client.ok(shapes.organization, 'POST', organizationsPath, { body: { name: 'Port' } });
      return { body: { name: 'ole', org_id: organization.id } };
    },
    shape: shapes.user,
    effect: async ({ client, reply, sent: { body } }) => {
      expect(reply).toMatchObject(body);
      expect(await client.ok(z.array(shapes.key), 'GET', keysPath, { query: { user_id: reply.id } })).toEqual([]);
    },
    refusal: { but: { body: { colour: 'blue' } }, status: 422, says: ['extra_forbidden', 'body', 'colour'] },
  }),
  routeCase({
    route: `DELETE ${usersPath}`,
    eras: letta,
    send: ofUser,
    shape: shapes.user,
    effect: async ({ client, reply }) => {
      expect(reply.id).toBe(`user-${client.id}`);
      expect(await keyWorks(client, client.key)).toBe(false);
    },
    refusal: unknownUser,
  }),
];

const keys: RouteCase[] = [
  routeCase({
    route: `GET ${keysPath}`,
    eras: letta,
    send: ofUser,
    shape: z.array(shapes.key),
    effect: ({ client, reply }) => expect(reply.map((key) => key.user_id)).toEqual([`user-${client.id}`]),
    refusal: unknownUser,
  }),
  routeCase({
    route: `POST ${keysPath}`,
    eras: letta,
    send: (client) => ({ body: { user_id: `user-${client.id}`, name: null } }),
    shape: shapes.key,
    effect: async ({ client, reply }) => {
      expect(reply.name).toMatch(/^API Key \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/u);
      expect(await keyWorks(client, reply.key)).toBe(true);
    },
    refusal: { but: { body: { name: 'laptop' } }, status: 422, says: ['missing', 'body', 'user_id'] },
  }),
  routeCase({
    route: `DELETE ${keysPath}`,
    eras: letta,
    send: (client) => ({ query: { api_key: client.key } }),
    shape: shapes.key,
    effect: async ({ client, reply }) => {
      expect(reply.user_id).toBe(`user-${client.id}`);
      expect(await keyWorks(client, client.key)).toBe(false);
    },
    refusal: absent({ api_key: 'sk-none' }, 'API key does not exist'),
  }),
];

const newOrganization = (client: Client) =>
  client.ok(shapes.organization, 'POST', organizationsPath, { body: { name: 'Harbor' } });
const organizationsOf = (client: Client) =>
  client.ok(z.array(shapes.organization), 'GET', organizationsPath, { query: { limit: '1000' } });

const organizations: RouteCase[] = [
  routeCase({
    route: `GET ${organizationsPath}`,
    eras: letta,
    send: async (client) => ({ made: await newOrganization(client), query: { limit: '1' } }),
    shape: z.array(shapes.organization),
    effect: ({ reply, sent: { made } }) => expect(reply).toEqual([made]),
    refusal: withoutCredential,
  }),
  routeCase({
    route: `POST ${organizationsPath}`,
    eras: letta,
    send: () => ({ body: { name: 'Harbor' } }),
    shape: shapes.organization,
    effect: async ({ client, reply }) => {
      expect(reply.name).toBe('Harbor');
      expect(await organizationsOf(client)).toContainEqual(reply);
    },
    refusal: { but: { body: { name: 7 } }, status: 422, says: ['string_type', 'body', 'name'] },
  }),
  routeCase({
    route: `DELETE ${organizationsPath}`,
    eras: letta,
    send: async (client) => ({ query: { org_id: (await newOrganization(client)).id } }),
    shape: shapes.organization,
    effect: async ({ client, reply }) => expect(await organizationsOf(client)).not.toContainEqual(reply),
    refusal: absent({ org_id: `org-${nobody}` }, 'Organization does not exist'),
  }),
];

const models: RouteCase[] = [
  // Only with the slash at its end; without it the path belongs to the other face.
  ...['/v1/models/', '/latest/models'].map((path) =>
    routeCase({
      route: `GET ${path}`,
      eras: letta,
      send: () => ({}),
      shape: z.array(shapes.llmConfig).length(1),
      effect: ({ reply }) => expect(reply[0]).toMatchObject({ model: 'scripted', context_window: 128_000 }),
      refusal: withoutCredential,
    }),
  ),
  routeCase({
    route: 'GET /v1/models/embedding',
    eras: letta,
    send: () => ({}),
    shape: z.array(shapes.embeddingConfig).length(1),
    effect: ({ reply }) => expect(reply[0]?.embedding_chunk_size).toBe(300),
    refusal: withoutCredential,
  }),
];

/** Users, keys, organizations and models of Letta 0.4. */
export const lettaAdministrationCases: readonly RouteCase[] = [...users, ...keys, ...organizations, ...models];
