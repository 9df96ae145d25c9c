import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminPassword, startApp, type RunningApp } from '../http/running-app.js';
import { pythonClient, type Answer, type PythonClient } from './python-client.js';

/*
 * What the Python clients of MemGPT 0.3 send in the course of a working day, in their bytes, and what they read of the
 * answers.
 */

type Body = Record<string, unknown> & {
  agent_state: { id: string; name: string; state: { messages: string[] }; created_at: number };
};

let app: RunningApp;
let call: PythonClient;

beforeAll(async () => {
  app = await startApp({
    script: () => ({
      text: 'Ines ist zurück.',
      calls: [{ name: 'send_message', arguments: { message: 'Grüß dich!' } }],
    }),
  });
  const admin = pythonClient(app.url, adminPassword);
  const made = await admin('POST', '/admin/users', { json: { user_id: null } });
  expect(made.status).toBe(200);
  call = pythonClient(app.url, (made.body as { api_key: string }).api_key);
});
afterAll(() => app.close());

const ok = async (answer: Promise<Answer>): Promise<Body> => {
  const { status, text, body } = await answer;
  expect([status, status === 200 ? '' : text]).toEqual([200, '']);
  return body as Body;
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
    await ok(admin('GET', '/admin/users/keys', { params: { user_id: user?.user_id } }));
    await ok(admin('DELETE', '/admin/users/keys', { params: { api_key: String(secret) } }));
    const presets = await ok(call('GET', '/api/presets'));
    const own = (presets['presets'] as { id: string; name: string }[]).find((each) => each.name === 'tutor');
    await ok(call('DELETE', `/api/presets/${own?.id ?? ''}`));
    await ok(call('DELETE', `/api/agents/${id}`));
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
