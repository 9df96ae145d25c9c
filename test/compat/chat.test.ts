import OpenAI from 'openai';
import type OpenAIv4 from 'openai-v4';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startMockUpstream, type MockUpstream } from '../support/mock-upstream.js';
import { serveHouse, type ServedHouse } from './house.js';

/** A model server that calls what it may, answers in JSON where it must, and tells what it was told. */
function startUpstream(): Promise<MockUpstream> {
  return startMockUpstream({
    models: [{ id: 'mock', object: 'model', created: 1_700_000_000, owned_by: 'mock' }],
    chat: ({ body }) => {
      const {
        messages,
        tools = [],
        response_format,
      } = body as {
        messages: { role: string; content: string }[];
        tools?: { function: { name: string } }[];
        response_format?: { type: string };
      };
      const last = messages.at(-1);
      if (last?.role === 'tool') return { text: `It says: ${last.content}` };
      if (response_format?.type === 'json_schema') return { text: '{"colour":"teal"}' };
      if (tools.some((tool) => tool.function.name === 'get_weather')) {
        return { calls: [{ id: 'call_1', name: 'get_weather', arguments: '{"city":"Paris"}' }] };
      }
      return { text: 'Hello, I am listening.' };
    },
    embeddings: ({ body }) => [body.input].flat().map((text: string) => [text.length, 0.5]),
  });
}

let upstream: MockUpstream;
let house: ServedHouse;
let standIn: ServedHouse;
beforeAll(async () => {
  upstream = await startUpstream();
  house = await serveHouse(upstream);
  standIn = await serveHouse(null);
});
afterAll(async () => {
  await house.close();
  await standIn.close();
  await upstream.close();
});

const messages = [{ role: 'user' as const, content: 'Hello' }];
const weatherTool = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    description: 'Tells the weather.',
    parameters: { type: 'object', properties: { city: { type: 'string' } } },
  },
};
const runnable = {
  type: 'function' as const,
  function: {
    ...weatherTool.function,
    parse: (text: string) => JSON.parse(text) as { city: string },
    function: ({ city }: { city: string }) => `sunny in ${city}`,
  },
};

async function newAgent(): Promise<string> {
  return (await house.client().beta.assistants.create({ model: 'mock' })).id;
}

describe('the sixth release of the official client', () => {
  it('drives models and embeddings', async () => {
    const agent = await newAgent();
    const listed: string[] = [];
    for await (const model of house.client().models.list()) listed.push(model.id);
    expect(listed).toEqual(expect.arrayContaining(['mock', 'offline/demo', agent]));
    expect((await house.client().models.retrieve('offline/demo')).id).toBe('offline/demo');
    await expect(house.client().models.delete('mock')).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError);
    const { data } = await house.client().embeddings.create({ model: 'mock', input: ['abc', 'de'] });
    expect(data.map(({ embedding }) => embedding)).toEqual([
      [3, 0.5],
      [2, 0.5],
    ]);
  });

  it.each(['a model', 'an agent'])('streams a chat with %s through its helper, to the last token', async (what) => {
    const model = what === 'a model' ? 'mock' : await newAgent();
    const runner = house
      .client()
      .chat.completions.stream({ model, messages, user: 'ada', stream_options: { include_usage: true } });
    let heard = '';
    runner.on('content', (delta) => (heard += delta));
    expect(await runner.finalContent()).toBe('Hello, I am listening.');
    expect(heard).toBe('Hello, I am listening.');
    expect((await runner.totalUsage()).total_tokens).toBeGreaterThan(0);
    expect((await runner.finalChatCompletion()).choices[0]?.finish_reason).toBe('stop');
  });

  it.each([
    ['a model', false],
    ['a model', true],
    ['an agent', false],
    ['an agent', true],
  ])('runs its own tools for %s (streamed: %s)', async (what, stream) => {
    const model = what === 'a model' ? 'mock' : await newAgent();
    const ask = { model, messages: [{ role: 'user' as const, content: 'Weather?' }], tools: [runnable], user: 'ada' };
    const { completions } = house.client().chat;
    const runner = stream ? completions.runTools({ ...ask, stream: true }) : completions.runTools(ask);
    expect(await runner.finalContent()).toBe('It says: sunny in Paris');
    expect(runner.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool', 'assistant']);
  });

  it('has its settings sent on as they are, for a model and for an agent', async () => {
    const settings = {
      seed: 7,
      stop: ['END'],
      frequency_penalty: 0.5,
      presence_penalty: -0.5,
      logit_bias: { '50256': -100 },
    };
    for (const model of ['mock', await newAgent()]) {
      await house.client().chat.completions.create({ model, messages, ...settings, user: 'ada' });
      expect(upstream.chats().at(-1)?.body).toMatchObject({ model: 'mock', ...settings });
    }
    await house.client().embeddings.create({ model: 'mock', input: 'x', dimensions: 2 });
    expect(upstream.requests.at(-1)?.body).toMatchObject({ input: ['x'], dimensions: 2 });
  });

  it('parses an answer that follows a schema', async () => {
    const schema = { type: 'object', properties: { colour: { type: 'string' } }, required: ['colour'] };
    const completion = await house.client().chat.completions.parse({
      model: 'mock',
      messages,
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
    });
    expect(completion.choices[0]?.message.parsed).toEqual({ colour: 'teal' });
    expect(upstream.chats().at(-1)?.body.response_format.json_schema.schema).toEqual(schema);
  });

  it('is told in its own errors what the model’s server refused', async () => {
    const wrong = house.client().chat.completions.create({ model: 'azure/none', messages });
    await expect(wrong).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    const two = house.client().chat.completions.create({ model: 'mock', messages, n: 2 });
    await expect(two).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  });
});

describe('the fourth release of the official client', () => {
  it('drives models, embeddings and chats', async () => {
    const client: OpenAIv4 = house.earlyClient();
    const model = await newAgent();
    expect((await client.models.retrieve(model)).id).toBe(model);
    expect((await client.embeddings.create({ model: 'mock', input: 'abc' })).data[0]?.embedding).toEqual([3, 0.5]);
    for (const name of ['mock', model]) {
      const whole = await client.chat.completions.create({ model: name, messages });
      expect(whole.choices[0]?.message.content).toBe('Hello, I am listening.');
      const runner = client.beta.chat.completions.stream({ model: name, messages });
      expect(await runner.finalContent()).toBe('Hello, I am listening.');
    }
  });
});

describe('any chat client', () => {
  it('has a memory that outlives the transcript and the server, and that is one end user’s alone', async () => {
    const { id: model } = await standIn.client().beta.assistants.create({ model: 'offline/demo' });
    const say = async (user: string, content: string) => {
      const ask = { model, user, messages: [{ role: 'user' as const, content }] };
      return (await standIn.client().chat.completions.create(ask)).choices[0]?.message.content ?? '';
    };
    await say('ada', 'My favourite colour is teal.');
    await standIn.restart();
    expect(await say('ada', 'What is my favourite colour?')).toContain('teal');
    expect(await say('bob', 'What is my favourite colour?')).not.toContain('teal');
  });

  it('talks to the stand-in where no model is configured, whatever name it knows', async () => {
    const answer = await standIn.client().chat.completions.create({ model: 'gpt-4o', messages });
    expect(answer.choices[0]?.message.content).toBeTruthy();
    expect(answer.model).toBe('gpt-4o');
  });
});
