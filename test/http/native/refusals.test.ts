import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../src/domain/ids.js';
import { asAdmin, startApp, type RunningApp } from '../running-app.js';

let app: RunningApp;
let agentId: string;
let foreignId: string;
beforeAll(async () => {
  app = await startApp();
  const create = async (headers: Record<string, string>): Promise<string> => {
    const { body } = await supertest(app.server).post('/api/agents').set(headers).send({ config: {} });
    return (body as { agent_state: { id: string } }).agent_state.id;
  };
  agentId = await create(asAdmin);
  foreignId = await create((await app.newUser()).headers);
});
afterAll(() => app.close());

type Method = 'get' | 'post' | 'patch' | 'delete' | 'put';
interface Fault {
  type: string;
  loc: (string | number)[];
  msg: string;
  input: unknown;
  url: string;
}

async function ask(method: Method, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const request = supertest(app.server)[method](path.replace('{id}', agentId)).set(asAdmin);
  const answer = body === undefined ? await request : await request.send(body as object);
  return { status: answer.status, body: answer.body as unknown };
}

describe('input that does not fit', () => {
  it.each<[Method, string, unknown, string, (string | number)[]]>([
    ['post', '/api/agents', undefined, 'missing', ['body']],
    ['post', '/api/agents', {}, 'missing', ['body', 'config']],
    ['post', '/api/agents', { config: 'x' }, 'dict_type', ['body', 'config']],
    ['post', '/api/agents', { config: ['x'] }, 'dict_type', ['body', 'config']],
    ['post', '/api/agents', { config: { name: 7 } }, 'string_type', ['body', 'config', 'name']],
    ['post', '/api/agents', { config: { human: {} } }, 'string_type', ['body', 'config', 'human']],
    ['post', '/api/agents', { config: { function_names: 7 } }, 'list_type', ['body', 'config', 'function_names']],
    [
      'post',
      '/api/agents',
      { config: { function_names: [1] } },
      'string_type',
      ['body', 'config', 'function_names', 0],
    ],
    ['post', '/api/agents', { config: { metadata: 'x' } }, 'dict_type', ['body', 'config', 'metadata']],
    ['post', '/api/agents', ['x'], 'model_attributes_type', ['body']],
    ['get', '/api/agents/nothing', undefined, 'uuid_parsing', ['path', 'agent_id']],
    ['get', '/api/agents/config', undefined, 'missing', ['query', 'agent_id']],
    ['get', '/api/agents/config?agent_id=x', undefined, 'uuid_parsing', ['query', 'agent_id']],
    ['get', '/api/agents/config?agent_id=x&agent_id=y', undefined, 'string_type', ['query', 'agent_id']],
    ['patch', '/api/agents/{id}/rename', {}, 'missing', ['body', 'agent_name']],
    ['patch', '/api/agents/{id}/rename', { agent_name: null }, 'string_type', ['body', 'agent_name']],
    ['patch', '/api/agents/rename', { agent_name: 'x' }, 'missing', ['body', 'agent_id']],
    ['delete', '/api/agents', undefined, 'missing', ['query', 'agent_id']],
    ['delete', '/api/agents/7', undefined, 'uuid_parsing', ['path', 'agent_id']],
    ['post', '/api/agents/{id}/memory', { human: 7 }, 'string_type', ['body', 'human']],
    ['post', '/api/agents/{id}/memory', undefined, 'missing', ['body']],
    ['post', '/api/agents/memory', { human: 'x' }, 'missing', ['body', 'agent_id']],
    ['get', '/api/agents/memory', undefined, 'missing', ['query', 'agent_id']],
    ['post', '/api/agents/{id}/messages', { stream: true }, 'missing', ['body', 'message']],
    ['post', '/api/agents/{id}/messages', { message: 7 }, 'string_type', ['body', 'message']],
    ['post', '/api/agents/{id}/messages', { message: null }, 'string_type', ['body', 'message']],
    ['post', '/api/agents/{id}/messages', { message: 'Hi', role: 'assistant' }, 'enum', ['body', 'role']],
    ['post', '/api/agents/{id}/messages', { message: 'Hi', stream: 'perhaps' }, 'bool_parsing', ['body', 'stream']],
    ['post', '/api/agents/{id}/messages', { message: 'Hi', stream_steps: [] }, 'bool_type', ['body', 'stream_steps']],
    [
      'post',
      '/api/agents/{id}/messages',
      { message: 'Hi', timestamp: 'soon' },
      'datetime_parsing',
      ['body', 'timestamp'],
    ],
    ['post', '/api/agents/message', { message: 'Hi' }, 'missing', ['body', 'agent_id']],
    ['post', '/api/agents/x/messages', { message: 'Hi' }, 'uuid_parsing', ['path', 'agent_id']],
    ['get', '/api/agents/{id}/messages', undefined, 'missing', ['query', 'start']],
    ['get', '/api/agents/{id}/messages?start=x&count=1', undefined, 'int_parsing', ['query', 'start']],
    ['get', '/api/agents/{id}/messages?start=-1&count=1', undefined, 'greater_than_equal', ['query', 'start']],
    ['get', '/api/agents/{id}/messages?start=0&count=1001', undefined, 'less_than_equal', ['query', 'count']],
    ['get', '/api/agents/message?start=0&count=1', undefined, 'missing', ['query', 'agent_id']],
    ['get', '/api/agents/{id}/messages-cursor?limit=1.5', undefined, 'int_parsing', ['query', 'limit']],
    ['get', '/api/agents/{id}/messages-cursor?before=x', undefined, 'uuid_parsing', ['query', 'before']],
    ['post', '/api/auth', { password: 7 }, 'string_type', ['body', 'password']],
    ['get', '/admin/users?limit=0', undefined, 'greater_than_equal', ['query', 'limit']],
    ['get', '/admin/users?cursor=x', undefined, 'uuid_parsing', ['query', 'cursor']],
    ['post', '/admin/users', { user_id: 'x' }, 'uuid_parsing', ['body', 'user_id']],
    ['post', '/admin/users', { api_key_name: 7 }, 'string_type', ['body', 'api_key_name']],
    ['delete', '/admin/users', undefined, 'missing', ['query', 'user_id']],
    ['delete', '/admin/users/x', undefined, 'uuid_parsing', ['path', 'user_id']],
    ['post', '/admin/users/keys', {}, 'missing', ['body', 'user_id']],
    ['get', '/admin/users/keys', undefined, 'missing', ['query', 'user_id']],
    ['delete', '/admin/users/keys', undefined, 'missing', ['query', 'api_key']],
  ])('%s %s with %j is a fault of type %s at %j, and nothing is written', async (method, path, body, type, loc) => {
    const before = await app.rows();
    const answer = await ask(method, path, body);
    expect(answer.status).toBe(422);
    const { detail } = answer.body as { detail: Fault[] };
    expect(detail[0]).toMatchObject({ type, loc, url: `https://errors.pydantic.dev/2.6/v/${type}` });
    expect(detail[0]?.msg).toMatch(/^[A-Z]/u);
    expect(detail[0]).toHaveProperty('input');
    expect(await app.rows()).toEqual(before);
  });

  it('shows the value at fault, or what it is missing from', async () => {
    const missing = await ask('post', '/api/agents/{id}/messages', { stream: true });
    expect(missing.body).toEqual({
      detail: [
        {
          type: 'missing',
          loc: ['body', 'message'],
          msg: 'Field required',
          input: { stream: true },
          url: 'https://errors.pydantic.dev/2.6/v/missing',
        },
      ],
    });
    const role = await ask('post', '/api/agents/{id}/messages', { message: 'Hi', role: 'robot' });
    expect(role.body).toMatchObject({
      detail: [{ msg: "Input should be 'user' or 'system'", input: 'robot', ctx: { expected: "'user' or 'system'" } }],
    });
  });

  it('is told of every fault at once', async () => {
    const { body } = await ask('post', '/api/agents/{id}/messages', { message: 7, role: 'x', stream: 'x' });
    expect((body as { detail: Fault[] }).detail.map((fault) => fault.loc[1])).toEqual(['message', 'role', 'stream']);
  });

  it.each(['{"message": "Hi",}', '{', 'not json', '{"message": "Hi"} and more'])('of %j is no JSON', async (text) => {
    const before = await app.rows();
    const answer = await supertest(app.server)
      .post(`/api/agents/${agentId}/messages`)
      .set(asAdmin)
      .set('content-type', 'application/json')
      .send(text);
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({
      detail: [
        { type: 'json_invalid', loc: ['body', expect.any(Number) as number], msg: 'JSON decode error', input: {} },
      ],
    });
    expect(await app.rows()).toEqual(before);
  });

  it('takes words for truths and digits for numbers, as the old servers did', async () => {
    const answer = await ask('get', '/api/agents/{id}/messages?start=0&count=2');
    expect(answer.status).toBe(200);
    const flags = await ask('post', '/api/agents/{id}/messages', { message: '/x', stream: 'yes', stream_steps: 1 });
    expect(flags.status).toBe(400);
  });
});

describe('a body', () => {
  it('that is too large is refused before anything is written', async () => {
    const before = await app.rows();
    const answer = await ask('post', '/api/agents', { config: { human: 'x'.repeat(10 * 1024 * 1024) } });
    expect([answer.status, answer.body]).toEqual([413, { detail: 'The body is larger than 10 MB.' }]);
    expect(await app.rows()).toEqual(before);
  });

  it.each(['application/x-www-form-urlencoded', 'text/plain', 'application/json; charset=utf-8'])(
    'of JSON is read under the content type %s',
    async (type) => {
      const answer = await supertest(app.server)
        .post('/api/auth')
        .set('content-type', type)
        .send('{"password": "ilovellms"}');
      expect(answer.body).toMatchObject({ is_admin: true });
    },
  );

  it('may have members that nobody knows', async () => {
    const answer = await ask('post', '/api/auth', { password: 'ilovellms', colour: 'blue' });
    expect(answer.status).toBe(200);
  });
});

describe("somebody else's agent", () => {
  it.each<[Method, string, object | undefined]>([
    ['get', '/api/agents/{agent}', undefined],
    ['get', '/api/agents/{agent}/config', undefined],
    ['get', '/api/agents/config?agent_id={agent}', undefined],
    ['patch', '/api/agents/{agent}/rename', { agent_name: 'Mine now' }],
    ['patch', '/api/agents/rename', { agent_id: '{agent}', agent_name: 'Mine now' }],
    ['delete', '/api/agents/{agent}', undefined],
    ['delete', '/api/agents?agent_id={agent}', undefined],
    ['get', '/api/agents/{agent}/memory', undefined],
    ['get', '/api/agents/memory?agent_id={agent}', undefined],
    ['post', '/api/agents/{agent}/memory', { human: 'Mine now' }],
    ['post', '/api/agents/memory', { agent_id: '{agent}', human: 'Mine now' }],
    ['post', '/api/agents/{agent}/messages', { message: 'Hi' }],
    ['post', '/api/agents/{agent}/messages', { message: 'Hi', stream: true }],
    ['post', '/api/agents/message', { agent_id: '{agent}', message: 'Hi' }],
    ['get', '/api/agents/{agent}/messages?start=0&count=5', undefined],
    ['get', '/api/agents/message?agent_id={agent}&start=0&count=5', undefined],
    ['get', '/api/agents/{agent}/messages-cursor', undefined],
  ])('is as absent as one that never was, to %s %s with %j', async (method, path, body) => {
    const before = await app.rows();
    const of = async (id: string): Promise<[number, string]> => {
      const sent = body === undefined ? undefined : (JSON.parse(JSON.stringify(body).replace('{agent}', id)) as object);
      const answer = await ask(method, path.replace('{agent}', id), sent);
      return [answer.status, JSON.stringify(answer.body).replaceAll(id, 'ID')];
    };
    const absent = await of(newId());
    expect(absent[0]).toBe(404);
    expect(absent[1]).toMatch(/^\{"detail":"Agent agent_id=ID (does not exist|not found\.)"\}$/u);
    expect(await of(foreignId)).toEqual(absent);
    expect(await app.rows()).toEqual(before);
  });
});

describe('a path', () => {
  it.each<[Method, string, string]>([
    ['put', '/api/agents', 'GET, POST, DELETE'],
    ['patch', '/api/agents', 'GET, POST, DELETE'],
    ['put', '/api/agents/{id}', 'GET, DELETE'],
    ['delete', '/api/agents/message', 'POST, GET'],
    ['delete', '/api/agents/{id}/messages', 'POST, GET'],
    ['get', '/api/auth', 'POST'],
    ['patch', '/admin/users', 'GET, POST, DELETE'],
    ['post', '/health', 'GET'],
  ])('that is known refuses %s %s', async (method, path, allow) => {
    const answer = await supertest(app.server)[method](path.replace('{id}', agentId)).set(asAdmin);
    expect([answer.status, answer.body]).toEqual([405, { detail: 'Method Not Allowed' }]);
    expect(answer.headers['allow']).toBe(allow);
  });

  it.each(['/api/nothing', '/admin/nothing', '/latest/nothing', '/api', '/nothing', '/v1/agents/x/y/z', '/API/agents'])(
    '%s that nobody defined is not found',
    async (path) => {
      const answer = await supertest(app.server).get(path).set(asAdmin);
      expect([answer.status, answer.body]).toEqual([404, { detail: 'Not Found' }]);
    },
  );

  it.each(['/v1/nothing', '/openai/v1/nothing', '/v1', '/openai/v1/agents'])(
    '%s that nobody defined is refused in the words of the OpenAI face',
    async (path) => {
      const answer = await supertest(app.server).post(path);
      expect(answer.status).toBe(404);
      expect(answer.body).toEqual({
        error: {
          message: expect.stringContaining(`POST ${path}`) as string,
          type: 'invalid_request_error',
          param: null,
          code: 'unknown_url',
        },
      });
    },
  );

  it('with broken percent signs is a bad request', async () => {
    const answer = await supertest(app.server).get('/api/agents/%E0%A4%A').set(asAdmin);
    expect([answer.status, answer.body]).toEqual([400, { detail: 'Bad Request' }]);
  });

  it('may end in a slash and is not redirected', async () => {
    const answer = await supertest(app.server).get('/api/agents/').set(asAdmin).redirects(0);
    expect(answer.status).toBe(200);
  });
});
