import { AppError } from '../../domain/errors.js';
import { callerOf, defineRoute, type Call, type Reply, type Route } from '../route.js';
import {
  authReply,
  createKeyReply,
  createUserReply,
  deleteKeyReply,
  deleteUserReply,
  keyListReply,
  userListReply,
} from './replies.js';
import {
  authBody,
  createKeyBody,
  createUserBody,
  keyQuery,
  listUsersBody,
  listUsersQuery,
  userPath,
  userQuery,
} from './schemas.js';

const tag = 'admin';
const usersPerPage = 50;
const noSuchUser = (): string => 'User does not exist';

const logIn = defineRoute({
  method: 'post',
  path: '/api/auth',
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

const listUsers = defineRoute({
  method: 'get',
  path: '/admin/users',
  summary: 'List users',
  tag,
  access: 'admin',
  query: listUsersQuery,
  // One release of the old servers wanted these two in a body.
  body: listUsersBody,
  response: userListReply,
  handle: async (call) => {
    const after = call.query.cursor ?? call.body?.cursor ?? undefined;
    const limit = call.query.limit ?? call.body?.limit ?? usersPerPage;
    const page = await call.services.users.page(callerOf(call), { limit, order: 'desc', after });
    const list = page.items.map((user) => ({ user_id: user.id }));
    return { json: { cursor: page.items.at(-1)?.id ?? null, user_list: list } };
  },
});

const createUser = defineRoute({
  method: 'post',
  path: '/admin/users',
  summary: 'Create a user with a first API key, which is shown this once',
  tag,
  access: 'admin',
  body: createUserBody,
  response: createUserReply,
  handle: async (call) => {
    const { user, issued } = await call.services.users.create(callerOf(call), {
      id: call.body?.user_id,
      keyName: call.body?.api_key_name,
    });
    return { json: { user_id: user.id, api_key: issued.secret } };
  },
});

const deleteRoute = {
  method: 'delete',
  summary: 'Delete a user with all agents, memories and keys',
  tag,
  access: 'admin',
  response: deleteUserReply,
  missing: noSuchUser,
} as const;

const deleteByQuery = defineRoute({
  ...deleteRoute,
  path: '/admin/users',
  query: userQuery,
  handle: (call) => deleteUser(call, call.query.user_id),
});

const deleteByPath = defineRoute({
  ...deleteRoute,
  path: '/admin/users/{user_id}',
  params: userPath,
  handle: (call) => deleteUser(call, call.params.user_id),
});

const listKeys = defineRoute({
  method: 'get',
  path: '/admin/users/keys',
  summary: "List a user's API keys, as far as they can be shown",
  tag,
  access: 'admin',
  query: userQuery,
  response: keyListReply,
  missing: noSuchUser,
  handle: async (call) => {
    const keys = await call.services.users.keys(callerOf(call), call.query.user_id);
    return { json: { api_key_list: keys.map((key) => key.hint) } };
  },
});

const createKey = defineRoute({
  method: 'post',
  path: '/admin/users/keys',
  summary: 'Create an API key, which is shown this once',
  tag,
  access: 'admin',
  body: createKeyBody,
  response: createKeyReply,
  missing: noSuchUser,
  handle: async (call) => {
    const name = call.body.name ?? call.body.key_name ?? null;
    const issued = await call.services.users.createKey(callerOf(call), call.body.user_id, name);
    return { json: { api_key: issued.secret } };
  },
});

const deleteKey = defineRoute({
  method: 'delete',
  path: '/admin/users/keys',
  summary: 'Withdraw an API key, by its secret or by what lists show of it',
  tag,
  access: 'admin',
  query: keyQuery,
  response: deleteKeyReply,
  missing: () => 'API key does not exist',
  handle: async (call) => {
    await call.services.users.deleteKey(callerOf(call), call.query.api_key);
    return { json: { message: 'API key successfully deleted.', api_key_deleted: call.query.api_key } };
  },
});

/** The routes of authentication, users and keys. */
export const userRoutes: readonly Route[] = [
  logIn,
  listUsers,
  createUser,
  deleteByQuery,
  deleteByPath,
  listKeys,
  createKey,
  deleteKey,
];

async function deleteUser(call: Call<unknown, unknown, unknown>, id: string): Promise<Reply> {
  await call.services.users.delete(callerOf(call), id);
  return { json: { message: 'User successfully deleted.', user_id_deleted: id } };
}
