import { afterEach, describe, expect, it } from 'vitest';
import { ProviderError } from '../../../src/providers/provider.js';
import type { Script } from '../../../src/providers/scripted.js';
import type { AppOptions } from '../running-app.js';
import { startFace, type OpenaiFace } from '../../support/openai-face.js';
import { eventsOf, lookup, newStory, openStream, readStream, tell, type SseEvent } from '../../support/run-stories.js';

let face: OpenaiFace;
afterEach(() => face.close());

const open = async (script: Script, options: Omit<AppOptions, 'script'> = {}): Promise<OpenaiFace> =>
  (face = await startFace({ script, ...options }));

const begun = ['thread.run.created queued', 'thread.run.queued queued', 'thread.run.in_progress in_progress'];

const opened = [
  'thread.run.step.created S1 message_creation in_progress M1',
  'thread.run.step.in_progress S1 message_creation in_progress M1',
  'thread.message.created M1 in_progress []',
  'thread.message.in_progress M1 in_progress []',
];

const textDelta = (id: string, value: string, isFirst: boolean): string =>
  `thread.message.delta ${id} ${JSON.stringify({
    content: [{ index: 0, type: 'text', text: { value, ...(isFirst ? { annotations: [] } : {}) } }],
  })}`;

const callDelta = (id: string, call: unknown): string =>
  `thread.run.step.delta ${id} ${JSON.stringify({ step_details: { type: 'tool_calls', tool_calls: [call] } })}`;

const call = (id: string, name: string, text: string, output: string | null): unknown => ({
  id,
  type: 'function',
  function: { name, arguments: text, output },
});

async function runStream(
  story: { threadId: string; assistantId: string },
  fields: Record<string, unknown> = {},
  query = '',
): Promise<SseEvent[]> {
  const body = { assistant_id: story.assistantId, stream: true, ...fields };
  return readStream(face, `/threads/${story.threadId}/runs${query}`, { body });
}

const runPath = (event: SseEvent | undefined): string => {
  if (event === undefined) throw new Error('There is no event.');
  return `/threads/${event.data.thread_id}/runs/${event.data.id}`;
};

describe('the tables of the stream', () => {
  it('tell a plain reply piece by piece, and its usage with the end of the step and of the run', async () => {
    await open([{ text: 'Hello there', deltaChars: 6, promptTokens: 20, completionTokens: 4 }]);
    const events = await runStream(await newStory(face));
    const deltas = events.filter(({ event }) => event === 'thread.message.delta');
    const expected = [
      ...begun,
      ...opened,
      ...(deltas.length === 1
        ? [textDelta('M1', 'Hello there', true)]
        : [textDelta('M1', 'Hello ', true), textDelta('M1', 'there', false)]),
      'thread.message.completed M1 completed ["Hello there"]',
      'thread.run.step.completed S1 message_creation completed M1',
      'thread.run.completed completed',
      'done [DONE]',
    ];
    expect(tell(events)).toEqual(expected);
    const usage = { prompt_tokens: 20, completion_tokens: 4, total_tokens: 24 };
    expect(events.at(-3)?.data.usage).toEqual(usage);
    expect(events.at(-2)?.data.usage).toEqual(usage);
    expect(events.find(({ event }) => event === 'thread.run.in_progress')?.data.usage).toBeNull();
    expect(events.every(({ id }) => id === null)).toBe(true);
  });

  it('tell of the thread first where it is made together with the run', async () => {
    await open(['Hi.']);
    const { assistantId } = await newStory(face);
    const body = { assistant_id: assistantId, stream: true, thread: { messages: [{ role: 'user', content: 'Hi' }] } };
    const events = await readStream(face, '/threads/runs', { body });
    expect(tell(events).slice(0, 3)).toEqual(['thread.created thread', ...begun.slice(0, 2)]);
    expect(events[0]?.data.id).toBe(events[1]?.data.thread_id);
    expect(tell(events).at(-1)).toBe('done [DONE]');
  });

  it('tell two calls with their own indexes, and carry on after their outputs with the step that was open', async () => {
    await open([
      {
        calls: [
          { id: 'call_A', name: 'lookup', arguments: '{"q":"Rome"}' },
          { id: 'call_B', name: 'lookup', arguments: '{}' },
        ],
      },
      'In 476.',
    ]);
    const story = await newStory(face, { assistant: { tools: [lookup] } });
    const first = await runStream(story);
    const begin = (index: number, id: string): unknown => ({
      index,
      id,
      type: 'function',
      function: { name: 'lookup', arguments: '', output: null },
    });
    const more = (index: number, text: string): unknown => ({ index, type: 'function', function: { arguments: text } });
    expect(tell(first)).toEqual([
      ...begun,
      'thread.run.step.created S1 tool_calls in_progress []',
      'thread.run.step.in_progress S1 tool_calls in_progress []',
      callDelta('S1', begin(0, 'call_A')),
      callDelta('S1', more(0, '{"q":"Rome"}')),
      callDelta('S1', begin(1, 'call_B')),
      callDelta('S1', more(1, '{}')),
      'thread.run.requires_action requires_action',
      'done [DONE]',
    ]);
    const outputs = [
      { tool_call_id: 'call_A', output: '476' },
      { tool_call_id: 'call_B', output: 'none' },
    ];
    const body = { stream: true, tool_outputs: outputs };
    const second = await readStream(face, `${runPath(first.at(-2))}/submit_tool_outputs`, { body });
    const answered = [call('call_A', 'lookup', '{"q":"Rome"}', '476'), call('call_B', 'lookup', '{}', 'none')];
    expect(tell(second)).toEqual([
      `thread.run.step.completed S1 tool_calls completed ${JSON.stringify(answered)}`,
      'thread.run.queued queued',
      'thread.run.in_progress in_progress',
      'thread.run.step.created S2 message_creation in_progress M1',
      'thread.run.step.in_progress S2 message_creation in_progress M1',
      'thread.message.created M1 in_progress []',
      'thread.message.in_progress M1 in_progress []',
      textDelta('M1', 'In 476.', true),
      'thread.message.completed M1 completed ["In 476."]',
      'thread.run.step.completed S2 message_creation completed M1',
      'thread.run.completed completed',
      'done [DONE]',
    ]);
    expect(second[0]?.data.id).toBe(first[3]?.data.id);
  });

  it('end the message before a call with the message, and let a second round of calls rest again', async () => {
    await open([
      { text: 'Let me see.', calls: [{ id: 'call_A', name: 'lookup', arguments: {} }] },
      { calls: [{ id: 'call_B', name: 'lookup', arguments: {} }] },
      'Found.',
    ]);
    const story = await newStory(face, { assistant: { tools: [lookup] } });
    const first = await runStream(story);
    expect(tell(first).slice(7, 12)).toEqual([
      textDelta('M1', 'Let me see.', true),
      'thread.message.completed M1 completed ["Let me see."]',
      'thread.run.step.completed S1 message_creation completed M1',
      'thread.run.step.created S2 tool_calls in_progress []',
      'thread.run.step.in_progress S2 tool_calls in_progress []',
    ]);
    const submit = (id: string): Promise<SseEvent[]> =>
      readStream(face, `${runPath(first.at(-2))}/submit_tool_outputs`, {
        body: { stream: true, tool_outputs: [{ tool_call_id: id, output: 'x' }] },
      });
    const second = await submit('call_A');
    expect(tell(second).slice(-2)).toEqual(['thread.run.requires_action requires_action', 'done [DONE]']);
    const third = await submit('call_B');
    expect(third.filter(({ event }) => event === 'thread.run.created')).toEqual([]);
    expect(tell(third).slice(-2)).toEqual(['thread.run.completed completed', 'done [DONE]']);
  });

  it('tell a cancelled reply with the words it had, and end with the cancelled run', async () => {
    await open([{ text: 'Well, it is so.', deltaChars: 4, cutAfter: 2, ending: 'silence' }]);
    const story = await newStory(face);
    const body = { assistant_id: story.assistantId, stream: true };
    const events: SseEvent[] = [];
    let words = '';
    for await (const event of eventsOf(await openStream(face, `/threads/${story.threadId}/runs`, { body }))) {
      events.push(event);
      if (event.event !== 'thread.message.delta') continue;
      words += String(
        (event.data as { delta?: { content: { text: { value: string } }[] } }).delta?.content[0]?.text.value,
      );
      if (words === 'Well, it') await face.send('POST', `${runPath(events[0])}/cancel`);
    }
    expect(tell(events.filter(({ event }) => event !== 'thread.message.delta'))).toEqual([
      ...begun,
      ...opened,
      'thread.run.cancelling cancelling',
      'thread.message.incomplete M1 incomplete:run_cancelled ["Well, it"]',
      'thread.run.step.cancelled S1 message_creation cancelled M1',
      'thread.run.cancelled cancelled',
      'done [DONE]',
    ]);
    const stored = await face.send('GET', `/threads/${story.threadId}/messages`);
    const last = events.find(({ event }) => event === 'thread.message.incomplete');
    expect(stored.body.data[0]).toEqual(last?.data);
  });

  it('tell a failure as a failed run with its error, not as an error of the stream', async () => {
    await open([{ error: new ProviderError('provider_rate_limited', 'Too many requests.') }]);
    const events = await runStream(await newStory(face));
    expect(tell(events)).toEqual([...begun, 'thread.run.failed failed', 'done [DONE]']);
    expect(events.at(-2)?.data.last_error).toEqual({ code: 'rate_limit_exceeded', message: 'Too many requests.' });
  });

  it('tell a reply that broke off and its repetition as one failed step and one whole one', async () => {
    await open([{ text: 'Well, it', deltaChars: 4, cutAfter: 1 }, 'It is so.']);
    const events = await runStream(await newStory(face));
    const names = tell(events).filter((line) => !line.startsWith('thread.message.delta'));
    expect(names.slice(7)).toEqual([
      'thread.message.incomplete M1 incomplete:run_failed ["Well"]',
      'thread.run.step.failed S1 message_creation failed M1',
      'thread.run.step.created S2 message_creation in_progress M2',
      'thread.run.step.in_progress S2 message_creation in_progress M2',
      'thread.message.created M2 in_progress []',
      'thread.message.in_progress M2 in_progress []',
      'thread.message.completed M2 completed ["It is so."]',
      'thread.run.step.completed S2 message_creation completed M2',
      'thread.run.completed completed',
      'done [DONE]',
    ]);
  });

  it('tell a reply that met its limit as an incomplete message in a completed step', async () => {
    await open([{ text: 'Once upon', finish: 'length' }]);
    const events = await runStream(await newStory(face));
    expect(tell(events).slice(8)).toEqual([
      'thread.message.incomplete M1 incomplete:max_tokens ["Once upon"]',
      'thread.run.step.completed S1 message_creation completed M1',
      'thread.run.incomplete incomplete',
      'done [DONE]',
    ]);
    expect(events.at(-2)?.data.incomplete_details).toEqual({ reason: 'max_completion_tokens' });
  });

  it('tell a run whose time is over in the middle of a reply as expired, message and step with it', async () => {
    let now = Date.now();
    await open([{ text: 'Well', cutAfter: 1, ending: 'silence' }], { clock: { now: () => now } });
    const story = await newStory(face);
    const body = { assistant_id: story.assistantId, stream: true };
    const events: SseEvent[] = [];
    for await (const event of eventsOf(await openStream(face, `/threads/${story.threadId}/runs`, { body }))) {
      events.push(event);
      if (event.event === 'thread.message.delta') now += 600_000;
    }
    expect(tell(events).slice(8)).toEqual([
      'thread.message.incomplete M1 incomplete:run_expired ["Well"]',
      'thread.run.step.expired S1 message_creation expired M1',
      'thread.run.expired expired',
      'done [DONE]',
    ]);
  });
});

describe("the agent's own tools", () => {
  const remembers = [
    {
      calls: [
        { id: 'call_M', name: 'memory_append', arguments: { label: 'human', content: 'Likes Rome.' } },
        { id: 'call_A', name: 'lookup', arguments: '{}' },
      ],
    },
    { calls: [{ id: 'call_N', name: 'memory_append', arguments: { label: 'human', content: 'Likes figs.' } }] },
    'Noted.',
  ];

  it('leave no trace in a stream that does not ask for them, also beside a function of the client', async () => {
    await open(remembers);
    const story = await newStory(face, { assistant: { tools: [lookup] } });
    const first = await runStream(story);
    const shown = JSON.stringify(first);
    expect(shown).toContain('call_A');
    expect(shown).not.toContain('call_M');
    expect(shown).not.toContain('memory_append');
    const asked = first.at(-2)?.data.required_action as unknown as { submit_tool_outputs: { tool_calls: unknown[] } };
    expect(asked.submit_tool_outputs.tool_calls).toHaveLength(1);
    const second = await readStream(face, `${runPath(first.at(-2))}/submit_tool_outputs`, {
      body: { stream: true, tool_outputs: [{ tool_call_id: 'call_A', output: 'x' }] },
    });
    expect(tell(second).map((line) => line.split(' ')[0])).toEqual([
      'thread.run.step.completed',
      'thread.run.queued',
      'thread.run.in_progress',
      'thread.run.step.created',
      'thread.run.step.in_progress',
      'thread.message.created',
      'thread.message.in_progress',
      'thread.message.delta',
      'thread.message.completed',
      'thread.run.step.completed',
      'thread.run.completed',
      'done',
    ]);
    expect(JSON.stringify(second)).not.toContain('memory_append');
  });

  it('are steps with their outputs in a stream that asks for them', async () => {
    await open(remembers.slice(1));
    const events = await runStream(await newStory(face), {}, '?include[]=memory');
    const step = events.find(({ event }) => event === 'thread.run.step.completed')?.data.step_details;
    expect(step).toMatchObject({
      type: 'tool_calls',
      tool_calls: [
        { id: 'call_N', function: { name: 'memory_append', output: expect.stringContaining('ok') as string } },
      ],
    });
    expect(tell(events).slice(-2)).toEqual(['thread.run.completed completed', 'done [DONE]']);
  });
});
