import { afterEach, describe, expect, it } from 'vitest';
import type { ModelRequest } from '../../../src/providers/provider.js';
import type { Script } from '../../../src/providers/scripted.js';
import { startFace, type Body, type OpenaiFace } from '../../support/openai-face.js';

let face: OpenaiFace;
afterEach(() => face.close());

const start = async (script: Script) => void (face = await startFace({ script }));
const says = (role: string, content: string) => ({ role, content });
const user = (content: string) => says('user', content);

async function newAssistant(body: object = {}): Promise<string> {
  return (await face.send('POST', '/assistants', { model: 'm', ...body })).body.id;
}

const chat = (body: object) => face.send('POST', '/chat/completions', body);

interface Choice {
  finish_reason: string;
  message: { content: string | null; tool_calls?: { id: string; function: { name: string; arguments: string } }[] };
}

function choiceOf(body: Body): Choice {
  const [choice] = body['choices'] as Choice[];
  if (choice === undefined) throw new Error('There is no choice.');
  return choice;
}

/** What the model was told that people said, in the newest request. */
function heard(request: ModelRequest | undefined): string[] {
  return (request?.messages ?? []).flatMap((message) => {
    if (message.role === 'assistant') return message.text === null ? [] : [`assistant: ${message.text}`];
    if (message.role !== 'user') return [];
    return [
      `user: ${message.parts.map((part) => (part.type === 'image' ? part.url : part.type === 'text' ? part.text : part.fileId)).join(' ')}`,
    ];
  });
}

const newest = () => face.app.room.provider.requests.at(-1);
const threads = async () => (await face.send('GET', '/threads?limit=100')).body.data;

const weather = { type: 'function', function: { name: 'get_weather', parameters: { type: 'object', properties: {} } } };
const asksWeather = { calls: [{ id: 'call_1', name: 'get_weather', arguments: { city: 'Paris' } }] };

describe('a chat with an agent of a key', () => {
  it('goes on where it stopped: what the transcript repeats is not kept twice', async () => {
    await start(['Hello Ada.', 'Teal.']);
    const model = await newAssistant();
    const first = await chat({ model, user: 'ada', messages: [user('Hi, I like teal.')] });
    expect(choiceOf(first.body).message.content).toBe('Hello Ada.');
    const transcript = [user('Hi, I like teal.'), says('assistant', 'Hello Ada.'), user('What do I like?')];
    await chat({ model, user: 'ada', messages: transcript });
    const [thread, ...others] = await threads();
    expect(others).toEqual([]);
    const said = await face.send('GET', `/threads/${thread?.id ?? ''}/messages?order=asc`);
    expect(said.body.data.map((message) => message.content[0]?.text?.value)).toEqual([
      'Hi, I like teal.',
      'Hello Ada.',
      'What do I like?',
      'Teal.',
    ]);
  });

  it('takes over what was said before it began here, and lets a new transcript join what it knows', async () => {
    await start(['One.', 'Two.']);
    const model = await newAssistant();
    await chat({ model, user: 'ada', messages: [user('A'), says('assistant', 'B'), user('C')] });
    expect(heard(newest())).toEqual(['user: A', 'assistant: B', 'user: C']);
    await chat({ model, user: 'ada', messages: [user('D')] });
    expect(heard(newest())).toEqual(['user: A', 'assistant: B', 'user: C', 'assistant: One.', 'user: D']);
  });

  it.each([
    ['user', { user: 'bob' }],
    ['safety_identifier', { safety_identifier: 'bob' }],
    ['a pair of the metadata', { metadata: { memory: 'bob' } }],
  ])('is another chat under another key, named by %s', async (_what, key) => {
    await start(['One.', 'Two.', 'Three.']);
    const model = await newAssistant();
    await chat({ model, user: 'ada', messages: [user('secret')] });
    await chat({ model, ...key, messages: [user('hello')] });
    expect(heard(newest())).toEqual(['user: hello']);
    await chat({ model, user: 'bob', messages: [user('again')] });
    expect(heard(newest())).toEqual(['user: hello', 'assistant: Two.', 'user: again']);
  });

  it('shares its memory with the threads of the key, and with no others', async () => {
    const edit = {
      calls: [{ name: 'memory_insert', arguments: { label: 'human', new_string: 'Likes teal.', insert_line: -1 } }],
    };
    await start([edit, 'Noted.', 'One.', 'Two.']);
    const model = await newAssistant();
    await chat({ model, user: 'ada', messages: [user('I like teal.')] });
    const systemIn = async (metadata: object) => {
      const body = { assistant_id: model, thread: { metadata, messages: [user('What do I like?')] } };
      const { id, thread_id } = (await face.send('POST', '/threads/runs', body)).body as Body & { thread_id: string };
      const events = await fetch(`${face.baseUrl}/threads/${thread_id}/runs/${id}/events`, {
        headers: { authorization: 'Bearer ilovellms' },
      });
      await events.text();
      return JSON.stringify(newest()?.messages[0]);
    };
    expect(await systemIn({ memory: 'ada' })).toContain('Likes teal.');
    expect(await systemIn({ memory: 'bob' })).not.toContain('Likes teal.');
  });

  it('is called by any spelling of its id, by its name, and in the old manner by `user`', async () => {
    await start(() => 'Here.');
    const id = await newAssistant({ name: 'Math tutor' });
    const { id: uuid } = (
      await face.app.store.agents.page('00000000-0000-0000-0000-000000000000', { limit: 1, order: 'asc' })
    ).items[0] ?? { id: '' };
    for (const body of [{ model: id }, { model: uuid }, { model: `agent-${uuid}` }, { model: 'Math tutor' }]) {
      await chat({ ...body, user: 'ada', messages: [user('x')] });
    }
    await chat({ model: 'gpt-4o', user: uuid, safety_identifier: 'ada', messages: [user('last')] });
    expect(heard(newest()).filter((line) => line === 'user: x')).toHaveLength(4);
    expect(heard(newest()).at(-1)).toBe('user: last');
  });

  it('is nobody else’s: to another user the id is a model like any other', async () => {
    await start(['Mine.', 'Passed through.']);
    const model = await newAssistant();
    const { headers } = await face.app.newUser();
    await chat({ model, user: 'ada', messages: [user('secret')] });
    await face.send('POST', '/chat/completions', { model, user: 'ada', messages: [user('hello')] }, headers);
    expect(newest()?.model).toBe(model);
    expect(heard(newest())).toEqual(['user: hello']);
  });

  it('gives system messages to this one answer alone', async () => {
    await start(['One.', 'Two.']);
    const model = await newAssistant();
    await chat({ model, user: 'ada', messages: [says('system', 'Speak like a pirate.'), user('x')], temperature: 0.1 });
    expect(JSON.stringify(newest()?.messages)).toContain('Speak like a pirate.');
    expect(newest()?.settings.temperature).toBe(0.1);
    await chat({ model, user: 'ada', messages: [user('y')] });
    expect(JSON.stringify(newest()?.messages)).not.toContain('Speak like a pirate.');
    expect(newest()?.settings.temperature ?? null).toBeNull();
  });
});

describe('a chat without a key', () => {
  it('leaves nothing behind with an assistant that keeps its threads apart', async () => {
    await start(['One.', 'Two.']);
    const model = await newAssistant();
    await chat({ model, messages: [user('A')] });
    await chat({ model, messages: [user('A'), says('assistant', 'One.'), user('B')] });
    expect(heard(newest())).toEqual(['user: A', 'assistant: One.', 'user: B']);
    expect(await threads()).toEqual([]);
  });

  it('is one for all with an assistant that shares', async () => {
    await start(['One.', 'Two.']);
    const model = await newAssistant({ metadata: { memory_scope: 'shared' } });
    await chat({ model, messages: [user('A')] });
    await chat({ model, messages: [user('B')] });
    expect(heard(newest())).toEqual(['user: A', 'assistant: One.', 'user: B']);
  });

  it('is the main conversation with an agent of the native face', async () => {
    await start(() => ({ calls: [{ name: 'send_message', arguments: { message: 'Spoken.' } }] }));
    const { body } = await face.send('POST', '/api/agents', { config: { name: 'Sam' } });
    const { id } = (body as unknown as { agent_state: { id: string } }).agent_state;
    const answer = await chat({ model: 'Sam', messages: [user('Hi there')] });
    expect(choiceOf(answer.body).message.content).toBe('Spoken.');
    const messages = await face.app.store.agents.find(id);
    const conversation = await face.app.store.conversations.find(messages?.mainConversationId ?? '');
    const page = await face.app.store.messages.page(conversation?.id ?? '', {
      limit: 50,
      order: 'desc',
      visibleOnly: true,
    });
    expect(page.items.map(({ role }) => role)).toEqual(['assistant', 'user']);
  });
});

describe('the client’s own tools', () => {
  const script: Script = (request) =>
    request.messages.at(-1)?.role === 'tool'
      ? { text: 'It is sunny.', promptTokens: 30, completionTokens: 3 }
      : { ...asksWeather, promptTokens: 10, completionTokens: 5 };

  it.each([
    ['with a key', { user: 'ada' }],
    ['without one', {}],
  ])('end an answer with calls, and go on with their results: %s', async (_what, key) => {
    await start(script);
    const model = await newAssistant();
    const asked = await chat({ model, ...key, tools: [weather], messages: [user('Weather?')] });
    const { finish_reason, message } = choiceOf(asked.body);
    expect(finish_reason).toBe('tool_calls');
    expect(message.content).toBeNull();
    expect(message.tool_calls).toMatchObject([{ function: { name: 'get_weather', arguments: '{"city":"Paris"}' } }]);
    const id = message.tool_calls?.[0]?.id ?? '';
    expect(id).toMatch(/^call_\w+$/u);
    const messages = [
      user('Weather?'),
      { role: 'assistant', ...message },
      { role: 'tool', tool_call_id: id, content: 'sunny' },
    ];
    const told = await chat({ model, ...key, tools: [weather], messages });
    expect(choiceOf(told.body)).toMatchObject({ finish_reason: 'stop', message: { content: 'It is sunny.' } });
    expect(told.body['usage']).toMatchObject({ prompt_tokens: 30, completion_tokens: 3, total_tokens: 33 });
    expect(newest()?.messages.at(-1)).toMatchObject({ role: 'tool', callId: 'call_1', text: 'sunny' });
    expect((await threads()).length).toBe(Object.keys(key).length);
  });

  it('are given up where the user speaks on instead', async () => {
    await start([asksWeather, 'Never mind.']);
    const model = await newAssistant();
    await chat({ model, user: 'ada', tools: [weather], messages: [user('Weather?')] });
    const { body } = await chat({ model, user: 'ada', messages: [user('Forget it.')] });
    expect(choiceOf(body).message.content).toBe('Never mind.');
  });

  it.each([
    ['results of no call', [{ role: 'tool', tool_call_id: 'call_none', content: 'x' }]],
    ['words after results', [{ role: 'tool', tool_call_id: 'call_none', content: 'x' }, user('y')]],
    ['nothing new', [user('x'), says('assistant', 'y')]],
  ])('are refused: %s', async (_what, messages) => {
    await start([]);
    const model = await newAssistant();
    const answer = await chat({ model, user: 'ada', messages });
    expect(answer).toMatchObject({ status: 400, body: { error: { param: 'messages' } } });
  });

  it('can be answered only by the one who was asked', async () => {
    await start(script);
    const model = await newAssistant();
    const { message } = choiceOf((await chat({ model, tools: [weather], messages: [user('Weather?')] })).body);
    const tool = { role: 'tool', tool_call_id: message.tool_calls?.[0]?.id ?? '', content: 'x' };
    const other = await newAssistant();
    expect((await chat({ model: other, messages: [tool] })).status).toBe(404);
  });
});

describe('an agent that fails', () => {
  it('is told of in the original’s envelope', async () => {
    await start([]);
    const model = await newAssistant();
    const answer = await chat({ model, user: 'ada', messages: [user('x')] });
    expect(answer).toMatchObject({ status: 400, body: { error: { type: 'invalid_request_error' } } });
  });

  it('is heard once where it broke off and was asked again', async () => {
    await start([{ text: 'Half a', deltaChars: 4, cutAfter: 1 }, 'A whole answer.']);
    const model = await newAssistant();
    const { body } = await chat({ model, user: 'ada', messages: [user('x')] });
    expect(choiceOf(body).message.content).toBe('A whole answer.');
  });
});

describe('a client that leaves an agent in the middle', () => {
  it('changes nothing: the answer is finished and kept', async () => {
    let goOn: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    await start([{ before: () => gate, text: 'The whole story.' }, 'Next.']);
    const model = await newAssistant();
    const leaving = new AbortController();
    const stream = await face
      .client({ fetch: globalThis.fetch })
      .chat.completions.create(
        { model, user: 'ada', stream: true, messages: [{ role: 'user', content: 'Tell me.' }] },
        { signal: leaving.signal },
      );
    leaving.abort();
    for await (const chunk of stream) void chunk;
    goOn?.();
    await chat({ model, user: 'ada', messages: [user('And then?')] });
    expect(heard(newest())).toEqual(['user: Tell me.', 'assistant: The whole story.', 'user: And then?']);
  });

  it('gets the same answer when it asks again, and nothing is said twice', async () => {
    await start(['Once.', 'Twice.']);
    const model = await newAssistant();
    const body = { model, user: 'ada', stream: true, messages: [user('x')] };
    const ask = async (attempt: number) => {
      const response = await face.watch.fetch(`${face.baseUrl}/chat/completions`, {
        method: 'POST',
        headers: { authorization: 'Bearer ilovellms', 'x-stainless-retry-count': String(attempt) },
        body: JSON.stringify(body),
      });
      return response.text();
    };
    const first = await ask(0);
    expect(first).toContain('Once.');
    expect(await ask(1)).toBe(first);
    expect(face.app.room.provider.requests).toHaveLength(1);
  });
});
