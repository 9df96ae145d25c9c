import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelRequest } from '../../../src/providers/provider.js';
import { startApp, type RunningApp } from '../running-app.js';

/** What the route tells, as far as these tests look at it. */
interface View {
  conversation_id: string;
  window: { size: number; usable: number; current: number; compacts_at: number };
  instructions: { text: string; tokens: number };
  blocks: { label: string; chars: number; limit: number; text: string; value: string }[];
  summary: { text: string; covers: [number, number] } | null;
  in_context: { seq: number; role: string; text: string; tokens: number; why: string }[];
  out_of_context: { messages: number; passages: number };
  context_window_size_current: number;
  system_prompt: string;
  core_memory: string;
  external_memory_summary: string;
  functions_definitions: { function: object }[];
  num_messages: number;
  num_archival_memory: number;
}

let app: RunningApp;
let headers: Record<string, string>;
/** While a model call is under way: which prompt to look at. */
let watched: string | null = null;
const seen: { request: ModelRequest; view: View }[] = [];

beforeAll(async () => {
  app = await startApp({
    script: async (request) => {
      if (watched !== null) seen.push({ request, view: (await ask<View>('GET', watched)).json });
      return request.tools.length === 0
        ? 'They spoke of herons.'
        : { calls: [{ name: 'send_message', arguments: { message: 'Noted.' } }] };
    },
  });
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
  const config = { human: 'Name: Inés', persona: 'I am Sam.' };
  const { json } = await ask<{ agent_state: { id: string } }>('POST', '/api/agents', { config });
  return json.agent_state.id;
}

/** What the model got and what the route told at that very moment, for the next message. */
async function look(path: string, send: () => Promise<unknown>): Promise<{ request: ModelRequest; view: View }> {
  watched = path;
  seen.length = 0;
  await send();
  watched = null;
  const last = seen.at(-1);
  if (last === undefined) throw new Error('The model was not asked.');
  return last;
}

/** The texts of a request that came from people and tools, and from the agent itself. */
function told(request: ModelRequest): string {
  return JSON.stringify(request.messages.slice(1));
}

function expectAgreement({ request, view }: { request: ModelRequest; view: View }): void {
  const system = request.messages[0]?.role === 'system' ? request.messages[0].text : '';
  expect(system).toBe(`${view.system_prompt}\n\n${view.core_memory}\n${view.external_memory_summary}`);
  expect(view.functions_definitions.map((tool) => tool.function)).toEqual(request.tools);
  const shown = view.in_context.filter((message) => message.tokens > 0);
  const count = (role: string): number => shown.filter((message) => message.role === role).length;
  const inSummary = view.summary === null ? 0 : 1;
  expect(request.messages.filter((message) => message.role === 'user')).toHaveLength(count('user') + inSummary);
  expect(request.messages.filter((message) => message.role === 'assistant')).toHaveLength(count('assistant'));
  expect(request.messages.filter((message) => message.role === 'tool')).toHaveLength(count('tool'));
  for (const message of shown) expect(told(request)).toContain(JSON.stringify(message.text).slice(1, -1));
}

describe('the view of a prompt', () => {
  it('tells what the model really gets, block by block and message by message', async () => {
    const agentId = await newAgent();
    await ask('POST', `/api/agents/${agentId}/archival`, { content: 'Herons eat fish.' });
    await ask('POST', `/api/agents/${agentId}/messages`, { message: 'Where do herons live?' });
    const path = `/api/agents/${agentId}/context`;
    const both = await look(path, () => ask('POST', `/api/agents/${agentId}/messages`, { message: 'And eat?' }));
    expectAgreement(both);
    const { view } = both;
    expect(view.blocks.map(({ label, chars, value }) => [label, chars, value])).toEqual([
      ['persona', 9, 'I am Sam.'],
      ['human', 10, 'Name: Inés'],
    ]);
    expect(view).toMatchObject({ num_archival_memory: 1, summary: null, out_of_context: { messages: 0, passages: 1 } });
    expect(view.in_context.at(-1)).toMatchObject({ role: 'user', text: 'And eat?' });
    expect(view.window.current).toBe(view.context_window_size_current);
    expect(view.window.current).toBeGreaterThan(view.instructions.tokens);
    expect(view.window.compacts_at).toBeLessThan(view.window.usable);
  });

  it('tells after a compaction what the summary covers and what has left', async () => {
    const agentId = await newAgent();
    await ask('POST', `/api/agents/${agentId}/messages`, { message: 'Where do herons live?' });
    await ask('POST', `/api/agents/${agentId}/command`, { command: 'summarize' });
    const path = `/v1/agents/agent-${agentId}/context`;
    const both = await look(path, () => ask('POST', `/api/agents/${agentId}/messages`, { message: 'And eat?' }));
    expectAgreement(both);
    const { view, request } = both;
    expect(view.conversation_id).toMatch(/^conversation-/u);
    expect(view.summary?.text).toContain('They spoke of herons.');
    expect(told(request)).toContain('They spoke of herons.');
    const [firstLive] = view.in_context;
    expect(view.summary?.covers[1]).toBe((firstLive?.seq ?? 0) - 1);
    expect(view.out_of_context.messages).toBe((firstLive?.seq ?? 0) - 1);
    expect(view.in_context.map((message) => message.text)).toEqual(['And eat?']);
    expect(firstLive?.why).toContain('last compaction');
  });

  it('shows the prompt of an assistant in one of its threads, and needs to be told which', async () => {
    const { json: assistant } = await ask<{ id: string }>('POST', '/v1/assistants', {
      model: 'scripted',
      instructions: 'Be kind.',
    });
    const { json: thread } = await ask<{ id: string }>('POST', '/v1/threads', {
      messages: [{ role: 'user', content: 'Hello.' }],
    });
    const path = `/api/agents/${assistant.id}/context`;
    expect((await ask('GET', path)).status).toBe(400);
    expect((await ask('GET', `${path}?conversation_id=${thread.id}`)).status).toBe(404);
    await ask('POST', `/v1/threads/${thread.id}/runs`, { assistant_id: assistant.id });
    const { json } = await ask<View>('GET', `${path}?conversation_id=${thread.id}`);
    expect(json.system_prompt).toBe('Be kind.');
    expect(json.in_context[0]).toMatchObject({ role: 'user', text: 'Hello.' });
  });

  it('tells how many threads share the memory, where a search finds more than the thread holds', async () => {
    const { json: assistant } = await ask<{ id: string }>('POST', '/v1/assistants', { model: 'scripted' });
    const told = async (metadata: Record<string, string>): Promise<string> => {
      const { json: thread } = await ask<{ id: string }>('POST', '/v1/threads', {
        messages: [{ role: 'user', content: 'Hello.' }],
        metadata,
      });
      const path = `/api/agents/${assistant.id}/context?conversation_id=${thread.id}`;
      const { request, view } = await look(path, async () => {
        await ask('POST', `/v1/threads/${thread.id}/runs`, { assistant_id: assistant.id });
        await expect.poll(() => seen.length, { timeout: 10_000 }).toBe(1);
      });
      const system = request.messages[0]?.role === 'system' ? request.messages[0].text : '';
      expect(system).toContain(view.external_memory_summary);
      return view.external_memory_summary;
    };
    expect(await told({ memory: 'ines' })).toBe('');
    expect(await told({ memory: 'ines' })).toBe('- conversations that share this memory: 2');
    expect(await told({ memory: 'joao' })).toBe('');
    expect(await told({})).toBe('');
    expect(await told({ memory: 'ines' })).toBe('- conversations that share this memory: 3');
  });
});
