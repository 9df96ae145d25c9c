import { describe, expect, it } from 'vitest';
import { createDemoProvider } from '../../src/providers/demo.js';
import { introduction } from '../../src/providers/demo/speech.js';
import type { ModelRequest } from '../../src/providers/provider.js';
import { collect, envelope, requestOf, startSmallEngine, toolOf, type SmallEngineOptions } from './small-engine.js';

const nativeTools = [
  toolOf('memory_append', ['label', 'text']),
  toolOf('memory_replace', ['label', 'old_string', 'new_string']),
  toolOf('archival_memory_insert', ['content']),
  toolOf('archival_memory_search', ['query', 'page?']),
  toolOf('conversation_search', ['query', 'page?']),
];
const classicTools = [
  toolOf('send_message', ['message']),
  toolOf('core_memory_append', ['name', 'content']),
  toolOf('core_memory_replace', ['name', 'old_content', 'new_content']),
  toolOf('archival_memory_insert', ['content']),
  toolOf('archival_memory_search', ['query', 'page?']),
  toolOf('conversation_search', ['query', 'page?']),
];
const weather = toolOf('get_weather', ['location'], 'Get the current weather in a given location');
const demo = createDemoProvider({ latencyMs: 0, tokensPerSecond: 0 });

async function answer(fields: Partial<ModelRequest>) {
  return collect(demo.stream(requestOf(fields), new AbortController().signal));
}

function said(text: string) {
  return [{ role: 'user' as const, parts: [{ type: 'text' as const, text }] }];
}

const protocols: [string, SmallEngineOptions][] = [
  ['native', { tools: nativeTools }],
  ['heartbeat', { tools: classicTools, heartbeat: true }],
];

describe.each(protocols)('The stand-in in the %s protocol', (_name, options) => {
  it('files what people say about themselves and answers from it', async () => {
    const engine = startSmallEngine(options);
    const first = await engine.say("Hi, I'm Sarah, and I work as a nurse. I love jazz.");
    expect(first).toContain('Sarah');
    expect(engine.blocks['human']).toBe('Name: Sarah\nWorks as a nurse\nLikes jazz');
    expect(await engine.say("What's my name?")).toBe('Your name is Sarah.');
    expect(await engine.say('What do I like?')).toBe('You like jazz.');
    expect(await engine.say('What do I do for work?')).toContain('nurse');
    expect(await engine.say('What is my name, and what do I like?')).toBe('Your name is Sarah. You like jazz.');
  });

  it('replaces a fact that has changed instead of keeping both', async () => {
    const engine = startSmallEngine({ ...options, blocks: { human: 'First name: Chad\nLives in Berlin' } });
    await engine.say('My name is Sarah. Actually I moved to Lisbon.');
    expect(engine.blocks['human']).toBe('Name: Sarah\nLives in Lisbon');
  });

  it('does not file twice what memory already holds', async () => {
    const engine = startSmallEngine({ ...options, blocks: { human: 'Likes jazz' } });
    await engine.say('I like jazz.');
    expect(engine.made).toEqual([]);
  });

  it('archives what it is asked to remember and finds it again when it has scrolled away', async () => {
    const engine = startSmallEngine(options);
    await engine.say('Please remember that the launch code is 4417-B.');
    expect(engine.archive).toEqual(['The user asked me to remember: "the launch code is 4417-B"']);
    engine.messages.length = 0;
    expect(await engine.say("What's the launch code?")).toContain('the launch code is 4417-B');
    expect(engine.made.at(-1)?.name).toBe('archival_memory_search');
  });

  it('searches everywhere it can before it says that it does not know', async () => {
    const engine = startSmallEngine(options);
    expect(await engine.say('What is my favourite colour?')).toContain('nothing about that');
    expect(engine.made.map((call) => call.name)).toEqual(['archival_memory_search', 'conversation_search']);
  });

  it('introduces itself once, in its first answer', async () => {
    const engine = startSmallEngine(options);
    expect(await engine.say('Hello!')).toContain(introduction);
    expect(await engine.say('How are you?')).not.toContain(introduction);
  });

  it('says so when a tool fails, and does not try the same for ever', async () => {
    const name = options.heartbeat === true ? 'core_memory_append' : 'memory_append';
    const engine = startSmallEngine({ ...options, functions: { [name]: () => 'Error: the block is full' } });
    expect(await engine.say('I like tea.')).toContain('could not write that down: Error: the block is full');
    expect(engine.made).toHaveLength(1);
  });
});

describe('The stand-in', () => {
  it('fills inner_thoughts and asks for a heartbeat on every call but speech', async () => {
    const engine = startSmallEngine({ tools: classicTools, heartbeat: true });
    await engine.say('I like tea.');
    expect(engine.made[0]?.arguments).toMatchObject({ name: 'human', content: 'Likes tea', request_heartbeat: true });
    expect(engine.made[0]?.arguments['inner_thoughts']).not.toBe('');
    const speech = engine.messages.flatMap((one) => (one.role === 'assistant' ? one.calls : [])).at(-1);
    expect(JSON.parse(speech?.arguments ?? '{}')).not.toHaveProperty('request_heartbeat');
  });

  it('reads a login as no question and greets', async () => {
    const tools = [toolOf('send_message', ['message'])];
    const reply = await answer({ tools, messages: said(envelope('login', { last_login: 'never' })) });
    expect(reply.calls[0]?.name).toBe('send_message');
    expect(reply.calls[0]?.arguments).toContain('Hello');
  });

  it('ignores the context tail of a message', async () => {
    const parts = [
      { type: 'text' as const, text: 'What is 12 * 3?' },
      { type: 'text' as const, text: '[context]\nThe time is noon. My name is Nobody.' },
    ];
    const reply = await answer({ messages: [{ role: 'user', parts }], tools: nativeTools });
    expect(reply.text).toContain('That is 36.');
    expect(reply.calls).toEqual([]);
  });

  it('reads blocks in the later spelling too', async () => {
    const system =
      '<memory_blocks>\n<human>\n<description>d</description><metadata>\n- chars_current=3\n</metadata>\n' +
      '<value>\nName: Ada\n</value>\n</human>\n</memory_blocks>';
    const reply = await answer({ messages: [{ role: 'system', text: system }, ...said("What's my name?")] });
    expect(reply.text).toContain('Your name is Ada.');
  });

  it('answers what is on everybody’s mind', async () => {
    const reply = await answer({ messages: said("What's the meaning of life? Someone told me it's 42, is that so?") });
    expect(reply.text).toContain('42');
    const tutor = await answer({ messages: said('I need to solve the equation `3x + 11 = 14`. Can you help me?') });
    expect(tutor.text).toContain('x = 1');
  });

  it('calls a function that matches, then answers with its result', async () => {
    const functions = { get_weather: (given: Record<string, unknown>) => `22 degrees in ${String(given['location'])}` };
    const engine = startSmallEngine({ tools: [weather], functions });
    expect(await engine.say("What's the weather in Paris?")).toContain('22 degrees in Paris');
    expect(engine.made).toEqual([{ name: 'get_weather', arguments: { location: 'Paris' } }]);
  });

  it('makes two calls in one reply for two places', async () => {
    const reply = await answer({ tools: [weather], messages: said("What's the weather in Paris and London?") });
    expect(reply.calls.map((call) => call.arguments)).toEqual(['{"location":"Paris"}', '{"location":"London"}']);
    expect(reply.finish?.reason).toBe('calls');
    expect(new Set(reply.calls.map((call) => call.id)).size).toBe(2);
  });

  it('makes one call after the other where parallel calls are off', async () => {
    const functions = { get_weather: () => 'fine' };
    const engine = startSmallEngine({ tools: [weather], functions, request: { parallelToolCalls: false } });
    await engine.say("What's the weather in Paris and London?");
    const perReply = engine.messages.flatMap((one) => (one.role === 'assistant' ? [one.calls.length] : []));
    expect(perReply).toEqual([1, 1, 0]);
  });

  it('asks back where a required argument is missing', async () => {
    const reply = await answer({ tools: [weather], messages: said("What's the weather like?") });
    expect(reply.calls).toEqual([]);
    expect(reply.text).toContain('For get_weather I still need to know: location.');
  });

  it('never asks for the arguments that a protocol puts into every tool', async () => {
    const tool = toolOf('get_weather', ['inner_thoughts', 'location', 'request_heartbeat'], weather.description);
    const reply = await answer({ tools: [tool], messages: said('What is the weather in Paris?') });
    expect(reply.calls.map((call) => call.name)).toEqual(['get_weather']);
    expect((await answer({ tools: [tool], messages: said('What is the weather?') })).text).toContain(
      'For get_weather I still need to know: location.',
    );
  });

  it('fills numbers in turn, choices by name and a required choice nobody named', async () => {
    const add = {
      name: 'add_numbers',
      description: 'Adds two numbers',
      parameters: {
        type: 'object',
        properties: {
          a: { type: 'number' },
          b: { type: 'number' },
          unit: { type: 'string', enum: ['metres', 'feet'] },
        },
        required: ['a', 'b', 'unit'],
      },
    };
    const named = await answer({ tools: [add], messages: said('Please add 3 and 4.5 feet') });
    expect(JSON.parse(named.calls[0]?.arguments ?? '')).toEqual({ a: 3, b: 4.5, unit: 'feet' });
    const open = await answer({ tools: [add], messages: said('Please add 3 and 4.5') });
    expect(JSON.parse(open.calls[0]?.arguments ?? '')).toEqual({ a: 3, b: 4.5, unit: 'metres' });
  });

  it('keeps to tool_choice: none, required and named', async () => {
    const tools = [weather, ...nativeTools];
    const none = await answer({ tools, toolChoice: 'none', messages: said('Weather in Paris? I like tea.') });
    expect(none.calls).toEqual([]);
    expect(none.text).not.toBe('');
    const required = await answer({ tools, toolChoice: 'required', messages: said('Hello') });
    expect(required.calls.map((call) => call.name)).toEqual(['get_weather']);
    const named = await answer({ tools, toolChoice: { name: 'conversation_search' }, messages: said('I like tea') });
    expect(named.calls.map((call) => call.name)).toEqual(['conversation_search']);
  });

  it('answers with JSON that fits the schema it was given', async () => {
    const schema = {
      type: 'object',
      properties: {
        answer: { type: 'string' },
        mood: { $ref: '#/$defs/mood' },
        score: { type: 'integer', minimum: 3, maximum: 9 },
        tags: { type: 'array', items: { type: 'string' }, minItems: 2 },
        nested: { type: 'object', properties: { sure: { type: 'boolean' } }, required: ['sure'] },
        perhaps: { anyOf: [{ type: 'null' }, { type: 'number' }] },
      },
      required: ['answer', 'mood', 'score', 'tags', 'nested', 'perhaps'],
      $defs: { mood: { type: 'string', enum: ['good', 'bad'] } },
    };
    const responseFormat = { type: 'json_schema', json_schema: { name: 'x', schema } };
    const value = JSON.parse((await answer({ settings: { responseFormat } })).text) as Record<string, unknown>;
    expect(value).toMatchObject({ mood: 'good', score: 3, nested: { sure: false }, perhaps: 0 });
    expect(value['tags']).toHaveLength(2);
    expect(typeof value['answer']).toBe('string');
    const plain = await answer({ settings: { responseFormat: { type: 'json_object' } } });
    expect(Object.keys(JSON.parse(plain.text) as object)).toEqual(['answer']);
  });

  it('stops with `length` at the most tokens it may write', async () => {
    const reply = await answer({ settings: { maxOutputTokens: 5 } });
    expect(reply.finish?.reason).toBe('length');
    expect(reply.finish?.usage.completionTokens).toBeLessThanOrEqual(5);
    expect(reply.text).not.toBe('');
  });

  it('quotes the best sentence of retrieved passages', async () => {
    const search = toolOf('file_search', ['query']);
    const result = JSON.stringify([
      { file_name: 'guide.md', content: 'Our shop opens at nine. Refunds are paid within thirty days of purchase.' },
      { file_name: 'other.md', content: 'The moon is far away.' },
    ]);
    const engine = startSmallEngine({ tools: [search], functions: { file_search: () => result } });
    const reply = await engine.say('When are refunds paid?');
    expect(reply).toContain('guide.md says: “Refunds are paid within thirty days of purchase.”');
    expect(engine.made).toHaveLength(1);
  });

  it('summarises a transcript by its own sentences, facts and promises first, within the limit', async () => {
    const chatter = Array.from(
      { length: 60 },
      (_, index) => `[user] just chatting along here line ${'x'.repeat(index % 7)}`,
    );
    const transcript = [
      ...chatter,
      '[user] My name is Sarah and I live in Berlin.',
      '[assistant] I will send the report on Friday 14.',
    ];
    const system = 'Write a summary of this conversation in at most 300 characters.';
    const reply = await answer({ messages: [{ role: 'system', text: system }, ...said(transcript.join('\n'))] });
    expect(reply.text.length).toBeLessThanOrEqual(300);
    expect(reply.text).toContain('My name is Sarah and I live in Berlin.');
    expect(reply.text).toContain('I will send the report on Friday 14.');
    expect(reply.text).not.toContain(introduction);
  });

  it('gives the same words to the same request, in pieces that join to the whole', async () => {
    const fields = { messages: said('My name is Sarah.'), tools: nativeTools };
    const [first, second] = [await answer(fields), await answer(fields)];
    expect(first.calls.map(({ name, arguments: given }) => [name, given])).toEqual(
      second.calls.map(({ name, arguments: given }) => [name, given]),
    );
    const words = await answer({});
    expect(words.events.filter((event) => event.type === 'text').length).toBeGreaterThan(5);
    expect(words.finish?.usage).toMatchObject({ estimated: false, cachedTokens: null });
  });

  it('makes no vectors', async () => {
    await expect(demo.embed('demo', ['x'], new AbortController().signal)).rejects.toMatchObject({
      code: 'model_refused',
    });
  });

  it('stops at once when the signal aborts while it waits', async () => {
    const slow = createDemoProvider({ latencyMs: 60_000, tokensPerSecond: 0 });
    const controller = new AbortController();
    const reply = collect(slow.stream(requestOf(), controller.signal));
    controller.abort(new Error('enough'));
    await expect(reply).rejects.toThrow('enough');
  });
});

describe('What the stand-in takes for a fact', () => {
  const human = async (text: string) => {
    const engine = startSmallEngine({ tools: nativeTools });
    await engine.say(text);
    return engine.blocks['human'];
  };
  it.each([
    ['call me Sally, please', 'Name: Sally'],
    ["my name's jean-luc and i live in paris", 'Name: Jean-luc\nLives in paris'],
    ['I am Dr. Sarah Jones? No, my name is Dr. Sarah Jones.', 'Name: Dr. Sarah Jones'],
    ["I'm 34 years old and I'm vegetarian", 'Age: 34\nIs vegetarian'],
    ['I have two kids, Tom and Anna.', 'Has two kids, Tom and Anna'],
    ["My dog's name is Rex", "Dog's name: Rex"],
    ['I hate mushrooms but I love truffles', 'Dislikes mushrooms\nLikes truffles'],
    ["I'm allergic to peanuts", 'Allergic to peanuts'],
    ["I'm German", 'Is German'],
    ['Remember that my locker number is 12', 'Locker number: 12'],
  ])('%s', async (text, expected) => {
    expect(await human(text)).toBe(expected);
  });

  it.each([
    'What is my name?',
    'Do you remember that I like tea?',
    "I'm looking for a flight",
    'I have a question',
    "I'm so tired",
    'Can you call me a taxi?',
    'I would like to know more',
    'My question is simple',
  ])('%s tells nothing', async (text) => {
    expect(await human(text)).toBe('');
  });
});
