import supertest, { type Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, asAdmin, startApp, type RunningApp } from '../running-app.js';

let app: RunningApp;
let mine: { authorization: string };

beforeAll(async () => {
  app = await startApp({
    script: (request) =>
      JSON.stringify(request.messages).includes('but not run')
        ? { calls: [{ name: 'send_message', arguments: { message: 'I cannot roll.' } }] }
        : { calls: [{ name: 'roll_die', arguments: { sides: 6 } }] },
  });
  mine = (await app.newUser()).headers;
});
afterAll(() => app.close());

type Body = Record<string, unknown>;
const get = (path: string, headers: object = mine): Promise<Response> =>
  supertest(app.server)
    .get(path)
    .set({ ...headers });
const post = (path: string, body: object, headers: object = mine): Promise<Response> =>
  supertest(app.server)
    .post(path)
    .set({ ...headers })
    .send(body);
const remove = (path: string, headers: object = mine): Promise<Response> =>
  supertest(app.server)
    .delete(path)
    .set({ ...headers });
const named = (answer: Response, list: string, name: string): Body | undefined =>
  (answer.body as Record<string, Body[]>)[list]?.find((item) => item['name'] === name);
const newAgent = async (config: object): Promise<Body & { id: string }> => {
  const answer = await post('/api/agents', { config });
  expect(answer.body).toHaveProperty('agent_state.id');
  return (answer.body as { agent_state: Body & { id: string } }).agent_state;
};

describe.each([
  ['humans', 'human', 'Human not found', 'cs_phd'],
  ['personas', 'persona', 'Persona not found', 'sam_pov'],
])('%s', (list, label, absent, shipped) => {
  it('are listed with those that ship, read by name, used for an agent, and deleted', async () => {
    const made = await post(`/api/${list}`, { name: 'keeper', text: 'Keeps the light.' });
    expect(made.body).toEqual({
      id: expect.any(String) as string,
      user_id: expect.any(String) as string,
      name: 'keeper',
      text: 'Keeps the light.',
    });
    const all = await get(`/api/${list}`);
    expect(Object.keys(all.body as Body)).toEqual([list]);
    expect(named(all, list, 'keeper')).toEqual(made.body);
    expect(named(all, list, shipped)).toMatchObject({ user_id: null });
    expect((await get(`/api/${list}/keeper`)).body).toEqual(made.body);
    const agent = await newAgent({ name: `uses ${label}`, [label]: 'keeper' });
    expect(agent[label]).toBe('Keeps the light.');
    expect((await remove(`/api/${list}/keeper`)).status).toBe(200);
    const gone = await get(`/api/${list}/keeper`);
    expect([gone.status, gone.body]).toEqual([404, { detail: absent }]);
    expect((await remove(`/api/${list}/keeper`)).status).toBe(404);
  });

  it('have one name each, and those that ship stay', async () => {
    expect((await post(`/api/${list}`, { name: 'twin', text: 'a' })).status).toBe(200);
    expect((await post(`/api/${list}`, { name: 'twin', text: 'b' })).status).toBe(409);
    expect((await remove(`/api/${list}/${shipped}`)).status).toBe(403);
    expect((await get(`/api/${list}/${shipped}`)).status).toBe(200);
    expect((await post(`/api/${list}`, { name: 'textless' })).status).toBe(422);
  });
});

describe('presets', () => {
  const body = {
    name: 'harbour',
    system: 'Guide people through the harbour.',
    persona: 'I am calm.',
    human_name: 'cs_phd',
    functions_schema: [{ name: 'tide_table', description: 'tells the tides', parameters: { type: 'object' } }],
  };

  it('make agents that have their prompt, texts and tools', async () => {
    const made = await post('/api/presets', body);
    expect(made.body).toMatchObject({ preset: { name: 'harbour', persona: 'I am calm.', human_name: 'cs_phd' } });
    const agent = await newAgent({ name: 'from preset', preset: 'harbour' });
    expect(agent).toMatchObject({ preset: 'harbour', system: body.system, persona: 'I am calm.' });
    expect(agent['human']).toContain('computer science');
    expect(agent['tools']).toEqual(expect.arrayContaining(['tide_table', 'send_message']));
    expect((await get('/api/presets/harbour')).body).toMatchObject({
      name: 'harbour',
      functions_schema: body.functions_schema,
    });
  });

  it('are listed with those that ship, have one name each, and are deleted by id', async () => {
    const again = await post('/api/presets', body);
    expect([again.status, again.body]).toEqual([400, { detail: 'Preset with name harbour already exists.' }]);
    const list = await get('/api/presets');
    const { id } = named(list, 'presets', 'harbour') ?? {};
    const shipped = named(list, 'presets', 'memgpt_docs');
    expect(shipped).toMatchObject({ user_id: null, persona_name: 'memgpt_doc' });
    expect((await remove(`/api/presets/${String(shipped?.['id'])}`)).status).toBe(403);
    expect((await remove(`/api/presets/${String(id)}`)).body).toEqual({
      message: `Preset preset_id=${String(id)} successfully deleted`,
    });
    expect((await remove(`/api/presets/${String(id)}`)).status).toBe(404);
    expect((await get('/api/presets/harbour')).status).toBe(404);
  });
});

describe('tools', () => {
  const source = [
    'def roll_die(self, sides: int = 6) -> int:',
    '    """',
    '    Rolls a die.',
    '',
    '    Args:',
    '        sides (int): how many sides it has',
    '    """',
    '    return 4',
  ].join('\n');

  it('are kept with a schema read from their source, and shown as they came', async () => {
    const made = await post('/api/tools', {
      name: 'roll_die',
      source_code: source,
      source_type: 'python',
      tags: ['x'],
    });
    expect(made.body).toMatchObject({ name: 'roll_die', source_code: source, tags: ['x'], tool: { name: 'roll_die' } });
    expect((await get('/api/tools/roll_die')).body).toMatchObject({
      json_schema: {
        name: 'roll_die',
        description: 'Rolls a die.',
        parameters: { properties: { sides: { type: 'integer', description: 'how many sides it has' } }, required: [] },
      },
    });
    expect(named(await get('/api/tools'), 'tools', 'send_message')).toMatchObject({ user_id: null, source_code: null });
  });

  it('that are only kept answer a call with an error that the model reads', async () => {
    const agent = await newAgent({ name: 'gambler', function_names: 'roll_die' });
    const answer = await post(`/api/agents/${agent.id}/messages`, { message: 'roll' });
    const events = (answer.body as { messages: Body[] }).messages;
    expect(events).toContainEqual(
      expect.objectContaining({ status: 'error', function_return: expect.stringContaining('but not run') as string }),
    );
    expect(events).toContainEqual(expect.objectContaining({ assistant_message: 'I cannot roll.' }));
    const offered = app.room.provider.requests.at(-1)?.tools.find((tool) => tool.name === 'roll_die');
    expect(offered?.description).toBe('Rolls a die.');
  });

  it('are written anew only on request where a schema came along', async () => {
    const late = { source_code: 'def fold(): pass', json_schema: { name: 'fold' }, tags: [] };
    expect((await post('/api/tools', { ...late, update: false })).status).toBe(200);
    expect((await post('/api/tools', { ...late, update: false })).status).toBe(409);
    const anew = await post('/api/tools', { ...late, source_code: 'def fold(): return 1', update: true });
    expect(anew.body).toMatchObject({ source_code: 'def fold(): return 1' });
    expect((await post('/api/tools', { source_code: 'x = 1' })).status).toBe(400);
  });

  it('with the name of a built-in one are the built-in one', async () => {
    const body = { source_code: 'def core_memory_append(self): evil()', json_schema: { name: 'core_memory_append' } };
    expect((await post('/api/tools', { ...body, update: true })).body).toMatchObject({
      source_code: null,
      user_id: null,
    });
  });

  it('are deleted by name, and deleting what is not there changes nothing', async () => {
    expect((await remove('/api/tools/fold')).body).toBeNull();
    expect((await remove('/api/tools/fold')).status).toBe(200);
    expect((await get('/api/tools/fold')).body).toEqual({ detail: 'Tool with name fold not found.' });
  });

  it("of the whole server are an administrator's to keep and everybody's to see", async () => {
    const body = { source_code: 'def house_tool(): pass', json_schema: { name: 'house_tool' } };
    expect((await post('/admin/tools', body)).status).toBe(401);
    expect((await post('/admin/tools', body, asAdmin)).body).toMatchObject({ name: 'house_tool', user_id: null });
    expect((await get('/api/tools/house_tool')).status).toBe(200);
    expect((await remove('/api/tools/house_tool')).body).toBeNull();
    expect((await get('/admin/tools/house_tool', asAdmin)).status).toBe(200);
    expect((await remove('/admin/tools/house_tool', asAdmin)).body).toBeNull();
    expect((await get('/admin/tools/house_tool', asAdmin)).status).toBe(404);
  });
});

describe('the archive', () => {
  it('is filled, paged by cursor, read whole and emptied', async () => {
    const { id } = await newAgent({ name: 'archivist' });
    const path = `/api/agents/${id}/archival`;
    const ids: string[] = [];
    for (const content of ['first', 'second', 'third']) {
      ids.push(...((await post(path, { content })).body as { ids: string[] }).ids);
    }
    expect(new Set(ids).size).toBe(3);
    expect((await post(path, { content: 'second' })).body).toEqual({ ids: [ids[1]] });
    const contents = async (query: string): Promise<unknown[]> =>
      ((await get(path + query)).body as { archival_memory: { contents: string }[] }).archival_memory.map(
        (passage) => passage.contents,
      );
    expect(await contents('/all')).toEqual(['first', 'second', 'third']);
    expect(await contents(`?limit=2`)).toEqual(['first', 'second']);
    expect(await contents(`?after=${ids[1]}`)).toEqual(['third']);
    expect(await contents(`?before=${ids[1]}&limit=1000`)).toEqual(['first']);
    const gone = await remove(`${path}?id=${ids[0]}`);
    expect(gone.body).toEqual({ message: `Memory id=${ids[0]} successfully deleted` });
    expect((await remove(`${path}?id=${ids[0]}`)).status).toBe(200);
    expect(await contents('/all')).toEqual(['second', 'third']);
    expect((await post(path, { content: ' ' })).status).toBe(400);
    const long = await post(path, { content: 'word '.repeat(9_000) });
    expect((long.body as { ids: string[] }).ids).toHaveLength(3);
  });
});

describe('what the server says of itself', () => {
  it('names its model to everybody and tells no secret', async () => {
    const models = await supertest(app.server).get('/api/models');
    expect((models.body as { models: Body[] }).models).toEqual([
      expect.objectContaining({ model: 'scripted', context_window: expect.any(Number) as number }),
    ]);
    const config = await get('/api/config');
    expect(config.body).toMatchObject({
      config: { preset: 'memgpt_chat', default_llm_config: { model: 'scripted' }, memgpt_version: '0.1.0' },
      defaults: {},
    });
    expect(config.text).not.toContain(adminPassword);
    expect((await supertest(app.server).get('/api/config')).status).toBe(403);
  });

  it('lists the agents of all users to an administrator alone', async () => {
    const { id } = await newAgent({ name: 'seen by the admin' });
    const ids = (answer: Response): unknown[] => (answer.body as { agents: Body[] }).agents.map((agent) => agent['id']);
    expect(ids(await get('/api/admin/agents', asAdmin))).toContain(id);
    expect(ids(await get('/api/agents', asAdmin))).not.toContain(id);
    expect((await get('/api/admin/agents')).status).toBe(401);
  });
});
