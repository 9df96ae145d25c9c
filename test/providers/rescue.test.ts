import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ModelEvent, ModelRequest } from '../../src/providers/provider.js';
import { rescueCalls } from '../../src/providers/rescue.js';
import { collect, requestOf, toolOf } from './small-engine.js';

const tools = [toolOf('get_weather', ['location']), toolOf('send_message', ['message'])];
const usage = { promptTokens: 1, completionTokens: 1, cachedTokens: null, reasoningTokens: null, estimated: false };

async function* pieces(texts: string[], reason: 'stop' | 'length' = 'stop'): AsyncGenerator<ModelEvent> {
  for (const text of texts) yield { type: 'text', text };
  yield { type: 'finish', reason, usage };
}

async function rescue(texts: string[] | string, fields: Partial<ModelRequest> = {}, reason?: 'length') {
  const list = typeof texts === 'string' ? [...texts] : texts;
  return collect(rescueCalls(pieces(list, reason), requestOf({ tools, ...fields })));
}

const paris = { name: 'get_weather', arguments: '{"location":"Paris"}' };

describe('A call that a model writes as text', () => {
  it.each([
    ['bare', '{"name": "get_weather", "arguments": {"location": "Paris"}}'],
    ['with parameters', '{"name":"get_weather","parameters":{"location":"Paris"}}'],
    ['in the manner of MemGPT', '{"function": "get_weather", "params": {"location": "Paris"}}'],
    ['with its arguments as text', '{"name":"get_weather","arguments":"{\\"location\\":\\"Paris\\"}"}'],
    [
      'in the manner of OpenAI',
      '{"type":"function","function":{"name":"get_weather","arguments":{"location":"Paris"}}}',
    ],
    ['in a list', '[{"name":"get_weather","arguments":{"location":"Paris"}}]'],
    ['in tags', '<tool_call>\n{"name": "get_weather", "arguments": {"location": "Paris"}}\n</tool_call>'],
    ['in a tag never closed', '<tool_call>{"tool":"get_weather","arguments":{"location":"Paris"}}'],
    ['after Mistral’s mark', '[TOOL_CALLS][{"name":"get_weather","arguments":{"location":"Paris"}}]'],
    ['in a fence', '```json\n{"name":"get_weather","arguments":{"location":"Paris"}}\n```'],
    ['after white space', '\n\n  {"name":"get_weather","arguments":{"location":"Paris"}} \n'],
    ['in Python’s manner', '[get_weather(location="Paris")]'],
  ])('%s becomes a call, and no text is said', async (_form, text) => {
    const reply = await rescue(text);
    expect(reply.text).toBe('');
    expect(reply.calls.map(({ name, arguments: given }) => ({ name, arguments: given }))).toEqual([paris]);
    expect(reply.calls[0]?.id).toMatch(/^call_\w+$/);
    expect(reply.finish?.reason).toBe('calls');
  });

  it('may be several', async () => {
    const call = (place: string) =>
      `<tool_call>{"name":"get_weather","arguments":{"location":"${place}"}}</tool_call>\n`;
    const reply = await rescue(call('Paris') + call('Lon}don'));
    expect(reply.calls.map((one) => one.arguments)).toEqual(['{"location":"Paris"}', '{"location":"Lon}don"}']);
    const plain = await rescue('{"name":"get_weather","arguments":{}}\n{"name":"send_message","arguments":{}}');
    expect(plain.calls.map((one) => one.name)).toEqual(['get_weather', 'send_message']);
    const python = await rescue('[get_weather(location=\'Oslo\', days=2), send_message(message="a, b")]');
    expect(python.calls.map((one) => one.arguments)).toEqual(['{"location":"Oslo","days":2}', '{"message":"a, b"}']);
  });

  it('may follow a sentence where it stands in tags', async () => {
    const reply = await rescue(
      'Let me look.\n<tool_call>{"name":"get_weather","arguments":{"location":"Paris"}}</tool_call>',
    );
    expect(reply.text).toBe('Let me look.\n');
    expect(reply.calls).toHaveLength(1);
  });

  it('keeps the thoughts that stand beside its arguments', async () => {
    const reply = await rescue('{"function":"send_message","inner_thoughts":"hm","params":{"message":"Hi"}}');
    expect(JSON.parse(reply.calls[0]?.arguments ?? '')).toEqual({ inner_thoughts: 'hm', message: 'Hi' });
  });

  it('is the same call wherever its text is cut', async () => {
    const text = '```json\n{"name":"get_weather","arguments":{"location":"Paris"}}\n```';
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: text.length }), { maxLength: 12 }), async (points) => {
        const at = [0, ...points.sort((left, right) => left - right), text.length];
        const reply = await rescue(
          at
            .slice(1)
            .map((to, index) => text.slice(at[index], to))
            .filter((piece) => piece !== ''),
        );
        expect(reply.calls.map((one) => one.name)).toEqual(['get_weather']);
        expect(reply.text).toBe('');
      }),
    );
  });
});

describe('A text that is no call', () => {
  it.each([
    ['an object of other keys', '{"answer": 42}'],
    ['a tool nobody offered', '{"name": "launch_missiles", "arguments": {}}'],
    ['a person with a name', '{"name": "Sarah", "age": 34}'],
    ['a call with a key too many', '{"name":"get_weather","arguments":{},"explanation":"this is how you call it"}'],
    ['a name without arguments', '{"name":"get_weather"}'],
    ['a call with words after it', '{"name":"get_weather","arguments":{}} is what you would send.'],
    ['a list of numbers', '[1, 2, 3]'],
    ['a link', '[get_weather](https://example.com)'],
    ['a fence of code', '```js\nconsole.log({})\n```'],
    ['a fence of other JSON', '```json\n{"a": 1}\n```'],
    ['a half call', '{"name":"get_weather","argum'],
    ['a lesser sign', 'a <tool is < than b'],
    ['white space', '  \n '],
    ['a sentence', 'Hello {"name":"get_weather","arguments":{}}'],
  ])('passes untouched: %s', async (_what, text) => {
    const reply = await rescue(text);
    expect(reply.text).toBe(text);
    expect(reply.calls).toEqual([]);
    expect(reply.finish?.reason).toBe('stop');
  });

  it('passes whatever it is, letter for letter', async () => {
    const letters = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      'name',
      ':',
      '<',
      'tool_call',
      '>',
      '`',
      '\n',
      ' ',
      'x',
      '(',
      '=',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(letters, { maxLength: 30 }), async (parts) => {
        const reply = await rescue(parts);
        expect(reply.text).toBe(parts.join(''));
      }),
    );
  });

  it('passes where no tools are offered, or none may be called', async () => {
    const text = '{"name":"get_weather","arguments":{}}';
    expect((await rescue(text, { tools: [] })).text).toBe(text);
    expect((await rescue(text, { toolChoice: 'none' })).text).toBe(text);
  });

  it('passes where it was cut off by the limit of tokens', async () => {
    const reply = await rescue('{"name":"get_weather","arguments":{}}', {}, 'length');
    expect(reply.calls).toEqual([]);
    expect(reply.finish?.reason).toBe('length');
  });

  it('streams without delay once it cannot become a call', async () => {
    const heard: string[] = [];
    async function* source(): AsyncGenerator<ModelEvent> {
      for (const text of ['{"ans', 'wer":', ' 4', '2}']) {
        yield { type: 'text', text };
        heard.push('|');
      }
      yield { type: 'finish', reason: 'stop', usage };
    }
    for await (const event of rescueCalls(source(), { tools, toolChoice: 'auto' })) {
      if (event.type === 'text') heard.push(event.text);
    }
    expect(heard).toEqual(['|', '{"answer":', '|', ' 4', '|', '2}', '|']);
  });
});

describe('A call that comes as text and as a call', () => {
  it('is made once', async () => {
    async function* source(): AsyncGenerator<ModelEvent> {
      yield { type: 'text', text: '{"name":"get_weather","arguments":{"location":"Paris"}}' };
      yield { type: 'call', index: 0, id: 'a', name: 'get_weather', arguments: '{"location":"Paris"}' };
      yield { type: 'finish', reason: 'calls', usage };
    }
    const reply = await collect(rescueCalls(source(), { tools, toolChoice: 'auto' }));
    expect(reply.text).toBe('');
    expect(reply.calls).toEqual([{ id: 'a', ...paris }]);
  });
});
