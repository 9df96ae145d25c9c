import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readId } from '../../../src/domain/ids.js';
import { asAdmin } from '../running-app.js';
import { startFace, type Body, type OpenaiFace } from '../../support/openai-face.js';

let face: OpenaiFace;
beforeAll(async () => {
  face = await startFace({ script: () => ({ calls: [{ name: 'lookup', arguments: {} }] }) });
});
afterAll(() => face.close());

const lookup = {
  type: 'function',
  function: { name: 'lookup', description: 'Finds a row', parameters: { type: 'object' } },
};

async function make(body: object = {}): Promise<Body> {
  const { status, body: made } = await face.send('POST', '/assistants', { model: 'gpt-4o', ...body });
  expect(status).toBe(200);
  return made;
}

const read = async (id: string): Promise<Body> => (await face.send('GET', `/assistants/${id}`)).body;

describe('a new assistant', () => {
  it('that names its model alone has the defaults of the original', async () => {
    const made = await make();
    expect(made).toEqual({
      id: expect.stringMatching(/^asst_\w{22}$/u) as string,
      object: 'assistant',
      created_at: expect.any(Number) as number,
      name: null,
      description: null,
      model: 'gpt-4o',
      instructions: null,
      tools: [],
      tool_resources: {},
      metadata: {},
      temperature: 1,
      top_p: 1,
      response_format: 'auto',
      reasoning_effort: null,
    });
    expect(await read(made.id)).toEqual(made);
  });

  it('gives back every field that it was made with', async () => {
    const format = { type: 'json_schema', json_schema: { name: 'row', schema: { type: 'object' }, strict: true } };
    const tools = [
      { type: 'file_search', file_search: { max_num_results: 5 } },
      { type: 'function', function: { name: 'lookup', strict: true } },
      { type: 'code_interpreter' },
      { type: 'function', function: { name: 'store', description: 'Keeps', parameters: {}, strict: false } },
    ];
    const fields = {
      name: 'Archivist',
      description: 'Knows the annals',
      instructions: 'Answer from memory.',
      tools,
      metadata: { team: 'a' },
      temperature: 0.2,
      top_p: 0.5,
      response_format: format,
      reasoning_effort: 'low',
    };
    const made = await make({ ...fields, tool_resources: { file_search: { vector_store_ids: [] } } });
    expect(made).toMatchObject({ ...fields, tool_resources: {} });
  });

  it('may have the name of another, or none', async () => {
    const [one, other] = [await make({ name: 'Twin' }), await make({ name: 'Twin' })];
    expect([one.name, other.name, (await make({ name: null })).name]).toEqual(['Twin', 'Twin', null]);
    expect(one.id).not.toBe(other.id);
  });

  it('is understood in the words of the first version', async () => {
    const made = await make({ tools: [{ type: 'retrieval' }], file_ids: [] });
    expect(made.tools).toEqual([{ type: 'file_search' }]);
  });

  it('keeps settings that are null at their defaults', async () => {
    const made = await make({ temperature: null, top_p: null, response_format: null, metadata: null, tools: null });
    expect(made).toMatchObject({ temperature: 1, top_p: 1, response_format: 'auto', metadata: {}, tools: [] });
  });

  it('has a memory, and tools to use it that its list of tools does not show', async () => {
    const made = await make({ tools: [lookup] });
    const id = readId('agent', made.id) ?? '';
    const agent = await face.app.store.agents.find(id);
    const builtins = agent?.tools.filter((tool) => tool.type === 'builtin').map((tool) => tool.name);
    expect(builtins).toEqual(
      expect.arrayContaining(['memory_append', 'conversation_search', 'archival_memory_search']),
    );
    expect(made.tools).toHaveLength(1);
    const memory = await face.app.store.memories.findByKey(id, 'default');
    const blocks = await face.app.store.memories.blocks(memory?.id ?? '');
    expect(blocks.map((block) => block.label)).toEqual(['persona', 'human']);
  });

  it('lends the name of a memory tool to a function of its client', async () => {
    const made = await make({ tools: [{ type: 'function', function: { name: 'memory_append' } }] });
    const agent = await face.app.store.agents.find(readId('agent', made.id) ?? '');
    const named = agent?.tools.filter((tool) => tool.name === 'memory_append');
    expect(named).toMatchObject([{ type: 'function' }]);
    const { body } = await face.send('POST', `/assistants/${made.id}`, { tools: [] });
    expect(body.tools).toEqual([]);
    const later = await face.app.store.agents.find(readId('agent', made.id) ?? '');
    expect(later?.tools.filter((tool) => tool.name === 'memory_append')).toMatchObject([{ type: 'builtin' }]);
  });
});

describe('a change of an assistant', () => {
  it('leaves what it does not name, and clears what it names null', async () => {
    const made = await make({ name: 'A', description: 'd', instructions: 'i', metadata: { a: '1' }, temperature: 0.5 });
    const first = await face.send('POST', `/assistants/${made.id}`, { name: 'B' });
    expect(first.body).toEqual({ ...made, name: 'B' });
    const second = await face.send('POST', `/assistants/${made.id}`, { name: null, metadata: null, temperature: null });
    expect(second.body).toEqual({ ...made, name: null, metadata: {}, temperature: 1 });
    expect(await read(made.id)).toEqual(second.body);
  });

  it('may be empty, or have no body at all', async () => {
    const made = await make({ name: 'Same' });
    expect((await face.send('POST', `/assistants/${made.id}`, {})).body).toEqual(made);
    expect((await face.send('POST', `/assistants/${made.id}`)).body).toEqual(made);
  });

  it('replaces tools and metadata as a whole', async () => {
    const made = await make({ tools: [lookup, { type: 'code_interpreter' }], metadata: { a: '1', b: '2' } });
    const { body } = await face.send('POST', `/assistants/${made.id}`, {
      tools: [{ type: 'function', function: { name: 'other' } }],
      metadata: { c: '3' },
    });
    expect(body.tools).toEqual([{ type: 'function', function: { name: 'other', strict: false } }]);
    expect(body.metadata).toEqual({ c: '3' });
  });
});

describe('a deleted assistant', () => {
  it('is gone, and its second deletion finds nothing', async () => {
    const { id } = await make();
    const deleted = await face.send('DELETE', `/assistants/${id}`);
    expect([deleted.status, deleted.body]).toEqual([200, { id, object: 'assistant.deleted', deleted: true }]);
    for (const method of ['DELETE', 'GET']) {
      const again = await face.send(method, `/assistants/${id}`);
      expect([again.status, again.body.error?.message]).toEqual([404, `No assistant found with id '${id}'.`]);
    }
  });

  it('leaves its threads, and what it said there in its name', async () => {
    const made = await make();
    const agentId = readId('agent', made.id) ?? '';
    const thread = (await face.send('POST', '/threads', { messages: [{ role: 'user', content: 'Hi' }] })).body;
    const threadId = readId('conversation', thread.id) ?? '';
    const said = (await face.app.store.messages.page(threadId, { limit: 1, order: 'asc', visibleOnly: true })).items[0];
    if (said === undefined) throw new Error('The thread is empty.');
    await face.app.store.messages.append(threadId, [{ ...said, id: crypto.randomUUID(), role: 'assistant', agentId }]);
    await face.send('DELETE', `/assistants/${made.id}`);
    const { body } = await face.send('GET', `/threads/${thread.id}/messages`);
    expect(body.data.map((message: Body) => message.assistant_id)).toEqual([made.id, null]);
  });
});

describe('the runs of a deleted assistant', () => {
  it('can be read and stopped, and no other begins', async () => {
    const made = await make({ tools: [lookup] });
    const thread = (await face.send('POST', '/threads', { messages: [{ role: 'user', content: 'Hi' }] })).body;
    const runs = `/threads/${thread.id}/runs`;
    const { body: run } = await face.send('POST', runs, { assistant_id: made.id });
    const read = async (): Promise<Body> => (await face.send('GET', `${runs}/${run.id}`)).body;
    await expect.poll(async () => (await read()).status).toBe('requires_action');
    expect((await face.send('DELETE', `/assistants/${made.id}`)).status).toBe(200);
    expect(await read()).toMatchObject({ status: 'requires_action', assistant_id: made.id, model: 'gpt-4o' });
    const refused = await face.send('POST', runs, { assistant_id: made.id });
    expect([refused.status, refused.body.error?.message]).toEqual([404, `No assistant found with id '${made.id}'.`]);
    expect((await face.send('POST', `${runs}/${run.id}/cancel`)).status).toBe(200);
    expect((await read()).status).toBe('cancelled');
    const said = await face.send('POST', `/threads/${thread.id}/messages`, { role: 'user', content: 'x' });
    expect(said.status).toBe(200);
  });

  it('fail where they are carried on, and leave the thread free', async () => {
    const made = await make({ tools: [lookup] });
    const thread = (await face.send('POST', '/threads', { messages: [{ role: 'user', content: 'Hi' }] })).body;
    const runs = `/threads/${thread.id}/runs`;
    const { body: run } = await face.send('POST', runs, { assistant_id: made.id });
    const read = async (): Promise<Body> => (await face.send('GET', `${runs}/${run.id}`)).body;
    await expect.poll(async () => (await read()).status).toBe('requires_action');
    await face.send('DELETE', `/assistants/${made.id}`);
    const waiting = (await read())['required_action'] as { submit_tool_outputs: { tool_calls: { id: string }[] } };
    const outputs = waiting.submit_tool_outputs.tool_calls.map(({ id }) => ({ tool_call_id: id, output: 'x' }));
    const submitted = await face.send('POST', `${runs}/${run.id}/submit_tool_outputs`, { tool_outputs: outputs });
    expect(submitted.status).toBe(200);
    await expect.poll(async () => (await read()).status).toBe('failed');
    const said = await face.send('POST', `/threads/${thread.id}/messages`, { role: 'user', content: 'x' });
    expect(said.status).toBe(200);
  });
});

describe('an agent', () => {
  it('of the native face is an assistant, by either spelling of its id', async () => {
    const created = await fetch(`${face.app.url}/api/agents`, {
      method: 'POST',
      headers: { ...asAdmin, 'content-type': 'application/json' },
      body: JSON.stringify({ config: { name: 'Native' } }),
    });
    const { agent_state: state } = (await created.json()) as { agent_state: { id: string; system: string } };
    const assistant = await read(state.id);
    expect(assistant).toMatchObject({ name: 'Native', instructions: state.system, tools: [] });
    expect(await read(assistant.id)).toEqual(assistant);
    expect(readId('agent', assistant.id)).toBe(state.id);
    const { body } = await face.send('GET', '/assistants');
    expect(body.data.map((item: Body) => item.id)).toContain(assistant.id);

    const before = (await face.app.store.agents.find(state.id))?.tools;
    await face.send('POST', `/assistants/${assistant.id}`, { tools: [lookup] });
    const after = (await face.app.store.agents.find(state.id))?.tools;
    expect(after?.filter((tool) => tool.type === 'builtin')).toEqual(before);

    await make({ name: 'Free' });
    const taken = await fetch(`${face.app.url}/api/agents`, {
      method: 'POST',
      headers: { ...asAdmin, 'content-type': 'application/json' },
      body: JSON.stringify({ config: { name: 'Taken' } }),
    });
    expect(taken.status).toBe(200);
    const refused = await face.send('POST', `/assistants/${assistant.id}`, { name: 'Taken' });
    expect([refused.status, refused.body.error?.param]).toEqual([400, 'name']);
  });

  it('made as an assistant is seen on the native face', async () => {
    const made = await make({ name: 'Seen', instructions: 'Be seen.' });
    const answer = await fetch(`${face.app.url}/api/agents/${made.id}`, { headers: asAdmin });
    expect(answer.status).toBe(200);
    const { agent_state: state } = (await answer.json()) as { agent_state: Record<string, unknown> };
    expect(state).toMatchObject({ id: readId('agent', made.id), name: 'Seen', system: 'Be seen.' });
  });

  it('of another owner is not there', async () => {
    const made = await make();
    const stranger = await face.app.newUser();
    for (const [method, body] of [['GET'], ['POST', {}], ['DELETE']] as const) {
      const answer = await face.send(method, `/assistants/${made.id}`, body, stranger.headers);
      expect([answer.status, answer.body.error?.message]).toEqual([404, `No assistant found with id '${made.id}'.`]);
    }
    const { body } = await face.send('GET', '/assistants', undefined, stranger.headers);
    expect(body).toEqual({ object: 'list', data: [], first_id: null, last_id: null, has_more: false });
    expect((await read(made.id)).id).toBe(made.id);
  });
});
