import supertest from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProviderError } from '../../../src/providers/provider.js';
import type { ScriptedTurn } from '../../../src/providers/scripted.js';
import { asAdmin, startApp, type RunningApp } from '../running-app.js';

let app: RunningApp;
let agentId: string;
beforeEach(async () => {
  app = await startApp();
  const created = await supertest(app.server)
    .post('/api/agents')
    .set(asAdmin)
    .send({ config: { name: 'Mira' } });
  agentId = (created.body as { agent_state: { id: string } }).agent_state.id;
});
afterEach(() => app.close());

/** A reply of the model in the heartbeat protocol. */
function says(message: string, thought = 'A greeting.'): ScriptedTurn {
  return { calls: [{ name: 'send_message', arguments: { inner_thoughts: thought, message } }] };
}

function send(body: object, path = `/api/agents/${agentId}/messages`): supertest.Test {
  return supertest(app.server).post(path).set(asAdmin).send(body);
}

function eventsOf(text: string): unknown[] {
  return text
    .split('\n\n')
    .filter((frame) => frame.startsWith('data: '))
    .map((frame) => frame.slice('data: '.length))
    .map((data) => (data.startsWith('[') ? data : (JSON.parse(data) as unknown)));
}

const date = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/u) as string;
const id = expect.stringMatching(/^[0-9a-f-]{36}$/u) as string;

describe('a message', () => {
  it('is answered in the legacy stream as in the old examples', async () => {
    app.room.provider.push(says("It's 42, Chad."));
    const answer = await send({
      agent_id: 'ignored',
      message: "what's the meaning of life?",
      stream: true,
      role: 'user',
    });
    expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    expect(answer.text.startsWith(': open\n\n')).toBe(true);
    expect(eventsOf(answer.text)).toEqual([
      { internal_monologue: 'A greeting.', id, date },
      { function_call: `send_message({'message': "It's 42, Chad."})`, id, date },
      { assistant_message: "It's 42, Chad.", id, date },
      { function_return: 'None', status: 'success', id, date },
    ]);
  });

  it('is answered at the early path with the agent in the body', async () => {
    app.room.provider.push(says('Hello.'));
    const answer = await send({ agent_id: agentId, message: 'Hi', stream: true }, '/api/agents/message');
    expect(eventsOf(answer.text)).toContainEqual({ assistant_message: 'Hello.', id, date });
  });

  it('is answered in steps with sentinels', async () => {
    app.room.provider.push(says('Hello.'));
    const events = eventsOf((await send({ message: 'Hi', stream_steps: true })).text);
    expect(events).toContainEqual({
      function_call: { id: expect.any(String) as string, name: 'send_message', arguments: '{"message": "Hello."}' },
      id,
      date,
    });
    expect(events.slice(-2)).toEqual(['[DONE_STEP]', '[DONE]']);
    expect(events.filter((event) => JSON.stringify(event).includes('assistant_message'))).toEqual([]);
  });

  it('is answered in fragments that join to the call', async () => {
    app.room.provider.push({ ...says('Hello, you "there".'), deltaChars: 3 });
    const events = eventsOf((await send({ message: 'Hi', stream_steps: true, stream_tokens: true })).text);
    const parts = events.flatMap((event) => {
      const call =
        typeof event === 'object' ? (event as { function_call?: { arguments: string } }).function_call : undefined;
      return call === undefined ? [] : [call.arguments];
    });
    expect(parts.length).toBeGreaterThan(1);
    expect(JSON.parse(parts.join(''))).toEqual({ message: 'Hello, you "there".' });
    expect(events.at(-1)).toBe('[DONE]');
  });

  it('is answered without a stream by objects, the words beside the call, and the usage', async () => {
    app.room.provider.push({ ...says('Hello.'), promptTokens: 70, completionTokens: 9 });
    const { status, body } = await send({ message: 'Hi' });
    expect(status).toBe(200);
    expect(body).toEqual({
      messages: [
        { internal_monologue: 'A greeting.', id, date },
        {
          function_call: { id: expect.any(String) as string, name: 'send_message', arguments: '{"message": "Hello."}' },
          id,
          date,
        },
        { assistant_message: 'Hello.', id, date },
        { function_return: 'None', status: 'success', id, date },
      ],
      usage: { prompt_tokens: 70, completion_tokens: 9, total_tokens: 79, step_count: 1 },
    });
  });

  it('is answered without a stream at the early path by calls as text', async () => {
    app.room.provider.push(says('Hello.'));
    const { body } = await send({ agent_id: agentId, message: 'Hi' }, '/api/agents/message');
    expect((body as { messages: object[] }).messages[1]).toEqual({
      function_call: "send_message({'message': 'Hello.'})",
      id,
      date,
    });
  });

  it('shows the tools that the agent used on its way to the answer', async () => {
    const note = { name: 'human', content: 'Likes tea', request_heartbeat: true, inner_thoughts: 'Worth keeping.' };
    app.room.provider.push({ calls: [{ name: 'core_memory_append', arguments: note }] }, says('Noted.'));
    const events = eventsOf((await send({ message: 'I like tea', stream: true })).text);
    expect(events).toMatchObject([
      { internal_monologue: 'Worth keeping.' },
      { function_call: "core_memory_append({'name': 'human', 'content': 'Likes tea'})" },
      { status: 'success' },
      { internal_monologue: 'A greeting.' },
      { function_call: "send_message({'message': 'Noted.'})" },
      { assistant_message: 'Noted.' },
      { function_return: 'None' },
    ]);
    const { body } = await supertest(app.server).get(`/api/agents/${agentId}/memory`).set(asAdmin);
    expect((body as { core_memory: { human: string } }).core_memory.human).toContain('Likes tea');
  });

  it.each([
    [{ stream: true }, [{ internal_error: 'No such model.' }]],
    [{ stream_steps: true }, [{ error: 'No such model.' }, '[DONE]']],
  ])('that the model refuses ends the stream of %j with an error', async (flags, events) => {
    app.room.provider.push({ error: new ProviderError('model_refused', 'No such model.') });
    const answer = await send({ message: 'Hi', ...flags });
    expect(answer.status).toBe(200);
    expect(eventsOf(answer.text)).toEqual(events);
  });

  it('that the model refuses is answered with a status where no stream was asked for', async () => {
    app.room.provider.push({ error: new ProviderError('model_refused', 'No such model.') });
    const answer = await send({ message: 'Hi' });
    expect([answer.status, answer.body]).toEqual([400, { detail: 'No such model.' }]);
  });

  it('of role system reaches the model as an alert of a user', async () => {
    app.room.provider.push(says('Understood.'));
    await send({ message: 'The user has gone.', role: 'system' });
    const last = app.room.provider.requests[0]?.messages.at(-1);
    expect(last?.role).toBe('user');
    const texts = last?.role === 'user' ? last.parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])) : [];
    expect(texts.at(-1)).toMatch(/\{"type":"system_alert","message":"The user has gone\.","time":"[^"]+"\}$/u);
  });

  it.each([
    ['2024-04-12T21:03:11.402117+00:00', '2024-04-12T21:03:11.402000+00:00'],
    ['2024-04-12T21:03:11', '2024-04-12T21:03:11.000000+00:00'],
    ['2024-04-12 23:03:11+0200', '2024-04-12T21:03:11.000000+00:00'],
    [1712955791, '2024-04-12T21:03:11.000000+00:00'],
  ])('with timestamp %j is dated so', async (timestamp, written) => {
    app.room.provider.push(says('Hello.'));
    await send({ message: 'Hi', timestamp });
    const { body } = await supertest(app.server).get(`/api/agents/${agentId}/messages-cursor?limit=50`).set(asAdmin);
    const { messages } = body as { messages: { role: string; text: string; created_at: string }[] };
    const mine = messages.find((message) => message.role === 'user' && message.text.includes('"Hi"'));
    expect(mine?.created_at).toBe(written);
    expect((JSON.parse(mine?.text ?? '') as { time: string }).time).toMatch(/^2024-04-12 09:03:11 PM UTC/u);
  });

  it.each(['', '  ', '/memory'])('of %j is refused and nothing is written', async (message) => {
    const before = await app.rows();
    for (const flags of [{}, { stream: true }]) {
      const answer = await send({ message, ...flags });
      expect([answer.status, answer.body]).toEqual([400, { detail: `Invalid input: '${message}'` }]);
    }
    expect(await app.rows()).toEqual(before);
  });

  it('that asks for tokens without steps is refused', async () => {
    const answer = await send({ message: 'Hi', stream_tokens: true });
    expect([answer.status, answer.body]).toEqual([
      400,
      { detail: "stream_steps must be 'true' if stream_tokens is 'true'" },
    ]);
  });

  it('stands behind another that is being answered, and both get their own answer', async () => {
    app.room.provider.push(says('First.'), says('Second.'));
    const [one, two] = await Promise.all([
      send({ message: 'One', stream: true }),
      send({ message: 'Two', stream: true }),
    ]);
    const said = [one, two].map((answer) => /"assistant_message": "(\w+)\./u.exec(answer.text)?.[1]);
    expect(said.sort()).toEqual(['First', 'Second']);
  });

  it('is answered though the reader leaves', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    app.room.provider.push({ ...says('Still here.'), before: () => gate });
    const leaving = new AbortController();
    const answer = await fetch(`${app.url}/api/agents/${agentId}/messages`, {
      method: 'POST',
      headers: asAdmin,
      body: '{"message": "Hi", "stream": true}',
      signal: leaving.signal,
    });
    await answer.body?.getReader().read();
    leaving.abort();
    release();
    await expect
      .poll(async () => {
        const { body } = await supertest(app.server)
          .get(`/api/agents/${agentId}/messages?start=0&count=9`)
          .set(asAdmin);
        return JSON.stringify(body);
      })
      .toContain('Still here.');
  });
});

describe('the history', () => {
  type Row = { id: string; role: string; text: string | null; tool_calls: { function: { name: string } }[] | null };

  async function read(path: string): Promise<Row[]> {
    const answer = await supertest(app.server).get(path).set(asAdmin);
    expect(answer.status).toBe(200);
    return (answer.body as { messages: Row[] }).messages;
  }

  it('has the four messages of a new agent, newest first, with all members', async () => {
    const rows = await read(`/api/agents/${agentId}/messages?start=0&count=10`);
    expect(rows.map((row) => row.role)).toEqual(['user', 'tool', 'assistant', 'system']);
    expect(Object.keys(rows[0] ?? {}).sort()).toEqual(
      [
        'id', 'user_id', 'agent_id', 'text', 'model', 'created_at', 'role', 'name', 'embedding', 'embedding_dim',
        'embedding_model', 'tool_calls', 'tool_call_id', 'in_context',
      ].sort(),
    ); // prettier-ignore
    expect(JSON.parse(rows[0]?.text ?? '')).toMatchObject({ type: 'login' });
    expect(JSON.parse(rows[1]?.text ?? '')).toMatchObject({ status: 'OK', message: 'None' });
    expect(rows[2]?.tool_calls).toMatchObject([{ tool_call_type: 'function', function: { name: 'send_message' } }]);
    expect(rows[1]).toMatchObject({ name: 'send_message', tool_call_id: expect.any(String) as string });
  });

  it('is the same at the early path, by offset and by cursor', async () => {
    app.room.provider.push(says('One.'), says('Two.'));
    await send({ message: 'First' });
    await send({ message: 'Second' });
    const whole = await read(`/api/agents/${agentId}/messages?start=0&count=100`);
    expect(whole.length).toBeGreaterThanOrEqual(8);
    expect(await read(`/api/agents/message?agent_id=${agentId}&start=0&count=100`)).toEqual(whole);
    expect(await read(`/api/agents/${agentId}/messages?start=2&count=3`)).toEqual(whole.slice(2, 5));
    expect(await read(`/api/agents/${agentId}/messages?start=100&count=3`)).toEqual([]);
    expect(await read(`/api/agents/${agentId}/messages?start=0&count=0`)).toEqual([]);
    expect(await read(`/api/agents/${agentId}/messages-cursor?limit=1000`)).toEqual(whole);
    const third = whole[2]?.id ?? '';
    expect(await read(`/api/agents/${agentId}/messages-cursor?before=${third}&limit=2`)).toEqual(whole.slice(3, 5));
  });

  it('tells what was said through a call once', async () => {
    app.room.provider.push(says('Only once.'));
    await send({ message: 'Hi' });
    const rows = await read(`/api/agents/${agentId}/messages-cursor?limit=100`);
    expect(rows.filter((row) => JSON.stringify(row).includes('Only once.'))).toHaveLength(1);
  });
});
