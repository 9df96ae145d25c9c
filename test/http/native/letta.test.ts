import type { Response } from 'supertest';
import { describe, expect, it } from 'vitest';
import {
  agentReply,
  llmConfigReply,
  memoryReply,
  passageReply,
  sendReply,
  storedMessageReply,
  toldMessageReply,
} from '../../../src/http/native/letta/replies.js';
import { block, exact, lettaClient } from './letta-client.js';

const { call, newAgent, user, app } = lettaClient();

type Body = Record<string, unknown>;

describe('an agent of Letta 0.4', () => {
  it('is made with exactly the blocks it is given, and the tools it cannot do without', async () => {
    const agent = await newAgent('harbor-guide', { metadata_: { team: 'blue', level: 3 }, description: 'guides' });
    expect(agent).toMatchObject({ name: 'harbor-guide', description: 'guides', metadata_: { team: 'blue', level: 3 } });
    expect(Object.keys(agent.memory.memory)).toEqual(['human', 'goals']);
    expect(agent.memory.memory['human']).toMatchObject({ value: 'Name: Ines', limit: 2_000 });
    expect(agent.tools).toEqual([
      'conversation_search',
      'archival_memory_search',
      'send_message',
      'core_memory_append',
      'core_memory_replace',
    ]);
    expect(agent.user_id).toBe(`user-${user().id}`);
    expect(agent.message_ids?.length).toBeGreaterThan(0);
    const list = await call('get', '/v1/agents');
    expect((list.body as Body[]).map((item) => agentReply.parse(item).id)).toContain(agent.id);
    expect(exact(agentReply, await call('get', `/latest/agents/${agent.id}/`))).toEqual(agent);
  });

  it('is changed by what is given and keeps what is null', async () => {
    const { id, system } = await newAgent('changeable');
    const changes = {
      id,
      name: 'changed',
      tools: ['send_message'],
      system: null,
      memory: { memory: { goals: block('goals', 'Sail to Fyn.') }, prompt_template: 'x' },
      metadata_: { stage: 'two' },
      description: 'calm',
      llm_config: null,
      embedding_config: null,
      message_ids: null,
      user_id: null,
    };
    const changed = exact(agentReply, await call('patch', `/v1/agents/${id}`, changes));
    expect(changed).toMatchObject({ name: 'changed', tools: ['send_message'], system, description: 'calm' });
    expect(changed.metadata_).toEqual({ stage: 'two' });
    expect(changed.memory.memory['goals']?.value).toBe('Sail to Fyn.');
    expect(changed.memory.memory['human']?.value).toBe('Name: Ines');
    const without = await call('patch', `/v1/agents/${id}`, { name: 'x' });
    expect(without.status).toBe(422);
    const trimmed = await call('patch', `/v1/agents/${id}`, { id, message_ids: changed.message_ids?.slice(-1) });
    expect(exact(agentReply, trimmed).message_ids).toEqual(changed.message_ids?.slice(-1));
    expect((await call('patch', `/v1/agents/${id}`, { id, message_ids: changed.message_ids })).status).toBe(400);
  });

  it('gets the model that its configuration names, as a client reads it from the list', async () => {
    const models = await call('get', '/v1/models/');
    const shown = llmConfigReply.parse((models.body as unknown[])[0]);
    const agent = await newAgent('configured', { llm_config: { ...shown, context_window: 9_000 } });
    expect(agent.llm_config).toEqual({ ...shown, context_window: 9_000 });
    expect((await call('post', '/v1/agents/', { llm_config: { ...shown, context_window: 12 } })).status).toBe(400);
  });

  it('is refused with the words of the original where it does not fit', async () => {
    const strange = await call('post', '/v1/agents/', { name: 'ok', colour: 'red' });
    expect([strange.status, strange.body]).toMatchObject([
      422,
      {
        detail: [
          { type: 'extra_forbidden', loc: ['body', 'colour'], msg: 'Extra inputs are not permitted', input: 'red' },
        ],
      },
    ]);
    const named = await call('post', '/v1/agents/', { name: 'no/slash' });
    expect([named.status, named.body]).toMatchObject([
      422,
      { detail: [{ type: 'value_error', loc: ['body', 'name'] }] },
    ]);
    expect((await call('post', '/v1/agents/', { tools: ['unknown_tool'] })).status).toBe(400);
    await newAgent('taken');
    expect((await call('post', '/v1/agents/', { name: 'taken' })).status).toBe(409);
  });

  it('is deleted, and absent from then on', async () => {
    const { id } = await newAgent('short-lived');
    expect((await call('delete', `/v1/agents/${id}`)).body).toBeNull();
    const gone = await call('get', `/v1/agents/${id}`);
    expect([gone.status, gone.body]).toEqual([404, { detail: `Agent agent_id=${id} not found.` }]);
    expect((await call('delete', `/v1/agents/${id}`)).status).toBe(404);
    expect((await call('get', '/v1/agents/nonsense')).status).toBe(404);
  });
});

describe('the memory of a Letta agent', () => {
  it('is read, rewritten by label, and counted', async () => {
    const { id } = await newAgent('mindful');
    const path = `/v1/agents/${id}/memory`;
    const after = exact(memoryReply, await call('patch', path, { goals: 'Rest.', human: null }));
    expect(after.memory['goals']?.value).toBe('Rest.');
    expect(exact(memoryReply, await call('get', path))).toEqual(after);
    expect((await call('patch', path, { unknown: 'x' })).status).toBe(400);
    expect((await call('patch', path, { goals: 'x'.repeat(2_001) })).status).toBe(400);
    expect((await call('get', `${path}/recall`)).body).toEqual({ size: 4 });
    expect((await call('get', `${path}/archival`)).body).toEqual({ size: 0 });
    const messages = await call('get', `${path}/messages`);
    expect((messages.body as unknown[]).map((item) => storedMessageReply.parse(item).role)).toEqual([
      'assistant',
      'tool',
      'user',
    ]);
  });

  it('has an archive that is filled, paged and emptied', async () => {
    const { id } = await newAgent('archival');
    const path = `/v1/agents/${id}/archival`;
    const ids: string[] = [];
    for (const text of ['one', 'two', 'three']) {
      const stored = await call('post', path, { text });
      ids.push(passageReply.parse((stored.body as unknown[])[0]).id);
    }
    const texts = async (query: string): Promise<string[]> =>
      ((await call('get', path + query)).body as unknown[]).map((item) => passageReply.parse(item).text);
    expect(await texts('')).toEqual(['one', 'two', 'three']);
    expect(await texts(`?after=${ids[0]}&limit=1`)).toEqual(['two']);
    expect(await texts(`?before=${ids[1]}`)).toEqual(['one']);
    for (const repeat of [1, 2]) {
      void repeat;
      expect((await call('delete', `${path}/${ids[1]}`)).body).toEqual({
        message: `Memory id=${ids[1]} successfully deleted`,
      });
    }
    expect(await texts('')).toEqual(['one', 'three']);
    expect((await call('get', `/v1/agents/${id}/memory/archival`)).body).toEqual({ size: 2 });
    expect((await call('post', path, { text: 'x', extra: 1 })).status).toBe(422);
  });
});

describe('messages to a Letta agent', () => {
  const say = (id: string, body: object): Promise<Response> =>
    call('post', `/v1/agents/${id}/messages`, { messages: [{ role: 'user', text: 'Hello' }], ...body });

  it('are answered with typed messages and the tokens they cost', async () => {
    const { id } = await newAgent('typed');
    const reply = exact(sendReply, await say(id, {}));
    expect(reply.messages.map((message) => toldMessageReply.parse(message).message_type)).toEqual([
      'internal_monologue',
      'function_call',
      'function_return',
    ]);
    expect(reply.messages[1]).toMatchObject({
      function_call: { name: 'send_message', arguments: '{"message": "Grüße, Ines!"}' },
    });
    expect(reply.usage.step_count).toBe(1);
  });

  it("are answered with stored messages on request, the agent's own and its tools'", async () => {
    const { id } = await newAgent('stored');
    const reply = exact(sendReply, await say(id, { return_message_object: true, run_async: false }));
    const messages = reply.messages.map((message) => storedMessageReply.parse(message));
    expect(messages.map((message) => message.role)).toEqual(['assistant', 'tool']);
    expect(messages[0]).toMatchObject({ text: 'A short greeting is enough.', agent_id: id });
    expect(messages[0]?.tool_calls?.[0]).toMatchObject({ type: 'function', function: { name: 'send_message' } });
    expect(messages[1]?.tool_call_id).toBe(messages[0]?.tool_calls?.[0]?.id);
    expect(JSON.parse(messages[1]?.text ?? '')).toMatchObject({ status: 'OK' });
  });

  it('stream as compact ASCII with all sentinels', async () => {
    const { id } = await newAgent('streamed');
    const stream = await say(id, { stream_steps: true });
    expect(stream.headers['content-type']).toContain('text/event-stream');
    const lines = stream.text.split('\n').filter((line) => line.startsWith('data: '));
    const masked = lines.map((line) =>
      line.replaceAll(/message-[0-9a-f-]{36}/gu, 'ID').replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00/gu, 'TIME'),
    );
    expect(masked).toEqual([
      'data: {"id":"ID","date":"TIME","message_type":"internal_monologue","internal_monologue":"A short greeting is enough."}',
      'data: [DONE_GEN]',
      String.raw`data: {"id":"ID","date":"TIME","message_type":"function_call","function_call":{"name":"send_message","arguments":"{\"message\": \"Gr\u00fc\u00dfe, Ines!\"}"}}`,
      'data: {"id":"ID","date":"TIME","message_type":"function_return","function_return":"None","status":"success"}',
      'data: [DONE_STEP]',
      'data: [DONE]',
    ]);
  });

  it('stream in fragments that add up to the whole', async () => {
    const { id } = await newAgent('fragments');
    const stream = await say(id, { stream_steps: true, stream_tokens: true });
    const events = stream.text
      .split('\n')
      .filter((line) => line.startsWith('data: {'))
      .map((line) => JSON.parse(line.slice('data: '.length)) as Body & { function_call?: { arguments?: string } });
    const written = events.map((event) => event.function_call?.arguments ?? '').join('');
    expect(JSON.parse(written)).toEqual({ message: 'Grüße, Ines!' });
    expect(events.filter((event) => event['message_type'] === 'function_return')).toHaveLength(1);
    expect(stream.text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  });

  it('may be several in one request, and are refused with a reason where they cannot be', async () => {
    const { id } = await newAgent('several');
    const messages = [
      { role: 'system', text: 'It is raining.' },
      { role: 'user', text: 'What is the weather?', name: 'Ines' },
    ];
    expect((await say(id, { messages })).status).toBe(200);
    const seen = JSON.stringify(app().room.provider.requests.at(-1)?.messages);
    expect(seen).toContain('system_alert');
    expect(seen).toContain('What is the weather?');
    expect((await say(id, { stream_tokens: true })).status).toBe(400);
    expect((await say(id, { stream_steps: true, return_message_object: true })).status).toBe(400);
    const bad = await say(id, { messages: [{ role: 'assistant', text: 'x' }] });
    expect([bad.status, bad.body]).toEqual([400, { detail: 'Bad role assistant' }]);
    expect((await say(id, { messages: [] })).status).toBe(422);
    expect((await say(id, { messages: [{ role: 'user', text: '/memory' }] })).status).toBe(400);
  });

  it('are read back newest first, told or stored, and rewritten', async () => {
    const { id } = await newAgent('readable');
    await say(id, {});
    const path = `/v1/agents/${id}/messages`;
    const stored = ((await call('get', `${path}?limit=1000&msg_object=true`)).body as unknown[]).map((item) =>
      storedMessageReply.parse(item),
    );
    expect(stored.map((message) => message.role).slice(0, 3)).toEqual(['tool', 'assistant', 'user']);
    const told = ((await call('get', `${path}?limit=3`)).body as unknown[]).map((item) => toldMessageReply.parse(item));
    expect(told.map((message) => message.message_type)).toEqual([
      'function_return',
      'internal_monologue',
      'function_call',
      'user_message',
    ]);
    const [, said, asked] = stored;
    const older = (await call('get', `${path}?before=${said?.id ?? ''}&limit=1&msg_object=true`)).body as Body[];
    expect(older.map((message) => message['id'])).toEqual([asked?.id]);
    const newer = (await call('get', `${path}?after=${asked?.id ?? ''}&msg_object=true`)).body as Body[];
    expect(newer).toHaveLength(2);

    const target = `${path}/${asked?.id ?? ''}`;
    const edited = exact(storedMessageReply, await call('patch', target, { id: asked?.id, text: 'Good evening' }));
    expect(JSON.parse(edited.text ?? '')).toMatchObject({ type: 'user_message', message: 'Good evening' });
    await say(id, {});
    expect(JSON.stringify(app().room.provider.requests.at(-1)?.messages)).toContain('Good evening');
    expect((await call('patch', target, { id: said?.id, text: 'x' })).status).toBe(400);
    expect((await call('patch', target, { id: asked?.id, role: 'tool' })).status).toBe(400);
    const thought = await call('patch', `${path}/${said?.id ?? ''}`, { id: said?.id, text: 'Another thought.' });
    expect(exact(storedMessageReply, thought).text).toBe('Another thought.');
  });
});
