import supertest from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import { faces } from '../../src/http/faces.js';
import { openApiDocuments } from '../../src/http/openapi.js';
import { asAdmin, startApp, type AppOptions, type RunningApp } from './running-app.js';

const open: RunningApp[] = [];
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});

async function start(options: AppOptions = {}): Promise<RunningApp> {
  const app = await startApp(options);
  open.push(app);
  return app;
}

describe('the server', () => {
  it.each(['/health', '/health/', '/v1/health', '/v1/health/'])('says at %s that it is there', async (path) => {
    const app = await start();
    const answer = await supertest(app.server).get(path);
    expect([answer.status, answer.body]).toEqual([200, { version: '0.1.0', status: 'ok' }]);
  });

  it('gives every answer an id, its own or the one that was sent', async () => {
    const app = await start();
    const own = await supertest(app.server).get('/health');
    expect(own.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/u);
    const sent = await supertest(app.server).get('/nothing').set('x-request-id', 'trace-7.a');
    expect(sent.headers['x-request-id']).toBe('trace-7.a');
    const odd = await supertest(app.server).get('/health').set('x-request-id', 'two words');
    expect(odd.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/u);
  });

  it('logs one fact for each request', async () => {
    const app = await start();
    await supertest(app.server).get('/api/agents?limit=1').set('x-request-id', 'r1');
    await expect.poll(() => app.logged.length).toBe(1);
    expect(app.logged[0]).toMatchObject({
      level: 'info',
      fact: { requestId: 'r1', method: 'GET', path: '/api/agents?limit=1', status: 403, whole: true },
    });
  });

  it('shows one word of a fault of its own and logs all of it', async () => {
    const app = await start();
    app.services.agents.list = () => Promise.reject(new Error('the disk is on fire'));
    const answer = await supertest(app.server).get('/api/agents').set(asAdmin).set('x-request-id', 'r2');
    expect([answer.status, answer.body]).toEqual([500, { detail: 'Internal Server Error' }]);
    const fault = app.logged.find((line) => line.level === 'error');
    expect(fault?.fact).toMatchObject({ requestId: 'r2', err: { message: 'the disk is on fire' } });
  });

  it('tells a stream of a fault that comes after its beginning, and logs it', async () => {
    const app = await start({ script: [{ calls: [{ name: 'send_message', arguments: { message: 'Hi' } }] }] });
    const created = await supertest(app.server).post('/api/agents').set(asAdmin).send({ config: {} });
    const { id } = (created.body as { agent_state: { id: string } }).agent_state;
    app.services.runs.follow = async function* () {
      yield await Promise.reject(new Error('torn'));
    };
    const answer = await supertest(app.server)
      .post(`/api/agents/${id}/messages`)
      .set(asAdmin)
      .send({ message: 'Hi', stream_steps: true });
    expect(answer.text).toBe(': open\n\ndata: {"error": "Internal Server Error"}\n\ndata: [DONE]\n\n');
    expect(app.logged.filter((line) => line.level === 'error')).toHaveLength(1);
  });

  it('sends no header that lets a page load or frame anything', async () => {
    const app = await start();
    const { headers } = await supertest(app.server).get('/health');
    expect(headers['content-security-policy']).toBe("default-src 'none';frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers['strict-transport-security']).toBeUndefined();
  });
});

describe('pages of other origins', () => {
  it('are kept out where none is configured', async () => {
    const app = await start();
    const { headers } = await supertest(app.server).get('/health').set('origin', 'http://localhost:3000');
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it('may read answers where theirs is configured, after asking', async () => {
    const app = await start({ corsOrigins: ['http://localhost:3000'] });
    const mine = await supertest(app.server).get('/health').set('origin', 'http://localhost:3000');
    expect(mine.headers['access-control-allow-origin']).toBe('http://localhost:3000');
    const other = await supertest(app.server).get('/health').set('origin', 'http://evil.example');
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
    const preflight = await supertest(app.server)
      .options('/api/agents')
      .set('origin', 'http://localhost:3000')
      .set('access-control-request-method', 'POST')
      .set('access-control-request-headers', 'authorization,content-type');
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-headers']).toBe('authorization,content-type');
    expect(preflight.headers['access-control-allow-methods']).toContain('POST');
  });
});

interface Document {
  info: { title: string };
  paths: Record<string, Record<string, { security: object[]; requestBody?: object; responses: object }>>;
}

describe('the generated documents', () => {
  const documents = openApiDocuments('0.1.0') as Record<string, Document>;

  it('describe exactly the routes that are served', () => {
    const described = Object.entries(documents['openapi.json']?.paths ?? {}).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    const served = faces.flatMap((face) => face.routes.map((route) => `${route.method} ${route.path}`));
    expect(described.sort()).toEqual(served.sort());
    expect(new Set(served).size).toBe(served.length);
  });

  it('part the paths as the old files did, under the old titles', () => {
    const paths = (name: string): string[] => Object.keys(documents[name]?.paths ?? {});
    expect(paths('openapi_letta.json')).toContain('/api/agents/{agent_id}/messages');
    expect(paths('openapi_letta.json')).toContain('/v1/agents/{agent_id}/messages');
    expect(paths('openapi_letta.json').filter((path) => /^\/v1\/(?:assistants|threads)/u.test(path))).toEqual([]);
    expect(paths('openapi_memgpt.json')).toEqual(paths('openapi_letta.json'));
    expect(paths('openapi_assistants.json').every((path) => /^\/(v1|openai)\//u.test(path))).toBe(true);
    expect(Object.values(documents).map((document) => document.info.title)).toEqual([
      'Threadkeeper',
      'Letta API',
      'MemGPT API',
      'OpenAI Assistants API',
    ]);
  });

  it('say which routes ask for a credential and which take a body', () => {
    const paths = documents['openapi.json']?.paths ?? {};
    expect(paths['/health']?.['get']?.security).toEqual([]);
    expect(paths['/api/agents']?.['post']).toMatchObject({
      security: [{ bearer: [] }],
      requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/CreateAgentRequest' } } } },
    });
    expect(paths['/admin/users']?.['get']?.requestBody).toBeUndefined();
    expect(paths['/api/agents/{agent_id}/messages']?.['post']?.responses).toHaveProperty([
      '200',
      'content',
      'text/event-stream',
    ]);
  });

  it('are served, with a page to read them that asks no other host for anything', async () => {
    const app = await start();
    for (const name of Object.keys(documents)) {
      const answer = await supertest(app.server).get(`/${name}`);
      expect(answer.body).toEqual(JSON.parse(JSON.stringify(documents[name])));
    }
    for (const path of ['/docs', '/redoc']) {
      const page = await supertest(app.server).get(path);
      expect(page.headers['content-type']).toContain('text/html');
      expect(page.headers['content-security-policy']).toContain("default-src 'self'");
      expect(page.text).not.toMatch(/https?:\/\//u);
      for (const [, asset] of page.text.matchAll(/(?:src|href)="([^"]+)"/gu)) {
        expect((await supertest(app.server).get(asset ?? '')).status).toBe(200);
      }
    }
  });
});
