import supertest, { type Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../src/domain/ids.js';
import { lettaRoutes } from '../../../src/http/native/letta/index.js';
import { nativeRoutes } from '../../../src/http/native/index.js';
import type { Route } from '../../../src/http/route.js';
import { startApp, type RunningApp } from '../running-app.js';

/*
 * Walks the tables from which the routes are served, as somebody who holds a key of their own and has learnt the ids of
 * somebody else's things.
 */

type User = Awaited<ReturnType<RunningApp['newUser']>>;
type Ids = Record<string, string>;

/** In every text that belongs to the owner. */
const secret = 'orchid-seventeen';

let app: RunningApp;
let owner: User;
let stranger: User;
let foreign: Ids;
let own: Ids;

const routes = [...nativeRoutes, ...lettaRoutes];
const userRoutes = routes.filter((route) => route.access === 'user');

beforeAll(async () => {
  app = await startApp({ script: () => ({ calls: [{ name: 'send_message', arguments: { message: secret } }] }) });
  owner = await app.newUser();
  stranger = await app.newUser();
  foreign = await thingsOf(owner, secret);
  own = await thingsOf(stranger, 'plain');
});
afterAll(() => app.close());

async function send(user: User, method: Route['method'], path: string, body?: object): Promise<Response> {
  const request = supertest(app.server)[method](path).set(user.headers);
  if (/\/upload(?:\?|$)/u.test(path)) {
    const text = user === owner ? secret : 'plain';
    return request.attach('file', Buffer.from(text), `${text}.txt`);
  }
  return body === undefined ? request : request.send(body);
}

/** One of everything a user can have, under ids and names by the names of the parameters that lead there. */
async function thingsOf(user: User, text: string): Promise<Ids> {
  const make = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await send(user, 'post', path, body);
    expect([path, answer.status]).toEqual([path, 200]);
    return answer.body as Record<string, unknown>;
  };
  const name = `${text}-${newId().slice(-6)}`;
  const code = `def f_${newId().slice(-6)}():\n    """${text}"""\n`;
  const agent = (await make('/api/agents', { config: { name, human: text } }))['agent_state'] as { id: string };
  const { ids } = (await make(`/api/agents/${agent.id}/archival`, { content: text })) as { ids: string[] };
  const sent = (await make(`/v1/agents/${agent.id}/messages`, {
    messages: [{ role: 'user', text }],
    return_message_object: true,
  })) as { messages: { id: string }[] };
  const tool = await make('/api/tools', { source_code: code });
  const preset = (await make('/api/presets', { name, system: text, functions_schema: [] }))['preset'] as Ids;
  const block = await make('/v1/blocks', { label: 'human', name: `block-${name}`, value: text });
  const source = await make('/api/sources', { name });
  const job = await make(`/v1/sources/${String(source['id'])}/upload`, {});
  await make(`/v1/sources/${String(source['id'])}/attach?agent_id=${agent.id}`, {});
  const documents = await send(user, 'get', `/api/sources/${String(source['id'])}/documents`);
  const [document] = (documents.body as { documents: { id: string }[] }).documents;
  await make('/api/humans', { name, text });
  await make('/api/personas', { name, text });
  return {
    agent_id: agent.id,
    message_id: sent.messages[0]?.id ?? '',
    memory_id: ids[0] ?? '',
    id: ids[0] ?? '',
    block_id: String(block['id']),
    tool_id: String(tool['id']),
    tool_name: String(tool['name']),
    source_id: String(source['id']),
    source_name: name,
    job_id: String(job['id']),
    file_id: document?.id ?? '',
    human_name: name,
    persona_name: name,
    preset_name: name,
    preset_id: preset['id'] ?? '',
    // Labels are the same with everybody; this is one that nobody has.
    label: newId(),
    block_label: newId(),
  };
}

/** Ids and names of nothing, in the shapes of those of something. */
function nothing(): Ids {
  const names = ['source_name', 'tool_name', 'human_name', 'persona_name', 'preset_name'];
  return Object.fromEntries(
    Object.keys(foreign).map((key) => [key, names.includes(key) ? `none-${newId().slice(-6)}` : newId()]),
  );
}

/** A body that the route accepts, with ids from the list. */
function bodyOf({ method, path, body: schema }: Route, ids: Ids): object | undefined {
  const bodies: Record<string, object> = {
    'post /api/agents/{agent_id}/archival': { content: 'x' },
    'post /api/agents/{agent_id}/command': { command: 'memory' },
    'post /api/agents/command': { agent_id: ids['agent_id'], command: 'pop 100' },
    'post /api/agents/{agent_id}/memory': { human: 'x' },
    'post /api/agents/memory': { agent_id: ids['agent_id'], human: 'x' },
    'post /api/agents/{agent_id}/messages': { message: 'x' },
    'post /api/agents/message': { agent_id: ids['agent_id'], message: 'x' },
    'put /api/agents/{agent_id}/tool-rules': { tool_rules: [] },
    'post /api/agents/{agent_id}/approvals': { approvals: [{ tool_call_id: 'x', approve: true }] },
    'patch /api/agents/{agent_id}/rename': { agent_name: 'x' },
    'patch /api/agents/rename': { agent_id: ids['agent_id'], agent_name: 'x' },
    'patch /v1/agents/{agent_id}': { id: ids['agent_id'], name: 'x' },
    'patch /v1/agents/{agent_id}/memory': { human: 'x' },
    'post /v1/agents/{agent_id}/archival': { text: 'x' },
    'post /v1/agents/{agent_id}/archival-memory': { text: 'x' },
    'patch /v1/agents/{agent_id}/core-memory/blocks/{block_label}': { value: 'x' },
    'post /v1/agents/{agent_id}/messages': { messages: [{ role: 'user', text: 'x' }] },
    'patch /v1/agents/{agent_id}/messages/{message_id}': { id: ids['message_id'], text: 'x' },
    'patch /v1/blocks/{block_id}': { id: ids['block_id'], value: 'x' },
    'post /v1/blocks/{block_id}': { id: ids['block_id'], value: 'x' },
    'post /api/sources/{source_id}': { name: 'x' },
    'patch /v1/sources/{source_id}': { id: ids['source_id'], name: 'x' },
    'patch /v1/tools/{tool_id}': { id: ids['tool_id'], description: 'x' },
  };
  const body = bodies[`${method} ${path}`];
  if (body === undefined && schema !== null && method !== 'get') throw new Error(`Tell this test a body for ${path}.`);
  return body;
}

function pathOf(route: Route, ids: Ids): string {
  const path = route.path.replaceAll(/\{(\w+)\}/gu, (_all, name: string) => {
    const key = name === 'preset_name' && route.method === 'delete' ? 'preset_id' : name;
    const id = ids[key];
    if (id === undefined) throw new Error(`Tell this test an id for ${name} of ${route.path}.`);
    return encodeURIComponent(id);
  });
  const { agent_id = '', id = '', source_id = '', source_name = '' } = ids;
  const query = new URLSearchParams({ agent_id, id, source_id, source_name, start: '0', count: '5' });
  return `${encodeURI(decodeURI(path))}?${query}`;
}

/** Routes that lead to one thing, in the path, the query or the body. */
const singular = userRoutes.filter(
  (route) => route.path.includes('{') || /^\/api\/(?:agents|sources)\/./u.test(route.path),
);
const earlyDelete = userRoutes.filter((route) => route.method === 'delete' && route.path === '/api/agents');
/** Routes that lead to a thing inside of another, which may be the caller's own. */
const nested = singular.filter(
  (route) => /\{message_id\}|\{memory_id\}|\/(?:at|de)tach$/u.test(route.path) || route.path.endsWith('/archival'),
);

/** An answer without the ids that were asked for, which it may repeat. */
function masked(answer: Response, ids: Ids): [number, string] {
  const known = Object.values(ids).sort((left, right) => right.length - left.length);
  return [answer.status, known.reduce((text, id) => text.replaceAll(id, '…'), answer.text)];
}

async function ask(user: User, route: Route, ids: Ids): Promise<[number, string]> {
  const bare = Object.fromEntries(
    Object.entries(ids).map(([key, id]) => [key, id.replace(/^[a-z]+-(?=[0-9a-f]{8}-)/u, '')]),
  );
  return masked(await send(user, route.method, pathOf(route, bare), bodyOf(route, bare)), bare);
}

/** Everything the owner has, as the owner reads it. */
async function estate(): Promise<string[]> {
  const id = foreign['agent_id'] ?? '';
  const paths = [
    `/api/agents/${id}`,
    `/api/agents/${id}/archival/all`,
    `/v1/agents/${id}/messages?limit=100&msg_object=true`,
    '/v1/blocks?templates_only=false',
    '/api/tools',
    '/api/presets',
  ];
  return Promise.all(paths.map(async (path) => (await send(owner, 'get', path)).text));
}

describe('a user with the ids of another', () => {
  it("cannot tell what is another's from what does not exist, at any route", async () => {
    const before = await estate();
    expect(before.join()).toContain(secret);
    expect(singular.length).toBeGreaterThan(40);
    for (const route of [...singular, ...earlyDelete]) {
      const title = `${route.method} ${route.path}`;
      const [status, text] = await ask(stranger, route, foreign);
      expect([title, status, text]).toEqual([title, ...(await ask(stranger, route, nothing()))]);
      const isHarmless = title === 'delete /api/tools/{tool_name}';
      expect([title, status]).toEqual([title, isHarmless ? 200 : 404]);
      expect(text).not.toContain(secret);
    }
    expect(await estate()).toEqual(before);
  });

  it('reaches nothing of theirs through something of their own', async () => {
    const before = await estate();
    for (const route of nested) {
      const through = (ids: Ids): Ids => ({ ...ids, agent_id: own['agent_id'] ?? '' });
      const title = `${route.method} ${route.path}`;
      const [status, text] = await ask(stranger, route, through(foreign));
      expect([title, status, text]).toEqual([title, ...(await ask(stranger, route, through(nothing())))]);
      expect(text).not.toContain(secret);
    }
    for (const cursor of ['before', 'after']) {
      for (const [path, key] of [
        [`/v1/agents/${own['agent_id'] ?? ''}/messages`, 'message_id'],
        [`/v1/agents/${own['agent_id'] ?? ''}/archival`, 'memory_id'],
      ] as const) {
        const absent = nothing();
        const theirs = await send(stranger, 'get', `${path}?${cursor}=${foreign[key] ?? ''}`);
        const none = await send(stranger, 'get', `${path}?${cursor}=${absent[key] ?? ''}`);
        const bare = (foreign[key] ?? '').replace(/^message-/u, '');
        expect([theirs.status, theirs.text.replaceAll(bare, '…')]).toEqual([
          none.status,
          none.text.replaceAll(absent[key] ?? '', '…'),
        ]);
      }
    }
    expect(await estate()).toEqual(before);
  });

  it('finds none of it in any list', async () => {
    const lists = userRoutes.filter((route) => route.method === 'get' && !singular.includes(route));
    expect(lists.length).toBeGreaterThan(8);
    for (const route of lists) {
      const answer = await send(stranger, 'get', `${route.path}?templates_only=false`);
      expect([route.path, answer.status]).toEqual([route.path, 200]);
      expect(answer.text).not.toContain(secret);
      for (const id of Object.values(foreign)) expect(answer.text).not.toContain(id);
    }
  });

  it('cannot give an agent of their own the texts, presets or tools of another', async () => {
    const config = { name: 'greedy', human: foreign['human_name'], persona: foreign['persona_name'] };
    const made = await send(stranger, 'post', '/api/agents', { config });
    const { agent_state: agent } = made.body as { agent_state: { human: string; persona: string } };
    expect([agent.human, agent.persona]).toEqual([foreign['human_name'], foreign['persona_name']]);
    for (const wish of [{ preset: foreign['preset_name'] }, { function_names: foreign['tool_name'] }]) {
      expect((await send(stranger, 'post', '/api/agents', { config: { name: 'g', ...wish } })).status).toBe(400);
    }
  });

  it('is refused at every route of administrators, in the same words', async () => {
    const closed = routes.filter((route) => route.access === 'admin');
    expect(closed.length).toBeGreaterThan(15);
    for (const route of closed) {
      const path = route.path.replaceAll(/\{\w+\}/gu, owner.id);
      const answer = await send(stranger, route.method, `${path}?user_id=${owner.id}&api_key=${owner.key}`, {});
      expect([route.path, answer.status, answer.body]).toEqual([route.path, 401, { detail: 'Unauthorized' }]);
    }
  });
});

describe('whoever has no key', () => {
  it('is refused at every route but those that are open to all', async () => {
    for (const route of routes.filter((candidate) => candidate.access !== 'public')) {
      const path = route.path.replaceAll(/\{\w+\}/gu, newId());
      const answer = await supertest(app.server)[route.method](path);
      expect([route.path, answer.status, answer.body]).toEqual([route.path, 403, { detail: 'Not authenticated' }]);
    }
    expect(routes.filter((route) => route.access === 'public').map((route) => route.path)).toEqual([
      '/api/models',
      '/api/auth',
      '/v1/auth',
    ]);
  });
});
