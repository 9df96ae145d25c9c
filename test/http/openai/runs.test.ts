import { afterEach, describe, expect, it } from 'vitest';
import type { Script } from '../../../src/providers/scripted.js';
import { startFace, type Answer, type Body, type OpenaiFace } from '../../support/openai-face.js';
import { finalStatuses, lookup, newStory, untilStatus } from '../../support/run-stories.js';

let face: OpenaiFace;
afterEach(() => face.close());

const open = async (script: Script): Promise<OpenaiFace> => (face = await startFace({ script }));

type Story = Awaited<ReturnType<typeof newStory>>;

const create = (story: Story, fields: Record<string, unknown> = {}): Promise<Answer> =>
  face.send('POST', `/threads/${story.threadId}/runs`, { assistant_id: story.assistantId, ...fields });

async function run(story: Story, fields: Record<string, unknown> = {}): Promise<Body> {
  const created = await create(story, fields);
  expect(created.status).toBe(200);
  return untilStatus(face, `/threads/${story.threadId}/runs/${created.body.id}`, [...finalStatuses, 'requires_action']);
}

const request = (index: number) => {
  const found = face.app.room.provider.requests[index];
  if (found === undefined) throw new Error(`The model was not called ${index + 1} times.`);
  return found;
};
const systemOf = (index: number): string => {
  const [first] = request(index).messages;
  return first?.role === 'system' ? first.text : '';
};
const saidTo = (index: number): string[] =>
  request(index).messages.flatMap((message) =>
    message.role === 'user' ? [message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')] : [],
  );
const messageOf = (answer: Answer): string => String(answer.body.error?.['message']);

const settings = {
  model: 'another-model',
  instructions: 'Speak Latin.',
  temperature: 0.2,
  top_p: 0.5,
  reasoning_effort: 'low',
  response_format: { type: 'json_object' },
};

describe('what a run changes for itself', () => {
  it('is in force for it, is told by it, and is never written to the assistant', async () => {
    await open(['Salve.', 'Hello.']);
    const story = await newStory(face, { assistant: { instructions: 'Speak English.', tools: [lookup] } });
    const before = await face.send('GET', `/assistants/${story.assistantId}`);
    const done = await run(story, {
      ...settings,
      additional_instructions: 'Be brief.',
      tools: [],
      metadata: { a: 'b' },
    });
    expect(done).toMatchObject({
      ...settings,
      instructions: 'Speak Latin.\nBe brief.',
      tools: [],
      metadata: { a: 'b' },
    });
    expect(systemOf(0)).toContain('Speak Latin.');
    expect(systemOf(0)).toContain('Be brief.');
    expect(systemOf(0)).not.toContain('Speak English.');
    expect(request(0)).toMatchObject({
      model: 'another-model',
      settings: { temperature: 0.2, topP: 0.5, reasoningEffort: 'low', responseFormat: { type: 'json_object' } },
    });
    expect(request(0).tools.map((tool) => tool.name)).not.toContain('lookup');
    expect((await face.send('GET', `/assistants/${story.assistantId}`)).body).toEqual(before.body);
    await run(story);
    expect(systemOf(1)).toContain('Speak English.');
    expect(request(1).model).toBe('scripted');
    expect(request(1).tools.map((tool) => tool.name)).toContain('lookup');
  });

  it('leaves the tools that the agent remembers with in their place, though they are not shown', async () => {
    await open(['Hi.']);
    const done = await run(await newStory(face), { tools: [lookup] });
    expect(done.tools).toEqual([{ ...lookup, function: { ...lookup.function, strict: false } }]);
    expect(request(0).tools.map((tool) => tool.name)).toEqual(expect.arrayContaining(['lookup', 'memory_append']));
  });

  it('takes the assistant’s own values for what is absent or null', async () => {
    await open(['Hi.']);
    const story = await newStory(face, { assistant: { ...settings, model: 'its-own', tools: [lookup] } });
    const nothing = { model: null, instructions: null, temperature: null, tools: null, response_format: null };
    const done = await run(story, {
      ...nothing,
      tool_choice: null,
      truncation_strategy: null,
      max_prompt_tokens: null,
    });
    expect(done).toMatchObject({
      ...settings,
      model: 'its-own',
      tools: [{ type: 'function' }],
      tool_choice: 'auto',
      truncation_strategy: { type: 'auto', last_messages: null },
      parallel_tool_calls: true,
      max_prompt_tokens: null,
      max_completion_tokens: null,
    });
  });

  it('holds though the assistant is changed, or deleted, while it waits', async () => {
    await open([{ calls: [{ id: 'call_a', name: 'lookup', arguments: {} }] }, 'Done.']);
    const story = await newStory(face, { assistant: { instructions: 'The old ones.', tools: [lookup] } });
    const waiting = await run(story);
    await face.send('POST', `/assistants/${story.assistantId}`, { instructions: 'The new ones.', tools: [] });
    const path = `/threads/${story.threadId}/runs/${waiting.id}`;
    await face.send('POST', `${path}/submit_tool_outputs`, { tool_outputs: [{ tool_call_id: 'call_a', output: '1' }] });
    const done = await untilStatus(face, path, finalStatuses);
    expect([done.status, done.instructions]).toEqual(['completed', 'The old ones.']);
    expect(systemOf(1)).toContain('The old ones.');
    expect((await face.send('DELETE', `/assistants/${story.assistantId}`)).status).toBe(200);
    expect((await face.send('GET', path)).body).toEqual(done);
    const next = await create(story);
    expect([next.status, messageOf(next)]).toEqual([404, `No assistant found with id '${story.assistantId}'.`]);
  });

  it('forces a call for the first reply only, and forbids calls in all of them', async () => {
    await open([{ calls: [{ id: 'call_a', name: 'lookup', arguments: {} }] }, 'Done.', 'Without.']);
    const story = await newStory(face, { assistant: { tools: [lookup] } });
    const choice = { type: 'function', function: { name: 'lookup' } };
    const waiting = await run(story, { tool_choice: choice, parallel_tool_calls: false });
    expect(waiting).toMatchObject({ tool_choice: choice, parallel_tool_calls: false });
    const path = `/threads/${story.threadId}/runs/${waiting.id}`;
    await face.send('POST', `${path}/submit_tool_outputs`, { tool_outputs: [{ tool_call_id: 'call_a', output: '1' }] });
    await untilStatus(face, path, finalStatuses);
    expect(request(0)).toMatchObject({ toolChoice: { name: 'lookup' }, parallelToolCalls: false });
    expect(request(1).toolChoice).toBe('auto');
    await run(story, { tool_choice: 'none' });
    expect(request(2).toolChoice).toBe('none');
  });

  it('meets a demand for some call with what its client brought, and not with a note to itself', async () => {
    await open([{ calls: [{ id: 'call_a', name: 'lookup', arguments: {} }] }, 'Done.', 'Nothing to call.']);
    const story = await newStory(face, { assistant: { tools: [lookup] } });
    const waiting = await run(story, { tool_choice: 'required' });
    expect([waiting.status, waiting.tool_choice]).toEqual(['requires_action', 'required']);
    const path = `/threads/${story.threadId}/runs/${waiting.id}`;
    await face.send('POST', `${path}/submit_tool_outputs`, { tool_outputs: [{ tool_call_id: 'call_a', output: '1' }] });
    await untilStatus(face, path, finalStatuses);
    expect([request(0).toolChoice, request(0).tools.map((tool) => tool.name)]).toEqual(['required', ['lookup']]);
    expect(request(1).toolChoice).toBe('auto');
    expect(request(1).tools.map((tool) => tool.name)).toContain('memory_append');
    const done = await run(story, { tool_choice: 'required', tools: [{ type: 'code_interpreter' }] });
    expect([done.status, done.tool_choice, request(2).toolChoice]).toEqual(['completed', 'required', 'auto']);
  });
});

describe('what a run brings and what it sees', () => {
  it('appends its messages before it begins, and they belong to nobody’s run', async () => {
    await open(['Hi.']);
    const story = await newStory(face);
    const extra = [
      { role: 'user', content: 'More' },
      { role: 'assistant', content: 'And more' },
    ];
    const done = await run(story, { additional_messages: extra });
    const { body } = await face.send('GET', `/threads/${story.threadId}/messages?order=asc`);
    expect(body.data.map((message) => [message.role, message.run_id])).toEqual([
      ['user', null],
      ['user', null],
      ['assistant', null],
      ['assistant', done.id],
    ]);
    const own = await face.send('GET', `/threads/${story.threadId}/messages?run_id=${done.id}`);
    expect(own.body.data).toHaveLength(1);
  });

  it('sees only so many of the newest messages as its truncation strategy says, in every one of its turns', async () => {
    await open([
      { calls: [{ id: 'call_a', name: 'memory_append', arguments: { label: 'human', content: 'x' } }] },
      'Done.',
    ]);
    const story = await newStory(face, { said: null });
    for (const content of ['one', 'two', 'three']) {
      await face.send('POST', `/threads/${story.threadId}/messages`, { role: 'user', content });
    }
    const strategy = { type: 'last_messages', last_messages: 2 };
    expect((await run(story, { truncation_strategy: strategy })).truncation_strategy).toEqual(strategy);
    for (const index of [0, 1]) {
      const seen = saidTo(index).join(' ');
      expect(seen).toContain('two');
      expect(seen).toContain('three');
      expect(seen).not.toContain('one');
    }
  });

  it('ends incomplete where its replies have used up their tokens, and is told how many are left before', async () => {
    await open([
      {
        calls: [{ id: 'call_a', name: 'memory_append', arguments: { label: 'human', content: 'x' } }],
        completionTokens: 100,
      },
      {
        calls: [{ id: 'call_b', name: 'memory_append', arguments: { label: 'human', content: 'y' } }],
        completionTokens: 156,
      },
    ]);
    const done = await run(await newStory(face), { max_completion_tokens: 256 });
    expect(done.status).toBe('incomplete');
    expect(done.incomplete_details).toEqual({ reason: 'max_completion_tokens' });
    expect(request(0).settings.maxOutputTokens).toBe(256);
    expect(request(1).settings.maxOutputTokens).toBe(156);
    expect(done.max_completion_tokens).toBe(256);
  });

  it('ends incomplete, having said nothing, where even its shortest prompt costs more than it may spend', async () => {
    await open(['Never.']);
    const story = await newStory(face, { said: 'word '.repeat(1_000) });
    const done = await run(story, { max_prompt_tokens: 256 });
    expect(done.status).toBe('incomplete');
    expect(done.incomplete_details).toEqual({ reason: 'max_prompt_tokens' });
    expect(face.app.room.provider.requests).toEqual([]);
    expect((await face.send('GET', `/threads/${story.threadId}/messages`)).body.data).toHaveLength(1);
  });

  it('leaves the tools of its memory at home where they would take most of what it may spend', async () => {
    await open(['Short.', { calls: [{ id: 'call_a', name: 'lookup', arguments: {} }] }, 'Long.']);
    const story = await newStory(face, { assistant: { instructions: 'Be brief.', tools: [lookup] } });
    expect((await run(story, { max_prompt_tokens: 256 })).status).toBe('completed');
    expect(request(0).tools.map((tool) => tool.name)).toEqual(['lookup']);
    expect(systemOf(0)).toBe('Be brief.');
    expect(saidTo(0)).toHaveLength(1);
    await run(story, { max_prompt_tokens: 20_000 });
    expect(request(1).tools.map((tool) => tool.name)).toEqual(expect.arrayContaining(['lookup', 'memory_append']));
    expect(systemOf(1)).toContain('### Memory');
  });

  it('sends fewer messages where all of them cost more than it may spend, and keeps them in view for the next', async () => {
    await open(['Short.', 'Long.']);
    const story = await newStory(face, { said: null });
    for (let index = 0; index < 8; index += 1) {
      await face.send('POST', `/threads/${story.threadId}/messages`, { role: 'user', content: 'word '.repeat(1_000) });
    }
    expect((await run(story, { max_prompt_tokens: 6_000 })).status).toBe('completed');
    await run(story);
    expect(saidTo(0).length).toBeLessThan(8);
    expect(saidTo(1).join('').length).toBeGreaterThan(8 * 4_000);
  });
});

describe('runs as objects', () => {
  it('are listed newest first, with cursors both ways, and found by any spelling of their ids', async () => {
    await open(['1', '2', '3']);
    const story = await newStory(face);
    const runs = [await run(story), await run(story), await run(story)];
    const [first, second, third] = runs.map(({ id }) => id);
    const list = `/threads/${story.threadId}/runs`;
    const idsOf = async (query: string): Promise<string[]> =>
      (await face.send('GET', `${list}?${query}`)).body.data.map(({ id }) => String(id));
    expect(await idsOf('')).toEqual([third, second, first]);
    expect(await idsOf('order=asc&limit=2')).toEqual([first, second]);
    expect(await idsOf(`after=${second}`)).toEqual([first]);
    expect(await idsOf(`before=${second}`)).toEqual([third]);
    const [row] = (await face.app.store.runs.page(await threadUuid(story.threadId), { limit: 1, order: 'asc' })).items;
    expect((await face.send('GET', `${list}/${row?.id ?? ''}`)).body.id).toBe(first);
  });

  async function threadUuid(threadId: string): Promise<string> {
    const { readId } = await import('../../../src/domain/ids.js');
    return readId('conversation', threadId) ?? '';
  }

  it('change their metadata and nothing else, as a whole, also when they have ended', async () => {
    await open(['Hi.']);
    const story = await newStory(face);
    const done = await run(story, { metadata: { a: '1', b: '2' } });
    const path = `/threads/${story.threadId}/runs/${done.id}`;
    expect((await face.send('POST', path, { metadata: { c: '3' } })).body).toEqual({ ...done, metadata: { c: '3' } });
    expect((await face.send('POST', path, {})).body.metadata).toEqual({ c: '3' });
    expect((await face.send('POST', path, { metadata: null })).body.metadata).toEqual({});
    const refused = await face.send('POST', path, { status: 'completed' });
    expect([refused.status, messageOf(refused)]).toEqual([400, "Unknown parameter: 'status'."]);
  });

  it('are asked for at a pace that the server names', async () => {
    await open(['Hi.']);
    const story = await newStory(face);
    const created = await create(story);
    expect(created.headers.get('openai-poll-after-ms')).toBe('250');
  });

  it('of somebody else, of another thread or of nobody are not found', async () => {
    await open(['Hi.']);
    const story = await newStory(face);
    const other = await newStory(face);
    const done = await run(story);
    const { headers } = await face.app.newUser();
    const missing = `No run found with id '${done.id}'.`;
    const elsewhere = await face.send('GET', `/threads/${other.threadId}/runs/${done.id}`);
    expect([elsewhere.status, messageOf(elsewhere)]).toEqual([404, missing]);
    for (const suffix of ['', '/steps', '/events']) {
      const path = `/threads/${story.threadId}/runs/${done.id}${suffix}`;
      const foreign = await face.send('GET', path, undefined, headers);
      expect([foreign.status, messageOf(foreign)]).toEqual([404, `No thread found with id '${story.threadId}'.`]);
    }
    const absent = `run_${'0'.repeat(22)}`;
    const nobody = await face.send('POST', `/threads/${story.threadId}/runs/${absent}/cancel`);
    expect([nobody.status, messageOf(nobody)]).toEqual([404, `No run found with id '${absent}'.`]);
  });

  it.each([
    [{}, 400, "Missing required parameter: 'assistant_id'.", 'missing_required_parameter'],
    [
      { assistant_id: 'undefined' },
      400,
      "Invalid 'assistant_id': 'undefined'. Expected an ID that begins with 'asst'.",
      'invalid_value',
    ],
    [{ assistant_id: `asst_${'0'.repeat(22)}` }, 404, `No assistant found with id 'asst_${'0'.repeat(22)}'.`, null],
    [
      { max_prompt_tokens: 255 },
      400,
      "Invalid 'max_prompt_tokens': integer below minimum value. Expected a value >= 256, but got 255 instead.",
      'integer_below_min_value',
    ],
    [
      { truncation_strategy: { type: 'last_messages' } },
      400,
      "Missing required parameter: 'truncation_strategy.last_messages'.",
      'missing_required_parameter',
    ],
    [{ file_ids: [] }, 400, "Unknown parameter: 'file_ids'.", 'unknown_parameter'],
    [
      { additional_messages: [{ role: 'system', content: 'x' }] },
      400,
      "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
      'invalid_value',
    ],
  ])('that are asked for as %j are refused in the original’s words', async (fields, status, message, code) => {
    await open([]);
    const { threadId, assistantId } = await newStory(face);
    const valid = 'assistant_id' in fields || Object.keys(fields).length === 0 ? {} : { assistant_id: assistantId };
    const refused = await face.send('POST', `/threads/${threadId}/runs`, { ...valid, ...fields });
    expect([refused.status, messageOf(refused), refused.body.error?.['code']]).toEqual([status, message, code]);
    expect((await face.send('GET', `/threads/${threadId}/runs`)).body.data).toEqual([]);
    expect((await face.send('GET', `/threads/${threadId}/messages`)).body.data).toHaveLength(1);
  });

  it('that want something included which there is not are refused', async () => {
    await open([]);
    const story = await newStory(face);
    const refused = await face.send('POST', `/threads/${story.threadId}/runs?include[]=nothing`, {
      assistant_id: story.assistantId,
    });
    expect([refused.status, refused.body.error?.['code']]).toEqual([400, 'invalid_value']);
  });
});

describe('a thread and its run in one', () => {
  it('are made together, and the run tells which thread it is', async () => {
    await open(['Hi.']);
    const { assistantId } = await newStory(face);
    const created = await face.send('POST', '/threads/runs', {
      assistant_id: assistantId,
      thread: { messages: [{ role: 'user', content: 'Hello you' }], metadata: { title: 'x' } },
    });
    const path = `/threads/${created.body.thread_id}`;
    expect((await untilStatus(face, `${path}/runs/${created.body.id}`, finalStatuses)).status).toBe('completed');
    expect((await face.send('GET', path)).body.metadata).toEqual({ title: 'x' });
    expect(saidTo(0).join(' ')).toContain('Hello you');
  });

  it('leave no thread behind where the run is refused', async () => {
    await open([]);
    const before = (await face.send('GET', '/threads')).body.data.length;
    const refused = await face.send('POST', '/threads/runs', { assistant_id: `asst_${'0'.repeat(22)}` });
    expect(refused.status).toBe(404);
    const unknown = await face.send('POST', '/threads/runs', {
      assistant_id: (await newStory(face, { said: null })).assistantId,
      additional_messages: [],
    });
    expect(messageOf(unknown)).toBe("Unknown parameter: 'additional_messages'.");
    expect((await face.send('GET', '/threads')).body.data).toHaveLength(before + 1);
  });
});
