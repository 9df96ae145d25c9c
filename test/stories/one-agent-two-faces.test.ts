import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toOpenaiId } from '../../src/domain/ids.js';
import {
  createMachine,
  serverPassword,
  spokenIn,
  startServer,
  type Machine,
  type ServerProcess,
} from '../support/server-process.js';

/*
 * The built program with its built-in stand-in for a model: what one face made is at home in the other.
 */

let machine: Machine;
let server: ServerProcess;
let client: OpenAI;

beforeAll(async () => {
  machine = createMachine();
  server = await startServer(machine);
  client = new OpenAI({ apiKey: serverPassword, baseURL: `${server.url}/v1`, maxRetries: 0 });
});
afterAll(() => machine.finish());

/** Makes a source that holds one text, and gives it to an agent. */
async function giveText(agentId: string, text: string): Promise<void> {
  const { json: source } = await server.ask('POST', '/api/sources', { name: 'birds' });
  const form = new FormData();
  form.append('file', new Blob([text]), 'birds.txt');
  const headers = { authorization: `Bearer ${serverPassword}` };
  const uploaded = await fetch(`${server.url}/api/sources/${source.id}/upload`, {
    method: 'POST',
    headers,
    body: form,
  });
  const { id: jobId } = (await uploaded.json()) as { id: string };
  for (let status = 'created'; status !== 'completed';) {
    status = (await server.ask('GET', `/api/sources/status/${jobId}`)).json.status as string;
    expect(['created', 'running', 'completed']).toContain(status);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const attached = await server.ask('POST', `/api/sources/${source.id}/attach?agent_id=${agentId}`);
  expect(attached.status).toBe(200);
}

/** What an assistant says on a new thread, all of it. */
async function answerOnThread(assistantId: string, content: string): Promise<string> {
  const thread = await client.beta.threads.create({ messages: [{ role: 'user', content }] });
  const run = await client.beta.threads.runs.createAndPoll(
    thread.id,
    { assistant_id: assistantId },
    { pollIntervalMs: 20 },
  );
  expect([run.status, run.last_error]).toEqual(['completed', null]);
  const { data } = await client.beta.threads.messages.list(thread.id, { run_id: run.id });
  return data
    .flatMap((message) => message.content.map((part) => (part.type === 'text' ? part.text.value : '')))
    .join('\n');
}

describe('one agent and two faces', () => {
  it('lists an agent made by MemGPT requests as an assistant, which answers on a thread from its source', async () => {
    const config = { name: 'Birder', preset: 'memgpt_chat', persona: 'sam_pov', human: 'basic' };
    const agentId = await server.newAgent(config);
    await giveText(agentId, 'The heron Cassiopeia nests at Wexford.');

    const { data } = await client.beta.assistants.list();
    expect(data.map(({ id, name }) => ({ id, name }))).toEqual([{ id: toOpenaiId('agent', agentId), name: 'Birder' }]);
    const [assistant] = data;
    expect(assistant?.id).toMatch(/^asst_[0-9A-Za-z]{1,24}$/u);
    const answer = await answerOnThread(assistant?.id ?? '', 'Where does the heron Cassiopeia nest?');
    expect(answer).toContain('nests at Wexford');
  });

  it('lists an assistant made by the official client as an agent, which answers a MemGPT message', async () => {
    const assistant = await client.beta.assistants.create({ model: 'gpt-4o', name: 'Harbour master' });
    const { json } = await server.ask('GET', '/api/agents');
    const agents = json.agents as { id: string; name: string }[];
    const agent = agents.find((each) => each.name === 'Harbour master');
    expect(agent?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/u);
    expect(toOpenaiId('agent', agent?.id ?? '')).toBe(assistant.id);

    await server.say(agent?.id ?? '', 'Please remember that the tug is called Dorothea.');
    const { status, json: reply } = await server.ask('POST', `/api/agents/${assistant.id}/messages`, {
      message: 'What is the tug called?',
      role: 'user',
      stream: false,
    });
    expect(status).toBe(200);
    expect(spokenIn(reply.messages as Record<string, unknown>[]).join(' ')).toContain('Dorothea');
  });
});
