import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.js';
import type { Extractor } from '../../../src/domain/extraction.js';
import { toLettaId } from '../../../src/domain/ids.js';
import { createExtractor } from '../../../src/extract/extractor.js';
import { Ingester } from '../../../src/runs/ingester.js';
import { docxOf, pdfOf } from '../../support/documents.js';
import { startApp, type RunningApp } from '../running-app.js';

type Headers = Record<string, string>;
interface Answer {
  status: number;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- what a server says is looked at member by member
  json: any;
}

let app: RunningApp;
let extractor: Extractor;
let ingester: Ingester;
const faults: unknown[] = [];
beforeAll(async () => {
  app = await startApp();
  extractor = createExtractor();
  ingester = new Ingester({
    store: app.store,
    notifier: app.room.notifier,
    clock: systemClock,
    extractor,
    concurrency: 2,
    onFault: (error) => faults.push(error),
  });
  ingester.start();
});
afterAll(async () => {
  await ingester.stop();
  await extractor.close();
  await app.close();
  expect(faults).toEqual([]);
});

async function ask(headers: Headers, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`${app.url}${path}`, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, json: text === '' ? null : (JSON.parse(text) as unknown) };
}

async function upload(headers: Headers, path: string, name: string, bytes: Buffer | string): Promise<Answer> {
  const form = new FormData();
  form.append('file', new Blob([typeof bytes === 'string' ? bytes : new Uint8Array(bytes)]), name);
  const response = await fetch(`${app.url}${path}`, { method: 'POST', headers, body: form });
  return { status: response.status, json: (await response.json()) as unknown };
}

async function ended(headers: Headers, path: string): Promise<Answer['json']> {
  for (;;) {
    const { json } = await ask(headers, 'GET', path);
    if (json.status === 'completed' || json.status === 'failed') return json;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function newAgent(headers: Headers): Promise<string> {
  const { json } = await ask(headers, 'POST', '/api/agents', {
    config: { name: `Sam ${Math.random().toString(36).slice(2)}` },
  });
  return json.agent_state.id as string;
}

async function newSource(headers: Headers, name = 'birds'): Promise<string> {
  const { json } = await ask(headers, 'POST', '/api/sources', { name });
  return json.id as string;
}

describe('a source', () => {
  it('is made, described, listed and deleted', async () => {
    const { headers } = await app.newUser();
    const made = await ask(headers, 'POST', '/api/sources', { name: 'birds', description: 'of the coast' });
    expect(made.json).toMatchObject({ name: 'birds', description: 'of the coast', metadata_: null });
    expect(typeof made.json.created_at).toBe('number');
    const again = await ask(headers, 'POST', '/api/sources', { name: 'birds' });
    expect(again.status).toBe(409);
    const changed = await ask(headers, 'POST', `/api/sources/${made.json.id}`, { name: 'owls' });
    expect(changed.json).toMatchObject({ id: made.json.id, name: 'owls', description: 'of the coast' });
    const { json } = await ask(headers, 'GET', '/api/sources');
    expect(json.sources).toHaveLength(1);
    expect(json.sources[0].metadata_).toEqual({ num_documents: 0, num_passages: 0, attached_agents: [] });
    const gone = await ask(headers, 'DELETE', `/api/sources/${made.json.id}`);
    expect(gone.json).toEqual({ message: `Source source_id=${made.json.id} successfully deleted` });
    expect((await ask(headers, 'GET', '/api/sources')).json.sources).toEqual([]);
  });

  it.each([
    ['report.pdf', pdfOf(['The heron stands in the shallows.'])],
    ['report.docx', docxOf(['The heron stands in the shallows.'])],
    ['report.md', '# Birds\n\nThe heron stands in the shallows.'],
    ['report.html', '<p>The heron stands in the shallows.</p>'],
    ['report.csv', 'bird,place\nheron,The heron stands in the shallows.'],
  ])('reads an uploaded %s', async (name, bytes) => {
    const { headers } = await app.newUser();
    const id = await newSource(headers);
    const job = await upload(headers, `/api/sources/${id}/upload`, name, bytes);
    expect(job.json).toMatchObject({ metadata_: { filename: name, source_id: id }, source: { id } });
    const done = await ended(headers, `/api/sources/status/${job.json.id}`);
    expect(done).toMatchObject({ status: 'completed', metadata_: { num_passages: 1, num_documents: 1 } });
    for (const path of [`/api/sources/${id}/passages%20`, `/api/sources/${id}/passages`]) {
      const { json } = await ask(headers, 'GET', path);
      expect(json.passages[0].text).toContain('The heron stands in the shallows.');
    }
    const { json } = await ask(headers, 'GET', `/api/sources/${id}/documents`);
    expect(json.documents).toMatchObject([{ data_source: 'birds', metadata: { file_name: name } }]);
  });

  it('says why a file could not be read, and reads the next one', async () => {
    const { headers } = await app.newUser();
    const id = await newSource(headers);
    const bad = await upload(headers, `/api/sources/${id}/upload`, '../../etc/bad.pdf', 'no pdf');
    const good = await upload(headers, `/api/sources/${id}/upload`, 'good.txt', 'The heron fishes.');
    const failed = await ended(headers, `/api/sources/status/${bad.json.id}`);
    expect(failed).toMatchObject({ status: 'failed', metadata_: { filename: 'bad.pdf' } });
    expect(failed.metadata_.error).toContain('it is none');
    expect(await ended(headers, `/api/sources/status/${good.json.id}`)).toMatchObject({ status: 'completed' });
  });

  it('holds the same bytes once, however often they are uploaded', async () => {
    const { headers } = await app.newUser();
    const id = await newSource(headers);
    const first = await upload(headers, `/api/sources/${id}/upload`, 'a.txt', 'The heron fishes.');
    const second = await upload(headers, `/api/sources/${id}/upload`, 'b.txt', 'The heron fishes.');
    expect(second.json.id).toBe(first.json.id);
    await ended(headers, `/api/sources/status/${first.json.id}`);
    expect((await ask(headers, 'GET', `/api/sources/${id}/passages`)).json.passages).toHaveLength(1);
  });

  it('is searched by an agent from the moment it is attached until it is detached', async () => {
    const { headers } = await app.newUser();
    const agentId = await newAgent(headers);
    const id = await newSource(headers);
    const job = await upload(headers, `/api/sources/${id}/upload`, 'a.txt', 'The falcon Aurelia nests on the tower.');
    await ended(headers, `/api/sources/status/${job.json.id}`);
    const search = async (): Promise<string> => {
      const [library] = await app.store.search.attachedLibraries(agentId, '');
      if (library === undefined) return 'nothing attached';
      const request = { query: 'falcon', embedding: null, filter: null, scoreMin: 0, limit: 5, offset: 0 };
      const { hits } = await app.store.search.libraries({ ...request, libraryIds: [library.id] });
      return hits.map((hit) => hit.text).join();
    };
    expect(await search()).toBe('nothing attached');
    const attached = await ask(headers, 'POST', `/api/sources/${id}/attach?agent_id=${agentId}`);
    expect(attached.json).toMatchObject({ id, name: 'birds' });
    expect(await search()).toContain('Aurelia');
    const { json } = await ask(headers, 'GET', `/api/agents/${agentId}`);
    expect(json.sources).toEqual([id]);
    expect((await ask(headers, 'GET', `/api/agents/${agentId}/memory`)).json.archival_memory).toBe(1);
    await ask(headers, 'POST', `/api/sources/${id}/detach?agent_id=${agentId}`);
    expect(await search()).toBe('nothing attached');
    expect((await ask(headers, 'GET', `/api/agents/${agentId}`)).json.sources).toEqual([]);
    expect((await ask(headers, 'POST', `/api/sources/${id}/detach?agent_id=${agentId}`)).status).toBe(409);
  });

  it('works in the earliest spelling: names and ids in the query, uploads that wait', async () => {
    const { headers } = await app.newUser();
    const agentId = await newAgent(headers);
    const id = await newSource(headers, 'early birds');
    const uploaded = await upload(headers, `/api/sources/upload?source_id=${id}`, 'a.txt', 'The heron fishes.');
    expect(uploaded.json).toMatchObject({ source: { id }, added_passages: 1, added_documents: 1 });
    const query = `agent_id=${agentId}&source_name=early%20birds`;
    expect((await ask(headers, 'POST', `/api/sources/attach?${query}`)).json).toMatchObject({ id });
    expect((await ask(headers, 'POST', `/api/sources/detach?${query}`)).json).toMatchObject({ id });
    const { json } = await ask(headers, 'GET', `/api/sources/passages%20?source_id=${id}`);
    expect(json.passages).toHaveLength(1);
    const documents = await ask(headers, 'GET', `/api/sources/documents?source_id=${id}`);
    expect(documents.json.documents).toHaveLength(1);
    const bad = await upload(headers, `/api/sources/upload?source_id=${id}`, 'a.pdf', 'no pdf');
    expect(bad.status).toBe(400);
  });

  it('takes a form with a file and nothing else', async () => {
    const { headers } = await app.newUser();
    const id = await newSource(headers);
    expect((await ask(headers, 'POST', `/api/sources/${id}/upload`, {})).status).toBe(400);
    const form = new FormData();
    form.append('other', 'x');
    const empty = await fetch(`${app.url}/api/sources/${id}/upload`, { method: 'POST', headers, body: form });
    expect(empty.status).toBe(400);
  });
});

describe('a source of Letta 0.4', () => {
  it.each(['/v1', '/latest'])('is made, filled, attached and deleted under %s with exact keys', async (prefix) => {
    const { headers } = await app.newUser();
    const agentId = toLettaId('agent', await newAgent(headers));
    const made = await ask(headers, 'POST', `${prefix}/sources/`, { name: 'birds', description: 'of the coast' });
    expect(Object.keys(made.json).sort()).toEqual(
      ['created_at', 'description', 'embedding_config', 'id', 'metadata_', 'name', 'user_id'].sort(),
    );
    const { id } = made.json;
    expect(id).toMatch(/^source-[0-9a-f-]{36}$/);
    expect((await ask(headers, 'GET', `${prefix}/sources/name/birds`)).json).toBe(id);
    expect((await ask(headers, 'GET', `${prefix}/sources/${id}`)).json).toEqual(made.json);
    const changed = await ask(headers, 'PATCH', `${prefix}/sources/${id}`, { id, name: 'owls', metadata_: { a: 1 } });
    expect(changed.json).toMatchObject({ name: 'owls', description: 'of the coast', metadata_: { a: 1 } });
    const job = await upload(headers, `${prefix}/sources/${id}/upload`, 'a.txt', 'The owl hunts.');
    expect(Object.keys(job.json).sort()).toEqual(
      ['completed_at', 'created_at', 'id', 'metadata_', 'status', 'user_id'].sort(),
    );
    expect(job.json.metadata_).toMatchObject({ type: 'embedding', filename: 'a.txt', source_id: id });
    await ended(headers, `${prefix}/jobs/${job.json.id}`);
    expect((await ask(headers, 'GET', `${prefix}/jobs/`)).json).toHaveLength(1);
    expect((await ask(headers, 'GET', `${prefix}/jobs/active`)).json).toEqual([]);
    expect((await ask(headers, 'GET', `${prefix}/sources/${id}/passages`)).json).toMatchObject([
      { text: 'The owl hunts.', source_id: id },
    ]);
    expect((await ask(headers, 'GET', `${prefix}/sources/${id}/documents`)).json).toHaveLength(1);
    await ask(headers, 'POST', `${prefix}/sources/${id}/attach?agent_id=${agentId}`);
    expect((await ask(headers, 'GET', `${prefix}/agents/${agentId}/sources`)).json).toMatchObject([{ id }]);
    const listed = await ask(headers, 'GET', `${prefix}/sources/`);
    expect(listed.json[0].metadata_).toMatchObject({
      num_documents: 1,
      num_passages: 1,
      attached_agents: [{ id: agentId }],
    });
    await ask(headers, 'POST', `${prefix}/sources/${id}/detach?agent_id=${agentId}`);
    expect((await ask(headers, 'GET', `${prefix}/agents/${agentId}/sources`)).json).toEqual([]);
    expect(await ask(headers, 'DELETE', `${prefix}/sources/${id}`)).toEqual({ status: 200, json: null });
    expect((await ask(headers, 'GET', `${prefix}/sources/${id}`)).status).toBe(404);
  });
});

describe('somebody else’s source', () => {
  it('is not there, and neither are its jobs, passages and documents', async () => {
    const [owner, stranger] = [await app.newUser(), await app.newUser()];
    const id = await newSource(owner.headers);
    const agentId = await newAgent(owner.headers);
    const strangers = await newAgent(stranger.headers);
    const job = await upload(owner.headers, `/api/sources/${id}/upload`, 'a.txt', 'The heron fishes.');
    await ended(owner.headers, `/api/sources/status/${job.json.id}`);
    const absent = '01a20002-0000-7000-8000-000000000000';
    const asks = (source: string, one: string): [string, string, unknown?][] => [
      ['POST', `/api/sources/${source}`, { name: 'mine' }],
      ['DELETE', `/api/sources/${source}`],
      ['POST', `/api/sources/${source}/attach?agent_id=${strangers}`],
      ['POST', `/api/sources/${source}/detach?agent_id=${strangers}`],
      ['GET', `/api/sources/${source}/passages%20`],
      ['GET', `/api/sources/${source}/documents`],
      ['GET', `/api/sources/status/${one}`],
      ['GET', `/v1/sources/source-${source}`],
      ['PATCH', `/v1/sources/source-${source}`, { id: `source-${source}`, name: 'mine' }],
      ['DELETE', `/v1/sources/source-${source}`],
      ['GET', `/v1/sources/source-${source}/passages`],
      ['GET', `/v1/sources/source-${source}/documents`],
      ['GET', `/v1/jobs/job-${one}`],
    ];
    const foreign = asks(id, job.json.id as string);
    const unknown = asks(absent, absent);
    for (const [index, [method, path, body]] of foreign.entries()) {
      const found = await ask(stranger.headers, method, path, body);
      expect(found.status, `${method} ${path}`).toBe(404);
      const [, otherPath = ''] = unknown[index] ?? [];
      const none = await ask(stranger.headers, method, otherPath, body);
      const bare = (answer: Answer, ...ids: string[]): string =>
        ids.reduce((text, one) => text.replaceAll(one, 'ID'), JSON.stringify(answer));
      expect(bare(found, id, job.json.id as string), `${method} ${path}`).toBe(bare(none, absent));
    }
    const own = await newSource(stranger.headers);
    const lent = await ask(stranger.headers, 'POST', `/api/sources/${own}/attach?agent_id=${agentId}`);
    expect(lent.status).toBe(404);
    const slipped = await upload(stranger.headers, `/api/sources/${id}/upload`, 'a.txt', 'mine');
    expect(slipped.status).toBe(404);
    expect((await ask(stranger.headers, 'GET', '/v1/jobs/')).json).toEqual([]);
    expect((await ask(owner.headers, 'GET', `/api/sources/${id}/passages`)).json.passages).toHaveLength(1);
  });
});
