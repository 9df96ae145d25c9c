import supertest, { type Response } from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultUserId } from '../../../src/domain/ids.js';
import { asAdmin, startApp, type RunningApp } from '../running-app.js';

let app: RunningApp;
beforeEach(async () => {
  app = await startApp();
});
afterEach(() => app.close());

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/u;
const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/u;

function create(config: object, headers: Record<string, string> = asAdmin): Promise<Response> {
  return supertest(app.server)
    .post('/api/agents')
    .set(headers)
    .send({ config })
    .then((response) => response);
}

async function newAgent(config: object = { name: null }, headers: Record<string, string> = asAdmin): Promise<string> {
  const response = await create(config, headers);
  expect(response.status).toBe(200);
  return (response.body as { agent_state: { id: string } }).agent_state.id;
}

describe('creating an agent', () => {
  it('answers with a state that has the members of every release, and with its preset', async () => {
    const { status, body } = await create({
      name: 'MyCustomAgent',
      preset: 'memgpt_chat',
      human: 'cs_phd',
      persona: 'sam_pov',
    });
    expect(status).toBe(200);
    const state = (body as { agent_state: Record<string, unknown> }).agent_state;
    expect(Object.keys(state).sort()).toEqual(
      [
        'id', 'name', 'description', 'user_id', 'created_at', 'preset', 'persona', 'human', 'functions_schema', 'tools',
        'system', 'llm_config', 'embedding_config', 'state', 'metadata',
      ].sort(),
    ); // prettier-ignore
    expect(state).toMatchObject({
      id: expect.stringMatching(uuid) as string,
      name: 'MyCustomAgent',
      user_id: defaultUserId,
      preset: 'memgpt_chat',
      llm_config: { model: 'scripted', model_endpoint_type: 'scripted', context_window: 128_000 },
      metadata: { human: 'cs_phd', persona: 'sam_pov' },
      state: { persona: state['persona'], human: state['human'], system: state['system'] },
    });
    expect(Number.isInteger(state['created_at'])).toBe(true);
    expect((body as { preset: object }).preset).toMatchObject({
      name: 'memgpt_chat',
      id: expect.stringMatching(uuid) as string,
      persona_name: 'sam_pov',
      human_name: 'cs_phd',
      created_at: expect.stringMatching(isoTime) as string,
    });
  });

  it('begins with three live messages after the record of its prompt', async () => {
    const { body } = await create({ name: 'First' });
    expect((body as { agent_state: { state: { messages: string[] } } }).agent_state.state.messages).toHaveLength(3);
    expect((await app.rows()).messages).toBe(4);
  });

  it("takes a profile's name for its text and any other text for itself", async () => {
    const named = await create({ name: 'A', human: 'cs_phd', persona: 'I am Mira.' });
    const state = (named.body as { agent_state: { human: string; persona: string; metadata: object } }).agent_state;
    expect(state.human).toContain('Chad');
    expect(state.persona).toBe('I am Mira.');
    expect(state.metadata).toMatchObject({ human: 'cs_phd', persona: null });
  });

  it('finds a name where it is given none', async () => {
    for (const config of [{}, { name: null }, { name: '' }]) {
      const { body } = await create(config);
      expect((body as { agent_state: { name: string } }).agent_state.name).toMatch(/^[A-Z][a-z]+[A-Z][a-z]+\d*$/u);
    }
  });

  it.each([
    ['a list', ['memory_insert', 'send_message']],
    ['a text with commas', 'memory_insert, send_message'],
  ])('takes further tools by name as %s', async (_form, names) => {
    const { body } = await create({ name: 'Tools', function_names: names });
    const { tools } = (body as { agent_state: { tools: string[] } }).agent_state;
    expect(tools).toContain('memory_insert');
    expect(tools.filter((name) => name === 'send_message')).toHaveLength(1);
    expect(tools.length).toBe(9);
  });

  it('keeps what the caller wrote of metadata and system prompt', async () => {
    const metadata = { team: 'harbor', depth: { of: 3 } };
    const { body } = await create({ name: 'Kept', system: 'Be brief.', metadata, human_name: 'ines' });
    const state = (body as { agent_state: Record<string, unknown> }).agent_state;
    expect(state['system']).toBe('Be brief.');
    expect(state['metadata']).toEqual({ ...metadata, human: 'ines', persona: 'sam_pov' });
  });

  it('refuses a name that is taken, and lets another user have it', async () => {
    await newAgent({ name: 'Taken' });
    const again = await create({ name: 'Taken' });
    expect([again.status, again.body]).toEqual([409, { detail: 'Agent with name Taken already exists' }]);
    const other = await app.newUser();
    expect((await create({ name: 'Taken' }, other.headers)).status).toBe(200);
  });

  it('lets one of many who want the same name at once have it', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => create({ name: 'Wanted' })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409, 409, 409, 409, 409, 409, 409]);
    expect((await app.rows()).agents).toBe(1);
  });

  it.each([
    [{ preset: 'nothing' }, 'preset nothing does not exist'],
    [{ function_names: 'send_message,launch' }, 'Tool launch does not exist'],
    [{ name: 'x'.repeat(257) }, "An agent's name may have 256 characters."],
  ])('refuses %j and writes nothing', async (config, text) => {
    const before = await app.rows();
    const answer = await create(config);
    expect([answer.status, answer.body]).toEqual([400, { detail: text }]);
    expect(await app.rows()).toEqual(before);
  });

  it('refuses a persona that does not fit its block and writes nothing', async () => {
    const before = await app.rows();
    expect((await create({ persona: 'x'.repeat(5_000) })).status).toBe(200);
    const after = await app.rows();
    expect((await create({ persona: 'x'.repeat(5_001) })).status).toBe(400);
    expect(await app.rows()).toEqual(after);
    expect(after.agents).toBe(before.agents + 1);
  });
});

describe('reading agents', () => {
  it('answers the same at every spelling of the path', async () => {
    const id = await newAgent();
    const paths = [
      `/api/agents/${id}`,
      `/api/agents/${id}/`,
      `/api/agents/${id}/config`,
      `/api/agents/config?agent_id=${id}`,
    ];
    const answers = await Promise.all(paths.map((path) => supertest(app.server).get(path).set(asAdmin)));
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual(answers[0]?.body);
    }
    expect(answers[0]?.body).toMatchObject({
      agent_state: { id },
      sources: [],
      last_run_at: expect.any(Number) as number,
    });
  });

  it('understands the ids of the other faces', async () => {
    const { toLettaId, toOpenaiId } = await import('../../../src/domain/ids.js');
    const id = await newAgent();
    for (const spelling of [toLettaId('agent', id), toOpenaiId('agent', id), id.toUpperCase()]) {
      const { body } = await supertest(app.server).get(`/api/agents/${spelling}/config`).set(asAdmin);
      expect((body as { agent_state: { id: string } }).agent_state.id).toBe(id);
    }
  });

  it("lists one's own agents with what they remember", async () => {
    const other = await app.newUser();
    const id = await newAgent({ name: 'Mine', human: 'Name: Ines' });
    await newAgent({ name: 'Theirs' }, other.headers);
    const { body } = await supertest(app.server).get('/api/agents').set(asAdmin);
    expect(body).toMatchObject({
      num_agents: 1,
      agents: [
        {
          id,
          name: 'Mine',
          created_at: expect.stringMatching(isoTime) as string,
          last_run: expect.stringMatching(isoTime) as string,
          human: null,
          persona: 'sam_pov',
          memory: { core_memory: { human: 'Name: Ines' }, recall_memory: 4, archival_memory: 0 },
          sources: [],
        },
      ],
    });
    const [first] = (body as { agents: { tools: object[] }[] }).agents;
    expect(first?.tools[0]).toMatchObject({ name: 'send_message', json_schema: { name: 'send_message' } });
  });

  it('has an empty list for a new user', async () => {
    const { headers } = await app.newUser();
    const { body } = await supertest(app.server).get('/api/agents').set(headers);
    expect(body).toEqual({ num_agents: 0, agents: [] });
  });
});

describe('renaming an agent', () => {
  it('changes the name at both spellings of the path', async () => {
    const id = await newAgent({ name: 'Before' });
    const byPath = await supertest(app.server)
      .patch(`/api/agents/${id}/rename`)
      .set(asAdmin)
      .send({ agent_name: 'After 1' });
    expect(byPath.body).toMatchObject({ agent_state: { id, name: 'After 1' } });
    const byBody = await supertest(app.server)
      .patch('/api/agents/rename')
      .set(asAdmin)
      .send({ agent_id: id, agent_name: 'After_2' });
    expect(byBody.body).toMatchObject({ agent_state: { id, name: 'After_2' } });
  });

  it.each([
    ['', 400, 'Name length must be between 1 and 50 characters.'],
    ['x'.repeat(51), 400, 'Name length must be between 1 and 50 characters.'],
    ['semi;colon', 400, 'Name contains invalid characters.'],
    ['Before', 409, 'New name (Before) is the same as the current name'],
    ['Taken', 409, 'Agent with name Taken already exists'],
  ])('to %j is refused', async (name, status, detail) => {
    await newAgent({ name: 'Taken' });
    const id = await newAgent({ name: 'Before' });
    const answer = await supertest(app.server)
      .patch(`/api/agents/${id}/rename`)
      .set(asAdmin)
      .send({ agent_name: name });
    expect([answer.status, answer.body]).toEqual([status, { detail }]);
    const { body } = await supertest(app.server).get(`/api/agents/${id}`).set(asAdmin);
    expect((body as { agent_state: { name: string } }).agent_state.name).toBe('Before');
  });
});

describe('deleting an agent', () => {
  it.each([(id: string) => `/api/agents/${id}`, (id: string) => `/api/agents?agent_id=${id}`])(
    'takes it away at path %#',
    async (path) => {
      const id = await newAgent();
      const answer = await supertest(app.server).delete(path(id)).set(asAdmin);
      expect([answer.status, answer.body]).toEqual([200, { message: `Agent agent_id=${id} successfully deleted` }]);
      expect((await app.rows()).agents).toBe(0);
      expect((await supertest(app.server).delete(path(id)).set(asAdmin)).status).toBe(404);
    },
  );
});

describe('memory', () => {
  it('is read at both spellings of the path', async () => {
    const id = await newAgent({ name: null, human: 'Name: Ines', persona: 'I am calm.' });
    for (const path of [`/api/agents/${id}/memory`, `/api/agents/memory?agent_id=${id}`]) {
      const { body } = await supertest(app.server).get(path).set(asAdmin);
      expect(body).toEqual({
        core_memory: { human: 'Name: Ines', persona: 'I am calm.' },
        recall_memory: 4,
        archival_memory: 0,
      });
    }
  });

  it('is rewritten, and the answer has the old and the new', async () => {
    const id = await newAgent({ name: null, human: 'Name: Ines', persona: 'I am calm.' });
    const first = await supertest(app.server)
      .post(`/api/agents/${id}/memory`)
      .set(asAdmin)
      .send({ human: 'Name: Inês' });
    expect(first.body).toEqual({
      old_core_memory: { human: 'Name: Ines', persona: 'I am calm.' },
      new_core_memory: { human: 'Name: Inês', persona: 'I am calm.' },
    });
    const second = await supertest(app.server)
      .post('/api/agents/memory')
      .set(asAdmin)
      .send({ agent_id: id, human: null, persona: 'I am quick.' });
    expect(second.body).toMatchObject({ new_core_memory: { human: 'Name: Inês', persona: 'I am quick.' } });
    const { body } = await supertest(app.server).get(`/api/agents/${id}/memory`).set(asAdmin);
    expect(body).toMatchObject({ core_memory: { human: 'Name: Inês', persona: 'I am quick.' } });
  });

  it('keeps both blocks as they were where one of two new texts is too long', async () => {
    const id = await newAgent({ name: null, human: 'a', persona: 'b' });
    const before = await app.rows();
    const values = { human: 'new', persona: 'x'.repeat(5_001) };
    const answer = await supertest(app.server).post(`/api/agents/${id}/memory`).set(asAdmin).send(values);
    expect(answer.status).toBe(400);
    expect((answer.body as { detail: string }).detail).toContain('5,000');
    expect(await app.rows()).toEqual(before);
  });
});
