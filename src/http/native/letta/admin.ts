import { z } from 'zod';
import { AppError } from '../../../domain/errors.js';
import { readId, type IdKind } from '../../../domain/ids.js';
import type { PageRequest } from '../../../domain/page.js';
import { authReply } from '../replies.js';
import { authBody } from '../schemas.js';
import { callerOf, defineRoute, type Route } from '../../route.js';
import { keyReply, organisationReply, userReply } from './replies.js';
import {
  adminListQuery,
  createKeyBody,
  createOrganisationBody,
  createUserBody,
  keyQuery,
  organisationQuery,
  userQuery,
} from './schemas.js';
import { keyToWire, organisationToWire, userToWire } from './wire.js';
import { randomAgentName } from '../../../services/agent-names.js';

const head = { tag: 'letta admin', access: 'admin' } as const;
const noSuchUser = (): string => 'User does not exist';

const logIn = defineRoute({
  method: 'post',
  path: '/v1/auth',
  summary: 'Find out whose a password or key is',
  tag: 'auth',
  access: 'public',
  body: authBody,
  response: authReply,
  handle: async (call) => {
    const principal = await call.services.users.authenticate(call.body.password ?? '');
    if (principal === null) throw new AppError('invalid_request', 'Incorrect credentials');
    return { json: { uuid: principal.userId, is_admin: principal.role === 'admin' } };
  },
});

const users = [
  defineRoute({
    ...head,
    method: 'get',
    path: '/v1/admin/users',
    summary: 'List users, the newest first',
    query: adminListQuery,
    response: z.array(userReply),
    handle: async (call) => {
      const page = await call.services.users.page(callerOf(call), pageOf('user', call.query));
      return { json: page.items.map(userToWire) };
    },
  }),
  defineRoute({
    ...head,
    method: 'post',
    path: '/v1/admin/users',
    summary: 'Create a user, without a key',
    body: createUserBody,
    response: userReply,
    handle: async (call) => {
      const name = call.body?.name ?? randomAgentName();
      const organisationId = call.body?.org_id ?? null;
      const user = await call.services.users.register(callerOf(call), { name, organisationId });
      return { json: userToWire(user) };
    },
  }),
  defineRoute({
    ...head,
    method: 'delete',
    path: '/v1/admin/users',
    summary: 'Delete a user with all agents, memories and keys',
    query: userQuery,
    response: userReply,
    missing: noSuchUser,
    handle: async (call) => ({
      json: userToWire(await call.services.users.delete(callerOf(call), call.query.user_id)),
    }),
  }),
];

const keys = [
  defineRoute({
    ...head,
    method: 'get',
    path: '/v1/admin/users/keys',
    summary: "List a user's API keys, as far as they can be shown",
    query: userQuery,
    response: z.array(keyReply),
    missing: noSuchUser,
    handle: async (call) => {
      const found = await call.services.users.keys(callerOf(call), call.query.user_id);
      return { json: found.map((key) => keyToWire(key, null)) };
    },
  }),
  defineRoute({
    ...head,
    method: 'post',
    path: '/v1/admin/users/keys',
    summary: 'Create an API key, which is shown this once',
    body: createKeyBody,
    response: keyReply,
    missing: noSuchUser,
    handle: async (call) => {
      const { user_id: userId, name } = call.body;
      const issued = await call.services.users.createKey(callerOf(call), userId, name ?? null);
      return { json: keyToWire(issued.key, issued.secret) };
    },
  }),
  defineRoute({
    ...head,
    method: 'delete',
    path: '/v1/admin/users/keys',
    summary: 'Withdraw an API key, by its secret, its id or what lists show of it',
    query: keyQuery,
    response: keyReply,
    missing: () => 'API key does not exist',
    handle: async (call) => {
      const { api_key: named } = call.query;
      const key = await call.services.users.deleteKey(callerOf(call), named);
      // Clients look for the key that they sent; who named it by its id never had it.
      return { json: keyToWire(key, readId('key', named) === null ? named : null) };
    },
  }),
];

const organisations = [
  defineRoute({
    ...head,
    method: 'get',
    path: '/v1/admin/orgs',
    summary: 'List organizations, the newest first',
    query: adminListQuery,
    response: z.array(organisationReply),
    handle: async (call) => {
      const page = await call.services.organisations.page(callerOf(call), pageOf('organisation', call.query));
      return { json: page.items.map(organisationToWire) };
    },
  }),
  defineRoute({
    ...head,
    method: 'post',
    path: '/v1/admin/orgs',
    summary: 'Create an organization',
    body: createOrganisationBody,
    response: organisationReply,
    handle: async (call) => ({
      json: organisationToWire(await call.services.organisations.create(callerOf(call), call.body?.name ?? null)),
    }),
  }),
  defineRoute({
    ...head,
    method: 'delete',
    path: '/v1/admin/orgs',
    summary: 'Delete an organization; its users stay',
    query: organisationQuery,
    response: organisationReply,
    missing: () => 'Organization does not exist',
    handle: async (call) => ({
      json: organisationToWire(await call.services.organisations.delete(callerOf(call), call.query.org_id)),
    }),
  }),
];

/** The routes of users, keys and organisations. */
export const lettaAdminRoutes: readonly Route[] = [logIn, ...users, ...keys, ...organisations];

function pageOf(kind: IdKind, { cursor, limit }: z.infer<typeof adminListQuery>): PageRequest {
  const after = cursor === undefined ? undefined : (readId(kind, cursor) ?? cursor);
  return { limit, order: 'desc', after };
}
