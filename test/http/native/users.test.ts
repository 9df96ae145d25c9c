import supertest from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultUserId, newId } from '../../../src/domain/ids.js';
import { adminPassword, asAdmin, startApp, type RunningApp } from '../running-app.js';

let app: RunningApp;
beforeEach(async () => {
  app = await startApp();
});
afterEach(() => app.close());

const keyForm = /^sk-[0-9a-f]{48}$/u;

describe('the door', () => {
  it.each([
    ['/api/agents', {}, 403, 'Not authenticated'],
    ['/api/agents', { authorization: 'Bearer' }, 403, 'Not authenticated'],
    ['/api/agents', { authorization: 'Basic eDp5' }, 403, 'Invalid authentication credentials'],
    ['/api/agents', { authorization: 'Bearer sk-wrong' }, 403, 'Authentication error: Provided token does not exist'],
    ['/admin/users', {}, 403, 'Not authenticated'],
    ['/admin/users', { authorization: 'Bearer wrong' }, 401, 'Unauthorized'],
  ])('at %s with %j answers %i', async (path, headers, status, detail) => {
    const answer = await supertest(app.server).get(path).set(headers);
    expect([answer.status, answer.body]).toEqual([status, { detail }]);
  });

  it('opens to the password in every header that old clients use', async () => {
    const headers = [asAdmin, { 'api-key': adminPassword }, { 'x-bare-password': `password ${adminPassword}` }];
    for (const header of headers) {
      expect((await supertest(app.server).get('/api/agents').set(header)).status).toBe(200);
      expect((await supertest(app.server).get('/admin/users').set(header)).status).toBe(200);
    }
  });

  it('does not open the administration to the key of a user', async () => {
    const { headers } = await app.newUser();
    expect((await supertest(app.server).get('/api/agents').set(headers)).status).toBe(200);
    const answer = await supertest(app.server).post('/admin/users').set(headers).send({});
    expect([answer.status, answer.body]).toEqual([401, { detail: 'Unauthorized' }]);
  });

  it('never shows or logs a credential it refuses', async () => {
    const secret = 'sk-very-secret-words';
    const answer = await supertest(app.server)
      .get(`/api/agents?api_key=${secret}`)
      .set('authorization', `Bearer ${secret}`);
    expect(JSON.stringify(answer.body)).not.toContain(secret);
    await expect.poll(() => app.logged.length).toBeGreaterThan(0);
    expect(JSON.stringify(app.logged)).not.toContain(secret);
  });
});

describe('users', () => {
  it('are made with a key that opens the door to what is theirs', async () => {
    const { status, body } = await supertest(app.server).post('/admin/users').set(asAdmin).send({});
    expect(status).toBe(200);
    const { user_id: id, api_key: key } = body as { user_id: string; api_key: string };
    expect(key).toMatch(keyForm);
    const created = await supertest(app.server)
      .post('/api/agents')
      .set('authorization', `Bearer ${key}`)
      .send({ config: { name: 'Theirs' } });
    expect(created.body).toMatchObject({ agent_state: { user_id: id } });
  });

  it('are made from no body, from null and under an id of their own', async () => {
    expect((await supertest(app.server).post('/admin/users').set(asAdmin)).status).toBe(200);
    expect((await supertest(app.server).post('/admin/users').set(asAdmin).send({ user_id: null })).status).toBe(200);
    const id = newId();
    const own = await supertest(app.server)
      .post('/admin/users')
      .set(asAdmin)
      .send({ user_id: id, api_key_name: 'phone' });
    expect(own.body).toMatchObject({ user_id: id });
    const again = await supertest(app.server).post('/admin/users').set(asAdmin).send({ user_id: id });
    expect([again.status, again.body]).toEqual([409, { detail: `User with id ${id} already exists` }]);
  });

  it('are listed page by page, newest first, the cursor in the query or in a body', async () => {
    const ids = [(await app.newUser()).id, (await app.newUser()).id, (await app.newUser()).id].sort().reverse();
    const first = await supertest(app.server).get('/admin/users?limit=2').set(asAdmin);
    expect(first.body).toEqual({ cursor: ids[1], user_list: [{ user_id: ids[0] }, { user_id: ids[1] }] });
    const second = await supertest(app.server).get('/admin/users').set(asAdmin).send({ cursor: ids[1], limit: 10 });
    expect(second.body).toEqual({
      cursor: defaultUserId,
      user_list: [{ user_id: ids[2] }, { user_id: defaultUserId }],
    });
    const none = await supertest(app.server).get(`/admin/users?cursor=${defaultUserId}`).set(asAdmin);
    expect(none.body).toEqual({ cursor: null, user_list: [] });
  });

  it.each([(id: string) => `/admin/users?user_id=${id}`, (id: string) => `/admin/users/${id}`])(
    'are deleted with their agents and keys at path %#',
    async (path) => {
      const user = await app.newUser();
      await supertest(app.server).post('/api/agents').set(user.headers).send({ config: {} });
      const answer = await supertest(app.server).delete(path(user.id)).set(asAdmin);
      expect([answer.status, answer.body]).toEqual([
        200,
        { message: 'User successfully deleted.', user_id_deleted: user.id },
      ]);
      expect(await app.rows()).toMatchObject({ agents: 0, users: 1 });
      expect((await supertest(app.server).get('/api/agents').set(user.headers)).status).toBe(403);
      const again = await supertest(app.server).delete(path(user.id)).set(asAdmin);
      expect([again.status, again.body]).toEqual([404, { detail: 'User does not exist' }]);
    },
  );

  it('include a default one that cannot be deleted', async () => {
    expect((await supertest(app.server).delete(`/admin/users/${defaultUserId}`).set(asAdmin)).status).toBe(409);
    expect((await app.rows()).users).toBe(1);
  });
});

describe('keys', () => {
  it('are shown once and listed by their ends only', async () => {
    const user = await app.newUser();
    const made = await supertest(app.server)
      .post('/admin/users/keys')
      .set(asAdmin)
      .send({ user_id: user.id, key_name: 'x' });
    const { api_key: key } = made.body as { api_key: string };
    expect(key).toMatch(keyForm);
    const list = await supertest(app.server).get(`/admin/users/keys?user_id=${user.id}`).set(asAdmin);
    const hints = (list.body as { api_key_list: string[] }).api_key_list;
    expect(hints).toHaveLength(2);
    expect(hints).toContain(`${key.slice(0, 7)}…${key.slice(-4)}`);
    expect(JSON.stringify(list.body)).not.toContain(key);
  });

  it('open nothing once they are withdrawn, and the others stay', async () => {
    const user = await app.newUser();
    const made = await supertest(app.server).post('/admin/users/keys').set(asAdmin).send({ user_id: user.id });
    const { api_key: key } = made.body as { api_key: string };
    const answer = await supertest(app.server).delete(`/admin/users/keys?api_key=${key}`).set(asAdmin);
    expect(answer.body).toEqual({ message: 'API key successfully deleted.', api_key_deleted: key });
    expect((await supertest(app.server).get('/api/agents').set('api-key', key)).status).toBe(403);
    expect((await supertest(app.server).get('/api/agents').set('api-key', user.key)).status).toBe(200);
    await expect.poll(() => app.logged.length).toBeGreaterThan(3);
    expect(JSON.stringify(app.logged)).not.toContain(key);
  });

  it('of nobody are not found', async () => {
    const nobody = newId();
    const list = await supertest(app.server).get(`/admin/users/keys?user_id=${nobody}`).set(asAdmin);
    const made = await supertest(app.server).post('/admin/users/keys').set(asAdmin).send({ user_id: nobody });
    for (const answer of [list, made]) {
      expect([answer.status, answer.body]).toEqual([404, { detail: 'User does not exist' }]);
    }
    const gone = await supertest(app.server).delete('/admin/users/keys?api_key=sk-none').set(asAdmin);
    expect([gone.status, gone.body]).toEqual([404, { detail: 'API key does not exist' }]);
  });
});

describe('logging in', () => {
  it('tells whose a password or key is', async () => {
    const user = await app.newUser();
    const admin = await supertest(app.server).post('/api/auth').send({ password: adminPassword });
    expect(admin.body).toEqual({ uuid: defaultUserId, is_admin: true });
    const own = await supertest(app.server).post('/api/auth').send({ password: user.key });
    expect(own.body).toEqual({ uuid: user.id, is_admin: false });
  });

  it.each([{ password: 'wrong' }, { password: '' }, { password: null }, {}])('refuses %j', async (body) => {
    const answer = await supertest(app.server).post('/api/auth').send(body);
    expect([answer.status, answer.body]).toEqual([400, { detail: 'Incorrect credentials' }]);
  });
});
