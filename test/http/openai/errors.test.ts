import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../../src/domain/limits.js';
import { newId, toOpenaiId } from '../../../src/domain/ids.js';
import { startFace, type Answer, type Body, type OpenaiFace } from '../../support/openai-face.js';

let face: OpenaiFace;
let thread: Body;
let assistant: Body;
beforeAll(async () => {
  face = await startFace({ corsOrigins: ['http://localhost:3000'] });
  thread = (await face.send('POST', '/threads')).body;
  assistant = (await face.send('POST', '/assistants', { model: 'm' })).body;
});
afterAll(() => face.close());

const refusal = (answer: Answer): unknown[] => {
  expect(Object.keys(answer.body.error ?? {}).sort()).toEqual(['code', 'message', 'param', 'type']);
  return [answer.status, answer.body.error?.param, answer.body.error?.code, answer.body.error?.message];
};

const user = (content: unknown, more: object = {}): object => ({ role: 'user', content, ...more });
const pairs = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
const named = (name: string): object => ({ type: 'function', function: { name } });

describe('a body', () => {
  it.each([
    ['/assistants', {}, 'model', 'missing_required_parameter', "Missing required parameter: 'model'."],
    ['/assistants', { model: 'm', files: [] }, 'files', 'unknown_parameter', "Unknown parameter: 'files'."],
    [
      '/assistants',
      { model: 'm', tools: [{ type: 'function', function: { name: 'f', body: 1 } }] },
      'tools[0].function.body',
      'unknown_parameter',
      "Unknown parameter: 'tools[0].function.body'.",
    ],
    [
      '/assistants',
      { model: 5 },
      'model',
      'invalid_type',
      "Invalid type for 'model': expected a string, but got an integer instead.",
    ],
    [
      '/assistants',
      { model: null },
      'model',
      'invalid_type',
      "Invalid type for 'model': expected a string, but got null instead.",
    ],
    [
      '/assistants',
      { model: 'm', temperature: 'hot' },
      'temperature',
      'invalid_type',
      "Invalid type for 'temperature': expected a decimal, but got a string instead.",
    ],
    [
      '/assistants',
      { model: 'm', temperature: 2.1 },
      'temperature',
      'decimal_above_max_value',
      "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.1 instead.",
    ],
    [
      '/assistants',
      { model: 'm', top_p: -1 },
      'top_p',
      'decimal_below_min_value',
      "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -1 instead.",
    ],
    [
      '/assistants',
      { model: 'm', name: 'n'.repeat(257) },
      'name',
      'string_above_max_length',
      "Invalid 'name': string too long. Expected a string with maximum length 256, but got a string with length 257 instead.",
    ],
    [
      '/assistants',
      { model: 'm', instructions: 'n'.repeat(256_001) },
      'instructions',
      'string_above_max_length',
      "Invalid 'instructions': string too long. Expected a string with maximum length 256000, but got a string with length 256001 instead.",
    ],
    [
      '/assistants',
      { model: 'm', tools: Array.from({ length: 129 }, (_, index) => named(`f${index}`)) },
      'tools',
      'array_above_max_length',
      "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 129 instead.",
    ],
    [
      '/assistants',
      { model: 'm', tools: [named('f'), named('f')] },
      'tools',
      'invalid_value',
      "Invalid 'tools': the name of a function must be unique, and 'f' is not.",
    ],
    [
      '/assistants',
      { model: 'm', tools: [named('has space')] },
      'tools[0].function.name',
      'invalid_value',
      "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]{1,64}$'.",
    ],
    [
      '/assistants',
      { model: 'm', tools: [{ type: 'browser' }] },
      'tools[0].type',
      'invalid_value',
      "Invalid value: 'browser'. Supported values are: 'code_interpreter', 'file_search', and 'function'.",
    ],
    [
      '/assistants',
      { model: 'm', response_format: { type: 'xml' } },
      'response_format.type',
      'invalid_value',
      "Invalid value: 'xml'. Supported values are: 'text', 'json_object', and 'json_schema'.",
    ],
    [
      '/threads',
      { messages: [{ role: 'system', content: 'x' }] },
      'messages[0].role',
      'invalid_value',
      "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
    ],
    [
      '/threads',
      { messages: [{ role: 'user' }] },
      'messages[0].content',
      'missing_required_parameter',
      "Missing required parameter: 'messages[0].content'.",
    ],
    [
      '/threads',
      { messages: [user([{ type: 'text', text: { value: 'x' } }])] },
      'messages[0].content[0].text',
      'invalid_type',
      "Invalid type for 'messages[0].content[0].text': expected a string, but got an object instead.",
    ],
    [
      '/threads',
      { messages: [user(5)] },
      'messages[0].content',
      'invalid_type',
      "Invalid type for 'messages[0].content': expected a string or an array, but got an integer instead.",
    ],
    [
      '/threads',
      { messages: [user('')] },
      'messages[0].content',
      'empty_string',
      "Invalid 'messages[0].content': empty string. Expected a string with minimum length 1, but got an empty string instead.",
    ],
    [
      '/threads',
      { messages: [user([])] },
      'messages[0].content',
      'empty_array',
      "Invalid 'messages[0].content': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    ],
    [
      '/threads',
      { messages: [user('x'.repeat(256_001))] },
      'messages[0].content',
      'string_above_max_length',
      "Invalid 'messages[0].content': string too long. Expected a string with maximum length 256000, but got a string with length 256001 instead.",
    ],
    [
      '/threads',
      { metadata: pairs(17) },
      'metadata',
      'object_above_max_properties',
      "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
    ],
    [
      '/threads',
      { metadata: { ['k'.repeat(65)]: 'v' } },
      'metadata',
      'property_name_above_max_length',
      "Invalid 'metadata': property name too long. Expected a property name with maximum length 64, but got a property name with length 65 instead.",
    ],
    [
      '/threads',
      { metadata: { k: 'v'.repeat(513) } },
      'metadata.k',
      'string_above_max_length',
      "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.",
    ],
    [
      '/threads',
      { metadata: { k: 1 } },
      'metadata.k',
      'invalid_type',
      "Invalid type for 'metadata.k': expected a string, but got an integer instead.",
    ],
    ['/threads', [], null, 'invalid_type', "Invalid type for 'body': expected an object, but got an array instead."],
  ])('of %s with a fault is refused in the words of the original: %#', async (path, body, param, code, message) => {
    expect(refusal(await face.send('POST', path, body))).toEqual([400, param, code, message]);
  });

  it('with 16 pairs, keys of 64 and values of 512 characters is within the limits', async () => {
    const metadata = { ...pairs(15), ['k'.repeat(64)]: 'v'.repeat(512) };
    expect((await face.send('POST', '/threads', { metadata })).body['metadata']).toEqual(metadata);
  });

  it('that is no JSON says so, and repeats nothing of it', async () => {
    const answer = await face.send('POST', '/threads', '{"messages": [sk-secret');
    expect(refusal(answer)).toEqual([400, null, null, expect.stringMatching(/^We could not parse the JSON body/u)]);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });

  it('larger than the limit is refused with 400, which no client tries again', async () => {
    const answer = await face.send('POST', '/threads', JSON.stringify({ a: 'x'.repeat(limits.bodyBytesMax) }));
    expect(refusal(answer)).toEqual([400, null, null, 'The body is larger than 10 MB.']);
  });

  it('names no file and no vector store that is not there, and not both ways of naming stores', async () => {
    const stores = (file_search: object): object => ({ model: 'm', tool_resources: { file_search } });
    const missing = await face.send('POST', '/assistants', stores({ vector_store_ids: ['vs_1'] }));
    expect(refusal(missing)).toEqual([404, null, null, "No vector store found with id 'vs_1'."]);
    const both = await face.send('POST', '/assistants', stores({ vector_stores: [{}], vector_store_ids: ['vs_1'] }));
    expect(refusal(both).slice(0, 2)).toEqual([400, 'tool_resources.file_search']);
    const inside = await face.send('POST', '/assistants', stores({ vector_stores: [{ file_ids: ['file-1'] }] }));
    expect(refusal(inside)).toEqual([404, 'id', null, 'No such File object: file-1']);
    const early = await face.send('POST', '/assistants', { model: 'm', file_ids: ['file-1'] });
    expect(refusal(early)).toEqual([404, 'id', null, 'No such File object: file-1']);
  });
});

describe('an id', () => {
  it.each([
    ['GET', '/threads/undefined', 'thread_id', "'undefined'. Expected an ID that begins with 'thread'."],
    ['GET', '/threads/null/messages', 'thread_id', "'null'. Expected an ID that begins with 'thread'."],
    ['GET', '/threads/asst_abc', 'thread_id', "'asst_abc'. Expected an ID that begins with 'thread'."],
    ['GET', '/threads/thread_%3Cb%3E', 'thread_id', "'thread_<b>'. Expected an ID that begins with 'thread'."],
    ['DELETE', '/assistants/undefined', 'assistant_id', "'undefined'. Expected an ID that begins with 'asst'."],
    ['GET', '/threads/thread_a/messages/run_a', 'message_id', "'run_a'. Expected an ID that begins with 'msg'."],
    ['GET', '/threads/thread_a/messages?run_id=x', 'run_id', "'x'. Expected an ID that begins with 'run'."],
    ['GET', '/assistants?after=null', 'after', "'null'. Expected an ID that begins with 'asst'."],
  ])('of the wrong form is refused: %s %s', async (method, path, param, rest) => {
    expect(refusal(await face.send(method, path))).toEqual([
      400,
      param,
      'invalid_value',
      `Invalid '${param}': ${rest}`,
    ]);
  });

  it.each([
    ['thread_abc123', 'thread_abc123'],
    [newId(), null],
    [`thread_${'z'.repeat(22)}`, `thread_${'z'.repeat(22)}`],
  ])('that nobody has is not found, and shown in the spelling of this face: %s', async (id, shown) => {
    const spelled = shown ?? toOpenaiId('conversation', id);
    const answers = [
      await face.send('GET', `/threads/${id}`),
      await face.send('POST', `/threads/${id}/messages`, user('x')),
    ];
    for (const answer of answers) {
      expect(refusal(answer)).toEqual([404, null, null, `No thread found with id '${spelled}'.`]);
    }
  });
});

describe('a credential', () => {
  const paths = ['/assistants', '/threads', `/threads/thread_x/messages`];

  it.each(paths)('is wanted at %s', async (path) => {
    const answer = await face.send('GET', path, undefined, { authorization: '' });
    expect(refusal(answer)).toEqual([401, null, null, expect.stringMatching(/^You didn't provide an API key\./u)]);
  });

  it.each(paths)('that is not known is refused at %s and not repeated', async (path) => {
    const answer = await face.send('GET', path, undefined, { authorization: 'Bearer sk-very-secret' });
    expect(refusal(answer)).toEqual([
      401,
      null,
      'invalid_api_key',
      expect.stringMatching(/^Incorrect API key provided\./u),
    ]);
    expect(JSON.stringify(answer.body)).not.toContain('secret');
  });

  it('may be that of a user, as a bearer’s or in Azure’s header', async () => {
    const { key } = await face.app.newUser();
    const spellings: Record<string, string>[] = [
      { authorization: `bearer ${key}` },
      { authorization: '', 'api-key': key },
    ];
    for (const headers of spellings) {
      expect((await face.send('GET', '/assistants', undefined, headers)).status).toBe(200);
    }
  });
});

describe('the beta header', () => {
  it.each([[''], ['assistants=v2'], ['assistants=v1'], ['assistants=v2, realtime=v1'], ['responses=v1']])(
    'may be %j',
    async (beta) => {
      const answer = await face.send('GET', `/assistants/${assistant.id}`, undefined, { 'openai-beta': beta });
      expect(answer.status).toBe(200);
    },
  );

  it.each(['assistants=v3', 'assistants', 'telepathy=v1'])('may not be %s', async (beta) => {
    const answer = await face.send('GET', '/assistants', undefined, { 'openai-beta': beta });
    expect(refusal(answer)).toEqual([400, null, 'invalid_beta', `Unknown beta requested: '${beta}'.`]);
  });
});

describe('a path', () => {
  it.each(['/assistants', '/threads', '/threads/thread_x'])(
    'that is known says which methods it has: %s',
    async (path) => {
      const answer = await face.send('PUT', path);
      expect(refusal(answer)).toEqual([405, null, 'method_not_supported', `Not allowed to PUT on /v1${path}.`]);
      expect(answer.headers.get('allow')).toContain('GET');
    },
  );

  it('that nobody defined is an invalid URL', async () => {
    expect(refusal(await face.send('POST', '/x'))).toEqual([404, null, 'unknown_url', 'Invalid URL (POST /v1/x)']);
  });

  it('of the first version’s files says what took their place', async () => {
    const answer = await face.send('GET', `/assistants/${assistant.id}/files`);
    expect(refusal(answer)).toEqual([404, null, 'unknown_url', expect.stringContaining('tool_resources')]);
  });

  it('may be joined carelessly', async () => {
    for (const path of [
      `//v1//threads/${thread.id}`,
      `/v1/threads/${thread.id}/`,
      `/openai//v1/threads//${thread.id}?a=//`,
    ]) {
      expect((await face.send('GET', path)).body.id).toBe(thread.id);
    }
  });

  it('with broken percent signs is a bad request', async () => {
    expect(refusal(await face.send('GET', '/threads/%E0%A4%A'))).toEqual([400, null, null, 'Bad Request']);
  });
});

describe('every answer', () => {
  it('has an id in the form of the original, its own unless one was sent', async () => {
    for (const path of [`/threads/${thread.id}`, '/threads/undefined', '/nothing']) {
      const own = await face.send('GET', path);
      expect(own.headers.get('x-request-id')).toMatch(/^req_[0-9a-f]{32}$/u);
      const sent = await face.send('GET', path, undefined, { 'x-request-id': 'mine-1' });
      expect(sent.headers.get('x-request-id')).toBe('mine-1');
    }
  });

  it('is logged under the id that its reader was shown', async () => {
    const answer = await face.send('GET', `/threads/${thread.id}`);
    const id = answer.headers.get('x-request-id');
    await expect.poll(() => face.app.logged.some((line) => line.fact['requestId'] === id)).toBe(true);
  });

  it('says nothing of a fault of the server but that there was one', async () => {
    const { threads } = face.app.services;
    const { get } = threads;
    threads.get = () => Promise.reject(new Error('the disk is on fire'));
    const answer = await face.send('GET', `/threads/${thread.id}`);
    threads.get = get;
    expect(answer.body.error).toEqual({
      message: 'The server had an error while processing your request. Sorry about that!',
      type: 'server_error',
      param: null,
      code: null,
    });
    expect(answer.status).toBe(500);
  });

  it('may be read by a page of an allowed origin, with the headers that clients look at', async () => {
    const origin = { origin: 'http://localhost:3000' };
    const asked = await fetch(`${face.baseUrl}/threads`, {
      method: 'OPTIONS',
      headers: {
        ...origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,openai-beta,x-stainless-retry-count',
      },
    });
    expect(asked.headers.get('access-control-allow-headers')).toContain('x-stainless-retry-count');
    const { headers } = await face.send('GET', `/threads/${thread.id}`, undefined, origin);
    expect(headers.get('access-control-expose-headers')).toContain('openai-poll-after-ms');
  });
});
