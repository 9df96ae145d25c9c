import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultUserId, newId } from '../../src/domain/ids.js';
import { createUserService, type UserService } from '../../src/services/users.js';
import type { Store } from '../../src/store/store.js';
import { temporarySqlite } from '../support/databases.js';

const admin = { userId: defaultUserId, role: 'admin' } as const;

let store: Store;
let close: () => Promise<void>;
let users: UserService;
beforeEach(async () => {
  const database = await temporarySqlite();
  ({ store } = database);
  close = () => database.close();
  users = createUserService({ store, clock: { now: () => 1_000 }, adminPassword: 'ilovellms' });
  await users.ensureDefault();
});
afterEach(() => close());

describe('a credential', () => {
  it('that is the password is the default user as an administrator', async () => {
    expect(await users.authenticate('ilovellms')).toEqual(admin);
  });

  it.each(['', 'ilovellm', 'ilovellms ', 'ILOVELLMS', 'sk-0', '\u0000', 'x'.repeat(100_000)])(
    'that nobody holds is nobody, case %#',
    async (credential) => {
      expect(await users.authenticate(credential)).toBeNull();
    },
  );

  it('that is a key is its user, and only its hash is stored', async () => {
    const { user, issued } = await users.create(admin, { keyName: 'phone' });
    expect(await users.authenticate(issued.secret)).toEqual({ userId: user.id, role: 'user' });
    const [stored] = await store.users.keys(user.id);
    expect(stored).toMatchObject({ name: 'phone', hash: createHash('sha256').update(issued.secret).digest('hex') });
    expect(JSON.stringify(stored)).not.toContain(issued.secret);
    expect(await users.authenticate(stored?.hash ?? '')).toBeNull();
  });
});

describe('the default user', () => {
  it('is made once, however often it is asked for', async () => {
    await users.ensureDefault();
    const page = await users.page(admin, { limit: 10, order: 'asc' });
    expect(page.items.map((user) => user.id)).toEqual([defaultUserId]);
  });
});

describe('somebody who is no administrator', () => {
  it('may do nothing to users and keys', async () => {
    const { user, issued } = await users.create(admin, {});
    const principal = { userId: user.id, role: 'user' } as const;
    const attempts = [
      users.page(principal, { limit: 1, order: 'asc' }),
      users.create(principal, {}),
      users.delete(principal, user.id),
      users.keys(principal, user.id),
      users.createKey(principal, user.id, null),
      users.deleteKey(principal, issued.secret),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toMatchObject({ code: 'forbidden' });
    expect(await users.authenticate(issued.secret)).not.toBeNull();
  });
});

describe('a user', () => {
  it('whose id is taken is refused and leaves no key', async () => {
    const id = newId();
    await users.create(admin, { id });
    await expect(users.create(admin, { id })).rejects.toMatchObject({ code: 'conflict', param: 'user_id' });
    expect(await users.keys(admin, id)).toHaveLength(1);
  });
});

describe('a key that a list shows', () => {
  it('is withdrawn by what the list shows of it', async () => {
    const { user, issued } = await users.create(admin, {});
    const other = await users.createKey(admin, user.id, 'other');
    const [shown] = await users.keys(admin, user.id);
    expect((await users.deleteKey(admin, shown?.hint ?? '')).id).toBe(issued.key.id);
    expect(await users.authenticate(issued.secret)).toBeNull();
    expect((await users.keys(admin, user.id)).map((key) => key.id)).toEqual([other.key.id]);
  });

  it('is left alone where another looks the same', async () => {
    const { user, issued } = await users.create(admin, {});
    await store.users.insertKey({ ...issued.key, id: newId(), hash: 'of another' });
    await expect(users.deleteKey(admin, issued.key.hint)).rejects.toMatchObject({ code: 'conflict', param: 'api_key' });
    expect(await users.keys(admin, user.id)).toHaveLength(2);
  });
});
