import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sleepTimeOf } from '../../src/domain/sleep-time.js';
import { startApp, type RunningApp } from './running-app.js';

let app: RunningApp;
let headers: Record<string, string>;
beforeAll(async () => {
  app = await startApp();
  ({ headers } = await app.newUser());
});
afterAll(() => app.close());

type Metadata = Record<string, unknown>;

interface Reply {
  id?: string;
  agent_state?: { metadata: Metadata };
  metadata?: Metadata;
  metadata_?: Metadata;
  detail?: string;
  error?: { type: string; param: string; message: string };
}

async function ask(method: string, path: string, body: object): Promise<{ status: number; json: Reply }> {
  const response = await fetch(`${app.url}${path}`, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as Reply };
}

let assistantId = '';
let agentId = '';
const places: [string, (metadata: Metadata) => Promise<{ status: number; json: Reply }>][] = [
  ['a new assistant', (metadata) => ask('POST', '/v1/assistants', { model: 'scripted', metadata })],
  ['a changed assistant', (metadata) => ask('POST', `/v1/assistants/${assistantId}`, { metadata })],
  ['a new agent of MemGPT', (metadata) => ask('POST', '/api/agents', { config: { metadata } })],
  ['a new agent of Letta', (metadata) => ask('POST', '/v1/agents', { metadata_: metadata })],
  [
    'a changed agent of Letta',
    (metadata) => ask('PATCH', `/v1/agents/${agentId}`, { id: agentId, metadata_: metadata }),
  ],
];
beforeAll(async () => {
  assistantId = (await ask('POST', '/v1/assistants', { model: 'scripted' })).json.id ?? '';
  agentId = (await ask('POST', '/v1/agents', {})).json.id ?? '';
});

describe.each(places)('the tidying of %s', (name, set) => {
  it.each(['often', '-1', '1000000', '2.5', ''])(
    'is refused where it is "%s", by the name of its field',
    async (every) => {
      const { status, json } = await set({ team: 'a', sleep_time_every: every });
      expect(status).toBe(400);
      const message = json.error?.message ?? json.detail;
      expect(message).toMatch(/^Invalid 'metadata\.sleep_time_every': a text was expected that is a whole number/u);
      expect(message).toContain(JSON.stringify(every));
      if (name.includes('assistant'))
        expect(json.error).toMatchObject({ type: 'invalid_request_error', param: 'metadata.sleep_time_every' });
    },
  );

  it.each([
    ['5', 5],
    ['999999', 999_999],
    ['off', null],
    ['0', null],
  ])('is kept where it is "%s"', async (every, everyRuns) => {
    const metadata = { sleep_time_every: every, sleep_time_model: ' small ' };
    const { status, json } = await set(metadata);
    expect(status).toBe(200);
    const kept = json.metadata ?? json.metadata_ ?? json.agent_state?.metadata;
    expect(kept).toMatchObject(metadata);
    expect(sleepTimeOf({ metadata }, 7)).toEqual(everyRuns === null ? null : { everyRuns, model: 'small' });
  });
});

it('a number that is no text is refused by the native faces too, rather than kept unread', async () => {
  for (const [name, set] of places) {
    const { status } = await set({ sleep_time_every: 5 });
    expect(status, name).toBe(400);
  }
});
