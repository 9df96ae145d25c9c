import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import {
  blockReply,
  embeddingConfigReply,
  keyReply,
  memoryReply,
  organisationReply,
  toolReply,
  userReply,
} from '../../../src/http/native/letta/replies.js';
import { asAdmin } from '../running-app.js';
import { exact, lettaClient } from './letta-client.js';

const { call, newAgent, user, app } = lettaClient();

describe('blocks', () => {
  const list = async (query: string): Promise<z.infer<typeof blockReply>[]> =>
    ((await call('get', `/v1/blocks${query}`)).body as unknown[]).map((item) => blockReply.parse(item));

  it('are made, found by label and name, changed with either verb, and deleted', async () => {
    const made = exact(
      blockReply,
      await call('post', '/v1/blocks/', { label: 'human', name: 'ines', value: 'Name: Ines', limit: 100 }),
    );
    expect(made).toMatchObject({ template: true, limit: 100, user_id: `user-${user().id}` });
    expect(await list('?label=human&name=ines')).toEqual([made]);
    expect((await list('?label=persona')).map((item) => item.name)).toContain('sam_pov');
    for (const verb of ['patch', 'post'] as const) {
      const changed = await call(verb, `/v1/blocks/${made.id}`, { id: made.id, value: `by ${verb}`, limit: null });
      expect(exact(blockReply, changed)).toEqual({ ...made, value: `by ${verb}` });
    }
    expect((await call('patch', `/v1/blocks/${made.id}`, { id: made.id, value: 'x'.repeat(101) })).status).toBe(400);
    const again = { label: 'human', name: 'ines', value: 'twin' };
    expect((await call('post', '/v1/blocks/', again)).status).toBe(409);
    expect(exact(blockReply, await call('delete', `/v1/blocks/${made.id}`)).id).toBe(made.id);
    const gone = await call('get', `/v1/blocks/${made.id}`);
    expect([gone.status, gone.body]).toEqual([404, { detail: 'Block not found' }]);
  });

  it('of agents are blocks too, and a change reaches the agent', async () => {
    const agent = await newAgent('with blocks');
    const goals = agent.memory.memory['goals'];
    expect((await list('?label=goals')).map((item) => item.id)).not.toContain(goals?.id);
    expect((await list('?label=goals&templates_only=false')).map((item) => item.id)).toContain(goals?.id);
    const path = `/v1/blocks/${goals?.id ?? ''}`;
    expect(exact(blockReply, await call('get', path)).value).toBe('Learn to sail.');
    await call('patch', path, { id: goals?.id, value: 'Learn to row.', limit: 50 });
    const memory = exact(memoryReply, await call('get', `/v1/agents/${agent.id}/memory`));
    expect(memory.memory['goals']).toMatchObject({ value: 'Learn to row.', limit: 50 });
    await call('delete', path);
    expect(Object.keys(exact(memoryReply, await call('get', `/v1/agents/${agent.id}/memory`)).memory)).toEqual([
      'human',
    ]);
  });

  it('are the humans and personas of MemGPT clients', async () => {
    await call('post', '/api/personas', { name: 'pilot', text: 'I know the harbour.' });
    expect(await list('?label=persona&name=pilot')).toMatchObject([{ value: 'I know the harbour.', template: true }]);
  });
});

describe('tools of Letta 0.4', () => {
  it('are kept, found by name, changed and deleted', async () => {
    const source = 'def tide(harbour: str, day: Optional[int] = None):\n    """Tells the tide."""\n    return 1\n';
    const made = exact(
      toolReply,
      await call('post', '/v1/tools', { source_code: source, name: null, tags: ['sea'], json_schema: null }),
    );
    expect(made).toMatchObject({ name: 'tide', description: 'Tells the tide.', source_code: source, tags: ['sea'] });
    expect(made.json_schema['parameters']).toEqual({
      type: 'object',
      properties: { harbour: { type: 'string' }, day: { type: 'integer' } },
      required: ['harbour'],
    });
    expect((await call('get', '/v1/tools/name/tide')).body).toBe(made.id);
    const again = await call('post', '/v1/tools/?update=true', { source_code: source, tags: [] });
    expect(exact(toolReply, again)).toMatchObject({ id: made.id, tags: [] });
    const changed = await call('patch', `/v1/tools/${made.id}`, { id: made.id, description: 'Tides.', name: null });
    expect(exact(toolReply, changed)).toMatchObject({ description: 'Tides.', name: 'tide' });
    expect((await call('patch', `/v1/tools/${made.id}`, { id: 'tool-00000000', name: 'x' })).status).toBe(400);
    expect((await call('delete', `/v1/tools/${made.id}`)).body).toBeNull();
    const gone = await call('get', `/v1/tools/${made.id}`);
    expect([gone.status, gone.body]).toEqual([404, { detail: `Tool with id ${made.id} not found.` }]);
    expect((await call('get', '/v1/tools/name/tide')).body).toEqual({ detail: 'Tool with name tide not found.' });
  });

  it('that are built in are listed, and nobody changes them', async () => {
    const all = ((await call('get', '/v1/tools/')).body as unknown[]).map((item) => toolReply.parse(item));
    const builtin = all.find((tool) => tool.name === 'core_memory_append');
    const posted = await call('post', '/v1/tools', { source_code: 'def core_memory_append(): evil()', tags: [] });
    expect(exact(toolReply, posted)).toEqual(builtin);
    const id = builtin?.id ?? '';
    expect((await call('patch', `/v1/tools/${id}`, { id, description: 'x' })).status).toBe(403);
    expect((await call('delete', `/v1/tools/${id}`)).status).toBe(403);
  });
});

describe('GET /v1/models', () => {
  it('is an array for clients of Letta, by slash or by name, and for nobody else', async () => {
    for (const [path, agent] of [
      ['/v1/models/', 'anything'],
      ['/v1/models', 'python-requests/2.31.0'],
      ['/v1/models', 'Letta/0.4'],
      ['/latest/models', 'anything'],
      ['/latest/models/', 'anything'],
    ] as const) {
      const answer = await call('get', path, undefined, { ...user().headers, 'user-agent': agent });
      expect(Array.isArray(answer.body), `${path} ${agent}`).toBe(true);
    }
    const other = await call('get', '/v1/models', undefined, { ...user().headers, 'user-agent': 'OpenAI/Python 1.50' });
    expect(Array.isArray(other.body)).toBe(false);
    const vectors = await call('get', '/v1/models/embedding');
    expect((vectors.body as unknown[]).map((item) => embeddingConfigReply.parse(item))).toHaveLength(1);
  });
});

describe('the administration of Letta 0.4', () => {
  it('makes users, keys that work, and organizations, and takes them back', async () => {
    const org = exact(organisationReply, await call('post', '/v1/admin/orgs/', { name: 'Harbour' }, asAdmin));
    const made = await call('post', '/v1/admin/users/', { name: 'Ines', org_id: org.id }, asAdmin);
    const ines = exact(userReply, made);
    expect(ines).toMatchObject({ name: 'Ines', org_id: org.id });
    expect(exact(userReply, await call('post', '/v1/admin/users', {}, asAdmin)).name).not.toBe('');
    const listed = (await call('get', '/v1/admin/users/?limit=2', undefined, asAdmin)).body as unknown[];
    expect(listed.map((item) => userReply.parse(item).id)).toContain(ines.id);
    const body = { user_id: ines.id, name: 'laptop' };
    const key = exact(keyReply, await call('post', '/v1/admin/users/keys', body, asAdmin));
    expect(key.key).toMatch(/^sk-[0-9a-f]{48}$/u);
    const asInes = { authorization: `Bearer ${key.key}` };
    expect((await call('get', '/v1/agents', undefined, asInes)).status).toBe(200);
    const keys = (await call('get', `/v1/admin/users/keys?user_id=${ines.id}`, undefined, asAdmin)).body as unknown[];
    expect(keys.map((item) => keyReply.parse(item).id)).toEqual([key.id]);
    expect(JSON.stringify(keys)).not.toContain(key.key);
    const withdrawn = await call('delete', `/v1/admin/users/keys?api_key=${key.id}`, undefined, asAdmin);
    expect(exact(keyReply, withdrawn).id).toBe(key.id);
    expect((await call('get', '/v1/agents', undefined, asInes)).status).toBe(403);
    expect(
      exact(organisationReply, await call('delete', `/v1/admin/orgs/?org_id=${org.id}`, undefined, asAdmin)),
    ).toEqual(org);
    const again = await call('delete', `/v1/admin/orgs/?org_id=${org.id}`, undefined, asAdmin);
    expect([again.status, again.body]).toEqual([404, { detail: 'Organization does not exist' }]);
    expect(exact(userReply, await call('delete', `/v1/admin/users/?user_id=${ines.id}`, undefined, asAdmin)).id).toBe(
      ines.id,
    );
    const gone = await call('delete', `/v1/admin/users/?user_id=${ines.id}`, undefined, asAdmin);
    expect([gone.status, gone.body]).toEqual([404, { detail: 'User does not exist' }]);
  });

  it('is closed to users', async () => {
    for (const path of ['/v1/admin/users/', '/v1/admin/orgs/', `/v1/admin/users/keys?user_id=${user().id}`]) {
      expect((await call('get', path)).status).toBe(401);
    }
  });

  it('tells whose a password or a key is', async () => {
    const answer = await call('post', '/v1/auth', { password: user().key }, {});
    expect(answer.body).toEqual({ uuid: user().id, is_admin: false });
    expect((await call('post', '/v1/auth', { password: 'wrong' }, {})).status).toBe(400);
  });
});

describe('the user_id header', () => {
  it('lets an administrator act as any user and nobody as another', async () => {
    const { id } = await newAgent('of the user');
    const asUser = (headers: object) => call('get', `/v1/agents/${id}`, undefined, headers);
    expect((await asUser(asAdmin)).status).toBe(404);
    expect((await asUser({ ...asAdmin, user_id: `user-${user().id}` })).status).toBe(200);
    expect((await asUser({ ...asAdmin, user_id: 'user-00000000' })).status).toBe(404);
    const unknown = await asUser({ ...asAdmin, user_id: 'user-11111111-1111-4111-8111-111111111111' });
    expect([unknown.status, unknown.body]).toEqual([
      401,
      { detail: 'User with id user-11111111-1111-4111-8111-111111111111 not found' },
    ]);
    const stranger = await app().newUser();
    for (const named of [`user-${user().id}`, 'user-11111111-1111-4111-8111-111111111111', 'user-00000000']) {
      expect((await asUser({ ...stranger.headers, user_id: named })).status).toBe(403);
    }
    expect((await asUser({ ...user().headers, user_id: `user-${user().id}` })).status).toBe(200);
  });
});
