import { describe, expect, it } from 'vitest';
import type { Message, MessagePart } from '../../src/domain/message.js';
import { estimateTokens } from '../../src/domain/tokens.js';
import { packAlert, packHeartbeat, unpack } from '../../src/engine/envelope.js';
import { missingResult, normaliseHistory, toRequestMessages, type HistoryOptions } from '../../src/engine/history.js';

const at = Date.UTC(2024, 3, 12, 19, 3, 11);
const options: HistoryOptions = {
  agentId: 'me',
  protocol: 'native',
  envelope: 'plain',
  toolResultCharsMax: 1_000,
  messageTokensMax: 250,
};

let seq = 0;
function row(message: Partial<Message> & Pick<Message, 'role'>): Message {
  seq += 1;
  return {
    id: `m${seq}`,
    conversationId: 'c',
    seq,
    kind: 'said',
    parts: [],
    visible: message.kind === undefined || message.kind === 'said',
    status: 'completed',
    agentId: message.role === 'user' ? null : 'me',
    runId: null,
    stepId: null,
    callId: null,
    name: null,
    metadata: {},
    faceData: {},
    createdAt: at,
    ...message,
  };
}
const text = (value: string): MessagePart => ({ type: 'text', text: value });
const call = (callId: string, name = 'look', args = '{}'): MessagePart => ({
  type: 'tool-call',
  callId,
  name,
  arguments: args,
});
const result = (callId: string, output = 'seen', failed = false): MessagePart => ({
  type: 'tool-result',
  callId,
  name: 'look',
  output,
  failed,
});
const user = (value: string, more: Partial<Message> = {}): Message =>
  row({ role: 'user', parts: [text(value)], ...more });

describe('a conversation as a model reads it', () => {
  it('has no records of prompts and no unfinished rows', () => {
    const rows = [
      row({ role: 'system', kind: 'boot', parts: [text('prompt')] }),
      user('hi'),
      row({ role: 'assistant', status: 'in_progress', parts: [text('half')] }),
    ];
    expect(toRequestMessages(rows, options)).toEqual([{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }]);
  });

  it('says once what the agent said through a call', () => {
    const rows = [
      user('hi'),
      row({ role: 'assistant', callId: 's1', runId: 'r', parts: [text('Hello!')] }),
      row({
        role: 'assistant',
        kind: 'inner',
        runId: 'r',
        parts: [text('a guest'), call('s1', 'send_message', '{"message":"Hello!"}')],
      }),
      row({ role: 'tool', kind: 'inner', runId: 'r', parts: [result('s1', 'None')] }),
    ];
    const history = toRequestMessages(rows, { ...options, protocol: 'heartbeat' });
    expect(history.map((message) => message.role)).toEqual(['user', 'assistant', 'tool']);
    expect(history[1]).toEqual({
      role: 'assistant',
      text: null,
      calls: [{ id: 's1', name: 'send_message', arguments: '{"inner_thoughts":"a guest","message":"Hello!"}' }],
    });
  });

  it('keeps what was said through a call that is no longer in view', () => {
    const rows = [row({ role: 'assistant', callId: 'gone', parts: [text('Hello!')] })];
    expect(toRequestMessages(rows, options)).toEqual([{ role: 'assistant', text: 'Hello!', calls: [] }]);
  });

  it('shows another agent as a speaker and hides its inner working', () => {
    const rows = [
      user('hi'),
      row({ role: 'assistant', agentId: 'other', kind: 'inner', parts: [text('secret'), call('o1', 'send_message')] }),
      row({ role: 'tool', agentId: 'other', kind: 'inner', parts: [result('o1')] }),
      row({ role: 'user', agentId: 'other', kind: 'heartbeat', parts: [text(packHeartbeat('requested', at))] }),
      row({ role: 'assistant', agentId: 'other', callId: 'o1', parts: [text('I am other'), call('o2')] }),
    ];
    expect(toRequestMessages(rows, options).slice(1)).toEqual([{ role: 'assistant', text: 'I am other', calls: [] }]);
  });

  it('joins the pieces of one reply and keeps two replies apart', () => {
    const rows = [
      user('hi'),
      row({ role: 'assistant', runId: 'r', parts: [text('Looking.')] }),
      row({ role: 'assistant', runId: 'r', kind: 'inner', parts: [text('Looking.'), call('a'), call('b')] }),
      row({ role: 'tool', runId: 'r', kind: 'inner', parts: [result('a'), result('b')] }),
      row({ role: 'assistant', runId: 'r', parts: [text('Found.')] }),
      row({ role: 'assistant', runId: 'r2', parts: [text('Another.')] }),
    ];
    expect(toRequestMessages(rows, options).slice(1)).toEqual([
      {
        role: 'assistant',
        text: 'Looking.',
        calls: [
          { id: 'a', name: 'look', arguments: '{}' },
          { id: 'b', name: 'look', arguments: '{}' },
        ],
      },
      { role: 'tool', callId: 'a', name: 'look', text: 'seen' },
      { role: 'tool', callId: 'b', name: 'look', text: 'seen' },
      { role: 'assistant', text: 'Found.', calls: [] },
      { role: 'assistant', text: 'Another.', calls: [] },
    ]);
  });

  it('keeps apart what belongs to no run', () => {
    const rows = [row({ role: 'assistant', parts: [text('one')] }), row({ role: 'assistant', parts: [text('two')] })];
    expect(toRequestMessages(rows, options)).toHaveLength(2);
  });

  it('packs what users say, dated when they said it, where the envelope is JSON', () => {
    const rows = [user('hi', { name: 'Ada Łuk' }), user(packAlert('full', at), { kind: 'alert' })];
    const history = toRequestMessages(rows, { ...options, envelope: 'json', timezone: 'Europe/Berlin' });
    const texts = history.flatMap((message) => (message.role === 'user' ? message.parts : []));
    expect(texts.map((part) => (part.type === 'text' ? unpack(part.text) : null))).toEqual([
      {
        type: 'user_message',
        message: 'hi',
        time: '2024-04-12 09:03:11 PM CEST+0200',
        name: 'Ada Łuk',
        failed: false,
      },
      { type: 'system_alert', message: 'full', time: '2024-04-12 07:03:11 PM UTC+0000', name: null, failed: false },
    ]);
    expect(history[0]).toMatchObject({ name: 'Ada_uk' });
  });

  it('keeps the order of texts and images in plain form', () => {
    const image: MessagePart = { type: 'image', url: 'https://example.com/a.png', fileId: null, detail: 'low' };
    const rows = [row({ role: 'user', parts: [text('before'), image, text('after')] })];
    expect(toRequestMessages(rows, options)).toEqual([
      {
        role: 'user',
        parts: [
          { type: 'text', text: 'before' },
          { type: 'image', url: 'https://example.com/a.png', detail: 'low' },
          { type: 'text', text: 'after' },
        ],
      },
    ]);
  });

  it('tells tool results with their status in the heartbeat protocol and bare in the native one', () => {
    const rows = [
      row({ role: 'assistant', kind: 'inner', parts: [call('a')] }),
      row({ role: 'tool', kind: 'inner', parts: [result('a', 'no such page', true)] }),
    ];
    expect(toRequestMessages(rows, options)[1]).toMatchObject({ text: 'no such page' });
    const packed = toRequestMessages(rows, { ...options, protocol: 'heartbeat' })[1];
    expect(packed?.role === 'tool' ? unpack(packed.text) : null).toMatchObject({
      message: 'no such page',
      failed: true,
    });
  });

  it('I-12: shortens texts over the limit in the middle, says how long they were, and leaves the rows alone', () => {
    const long = `begin ${'x'.repeat(50_000)} end`;
    const rows = [
      user(long),
      row({ role: 'assistant', kind: 'inner', parts: [call('a')] }),
      row({ role: 'tool', kind: 'inner', parts: [result('a', long)] }),
      user(packAlert(long, at), { kind: 'alert' }),
    ];
    const before = structuredClone(rows);
    for (const protocol of ['native', 'heartbeat'] as const) {
      const envelope = protocol === 'native' ? 'plain' : 'json';
      const history = toRequestMessages(rows, { ...options, protocol, envelope });
      const texts = history.flatMap((message) => {
        if (message.role === 'user') return message.parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
        return message.role === 'tool' ? [message.text] : [];
      });
      expect(texts).toHaveLength(3);
      for (const sent of texts) {
        const said = unpack(sent)?.message ?? sent;
        expect(estimateTokens(said)).toBeLessThanOrEqual(270);
        expect(said).toMatch(/^begin x+\n\[… shortened: the whole text has 50010 characters …\]\nx+ end$/);
      }
    }
    expect(rows).toEqual(before);
  });

  it('I-12: shortens all texts of one message together', () => {
    const rows = [row({ role: 'user', parts: [text('a'.repeat(3_000)), text('b'.repeat(3_000))] })];
    const [message] = toRequestMessages(rows, options);
    const parts = message?.role === 'user' ? message.parts : [];
    const tokens = parts.map((part) => (part.type === 'text' ? estimateTokens(part.text) : 0));
    expect(tokens).toHaveLength(2);
    expect(tokens.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(270);
  });

  it('I-12: shortens a text by its tokens, whatever its script', () => {
    for (const word of ['word ', '世界', '👋', '0x1f, ']) {
      const [message] = toRequestMessages([user(word.repeat(20_000))], options);
      const part = message?.role === 'user' ? message.parts[0] : undefined;
      expect(estimateTokens(part?.type === 'text' ? part.text : '')).toBeLessThanOrEqual(300);
    }
  });
});

describe('a history made valid', () => {
  it('tells a call without a result as an error', () => {
    const rows = [row({ role: 'assistant', kind: 'inner', parts: [call('a')] }), user('still there?')];
    const history = normaliseHistory(toRequestMessages(rows, options));
    expect(history.map((message) => message.role)).toEqual(['assistant', 'tool', 'user']);
    expect(history[1]).toMatchObject({ callId: 'a', name: 'look' });
    expect(history[1]?.role === 'tool' ? history[1].text : '').toMatch(/did not complete/);
  });

  it('moves results behind their calls, in the order of the calls', () => {
    const history = normaliseHistory([
      {
        role: 'assistant',
        text: null,
        calls: [
          { id: 'a', name: 'x', arguments: '{}' },
          { id: 'b', name: 'y', arguments: '{}' },
        ],
      },
      { role: 'tool', callId: 'b', name: 'y', text: 'second' },
      { role: 'user', parts: [{ type: 'text', text: 'wait' }] },
      { role: 'tool', callId: 'a', name: 'x', text: 'first' },
    ]);
    expect(history.map((message) => (message.role === 'tool' ? message.text : message.role))).toEqual([
      'assistant',
      'first',
      'second',
      'user',
    ]);
  });

  it('renames the second use of an id together with its result', () => {
    const once = (answer: string) => [
      { role: 'assistant' as const, text: null, calls: [{ id: 'call', name: 'x', arguments: '{}' }] },
      { role: 'tool' as const, callId: 'call', name: 'x', text: answer },
    ];
    const history = normaliseHistory([...once('one'), ...once('two')]);
    expect(history).toEqual([
      ...once('one'),
      { role: 'assistant', text: null, calls: [{ id: 'call-2', name: 'x', arguments: '{}' }] },
      { role: 'tool', callId: 'call-2', name: 'x', text: 'two' },
    ]);
  });

  it('gives a result that comes after the second use of an id to that use', () => {
    const made = { role: 'assistant' as const, text: null, calls: [{ id: 'a', name: 'x', arguments: '{}' }] };
    const history = normaliseHistory([made, made, { role: 'tool', callId: 'a', name: 'x', text: 'late' }]);
    expect(history.flatMap((message) => (message.role === 'tool' ? [[message.callId, message.text]] : []))).toEqual([
      ['a', missingResult],
      ['a-2', 'late'],
    ]);
  });

  it('takes the first of two results, and gives two calls of one id one each', () => {
    const made = { id: 'a', name: 'x', arguments: '{}' };
    const answers = ['one', 'two', 'three'].map((answer) => ({
      role: 'tool' as const,
      callId: 'a',
      name: 'x',
      text: answer,
    }));
    const told = (calls: (typeof made)[]) =>
      normaliseHistory([{ role: 'assistant', text: null, calls }, ...answers]).flatMap((message) =>
        message.role === 'tool' ? [message.text] : [],
      );
    expect(told([made])).toEqual(['one']);
    expect(told([made, made])).toEqual(['one', 'two']);
  });

  it('mends the arguments of old calls, which some servers parse', () => {
    const withArguments = (args: string) =>
      normaliseHistory([{ role: 'assistant', text: null, calls: [{ id: 'a', name: 'x', arguments: args }] }])[0];
    expect(withArguments('{"a": 1,}')).toMatchObject({ calls: [{ arguments: '{"a":1}' }] });
    expect(withArguments('')).toMatchObject({ calls: [{ arguments: '{}' }] });
    expect(withArguments('no json at all: }{')).toMatchObject({ calls: [{ arguments: '{}' }] });
    expect(withArguments('{ "a" : 12345678901234567890 }')).toMatchObject({
      calls: [{ arguments: '{ "a" : 12345678901234567890 }' }],
    });
  });
});
