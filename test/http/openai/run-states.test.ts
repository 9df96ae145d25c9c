import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { ProviderError } from '../../../src/providers/provider.js';
import type { Script } from '../../../src/providers/scripted.js';
import type { AppOptions } from '../running-app.js';
import { startFace, type Answer, type Body, type OpenaiFace } from '../../support/openai-face.js';
import { finalStatuses, lookup, newStory, untilStatus } from '../../support/run-stories.js';

let face: OpenaiFace;
afterEach(() => face.close());

const open = async (script: Script, options: Omit<AppOptions, 'script'> = {}): Promise<OpenaiFace> =>
  (face = await startFace({ script, ...options }));

interface Started {
  threadId: string;
  assistantId: string;
  runId: string;
  path: string;
}

async function start(fields: Record<string, unknown> = {}, assistant: Record<string, unknown> = {}): Promise<Started> {
  const story = await newStory(face, { assistant });
  const run = await face.send('POST', `/threads/${story.threadId}/runs`, {
    assistant_id: story.assistantId,
    ...fields,
  });
  expect(run.status).toBe(200);
  return { ...story, runId: run.body.id, path: `/threads/${story.threadId}/runs/${run.body.id}` };
}

const end = (started: Started): Promise<Body> => untilStatus(face, started.path, finalStatuses);
const rest = (started: Started): Promise<Body> => untilStatus(face, started.path, ['requires_action']);
const submit = (started: Started, ...callIds: string[]): Promise<Answer> =>
  face.send('POST', `${started.path}/submit_tool_outputs`, {
    tool_outputs: callIds.map((id) => ({ tool_call_id: id, output: `output of ${id}` })),
  });
const messageOf = (answer: Answer): string => String(answer.body.error?.['message']);

/** Of a run, the fields that depend on its state: which of them are set. */
function setFields(run: Body): string[] {
  const fields = [
    ...['started_at', 'expires_at', 'completed_at', 'failed_at', 'cancelled_at'],
    ...['required_action', 'last_error', 'incomplete_details', 'usage'],
  ];
  return fields.filter((field) => run[field] !== null);
}

const silent = { text: 'Well', cutAfter: 1, ending: 'silence' } as const;
const twoCalls = {
  calls: [
    { id: 'call_a', name: 'lookup', arguments: '{}' },
    { id: 'call_b', name: 'lookup', arguments: '{}' },
  ],
};

describe('the fields of a run follow its state', () => {
  it('queued: it has an end in time, ten minutes from its making, and has not started', async () => {
    await open(['Hi.']);
    await face.app.room.worker.stop(0);
    const { path } = await start();
    const { body } = await face.send('GET', path);
    expect(body.status).toBe('queued');
    expect(setFields(body)).toEqual(['expires_at']);
    expect(Number(body.expires_at) - Number(body.created_at)).toBe(600);
  });

  it('in progress, then cancelling is too short to be missed: both have started and still expire', async () => {
    await open([silent]);
    const started = await start();
    const working = await untilStatus(face, started.path, ['in_progress']);
    expect(setFields(working)).toEqual(['started_at', 'expires_at']);
    const cancelling = await face.send('POST', `${started.path}/cancel`);
    expect(cancelling.body.status).toBe('cancelling');
    expect(setFields(cancelling.body)).toEqual(['started_at', 'expires_at']);
    expect(setFields(await end(started))).toEqual(['started_at', 'cancelled_at']);
  });

  it('requires action: the calls it waits for are named, and queued again it keeps its start and its end', async () => {
    await open([twoCalls, 'Done.']);
    const started = await start({}, { tools: [lookup] });
    const waiting = await rest(started);
    expect(setFields(waiting)).toEqual(['started_at', 'expires_at', 'required_action']);
    expect(waiting.required_action).toEqual({
      type: 'submit_tool_outputs',
      submit_tool_outputs: {
        tool_calls: ['call_a', 'call_b'].map((id) => ({
          id,
          type: 'function',
          function: { name: 'lookup', arguments: '{}' },
        })),
      },
    });
    await face.app.room.worker.stop(0);
    const queued = (await submit(started, 'call_a', 'call_b')).body;
    expect(queued.status).toBe('queued');
    expect([queued.started_at, queued.expires_at]).toEqual([waiting.started_at, waiting.expires_at]);
    expect(queued.required_action).toBeNull();
  });

  it('completed: usage is told, and the reply is the first message of the list', async () => {
    await open([{ text: 'Hi.', promptTokens: 7, completionTokens: 2 }]);
    const started = await start();
    const run = await end(started);
    expect(setFields(run)).toEqual(['started_at', 'completed_at', 'usage']);
    expect(run.usage).toEqual({ prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 });
    const messages = await face.send('GET', `/threads/${started.threadId}/messages`);
    expect(messages.body.data[0]).toMatchObject({ role: 'assistant', run_id: started.runId });
  });

  it('incomplete: the reason is told', async () => {
    await open([{ text: 'Once', finish: 'length' }]);
    const run = await end(await start());
    expect(run.status).toBe('incomplete');
    expect(setFields(run)).toEqual(['started_at', 'incomplete_details', 'usage']);
  });

  it.each([
    ['provider_rate_limited', 'rate_limit_exceeded'],
    ['provider_unavailable', 'server_error'],
    ['model_refused', 'invalid_prompt'],
  ] as const)('failed: what went wrong at the provider as %s is told as %s', async (code, shown) => {
    await open([{ error: new ProviderError(code, 'It went wrong.') }]);
    const run = await end(await start());
    expect(run.status).toBe('failed');
    expect(setFields(run)).toEqual(['started_at', 'failed_at', 'last_error']);
    expect(run.last_error).toEqual({ code: shown, message: 'It went wrong.' });
  });

  it('expired: a run that waits for its client longer than ten minutes, with its step, and the thread is free', async () => {
    let now = Date.now();
    await open([twoCalls, 'Next.'], { clock: { now: () => now } });
    const started = await start({}, { tools: [lookup] });
    await rest(started);
    now += 600_001;
    await face.app.room.sweeper.expire();
    const run = await end(started);
    expect(run.status).toBe('expired');
    expect(setFields(run)).toEqual(['started_at', 'usage']);
    const steps = await face.send('GET', `${started.path}/steps`);
    expect(steps.body.data[0]).toMatchObject({
      status: 'expired',
      expired_at: Math.floor(now / 1_000),
      step_details: { tool_calls: [{ function: { output: null } }, { function: { output: null } }] },
    });
    const late = await submit(started, 'call_a', 'call_b');
    expect([late.status, messageOf(late)]).toEqual([400, 'Runs in status "expired" do not accept tool outputs.']);
    const next = await face.send('POST', `/threads/${started.threadId}/messages`, { role: 'user', content: 'Still?' });
    expect(next.status).toBe(200);
  });

  it('expired: handing in outputs does not prolong the ten minutes', async () => {
    let now = Date.now();
    await open([twoCalls, twoCalls], { clock: { now: () => now } });
    const started = await start({}, { tools: [lookup] });
    await rest(started);
    now += 500_000;
    await submit(started, 'call_a', 'call_b');
    await rest(started);
    now += 100_001;
    await face.app.room.sweeper.expire();
    expect((await end(started)).status).toBe('expired');
  });
});

describe('a thread with an active run', () => {
  it('takes no message and no run, names both in the refusal, and takes them as soon as the run has ended', async () => {
    await open([twoCalls, 'Done.', 'And again.']);
    const started = await start({}, { tools: [lookup] });
    await rest(started);
    const messages = `/threads/${started.threadId}/messages`;
    const runs = `/threads/${started.threadId}/runs`;
    const refusedMessage = await face.send('POST', messages, { role: 'user', content: 'Now?' });
    const refusedRun = await face.send('POST', runs, {
      assistant_id: started.assistantId,
      additional_messages: [{ role: 'user', content: 'Lost?' }],
    });
    expect([refusedMessage.status, messageOf(refusedMessage)]).toEqual([
      400,
      `Can't add messages to ${started.threadId} while a run ${started.runId} is active.`,
    ]);
    expect([refusedRun.status, messageOf(refusedRun)]).toEqual([
      400,
      `Thread ${started.threadId} already has an active run ${started.runId}.`,
    ]);
    expect((await face.send('GET', messages)).body.data).toHaveLength(1);
    await submit(started, 'call_a', 'call_b');
    await end(started);
    expect((await face.send('POST', messages, { role: 'user', content: 'Now?' })).status).toBe(200);
    expect((await face.send('POST', runs, { assistant_id: started.assistantId })).status).toBe(200);
  });

  it('is refused once: an official client with retries sends a refused run one time only', async () => {
    await open([twoCalls]);
    const started = await start({}, { tools: [lookup] });
    await rest(started);
    let sent = 0;
    const counting: typeof fetch = (input, init) => {
      sent += 1;
      return face.watch.fetch(input, init);
    };
    const client = face.client({ maxRetries: 2, fetch: counting });
    const refusal = client.beta.threads.runs.create(started.threadId, { assistant_id: started.assistantId });
    await expect(refusal).rejects.toThrow('already has an active run');
    expect(sent).toBe(1);
  });

  it('queues a run whose pairs say so behind the active one, and begins it with its messages when that has ended', async () => {
    await open([twoCalls, 'First answer.', 'Second answer.']);
    const started = await start({}, { tools: [lookup] });
    await rest(started);
    const second = await face.send('POST', `/threads/${started.threadId}/runs`, {
      assistant_id: started.assistantId,
      metadata: { on_active_run: 'enqueue' },
      additional_messages: [{ role: 'user', content: 'Second question' }],
    });
    expect(second.body.status).toBe('queued');
    await submit(started, 'call_a', 'call_b');
    const path = `/threads/${started.threadId}/runs/${second.body.id}`;
    expect((await untilStatus(face, path, finalStatuses)).status).toBe('completed');
    const { body } = await face.send('GET', `/threads/${started.threadId}/messages?order=asc`);
    const said = body.data.map(
      (message) => (message.content as unknown as { text: { value: string } }[])[0]?.text.value,
    );
    expect(said).toEqual(['Hello', 'First answer.', 'Second question', 'Second answer.']);
  });

  it('is not interrupted by a run that cannot be made', async () => {
    await open([twoCalls]);
    const started = await start({}, { tools: [lookup] });
    await rest(started);
    const refused = await face.send('POST', `/threads/${started.threadId}/runs`, {
      assistant_id: `asst_${'0'.repeat(22)}`,
      metadata: { on_active_run: 'interrupt' },
    });
    expect(refused.status).toBe(404);
    expect((await face.send('GET', started.path)).body.status).toBe('requires_action');
  });

  it('is interrupted by a run whose pairs say so: the first is cancelled and the second answers', async () => {
    await open([silent, 'Second answer.']);
    const started = await start();
    await untilStatus(face, started.path, ['in_progress']);
    const second = await face.send('POST', `/threads/${started.threadId}/runs`, {
      assistant_id: started.assistantId,
      metadata: { on_active_run: 'interrupt' },
    });
    const path = `/threads/${started.threadId}/runs/${second.body.id}`;
    expect((await untilStatus(face, path, finalStatuses)).status).toBe('completed');
    expect((await end(started)).status).toBe('cancelled');
  });
});

describe('handing in outputs', () => {
  it.each([
    ['one of two', ['call_a'], "Expected tool outputs for call_ids ['call_a','call_b'], got ['call_a']"],
    [
      'a foreign one',
      ['call_a', 'call_x'],
      "Expected tool outputs for call_ids ['call_a','call_b'], got ['call_a','call_x']",
    ],
    [
      'one twice',
      ['call_a', 'call_a'],
      "Expected tool outputs for call_ids ['call_a','call_b'], got ['call_a','call_a']",
    ],
    ['none', [], "Expected tool outputs for call_ids ['call_a','call_b'], got []"],
  ])('is refused with %s, and changes nothing', async (_name, callIds, message) => {
    await open([twoCalls, 'Done.']);
    const started = await start({}, { tools: [lookup] });
    await rest(started);
    const refused = await submit(started, ...callIds);
    expect([refused.status, messageOf(refused)]).toEqual([400, message]);
    expect((await face.send('GET', started.path)).body.status).toBe('requires_action');
    expect((await submit(started, 'call_b', 'call_a')).status).toBe(200);
    expect((await end(started)).status).toBe('completed');
  });

  it('is refused the second time, and where a call is not named', async () => {
    await open([twoCalls, 'Done.']);
    const started = await start({}, { tools: [lookup] });
    await rest(started);
    const nameless = await face.send('POST', `${started.path}/submit_tool_outputs`, {
      tool_outputs: [{ output: 'x' }],
    });
    expect(messageOf(nameless)).toBe("Missing required parameter: 'tool_outputs[0].tool_call_id'.");
    await submit(started, 'call_a', 'call_b');
    await end(started);
    const again = await submit(started, 'call_a', 'call_b');
    expect([again.status, messageOf(again)]).toEqual([400, 'Runs in status "completed" do not accept tool outputs.']);
  });

  it('keeps every output byte for byte, long and empty ones too, and shows them to the model', async () => {
    const outputs = { call_a: `“Rom”\r\n${'x'.repeat(120_000)}\u{1F3DB}`, call_b: '' };
    await open([twoCalls, 'Done.']);
    const started = await start({}, { tools: [lookup] });
    await rest(started);
    await face.send('POST', `${started.path}/submit_tool_outputs`, {
      tool_outputs: [{ tool_call_id: 'call_a', output: outputs.call_a }, { tool_call_id: 'call_b' }],
    });
    await end(started);
    const steps = await face.send('GET', `${started.path}/steps?order=asc`);
    const details = steps.body.data[0]?.step_details as unknown as { tool_calls: { function: { output: string } }[] };
    expect(details.tool_calls.map((call) => call.function.output)).toEqual([outputs.call_a, outputs.call_b]);
    const results = face.app.room.provider.requests[1]?.messages.filter((message) => message.role === 'tool') ?? [];
    expect(results.map((message) => message.text.slice(0, 6))).toEqual(['“Rom”\r', '']);
  });
});

describe('cancelling', () => {
  it('stops the call of the model on the wire, and leaves what was said', async () => {
    let stopped = false;
    await open([
      {
        before: (signal) =>
          new Promise<void>((resolve) =>
            signal.addEventListener('abort', () => {
              stopped = true;
              resolve();
            }),
          ),
        text: 'Never.',
      },
    ]);
    const started = await start();
    await untilStatus(face, started.path, ['in_progress']);
    await face.send('POST', `${started.path}/cancel`);
    expect((await end(started)).status).toBe('cancelled');
    expect(stopped).toBe(true);
    expect((await face.send('GET', `${started.path}/steps`)).body.data).toEqual([]);
  });

  it('ends a run that waits in the queue or for its client at once', async () => {
    await open([twoCalls]);
    const waiting = await start({}, { tools: [lookup] });
    await rest(waiting);
    expect((await face.send('POST', `${waiting.path}/cancel`)).body.status).toBe('cancelled');
    await face.app.room.worker.stop(0);
    const queued = await start();
    expect((await face.send('POST', `${queued.path}/cancel`)).body.status).toBe('cancelled');
  });

  it('is refused for a run that has ended, or was asked to stop before', async () => {
    await open([{ before: () => sleep(300), text: 'Slow to stop.' }, 'Done.']);
    const stopping = await start();
    await untilStatus(face, stopping.path, ['in_progress']);
    await face.send('POST', `${stopping.path}/cancel`);
    const again = await face.send('POST', `${stopping.path}/cancel`);
    expect([again.status, messageOf(again)]).toEqual([400, "Cannot cancel run with status 'cancelling'."]);
    expect((await end(stopping)).status).toBe('cancelled');
    const late = await face.send('POST', `${stopping.path}/cancel`);
    expect([late.status, messageOf(late)]).toEqual([400, "Cannot cancel run with status 'cancelled'."]);
    const completed = await start();
    await end(completed);
    expect(messageOf(await face.send('POST', `${completed.path}/cancel`, {}))).toBe(
      "Cannot cancel run with status 'completed'.",
    );
  });
});
