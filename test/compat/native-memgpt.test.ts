import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, type RunningApp } from '../http/running-app.js';
import type { ReadingFace } from '../support/reading-face.js';
import { spokenIn, type StreamedEvent } from '../support/server-process.js';
import { birdFile, birdKnown, birdQuestion, birdUnknown, startNativeHouse, untilCompleted } from './native-house.js';
import { pythonClient, type Answer, type PythonClient } from './python-client.js';

/*
 * What the Python clients of MemGPT 0.3 send in the course of a working day, in their bytes, and what they read of the
 * answers.
 */

type Body = Record<string, unknown> & {
  agent_state: { id: string; name: string; state: { messages: string[] }; created_at: number };
};

let house: ReadingFace;
let app: RunningApp;
let call: PythonClient;

beforeAll(async () => {
  house = await startNativeHouse({
    text: 'Ines ist zurück.',
    calls: [{ name: 'send_message', arguments: { message: 'Grüß dich!' } }],
  });
  ({ app } = house);
  const admin = pythonClient(app.url, adminPassword);
  const made = await admin('POST', '/admin/users', { json: { user_id: null } });
  expect(made.status).toBe(200);
  call = pythonClient(app.url, (made.body as { api_key: string }).api_key);
});
afterAll(async () => {
  await house.close();
  expect(house.faults).toEqual([]);
});

const ok = async (answer: Promise<Answer>): Promise<Body> => {
  const { status, text, body } = await answer;
  expect([status, status === 200 ? '' : text]).toEqual([200, '']);
  return body as Body;
};

/** Asks what only the file knows; what the agent said aloud. */
const askOfBirds = async (path: string, body: Record<string, unknown>): Promise<string[]> => {
  const reply = await ok(call('POST', path, { json: { ...body, message: birdQuestion } }));
  return spokenIn(reply['messages'] as StreamedEvent[]);
};

describe('a client of MemGPT 0.3.4', () => {
  it('creates an agent, talks, edits its memory, reads back and deletes it', async () => {
    const config = { name: 'Early', preset: 'memgpt_chat', persona: null, human: 'Name: Inés' };
    const { agent_state: agent } = await ok(call('POST', '/api/agents', { json: { config } }));
    expect(agent).toMatchObject({
      name: 'Early',
      preset: 'memgpt_chat',
      human: 'Name: Inés',
      state: expect.any(Object) as object,
    });
    expect(Number.isInteger(agent.created_at)).toBe(true);
    const { id } = agent;

    const reply = await ok(call('POST', '/api/agents/message', { json: { agent_id: id, message: 'Ich bin zurück' } }));
    expect(reply['messages']).toEqual([
      expect.objectContaining({ internal_monologue: 'Ines ist zurück.' }),
      expect.objectContaining({ function_call: "send_message({'message': 'Grüß dich!'})" }),
      expect.objectContaining({ assistant_message: 'Grüß dich!' }),
      expect.objectContaining({ function_return: 'None', status: 'success' }),
    ]);
    const memory = await ok(call('POST', '/api/agents/memory', { json: { agent_id: id, human: 'Name: Inés\nTea.' } }));
    expect(memory['new_core_memory']).toMatchObject({ human: 'Name: Inés\nTea.' });
    const read = await ok(call('GET', '/api/agents/memory', { params: { agent_id: id } }));
    expect(read['core_memory']).toMatchObject({ human: 'Name: Inés\nTea.' });
    const page = await ok(call('GET', '/api/agents/message', { params: { agent_id: id, start: 0, count: 2 } }));
    expect(page['messages']).toHaveLength(2);
    await ok(call('PATCH', '/api/agents/rename', { json: { agent_id: id, agent_name: 'Renamed' } }));
    const command = await ok(call('POST', '/api/agents/command', { json: { agent_id: id, command: '/memory' } }));
    expect(command['response']).toContain('Tea.');
    await ok(call('DELETE', `/api/agents/${id}`));
    expect((await call('GET', '/api/agents/config', { params: { agent_id: id } })).status).toBe(404);
  });
});

describe('a client of MemGPT 0.3.6', () => {
  it('uploads a file and is told what it held, attaches it by its name, and the agent answers from it', async () => {
    const config = { name: 'Birder', preset: 'memgpt_chat', persona: null, human: null };
    const { id } = (await ok(call('POST', '/api/agents', { json: { config } }))).agent_state;
    const ask = () => askOfBirds('/api/agents/message', { agent_id: id });
    const source = await ok(call('POST', '/api/sources', { json: { name: 'early birds' } }));
    const params = { source_id: String(source['id']) };
    const counts = await ok(call('POST', '/api/sources/upload', { params, file: birdFile }));
    expect(counts).toEqual({
      source: expect.objectContaining({ id: source['id'], name: 'early birds' }) as object,
      added_passages: 1,
      added_documents: 1,
    });
    expect(await ask()).toEqual([birdUnknown]);
    const both = { source_name: 'early birds', agent_id: id };
    expect((await ok(call('POST', '/api/sources/attach', { params: both })))['id']).toBe(source['id']);
    expect(await ask()).toEqual([birdKnown]);
    await ok(call('POST', '/api/sources/detach', { params: both }));
    expect(await ask()).toEqual([birdUnknown]);
    await ok(call('DELETE', `/api/sources/${String(source['id'])}`));
    expect((await ok(call('GET', '/api/sources')))['sources']).toEqual([]);
    await ok(call('DELETE', `/api/agents/${id}`));
  });
});

describe('a client of MemGPT 0.3.10', () => {
  it('works with presets, archives, cursors and keys', async () => {
    const admin = pythonClient(app.url, adminPassword);
    const preset = { name: 'tutor', system: 'Teach.', persona: 'Patient.', human: 'Eager.', functions_schema: [] };
    await ok(call('POST', '/api/presets', { json: { id: null, description: null, ...preset } }));
    const config = { name: 'Pupil', preset: 'tutor', persona: null, human: null, function_names: '' };
    const made = await ok(call('POST', '/api/agents', { json: { config } }));
    expect(made).toMatchObject({ agent_state: { persona: 'Patient.' }, preset: { name: 'tutor' } });
    const { id } = made.agent_state;
    expect((await call('GET', `/api/agents/${id}/config`)).status).toBe(200);

    const archive = `/api/agents/${id}/archival`;
    const { ids } = (await ok(call('POST', archive, { json: { content: 'Das Café schließt um 8.' } }))) as unknown as {
      ids: string[];
    };
    const stored = await ok(call('GET', archive, { params: { before: undefined, after: undefined, limit: 1000 } }));
    expect(stored['archival_memory']).toEqual([{ id: ids[0], contents: 'Das Café schließt um 8.' }]);
    await ok(call('DELETE', archive, { params: { id: ids[0] } }));

    const say = { message: 'Hallo', role: 'user', stream: false };
    await ok(call('POST', `/api/agents/${id}/messages`, { json: say }));
    const history = await ok(call('GET', `/api/agents/${id}/messages-cursor`, { params: { limit: 1000 } }));
    const messages = history['messages'] as { id: string }[];
    const older = await ok(
      call('GET', `/api/agents/${id}/messages-cursor`, { params: { before: messages[0]?.id, limit: 1000 } }),
    );
    expect(older['messages']).toHaveLength(messages.length - 1);
    const streamed = await call('POST', `/api/agents/${id}/messages`, { json: { ...say, stream: true } });
    expect(streamed.text).toContain(`data: {"function_call": "send_message({'message': 'Grüß dich!'})", "id": "`);

    const users = await ok(admin('GET', '/admin/users'));
    const [user] = users['user_list'] as { user_id: string }[];
    const key = { user_id: user?.user_id, key_name: 'laptop' };
    const { api_key: secret } = await ok(admin('POST', '/admin/users/keys', { json: key }));
    const listed = async () =>
      (await ok(admin('GET', '/admin/users/keys', { params: { user_id: user?.user_id } })))['api_key_list'] as string[];
    const before = await listed();
    await ok(admin('DELETE', '/admin/users/keys', { params: { api_key: String(secret) } }));
    // What empties a server reads the list and withdraws what stands in it.
    const spare = { user_id: user?.user_id, key_name: 'spare' };
    await ok(admin('POST', '/admin/users/keys', { json: spare }));
    const [shown] = (await listed()).filter((each) => !before.includes(each));
    await ok(admin('DELETE', '/admin/users/keys', { params: { api_key: shown } }));
    expect(await listed()).toHaveLength(before.length - 1);
    const presets = await ok(call('GET', '/api/presets'));
    const own = (presets['presets'] as { id: string; name: string }[]).find((each) => each.name === 'tutor');
    await ok(call('DELETE', `/api/presets/${own?.id ?? ''}`));
    await ok(call('DELETE', `/api/agents/${id}`));
  });
});

/** Takes a source by its id through an upload, an attachment and the end of both; `wait` is how a client waits. */
const readThroughSource = async (agentId: string, name: string, wait: (upload: Body) => Promise<void>) => {
  const ask = () => askOfBirds(`/api/agents/${agentId}/messages`, { role: 'user', stream: false });
  const source = await ok(call('POST', '/api/sources', { json: { name } }));
  // The client takes these two out of the configuration before it gives the source to whoever asked for one.
  for (const member of ['embedding_dim', 'embedding_model']) expect(source['embedding_config']).toHaveProperty(member);
  const path = `/api/sources/${String(source['id'])}`;
  const upload = await ok(call('POST', `${path}/upload`, { file: birdFile }));
  expect(await ask()).toEqual([birdUnknown]);
  const params = { agent_id: agentId };
  expect((await ok(call('POST', `${path}/attach`, { params })))['name']).toBe(name);
  await wait(upload);
  expect(await ask()).toEqual([birdKnown]);
  const archive = async (): Promise<unknown> =>
    (await ok(call('GET', `/api/agents/${agentId}/archival`, { params: { limit: 1000 } })))['archival_memory'];
  expect(await archive()).toEqual([{ id: expect.any(String) as string, contents: birdFile.content.trim() }]);
  await ok(call('POST', `${path}/detach`, { params }));
  expect(await archive()).toEqual([]);
  expect(await ask()).toEqual([birdUnknown]);
  await ok(call('DELETE', path));
  expect((await ok(call('GET', '/api/sources')))['sources']).toEqual([]);
  await ok(call('DELETE', `/api/agents/${agentId}`));
};

describe('a client that puts the id of a source in the path', () => {
  it('finds counts in the answer to an upload, as 0.3.10 reads it, and the file in the agent it is attached to', async () => {
    const config = { name: 'Middle birder', preset: 'memgpt_chat', persona: null, human: null };
    const { id } = (await ok(call('POST', '/api/agents', { json: { config } }))).agent_state;
    await readThroughSource(id, 'birds of 0.3.10', async (upload) => {
      expect(upload).toMatchObject({
        source: { name: 'birds of 0.3.10' },
        added_passages: expect.any(Number) as number,
        added_documents: expect.any(Number) as number,
      });
      // That release knew of no jobs; the list of sources tells it what has been read.
      const passages = async (): Promise<unknown> => {
        const { sources } = await ok(call('GET', '/api/sources'));
        return (sources as { metadata_: Record<string, unknown> }[])[0]?.metadata_['num_passages'];
      };
      await expect.poll(passages, { timeout: 15_000 }).toBe(1);
    });
  });

  it('asks for the job of an upload, as 0.3.25 does, and finds the file in the agent it is attached to', async () => {
    const config = {
      name: 'Late birder',
      preset: null,
      system: null,
      persona: 'I am calm.',
      human: 'Name: Ines',
      function_names: ['send_message', 'archival_memory_search', 'core_memory_append', 'core_memory_replace'],
      metadata: { 'human:': 'basic', persona: 'calm' },
    };
    const { id } = (await ok(call('POST', '/api/agents', { json: { config } }))).agent_state;
    await readThroughSource(id, 'birds of 0.3.25', async (upload) => {
      const job = await untilCompleted(() => call('GET', `/api/sources/status/${String(upload['id'])}`));
      expect(job['metadata_']).toMatchObject({ num_passages: 1, num_documents: 1 });
    });
  });
});

describe('a client of MemGPT 0.3.25', () => {
  it('posts its memory tools, creates an agent by them, talks and cleans up', async () => {
    for (const name of ['core_memory_append', 'core_memory_replace']) {
      const tool = {
        source_code: `def ${name}(self: "Agent", name: str, content: str) -> Optional[str]:\n    self.memory.update()\n`,
        source_type: 'python',
        tags: ['memory', 'memgpt-base'],
        json_schema: { name, description: 'Appends.', parameters: { type: 'object', properties: {} } },
        update: true,
      };
      expect((await ok(call('POST', '/api/tools', { json: tool })))['name']).toBe(name);
    }
    await ok(call('POST', '/api/humans', { json: { name: 'ines', text: 'Name: Ines' } }));
    expect((await call('GET', '/api/personas/nobody')).status).toBe(404);
    const config = {
      name: 'Late',
      preset: null,
      system: null,
      persona: 'I am calm.',
      human: 'ines',
      function_names: ['send_message', 'core_memory_append', 'core_memory_replace'],
      metadata: { 'human:': 'ines', persona: 'calm' },
    };
    const { agent_state: agent } = await ok(call('POST', '/api/agents', { json: { config } }));
    expect(agent).toMatchObject({ state: { memory: { human: { value: 'Name: Ines' } } } });
    const { id } = agent;
    const say = { message: 'Hallo', role: 'user', stream: false };
    const reply = await ok(call('POST', `/api/agents/${id}/messages`, { json: say }));
    expect(reply['messages']).toContainEqual(
      expect.objectContaining({
        function_call: {
          id: expect.any(String) as string,
          name: 'send_message',
          arguments: '{"message": "Grüß dich!"}',
        },
      }),
    );
    expect(reply['usage']).toMatchObject({ step_count: 1 });
    const steps = { message: 'Hallo', role: 'user', stream_steps: true, stream_tokens: false };
    const streamed = await call('POST', `/api/agents/${id}/messages`, { json: steps });
    expect(streamed.text.trimEnd().endsWith('data: [DONE_STEP]\n\ndata: [DONE]')).toBe(true);
    await ok(call('POST', `/api/agents/${id}/memory`, { json: { human: 'Name: Ines. Likes tea.' } }));
    expect((await ok(call('GET', '/api/models')))['models']).toHaveLength(1);
    expect(await ok(call('GET', '/api/config'))).toHaveProperty('defaults');
    expect((await ok(call('GET', '/api/tools/send_message')))['name']).toBe('send_message');
    await ok(call('DELETE', '/api/humans/ines'));
    await ok(call('DELETE', `/api/agents/${id}`));
    expect((await ok(call('GET', '/api/agents')))['num_agents']).toBe(0);
  });
});
