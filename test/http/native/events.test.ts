import { describe, expect, it } from 'vitest';
import type { RunEvent, RunFact } from '../../../src/domain/event.js';
import { faultOf, toFrames, toWholeReply, type ReplyForm } from '../../../src/http/native/events.js';
import { date, logOf, messageId, runOf, speech, status, thought, toolsStepId, work, workOf } from './logs.js';

const begin = [status('queued'), status('in_progress')];

async function dataOf(log: AsyncIterable<RunEvent>, form: ReplyForm): Promise<string[]> {
  const data: string[] = [];
  for await (const frame of toFrames(log, form)) data.push(frame.data);
  return data;
}

function parse(lines: string[]): unknown[] {
  return lines.map((line) => (line.startsWith('[') ? line : JSON.parse(line)));
}

describe('the legacy stream', () => {
  it('shows an answer as thought, call, words and return, byte for byte', async () => {
    const log = logOf(
      begin,
      thought('Keep it '),
      thought('short.'),
      speech(["It's ", '42, “naïve” \\o/']),
      status('completed'),
    );
    const lines = await dataOf(log, 'legacy');
    expect(lines.slice(0, 3)).toEqual([
      `{"internal_monologue": "Keep it short.", "id": "${messageId}", "date": "${date}"}`,
      `{"function_call": "send_message({'message': \\"It's 42, “naïve” \\\\\\\\o/\\"})", "id": "${messageId}", "date": "${date}"}`,
      `{"assistant_message": "It's 42, “naïve” \\\\o/", "id": "${messageId}", "date": "${date}"}`,
    ]);
    expect(lines[3]).toMatch(/^\{"function_return": "None", "status": "success", "id": "[0-9a-f-]{36}", "date": "/u);
    expect(lines).toHaveLength(4);
    expect(JSON.parse(lines[3] ?? '')).not.toHaveProperty('id', messageId);
  });

  it('looks the same whether the agent spoke in plain text or through a call', async () => {
    const plain = await dataOf(logOf(begin, speech(['Hello.']), status('completed')), 'legacy');
    const through = await dataOf(logOf(begin, speech(['Hello.'], { callId: 'call_x' }), status('completed')), 'legacy');
    const without = (lines: string[]): unknown[] => parse(lines).map((event) => ({ ...(event as object), id: null }));
    expect(without(through)).toEqual(without(plain));
  });

  it('has no thought where the model gave none', async () => {
    const lines = await dataOf(logOf(begin, speech(['Hello.']), status('completed')), 'legacy');
    expect(lines.join()).not.toContain('internal_monologue');
  });

  it('shows a tool and leaves out the wish for another turn', async () => {
    const call = {
      name: 'core_memory_append',
      arguments: '{"name": "human", "content": "Likes tea", "request_heartbeat": true}',
    };
    const lines = await dataOf(
      logOf(begin, thought('Note it.'), work(call), speech(['Noted.']), status('completed')),
      'legacy',
    );
    expect(parse(lines).slice(0, 3)).toEqual([
      { internal_monologue: 'Note it.', id: toolsStepId, date },
      { function_call: "core_memory_append({'name': 'human', 'content': 'Likes tea'})", id: toolsStepId, date },
      { function_return: 'ok', status: 'success', id: expect.any(String) as string, date },
    ]);
  });

  it.each([
    ['answered in order', ['a', 'b', 'c'], ['a()', 'a is done', 'b()', 'b is done', 'c()', 'c is done']],
    ['answered out of order', ['b', 'a', 'c'], ['a()', 'b()', 'b is done', 'a is done', 'c()', 'c is done']],
  ])('tells calls of one reply one at a time where they are %s', async (_name, answered, told) => {
    const lines = await dataOf(logOf(begin, workOf(['a', 'b', 'c'], answered), status('completed')), 'legacy');
    const words = parse(lines).map((event) => {
      const { function_call: call, function_return: result } = event as Record<string, string>;
      return call?.replace('{}', '') ?? result;
    });
    expect(words).toEqual(told);
  });

  it('tells calls that have no result before the run is cancelled', async () => {
    const log = logOf(begin, status('cancelling'), workOf(['a', 'b'], ['a'], 'cancelled'), status('cancelled'));
    expect(parse(await dataOf(log, 'legacy'))).toMatchObject([
      { function_call: 'a({})' },
      { function_return: 'a is done' },
      { function_call: 'b({})' },
      { internal_error: 'The run was cancelled.' },
    ]);
  });

  it('says that a tool has failed', async () => {
    const call = { name: 'archival_memory_search', arguments: '{}', failed: true, output: 'query is missing' };
    const lines = await dataOf(logOf(begin, work(call), status('completed')), 'legacy');
    expect(parse(lines)[1]).toMatchObject({ function_return: 'query is missing', status: 'error' });
  });

  it('prints arguments that are no object as they came', async () => {
    const lines = await dataOf(logOf(begin, work({ name: 'odd', arguments: '[1, 2' }), status('completed')), 'legacy');
    expect(parse(lines)[0]).toMatchObject({ function_call: 'odd([1, 2)' });
  });

  it('ends with an internal error where the run fails', async () => {
    const failed = status('failed', { code: 'provider_unavailable', message: 'No answer from the model.' });
    expect(await dataOf(logOf(begin, failed), 'legacy')).toEqual(['{"internal_error": "No answer from the model."}']);
  });

  it('does not show an answer that was taken back, and shows the next one', async () => {
    const log = logOf(
      begin,
      speech(['Half a'], { end: 'abandoned' }),
      speech(['Whole.'], { id: toolsStepId }),
      status('completed'),
    );
    const lines = await dataOf(log, 'legacy');
    expect(lines.join()).not.toContain('Half');
    expect(parse(lines)[1]).toMatchObject({ assistant_message: 'Whole.' });
  });

  it('shows what was said of an answer that was cancelled', async () => {
    const log = logOf(begin, status('cancelling'), speech(['Half a'], { end: 'cancelled' }), status('cancelled'));
    expect(parse(await dataOf(log, 'legacy'))).toMatchObject([
      { function_call: "send_message({'message': 'Half a'})" },
      { assistant_message: 'Half a' },
      { function_return: 'None' },
      { internal_error: 'The run was cancelled.' },
    ]);
  });
});

describe('the step stream', () => {
  it('shows calls as objects, has sentinels between steps, and no words beside the call', async () => {
    const call = { name: 'core_memory_append', arguments: '{"name": "human"}' };
    const lines = await dataOf(
      logOf(begin, thought('So.'), work(call), speech(['Hi "you".'], { callId: 'call_2' }), status('completed')),
      'steps',
    );
    expect(parse(lines)).toEqual([
      { internal_monologue: 'So.', id: toolsStepId, date },
      '[DONE_GEN]',
      {
        function_call: { id: 'call_1', name: 'core_memory_append', arguments: '{"name": "human"}' },
        id: toolsStepId,
        date,
      },
      { function_return: 'ok', status: 'success', id: expect.any(String) as string, date },
      '[DONE_STEP]',
      '[DONE_GEN]',
      {
        function_call: { id: 'call_2', name: 'send_message', arguments: '{"message": "Hi \\"you\\"."}' },
        id: messageId,
        date,
      },
      { function_return: 'None', status: 'success', id: expect.any(String) as string, date },
      '[DONE_STEP]',
      '[DONE]',
    ]);
  });

  it('ends with an error and the last sentinel where the run fails', async () => {
    const failed = status('failed', { code: 'internal', message: 'Out of order.' });
    expect(await dataOf(logOf(begin, failed), 'steps')).toEqual(['{"error": "Out of order."}', '[DONE]']);
  });
});

describe('the token stream', () => {
  it('spells the same call as the step stream, in fragments', async () => {
    const pieces = ['Hi "', 'you"\n', '\u{1F9F5}', ' bye'];
    const lines = await dataOf(logOf(begin, speech(pieces, { callId: 'call_2' }), status('completed')), 'tokens');
    const fragments = parse(lines).flatMap((event) =>
      typeof event === 'object' && event !== null && 'function_call' in event
        ? [event.function_call as { id?: string; name?: string; arguments: string }]
        : [],
    );
    expect(fragments[0]).toMatchObject({ id: 'call_2', name: 'send_message' });
    expect(fragments.slice(1).every((fragment) => !('name' in fragment))).toBe(true);
    expect(fragments.length).toBe(pieces.length + 1);
    expect(JSON.parse(fragments.map((fragment) => fragment.arguments).join(''))).toEqual({ message: pieces.join('') });
  });

  it('gives thoughts in fragments under one id', async () => {
    const lines = await dataOf(
      logOf(begin, thought('One '), thought('two'), speech(['Hi']), status('completed')),
      'tokens',
    );
    const thoughts = parse(lines).filter((event) => (event as object).hasOwnProperty.call(event, 'internal_monologue'));
    expect(thoughts).toMatchObject([{ internal_monologue: 'One ' }, { internal_monologue: 'two' }]);
    expect(new Set(thoughts.map((event) => (event as { id: string }).id)).size).toBe(1);
  });

  it('tells the arguments of a tool once, in fragments where they came so and whole where not', async () => {
    const call = { name: 'find', arguments: '{"query": "tea"}' };
    const inParts = parse(
      await dataOf(logOf(begin, work(call, ['{"query"', ': "tea"}']), status('completed')), 'tokens'),
    );
    expect(inParts.slice(0, 2)).toMatchObject([
      { function_call: { id: 'call_1', name: 'find', arguments: '{"query"' } },
      { function_call: { arguments: ': "tea"}' } },
    ]);
    expect(inParts.slice(2)).toMatchObject(['[DONE_GEN]', { function_return: 'ok' }, '[DONE_STEP]', '[DONE]']);
    const whole = parse(await dataOf(logOf(begin, work(call), status('completed')), 'tokens'));
    expect(whole[1]).toMatchObject({ function_call: { id: 'call_1', name: 'find', arguments: '{"query": "tea"}' } });
  });

  it('closes the JSON of words that were taken back, and ends their generation before the next one', async () => {
    const again = speech(['Whole.'], { id: toolsStepId });
    const log = logOf(begin, speech(['Half'], { end: 'abandoned' }), again, status('completed'));
    const events = parse(await dataOf(log, 'tokens'));
    const end = events.indexOf('[DONE_GEN]');
    const text = events
      .slice(0, end)
      .map((event) => (event as { function_call: { arguments: string } }).function_call.arguments);
    expect(JSON.parse(text.join(''))).toEqual({ message: 'Half' });
    expect(events[end + 1]).toMatchObject({
      function_call: { name: 'send_message', arguments: '{"message": "Whole.' },
    });
  });

  it('ends the generation of a call that broke off before the next one', async () => {
    const broken = work({ name: 'find', arguments: '{}' }, ['{"que']).flatMap((fact): RunFact[] => {
      if (fact.type === 'step-end') return [{ ...fact, step: { ...fact.step, status: 'abandoned' } }];
      return fact.type === 'call-ready' || fact.type === 'call-result' ? [] : [fact];
    });
    const events = parse(await dataOf(logOf(begin, broken, speech(['Hi.']), status('completed')), 'tokens'));
    expect(events.slice(0, 3)).toMatchObject([
      { function_call: { name: 'find', arguments: '{"que' } },
      '[DONE_GEN]',
      { function_call: { name: 'send_message', arguments: '{"message": "Hi.' } },
    ]);
  });
});

describe('a log that ends before its run rests', () => {
  it('is told to the readers of every form', async () => {
    expect(await dataOf(logOf(begin), 'legacy')).toEqual([
      '{"internal_error": "The server stopped reading the run before the answer was whole."}',
    ]);
    expect((await dataOf(logOf(begin), 'tokens')).at(-1)).toBe('[DONE]');
    expect((await toWholeReply(logOf(begin), 'steps')).run).toBeNull();
  });
});

describe('a reply that is waited for', () => {
  it('has the call as an object and the words beside it in the later form', async () => {
    const reply = await toWholeReply(logOf(begin, speech(['Hi.']), status('completed')), 'steps');
    expect(reply.events).toMatchObject([
      { function_call: { name: 'send_message', arguments: '{"message": "Hi."}' } },
      { assistant_message: 'Hi.' },
      { function_return: 'None' },
    ]);
    expect(reply.run?.status).toBe('completed');
  });

  it('has the call as text in the early form', async () => {
    const reply = await toWholeReply(logOf(begin, speech(['Hi.']), status('completed')), 'legacy');
    expect(reply.events[0]).toMatchObject({ function_call: "send_message({'message': 'Hi.'})" });
  });
});

describe('a run at rest', () => {
  it.each(['failed', 'cancelled', 'expired', 'requires_action'] as const)(
    'has a fault to tell of where it is %s',
    (state) => {
      expect(faultOf(runOf(state))?.message).toMatch(/\w/u);
    },
  );

  it.each(['completed', 'incomplete'] as const)('has no fault where it is %s', (state) => {
    expect(faultOf(runOf(state))).toBeNull();
  });
});
