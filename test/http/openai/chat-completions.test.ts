import { afterEach, describe, expect, it } from 'vitest';
import { ProviderError } from '../../../src/providers/provider.js';
import type { Script } from '../../../src/providers/scripted.js';
import { startFace, type OpenaiFace } from '../../support/openai-face.js';

let face: OpenaiFace;
afterEach(() => face.close());

const user = (content: unknown) => ({ role: 'user', content });
const start = async (script: Script) => void (face = await startFace({ script }));
const ask = (body: object) => face.send('POST', '/chat/completions', { model: 'm', messages: [user('Hi')], ...body });

const weather = {
  type: 'function' as const,
  function: { name: 'get_weather', parameters: { type: 'object', properties: {} } },
};

describe('a chat with a plain model', () => {
  it('reaches the provider as it was sent, and comes back as one answer', async () => {
    await start([{ text: 'Hello.', promptTokens: 9, completionTokens: 2 }]);
    const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } };
    const { status, body } = await ask({
      messages: [
        { role: 'developer', content: 'Be kind.' },
        user([
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
        ]),
        { role: 'assistant', content: null, tool_calls: [call], refusal: null },
        { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: 'a cat' }] },
      ],
      temperature: 0.5,
      stop: 'END',
      seed: 7,
      max_tokens: 50,
      presence_penalty: 1,
      frequency_penalty: -1,
      response_format: { type: 'json_object' },
      tools: [weather],
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
      user: 'ada',
    });
    expect([status, body.error]).toEqual([200, undefined]);
    expect(body).toMatchObject({
      object: 'chat.completion',
      model: 'm',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello.', refusal: null } }],
      usage: { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 },
    });
    expect(face.app.room.provider.requests).toEqual([
      expect.objectContaining({
        model: 'm',
        user: 'ada',
        toolChoice: { name: 'get_weather' },
        tools: [expect.objectContaining({ name: 'get_weather' })],
        settings: {
          temperature: 0.5,
          stop: ['END'],
          seed: 7,
          maxOutputTokens: 50,
          presencePenalty: 1,
          frequencyPenalty: -1,
          responseFormat: { type: 'json_object' },
        },
        messages: [
          { role: 'system', text: 'Be kind.' },
          {
            role: 'user',
            parts: [
              { type: 'text', text: 'What is it?' },
              { type: 'image', url: 'https://example.com/a.png', detail: 'low' },
            ],
          },
          { role: 'assistant', text: null, calls: [{ id: 'call_1', name: 'look', arguments: '{}' }] },
          { role: 'tool', callId: 'call_1', name: 'look', text: 'a cat' },
        ],
      }),
    ]);
    expect((await face.app.rows()).agents).toBe(0);
  });

  it.each([
    ['length', 'length'],
    ['filter', 'content_filter'],
    ['stop', 'stop'],
  ] as const)('says why the model stopped: %s', async (finish, reason) => {
    await start([{ text: 'x', finish }]);
    expect((await ask({})).body['choices']).toMatchObject([{ finish_reason: reason }]);
  });

  it('gives the calls the model made to the client', async () => {
    await start([{ calls: [{ id: 'call_a', name: 'get_weather', arguments: { city: 'Paris' } }], deltaChars: 3 }]);
    const { body } = await ask({ tools: [weather] });
    const fn = { name: 'get_weather', arguments: '{"city":"Paris"}' };
    expect(body['choices']).toMatchObject([
      { finish_reason: 'tool_calls', message: { content: null, tool_calls: [{ id: 'call_a', function: fn }] } },
    ]);
  });

  it('hears of a refusal before the stream begins, and of a break within it', async () => {
    const refusal = new ProviderError('model_refused', 'Bad stop.', {
      upstream: { status: 400, code: 'bad_stop', type: 'invalid_request_error', param: 'stop' },
    });
    await start([{ error: refusal }, { text: 'one two', deltaChars: 3, cutAfter: 1 }]);
    const refused = await ask({ stream: true });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { message: 'Bad stop.', code: 'bad_stop', param: 'stop' } },
    });
    const broken = face.client().chat.completions.create({
      model: 'm',
      stream: true,
      messages: [{ role: 'user', content: 'x' }],
    });
    const heard: string[] = [];
    await expect(
      broken.then(async (stream) => {
        for await (const chunk of stream) heard.push(chunk.choices[0]?.delta.content ?? '');
      }),
    ).rejects.toThrow(/broke off/u);
    expect(heard.join('')).toBe('one');
  });

  it.each([
    ['rate limits', new ProviderError('provider_rate_limited', 'Slow.', { retryAfterMs: 1_500 }), 429],
    ['outages', new ProviderError('provider_unavailable', 'Down.'), 502],
    ['long prompts', new ProviderError('context_too_small', 'Long.', { overflow: true }), 400],
    ['unknown models', new ProviderError('model_refused', 'No such model.'), 404],
    [
      'a key of the server that is refused, which is no fault of the client’s key',
      new ProviderError('model_refused', 'Bad key.', {
        upstream: { status: 401, code: 'invalid_api_key', type: null, param: null },
      }),
      400,
    ],
  ])('hears of %s in the original’s envelope', async (_what, error, status) => {
    await start([{ error }]);
    const answer = await ask({});
    expect(answer.status).toBe(status);
    expect(answer.body.error?.message).toBe(error.message);
    expect(answer.body.error?.code).not.toBe('invalid_api_key');
  });

  it.each([
    ['two answers', { n: 2 }, 'n'],
    ['probabilities', { logprobs: true }, 'logprobs'],
    ['no messages', { messages: [] }, 'messages'],
    ['sound', { messages: [user([{ type: 'input_audio', input_audio: {} }])] }, 'messages[0].content[0].type'],
    ['strange members', { frobnicate: 1 }, 'frobnicate'],
  ])('is refused for %s', async (_what, body, param) => {
    await start([]);
    expect(await ask(body)).toMatchObject({ status: 400, body: { error: { param } } });
    expect(face.app.room.provider.requests).toEqual([]);
  });

  it('stops the model when the client leaves in the middle', async () => {
    let stopped: (() => void) | undefined;
    const whenStopped = new Promise<void>((resolve) => (stopped = resolve));
    await start([
      {
        before: (signal) => signal.addEventListener('abort', () => stopped?.()),
        text: 'one two three',
        deltaChars: 3,
        cutAfter: 2,
        ending: 'silence',
      },
    ]);
    const messages = [{ role: 'user' as const, content: 'x' }];
    const client = face.client({ fetch: globalThis.fetch });
    const stream = await client.chat.completions.create({ model: 'm', stream: true, messages });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content === 'one') break;
    await whenStopped;
  });
});
