import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  agentReply,
  blockReply,
  keyReply,
  llmConfigReply,
  memoryReply,
  organisationReply,
  passageReply,
  sendReply,
  storedMessageReply,
  toolReply,
  userReply,
} from '../../src/http/native/letta/replies.js';
import { jobReply, sourceReply } from '../../src/http/native/letta/source-schemas.js';
import { adminPassword, type RunningApp } from '../http/running-app.js';
import type { ReadingFace } from '../support/reading-face.js';
import { birdFile, birdKnown, birdQuestion, birdUnknown, startNativeHouse, untilCompleted } from './native-house.js';
import { ok, pythonClient, type PythonClient } from './python-client.js';

/*
 * What the Python client of Letta 0.4.1 sends in the course of a working day, in its bytes. It reads every answer with
 * schemas that refuse a member too many or too few.
 */

let house: ReadingFace;
let app: RunningApp;
let call: PythonClient;
let stream: PythonClient;
let admin: PythonClient;

beforeAll(async () => {
  const calls = [{ name: 'send_message', arguments: { message: 'Grüß dich!' } }];
  house = await startNativeHouse({ text: 'Ines is back.', calls });
  ({ app } = house);
  admin = pythonClient(app.url, adminPassword);
  const user = userReply.parse((await admin('POST', '/v1/admin/users', { json: { name: 'ines' } })).body);
  const body = { user_id: user.id, name: null };
  const { key } = keyReply.parse((await admin('POST', '/v1/admin/users/keys', { json: body })).body);
  call = pythonClient(app.url, key);
  stream = pythonClient(app.url, key, 'python-httpx/0.27.2');
});
afterAll(async () => {
  await house.close();
  expect(house.faults).toEqual([]);
});

const blockBody = (label: string, value: string): Record<string, unknown> => ({
  value,
  limit: 2000,
  name: label,
  template: false,
  label,
  description: null,
  metadata_: {},
  user_id: null,
  id: `block-${crypto.randomUUID()}`,
});

const agentBody = (name: string, llmConfig: unknown): Record<string, unknown> => ({
  description: null,
  metadata_: { 'human:': 'basic', 'persona:': 'sam_pov' },
  user_id: null,
  name,
  message_ids: null,
  memory: {
    memory: { persona: blockBody('persona', 'I am calm.'), human: blockBody('human', 'Name: Inés') },
    prompt_template: '{% for block in memory.values() %}{{ block.value }}{% endfor %}',
  },
  tools: [
    'send_message',
    'pause_heartbeats',
    'conversation_search',
    'conversation_search_date',
    'archival_memory_insert',
    'archival_memory_search',
    'core_memory_append',
    'core_memory_replace',
  ],
  system: null,
  llm_config: llmConfig,
  embedding_config: null,
});

describe('a client of Letta 0.4.1', () => {
  it('creates an agent with the tools it posted, talks in every form, and reads everything back', async () => {
    for (const name of ['core_memory_append', 'core_memory_replace']) {
      const source = `    def ${name}(self: "Agent", label: str, content: str) -> Optional[str]:\n        """\n        Append.\n        """\n`;
      const tool = { source_code: source, source_type: null, name, json_schema: null, tags: ['memory', 'letta-base'] };
      expect(
        (
          await ok(
            toolReply,
            call('POST', '/v1/tools', { json: { ...tool, description: null, module: null, user_id: null } }),
          )
        ).name,
      ).toBe(name);
    }
    const [llm] = await ok(z.array(llmConfigReply), call('GET', '/v1/models'));
    const agent = await ok(
      agentReply,
      call('POST', '/v1/agents', {
        json: agentBody('Letta', llm),
      }),
    );
    expect(agent.tools).toHaveLength(8);
    const root = `/v1/agents/${agent.id}`;

    const messages = [{ role: 'user', text: 'Ich bin zurück', name: null }];
    const flags = { run_async: false, stream_steps: false, stream_tokens: false };
    const reply = await ok(
      sendReply,
      call('POST', `${root}/messages`, { json: { messages, ...flags, return_message_object: true } }),
    );
    expect(reply.messages.map((message) => storedMessageReply.parse(message).role)).toEqual(['assistant', 'tool']);

    const streamed = await stream('POST', `${root}/messages`, {
      json: { messages, ...flags, stream_steps: true, stream_tokens: true, return_message_object: false },
      headers: { accept: 'text/event-stream', 'cache-control': 'no-store' },
    });
    expect(streamed.status).toBe(200);
    const data = streamed.text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []));
    for (const line of data) {
      // The client knows an event by one of three members, and the ends by their text; anything else it raises for.
      if (['[DONE]', '[DONE_STEP]', '[DONE_GEN]'].includes(line)) continue;
      expect(Object.keys(JSON.parse(line) as object)).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^(?:internal_monologue|function_call|function_return)$/u) as string,
        ]),
      );
    }
    expect(data.at(-1)).toBe('[DONE]');

    const params = { before: undefined, after: undefined, limit: 1000, msg_object: true };
    const history = await ok(z.array(storedMessageReply), call('GET', `${root}/messages`, { params }));
    expect(history.length).toBeGreaterThan(6);
    const [newest] = history;
    const edit = { id: newest?.id, role: null, text: 'None', name: null, tool_calls: null, tool_call_id: null };
    await ok(storedMessageReply, call('PATCH', `${root}/messages/${newest?.id ?? ''}`, { json: edit }));
    await ok(z.array(storedMessageReply), call('GET', `${root}/memory/messages`));
    expect(await ok(z.object({ size: z.number() }), call('GET', `${root}/memory/recall`))).toHaveProperty('size');

    const memory = await ok(memoryReply, call('PATCH', `${root}/memory`, { json: { human: 'Name: Inés. Tea.' } }));
    expect(memory.memory['human']?.value).toBe('Name: Inés. Tea.');
    const [passage] = await ok(
      z.array(passageReply),
      call('POST', `${root}/archival`, { json: { text: 'Café at 8.' } }),
    );
    const list = { limit: 1000 };
    expect(await ok(z.array(passageReply), call('GET', `${root}/archival`, { params: list }))).toEqual([passage]);
    await ok(z.object({ message: z.string() }), call('DELETE', `${root}/archival/${passage?.id ?? ''}`));

    const nulls = {
      tools: null,
      system: null,
      llm_config: null,
      embedding_config: null,
      message_ids: null,
      memory: null,
    };
    const change = { id: agent.id, name: 'Renamed', description: null, metadata_: null, user_id: null, ...nulls };
    expect((await ok(agentReply, call('PATCH', root, { json: change }))).name).toBe('Renamed');
    expect((await call('DELETE', root)).body).toBeNull();
    expect((await call('GET', root)).status).toBe(404);
  });

  it('loads a file into a source, and the agent answers from it for as long as it is attached', async () => {
    const [llm] = await ok(z.array(llmConfigReply), call('GET', '/v1/models'));
    const { id } = await ok(agentReply, call('POST', '/v1/agents', { json: agentBody('Birder', llm) }));
    const ask = async (): Promise<string[]> => {
      const messages = [{ role: 'user', text: birdQuestion, name: null }];
      const flags = { run_async: false, stream_steps: false, stream_tokens: false, return_message_object: true };
      const reply = await ok(sendReply, call('POST', `/v1/agents/${id}/messages`, { json: { messages, ...flags } }));
      const made = reply.messages.flatMap((message) => storedMessageReply.parse(message).tool_calls ?? []);
      return made
        .filter((each) => each.function.name === 'send_message')
        .map((each) => (JSON.parse(each.function.arguments) as { message: string }).message);
    };
    const source = await ok(sourceReply, call('POST', '/v1/sources', { json: { name: 'birds' } }));
    const path = `/v1/sources/${source.id}`;
    expect(await ok(z.string(), call('GET', '/v1/sources/name/birds'))).toBe(source.id);
    const job = await ok(jobReply, call('POST', `${path}/upload`, { file: birdFile }));
    expect(job.metadata_).toMatchObject({ type: 'embedding', filename: 'birds.txt', source_id: source.id });
    const done = jobReply.parse(await untilCompleted(() => call('GET', `/v1/jobs/${job.id}`)));
    expect(done.metadata_).toMatchObject({ num_passages: 1, num_documents: 1 });
    expect(await ok(z.array(jobReply), call('GET', '/v1/jobs/active'))).toEqual([]);

    const params = { agent_id: id };
    const archive = () =>
      ok(z.array(passageReply), call('GET', `/v1/agents/${id}/archival`, { params: { limit: 1000 } }));
    expect(await archive()).toEqual([]);
    expect(await ask()).toEqual([birdUnknown]);
    await ok(sourceReply, call('POST', `${path}/attach`, { params }));
    const [listed] = await ok(z.array(sourceReply), call('GET', '/v1/sources'));
    expect(listed?.metadata_).toMatchObject({ num_passages: 1, attached_agents: [{ id, name: 'Birder' }] });
    // The client counts in the archive of the agent what its upload came to.
    expect((await archive()).map((passage) => [passage.source_id, passage.text])).toEqual([
      [source.id, birdFile.content.trim()],
    ]);
    expect(await ask()).toEqual([birdKnown]);
    await ok(sourceReply, call('POST', `${path}/detach`, { params }));
    expect(await archive()).toEqual([]);
    expect(await ask()).toEqual([birdUnknown]);
    expect((await call('DELETE', path)).status).toBe(200);
    expect((await call('GET', path)).status).toBe(404);
    expect((await call('DELETE', `/v1/agents/${id}`)).status).toBe(200);
  });

  it('keeps humans and personas as blocks, and tools by name', async () => {
    const { id: _id, ...human } = blockBody('human', 'Name: Ines');
    const withoutId = { ...human, name: 'ines', template: true };
    const made = await ok(blockReply, call('POST', '/v1/blocks', { json: withoutId }));
    const list = await ok(z.array(blockReply), call('GET', '/v1/blocks', { params: { label: 'human' } }));
    expect(list.map((block) => block.name)).toContain('ines');
    const update = { ...withoutId, id: made.id, value: 'Name: Ines. Tea.' };
    expect((await ok(blockReply, call('POST', `/v1/blocks/${made.id}`, { json: update }))).value).toBe(
      'Name: Ines. Tea.',
    );
    await ok(blockReply, call('DELETE', `/v1/blocks/${made.id}`));
    expect((await call('GET', `/v1/blocks/${made.id}`)).status).toBe(404);

    const source = 'def tide(self, day: int) -> str:\n    """Tells the tide."""\n    return ""\n';
    const tool = await ok(toolReply, call('POST', '/v1/tools', { json: { source_code: source, tags: [] } }));
    expect(await ok(z.string(), call('GET', '/v1/tools/name/tide'))).toBe(tool.id);
    expect((await call('DELETE', `/v1/tools/${tool.id}`)).status).toBe(200);
    expect((await call('GET', '/v1/tools/name/tide')).status).toBe(404);
  });

  it('administers users, keys and organizations, and learns that it cannot reach what is gone', async () => {
    const org = await ok(organisationReply, admin('POST', '/v1/admin/orgs', { json: { name: 'Harbour' } }));
    await ok(z.array(organisationReply), admin('GET', '/v1/admin/orgs', { params: { limit: 50 } }));
    const user = await ok(userReply, admin('POST', '/v1/admin/users', { json: { name: 'Jo', org_id: org.id } }));
    const key = await ok(keyReply, admin('POST', '/v1/admin/users/keys', { json: { user_id: user.id, name: null } }));
    await ok(z.array(keyReply), admin('GET', '/v1/admin/users/keys', { params: { user_id: user.id } }));
    const spare = await ok(keyReply, admin('POST', '/v1/admin/users/keys', { json: { user_id: user.id, name: null } }));
    // The client compares the key that is gone with the one it sent.
    const withdrawn = await ok(keyReply, admin('DELETE', '/v1/admin/users/keys', { params: { api_key: key.key } }));
    expect(withdrawn).toEqual(key);
    const byId = await ok(keyReply, admin('DELETE', '/v1/admin/users/keys', { params: { api_key: spare.id } }));
    expect(byId.id).toBe(spare.id);
    expect(byId.key).not.toBe(spare.key);
    await ok(userReply, admin('DELETE', '/v1/admin/users', { params: { user_id: user.id } }));
    await ok(organisationReply, admin('DELETE', '/v1/admin/orgs', { params: { org_id: org.id } }));
    expect((await pythonClient(app.url, key.key)('GET', '/v1/agents')).status).toBe(403);
  });
});
