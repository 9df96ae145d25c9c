import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.js';
import { createExtractor } from '../../../src/extract/extractor.js';
import { Ingester } from '../../../src/runs/ingester.js';
import { startApp, type RunningApp } from '../running-app.js';

/** A result of a search, as far as these tests look at it. */
interface Result {
  kind: string;
  id: string;
  text: string;
  created_at: string;
  role?: string;
  tags?: string[];
  filename?: string;
  score?: number;
  conversation_id?: string;
  neighbours?: Result[];
}

interface Found {
  query: string | null;
  total: number;
  totals: Record<'recall' | 'archival' | 'files', number>;
  results: Result[];
}

let app: RunningApp;
let headers: Record<string, string>;
beforeAll(async () => {
  app = await startApp({ script: () => ({ calls: [{ name: 'send_message', arguments: { message: 'Noted.' } }] }) });
  ({ headers } = await app.newUser());
});
afterAll(() => app.close());

async function ask<T>(method: string, path: string, body?: unknown): Promise<{ status: number; json: T }> {
  const response = await fetch(`${app.url}${path}`, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as T };
}

async function newAgent(): Promise<string> {
  const { json } = await ask<{ agent_state: { id: string } }>('POST', '/api/agents', { config: {} });
  return json.agent_state.id;
}

/** Says something at a time. */
async function say(agentId: string, message: string, timestamp: string): Promise<void> {
  await ask('POST', `/api/agents/${agentId}/messages`, { message, timestamp });
}

async function search(agentId: string, wanted: Record<string, string>): Promise<Found> {
  const path = `/api/agents/${agentId}/memory/search?${new URLSearchParams(wanted)}`;
  const { status, json } = await ask<Found>('GET', path);
  expect([status, json]).toEqual([200, json]);
  return json;
}

const texts = ({ results }: Found): string[] => results.map((result) => result.text);

describe('the search of an agent’s memory', () => {
  it('I-24: pages through what was said without gap or repeat, in one order, with exact totals', async () => {
    const agentId = await newAgent();
    for (let index = 0; index < 11; index += 1) {
      await say(agentId, `the plum number ${index}`, `2025-03-0${1 + (index % 3)}T10:00:${10 + index}Z`);
    }
    const walked: string[] = [];
    for (let offset = 0; offset < 12; offset += 4) {
      const part = await search(agentId, { query: 'plums', scope: 'recall', limit: '4', offset: String(offset) });
      expect([part.total, part.totals]).toEqual([11, { recall: 11, archival: 0, files: 0 }]);
      walked.push(...texts(part));
    }
    expect(new Set(walked).size).toBe(11);
    expect(texts(await search(agentId, { query: 'plums', scope: 'recall', limit: '100' }))).toEqual(walked);
    const days = await search(agentId, { query: 'plum', from: '2025-03-02', to: '2025-03-02', limit: '100' });
    expect(days.total).toBe(4);
    expect(days.results.every((result) => result.created_at.startsWith('2025-03-02T10:00:'))).toBe(true);
  });

  it('fuses what was said, the archive and the files by rank, and counts each', async () => {
    const agentId = await newAgent();
    await say(agentId, 'A heron stood by the lake.', '2025-03-01T10:00:00Z');
    await say(agentId, 'The heron, again the heron, came back.', '2025-03-01T10:01:00Z');
    await ask('POST', `/api/agents/${agentId}/archival`, { content: 'Herons eat fish.' });
    await attachFile(agentId, 'birds.txt', 'The heron nests in the reeds.');
    const all = await search(agentId, { query: 'heron', limit: '3' });
    expect(all.totals).toEqual({ recall: 2, archival: 1, files: 1 });
    expect(all.total).toBe(4);
    expect(all.results.map((result) => result.kind)).toEqual(['recall', 'archival', 'file']);
    expect(all.results[2]).toMatchObject({ filename: 'birds.txt', text: 'The heron nests in the reeds.' });
    expect(all.results[2]?.score).toBeGreaterThan(0);
    const rest = await search(agentId, { query: 'heron', limit: '3', offset: '3' });
    expect(rest.results.map((result) => result.kind)).toEqual(['recall']);
    for (const scope of ['recall', 'archival', 'files']) {
      const one = await search(agentId, { query: 'heron', scope });
      expect(one.total).toBe(scope === 'recall' ? 2 : 1);
    }
  });

  it('prefers what was said when the question says, as days are in the agent’s zone, and finds the rest too', async () => {
    const { json } = await ask<{ agent_state: { id: string } }>('POST', '/api/agents', {
      config: { metadata: { timezone: 'America/New_York' } },
    });
    const agentId = json.agent_state.id;
    await say(agentId, 'We went sailing on the bay.', '2023-06-04T03:00:00Z');
    for (const day of ['02', '06', '20']) await say(agentId, 'We went sailing, sailing.', `2023-06-${day}T12:00:00Z`);
    const found = await search(agentId, { query: 'Where did we sail on 3 June, 2023?', roles: 'user' });
    expect(found.results[0]?.text).toBe('We went sailing on the bay.');
    expect(found.total).toBe(4);
    expect(texts(await search(agentId, { query: 'Where did we sail?', roles: 'user' }))[0]).not.toContain('bay');
  });

  it('lists the newest of both kinds first where there are no words', async () => {
    const agentId = await newAgent();
    await say(agentId, 'long ago', '2020-01-01T00:00:00Z');
    await ask('POST', `/api/agents/${agentId}/archival`, { content: 'kept today' });
    await say(agentId, 'some day', '2090-01-01T00:00:00Z');
    const listed = await search(agentId, { roles: 'user' });
    expect([listed.query, texts(listed)]).toEqual([null, ['some day', 'kept today', 'long ago']]);
  });

  it('shows on request what was said right before and after', async () => {
    const agentId = await newAgent();
    await say(agentId, 'Where shall we meet?', '2025-03-01T10:00:00Z');
    await say(agentId, 'At the lighthouse.', '2025-03-01T10:01:00Z');
    const [hit] = (await search(agentId, { query: 'lighthouse', neighbours: '1' })).results;
    expect(hit?.neighbours?.map((message) => [message.role, message.text])).toEqual([
      ['assistant', 'Noted.'],
      ['assistant', 'Noted.'],
    ]);
    const [alone] = (await search(agentId, { query: 'lighthouse' })).results;
    expect(alone).not.toHaveProperty('neighbours');
  });

  it('searches the memory of a thread or of a key, and no other', async () => {
    const { json: assistant } = await ask<{ id: string }>('POST', '/v1/assistants', { model: 'scripted' });
    const threads: string[] = [];
    for (const user of ['ines', 'tom']) {
      const { json: thread } = await ask<{ id: string }>('POST', '/v1/threads', {
        metadata: { user_id: user },
        messages: [{ role: 'user', content: `${user} likes oolong` }],
      });
      const { json: run } = await ask<{ id: string }>('POST', `/v1/threads/${thread.id}/runs`, {
        assistant_id: assistant.id,
      });
      expect(run.id).toMatch(/^run_/u);
      threads.push(thread.id);
    }
    expect(texts(await search(assistant.id, { query: 'oolong', memory: 'tom' }))).toEqual(['tom likes oolong']);
    const ofThread = await search(assistant.id, { query: 'oolong', conversation_id: threads[0] ?? '' });
    expect(texts(ofThread)).toEqual(['ines likes oolong']);
    expect((await search(assistant.id, { query: 'oolong' })).total).toBe(0);
  });

  it('answers the clients of Letta in their spelling of ids', async () => {
    const agentId = await newAgent();
    await ask('POST', `/api/agents/${agentId}/archival`, { content: 'Herons eat fish.' });
    for (const root of ['/v1', '/latest']) {
      const { json } = await ask<Found>('GET', `${root}/agents/agent-${agentId}/memory/search?query=fish`);
      expect(json.results[0]?.id).toMatch(/^passage-[0-9a-f-]{36}$/u);
    }
  });

  it.each([
    ['from=2025-03-02&to=2025-03-01', 400],
    ['from=whenever', 400],
    ['offset=1000', 400],
    ['memory=nobody', 404],
    ['conversation_id=thread_0000000000000000000001', 404],
    ['memory=a&conversation_id=thread_0000000000000000000001', 400],
    ['scope=attic', 422],
    ['limit=101', 422],
  ])('refuses ?%s with %i', async (query, status) => {
    const agentId = await newAgent();
    expect((await ask('GET', `/api/agents/${agentId}/memory/search?${query}`)).status).toBe(status);
  });
});

/** Puts a file into a source of the agent's and waits until it has been read. */
async function attachFile(agentId: string, name: string, text: string): Promise<void> {
  const extractor = createExtractor();
  const faults: unknown[] = [];
  const ingester = new Ingester({
    store: app.store,
    notifier: app.room.notifier,
    clock: systemClock,
    extractor,
    concurrency: 1,
    onFault: (error) => faults.push(error),
  });
  ingester.start();
  const { json: source } = await ask<{ id: string }>('POST', '/api/sources', { name: `source of ${agentId}` });
  await ask('POST', `/api/sources/${source.id}/attach?agent_id=${agentId}`);
  const form = new FormData();
  form.append('file', new Blob([text]), name);
  await fetch(`${app.url}/api/sources/${source.id}/upload`, { method: 'POST', headers, body: form });
  for (let total = 0; total === 0;) total = (await search(agentId, { query: text, scope: 'files' })).total;
  await ingester.stop();
  await extractor.close();
  expect(faults).toEqual([]);
}
