import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../domain/clock.js';
import { AppError, notFound } from '../domain/errors.js';
import { defaultUserId, newId, readId } from '../domain/ids.js';
import type { Page, PageRequest } from '../domain/page.js';
import type { ApiKey, Principal, User } from '../domain/user.js';
import type { Repositories, Store } from '../store/store.js';
import { requireAdmin } from './organisations.js';

/** A key at the one moment it can be read. */
export interface IssuedKey {
  /** `sk-` and 48 hexadecimal digits. It is stored nowhere. */
  secret: string;
  key: ApiKey;
}

/** What a new user may bring along. */
export interface NewUser {
  /** A UUID; one is made where it is null. */
  id?: string | null;
  name?: string | null;
  /** Throws `invalid_request` where there is no such organisation. */
  organisationId?: string | null;
  /** A label for the first key. */
  keyName?: string | null;
}

/** The verbs of users and their keys. All but `authenticate` and `ensureDefault` are an administrator's. */
export interface UserService {
  /** Who holds this credential: the admin password is the default user as an administrator. Null where nobody does. */
  authenticate(credential: string): Promise<Principal | null>;
  /** Makes the default user where there is none yet. */
  ensureDefault(): Promise<void>;
  page(principal: Principal, request: PageRequest): Promise<Page<User>>;
  /** A user with a first key. Throws `conflict` where the id is taken. */
  create(principal: Principal, user: NewUser): Promise<{ user: User; issued: IssuedKey }>;
  /** A user without a key. Throws `conflict` where the id is taken. */
  register(principal: Principal, user: NewUser): Promise<User>;
  /** Somebody, for an administrator who acts in their place. Null where there is nobody. */
  find(principal: Principal, id: string): Promise<User | null>;
  /** Deletes a user with all that is theirs. Throws `conflict` for the default user. */
  delete(principal: Principal, id: string): Promise<User>;
  keys(principal: Principal, userId: string): Promise<ApiKey[]>;
  createKey(principal: Principal, userId: string, name: string | null): Promise<IssuedKey>;
  /**
   * Withdraws a key by its secret, by its id, or by what lists show of its secret: the clients that empty a server read
   * the list and withdraw each of its entries. Throws `conflict` where several keys look the same.
   */
  deleteKey(principal: Principal, name: string): Promise<ApiKey>;
}

/** What the service is made from. */
export interface UserServiceParts {
  store: Store;
  clock: Clock;
  adminPassword: string;
}

/** Makes the verbs of users. */
export function createUserService({ store, clock, adminPassword }: UserServiceParts): UserService {
  const passwordHash = sha256(adminPassword);

  return {
    authenticate: async (credential) => {
      const hash = sha256(credential);
      if (timingSafeEqual(hash, passwordHash)) return { userId: defaultUserId, role: 'admin' };
      const key = await store.users.findKey(hash.toString('hex'));
      return key === null ? null : { userId: key.userId, role: 'user' };
    },
    ensureDefault: async () => {
      await store.users.insert({
        id: defaultUserId,
        name: 'default',
        organisationId: null,
        createdAt: clock.now(),
      });
    },
    page: async (principal, request) => {
      requireAdmin(principal);
      return store.users.page(request);
    },
    create: async (principal, request) => {
      requireAdmin(principal);
      const user = newUser(request, clock.now());
      const issued = issueKey(user.id, request.keyName ?? null, clock.now());
      await store.transaction(async (tx) => {
        await insertUser(tx, user);
        await tx.users.insertKey(issued.key);
      });
      return { user, issued };
    },
    register: async (principal, request) => {
      requireAdmin(principal);
      const user = newUser(request, clock.now());
      await store.transaction((tx) => insertUser(tx, user));
      return user;
    },
    find: async (principal, id) => {
      requireAdmin(principal);
      return store.users.get(id);
    },
    delete: async (principal, id) => {
      requireAdmin(principal);
      if (id === defaultUserId) throw new AppError('conflict', 'The default user cannot be deleted.');
      const user = await store.users.get(id);
      if (user === null || !(await store.users.delete(id))) throw notFound('user', id);
      return user;
    },
    keys: async (principal, userId) => {
      requireAdmin(principal);
      if ((await store.users.get(userId)) === null) throw notFound('user', userId);
      return store.users.keys(userId);
    },
    createKey: async (principal, userId, name) => {
      requireAdmin(principal);
      return insertKey(store, userId, name, clock.now());
    },
    deleteKey: async (principal, name) => {
      requireAdmin(principal);
      return withdrawKey(store, name);
    },
  };
}

function newUser({ id, name, organisationId }: NewUser, now: number): User {
  return { id: id ?? newId(), name: name ?? null, organisationId: organisationId ?? null, createdAt: now };
}

async function insertUser(tx: Repositories, user: User): Promise<void> {
  if (user.organisationId !== null && (await tx.organisations.get(user.organisationId)) === null) {
    throw new AppError('invalid_request', 'Organization does not exist', { param: 'org_id' });
  }
  if (await tx.users.insert(user)) return;
  throw new AppError('conflict', `User with id ${user.id} already exists`, { param: 'user_id' });
}

async function insertKey(store: Store, userId: string, name: string | null, now: number): Promise<IssuedKey> {
  const issued = issueKey(userId, name, now);
  await store.transaction(async (tx) => {
    if ((await tx.users.get(userId)) === null) throw notFound('user', userId);
    await tx.users.insertKey(issued.key);
  });
  return issued;
}

async function withdrawKey(store: Store, name: string): Promise<ApiKey> {
  const key = await keyNamed(store, name);
  if (key !== null && (await store.users.deleteKey(key.hash))) return key;
  throw new AppError('not_found', 'API key does not exist');
}

async function keyNamed(store: Store, name: string): Promise<ApiKey | null> {
  const id = readId('key', name);
  if (id !== null) return store.users.findKeyById(id);
  const held = await store.users.findKey(sha256(name).toString('hex'));
  if (held !== null) return held;
  const [alike, another] = await store.users.keysByHint(name);
  if (another !== undefined) {
    throw new AppError('conflict', 'Several API keys look like this; name one by its id.', { param: 'api_key' });
  }
  return alike ?? null;
}

function issueKey(userId: string, name: string | null, now: number): IssuedKey {
  const secret = `sk-${randomBytes(24).toString('hex')}`;
  const key: ApiKey = {
    id: newId(),
    userId,
    hash: sha256(secret).toString('hex'),
    hint: `${secret.slice(0, 7)}…${secret.slice(-4)}`,
    name,
    createdAt: now,
  };
  return { secret, key };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
