import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contractIsHere, watchContract } from '../../support/contract.js';

const ownHeaders = {
  'x-request-id': 'req_1',
  'openai-processing-ms': '1',
  'openai-version': '2020-10-01',
  'openai-organization': 'o',
};
const thread = { id: 'thread_1', object: 'thread', created_at: 1, metadata: {}, tool_resources: {} };
const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

/** What a server might answer at these paths, right or wrong. */
const answers: Record<string, { status?: number; type?: string; headers?: Record<string, string>; body: string }> = {
  '/v1/threads/thread_1': { body: JSON.stringify(thread) },
  '/v1/threads/thread_2': { body: JSON.stringify({ ...thread, created_at: '1' }) },
  '/v1/threads/thread_3': { status: 404, body: JSON.stringify({ error: { message: 'x', type: 'y' } }) },
  '/v1/threads/thread_4': { body: JSON.stringify(thread), headers: { 'openai-version': '' } },
  '/v1/threads/thread_5/messages': {
    body: JSON.stringify({ object: 'list', data: [], first_id: null, last_id: null, has_more: false }),
  },
  '/v1/threads/thread_6/messages': { body: JSON.stringify({ object: 'list', data: [], has_more: false }) },
  '/v1/threads/thread_7/runs': {
    type: 'text/event-stream',
    body: `: open\n\n${event('thread.created', thread)}event: done\ndata: [DONE]\n\n`,
  },
  '/v1/threads/thread_8/runs': { type: 'text/event-stream', body: event('thread.created', { id: 'thread_8' }) },
  '/v1/elsewhere': { body: '{}' },
};

let server: Server;
let base: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    const { status = 200, type = 'application/json', headers, body } = answers[request.url ?? ''] ?? { body: '{}' };
    response.writeHead(status, { 'content-type': type, ...ownHeaders, ...headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

async function faultsAt(path: string, method = 'GET'): Promise<string> {
  const watch = watchContract();
  const response = await watch.fetch(`${base}${path}`, { method });
  await response.text();
  return watch.settle().then(
    () => 'none',
    (error: Error) => error.message,
  );
}

describe.skipIf(!contractIsHere)('an answer', () => {
  it.each([
    ['/v1/threads/thread_1', 'GET'],
    ['/v1/threads/thread_5/messages', 'GET'],
    ['/v1/threads/thread_7/runs', 'POST'],
  ])('that keeps the contract passes: %s', async (path, method) => {
    expect(await faultsAt(path, method)).toBe('none');
  });

  it.each([
    ['/v1/threads/thread_2', 'GET', '/created_at'],
    ['/v1/threads/thread_3', 'GET', '/error'],
    ['/v1/threads/thread_4', 'GET', 'openai-version'],
    ['/v1/threads/thread_6/messages', 'GET', 'first_id'],
    ['/v1/threads/thread_8/runs', 'POST', 'thread.created'],
    ['/v1/elsewhere', 'GET', 'no such route'],
  ])('that breaks it is found: %s', async (path, method, where) => {
    expect(await faultsAt(path, method)).toContain(where);
  });
});
