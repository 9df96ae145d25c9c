import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../src/domain/clock.js';
import { limits } from '../../src/domain/limits.js';
import type { UpstreamReply } from '../support/mock-upstream.js';
import { historyFaults, spokenIn, type StreamedEvent } from '../support/server-process.js';
import {
  file,
  note,
  openTroubledHouse,
  refusal,
  requestFaults,
  says,
  startPlannedUpstream,
  tools,
  type Call,
  type PlannedUpstream,
  type TroubledHouse,
} from './troubled-house.js';

/* A model server in every kind of trouble, and an agent that goes on. */

async function collect(events: AsyncGenerator<StreamedEvent>): Promise<StreamedEvent[]> {
  const collected: StreamedEvent[] = [];
  for await (const event of events) collected.push(event);
  return collected;
}

let upstream: PlannedUpstream;
let troubled: TroubledHouse;
let later = 0;
const clock: Clock = { now: () => systemClock.now() + later };
beforeAll(async () => {
  upstream = await startPlannedUpstream();
  troubled = await openTroubledHouse(upstream, undefined, clock);
});
afterAll(async () => {
  await troubled.close();
  await upstream.close();
});
beforeEach(() => {
  upstream.reset();
});
afterEach(() => {
  expect(troubled.faults.splice(0), 'no trouble is a fault of the server').toEqual([]);
  expect(upstream.unasked(), 'every planned reply was asked for').toBe(0);
  expect(upstream.chats().flatMap(requestFaults), 'every history sent was valid').toEqual([]);
});

async function human(agentId: string): Promise<string> {
  return (await troubled.client.ask('GET', `/api/agents/${agentId}/memory`)).json.core_memory.human as string;
}

/** What holds after every trouble: the next plain message works, and what is on the record is whole. */
async function expectToGoOn(agentId: string): Promise<void> {
  expect(await troubled.client.say(agentId, 'Are you still there?')).toEqual(['All is well.']);
  const runs = await troubled.runs(agentId);
  expect(runs.at(-1)?.status).toBe('completed');
  expect((await troubled.spoken(agentId)).slice(-2)).toEqual(['user: Are you still there?', 'assistant: All is well.']);
}

describe.each(['heartbeat', 'native'] as const)('an agent of the %s protocol', (protocol) => {
  const say = says[protocol];
  // The window that agents of the other protocol met was smaller; that is held against their model for this long.
  beforeAll(() => {
    later += limits.refusalHeldMs;
  });

  it('carries out several calls of one reply in their order, each once', async () => {
    const agentId = await troubled.newAgent(protocol);
    const calls = [note(protocol, 'Name: Ines'), file(protocol, 'Ines keeps bees.'), note(protocol, 'Lives in Porto')];
    upstream.plan({ calls }, say('Noted, Ines.'));
    expect(await troubled.client.say(agentId, 'I am Ines from Porto and I keep bees.')).toEqual(['Noted, Ines.']);
    expect((await troubled.results(agentId)).map(({ name, failed }) => [name, failed])).toEqual(
      calls.map((call) => [call.name, false]),
    );
    expect(await human(agentId)).toMatch(/Name: Ines\nLives in Porto$/);
    await expectToGoOn(agentId);
  });

  it('keeps the words and calls of a server that gives the same ids again in every reply', async () => {
    const agentId = await troubled.newAgent(protocol);
    // The mock numbers the calls of each reply from nought.
    const speaking = (...texts: string[]): Call[] =>
      protocol === 'heartbeat' ? texts.flatMap((text) => says.heartbeat(text).calls ?? []) : [];
    const text = (words: string): string | undefined => (protocol === 'native' ? words : undefined);
    upstream.plan(
      { text: text('One moment.'), calls: [note(protocol, 'Name: Ines'), ...speaking('One moment.', 'I write.')] },
      { text: text('Nearly done.'), calls: [file(protocol, 'Bees.'), ...speaking('Nearly done.', 'I file.')] },
      say('Done.'),
    );
    expect(await troubled.client.say(agentId, 'I am Ines.')).toEqual(
      protocol === 'native'
        ? ['One moment.', 'Nearly done.', 'Done.']
        : ['One moment.', 'I write.', 'Nearly done.', 'I file.', 'Done.'],
    );
    await expectToGoOn(agentId);
  });

  it.each<[string, (call: Call) => string]>([
    ['that miss their end', (call) => call.arguments.slice(0, -1)],
    ['that are written twice, one behind the other', (call) => call.arguments + call.arguments],
    ['in single quotes', (call) => call.arguments.replaceAll('"', "'")],
    ['that are encoded twice', (call) => JSON.stringify(call.arguments)],
    ['with a comma too many', (call) => call.arguments.replace(/\}$/, ',}')],
  ])('understands arguments %s', async (_how, spoil) => {
    const agentId = await troubled.newAgent(protocol);
    const call = note(protocol, 'Name: Ines');
    upstream.plan({ calls: [{ ...call, arguments: spoil(call) }] }, say('Noted.'));
    expect(await troubled.client.say(agentId, 'I am Ines.')).toEqual(['Noted.']);
    expect(await human(agentId)).toMatch(/Name: Ines$/);
    await expectToGoOn(agentId);
  });

  it.each<[string, (call: Call) => Call]>([
    ['arguments that are no JSON', (call) => ({ ...call, arguments: 'my name is Ines' })],
    ['a list for its arguments', (call) => ({ ...call, arguments: '["human", "Name: Ines"]' })],
    ['a member missing', (call) => ({ ...call, arguments: '{}' })],
    ['an object where a text belongs', () => note(protocol, { first: 'Ines' })],
    ['the name of no tool', (call) => ({ ...call, name: 'remember_forever' })],
    ['an empty name', (call) => ({ ...call, name: '' })],
  ])('tells the model of a call with %s, and lets it mend the call', async (_what, spoil) => {
    const agentId = await troubled.newAgent(protocol);
    const right = note(protocol, 'Name: Ines');
    upstream.plan({ calls: [spoil(right)] }, { calls: [right] }, say('Noted.'));
    expect(await troubled.client.say(agentId, 'I am Ines.')).toEqual(['Noted.']);
    const results = await troubled.results(agentId);
    expect(results.map((result) => result.failed)).toEqual([true, false]);
    const told = upstream.chats()[1]?.body.messages.at(protocol === 'heartbeat' ? -2 : -1) as {
      role: string;
      content: string;
    };
    expect(told.role).toBe('tool');
    expect(told.content).toContain(results[0]?.output.slice(0, 20));
    expect(await human(agentId)).toMatch(/Name: Ines$/);
    await expectToGoOn(agentId);
  });

  it('makes room and asks again where the model says that its window is too small', async () => {
    const agentId = await troubled.newAgent(protocol);
    const story = 'The lighthouse keeper counted the ships again. '.repeat(80);
    for (let part = 1; part <= 4; part += 1) await troubled.client.say(agentId, `Part ${part}. ${story}`);
    const longest = JSON.stringify(upstream.chats().at(-1)?.body).length;
    upstream.limitChars = longest - story.length;
    upstream.requests.length = 0;
    upstream.plan(say('Four parts so far.'));
    expect(await troubled.client.say(agentId, 'How many parts was that?')).toEqual(['Four parts so far.']);
    const sizes = upstream.chats().map((request) => JSON.stringify(request.body).length);
    expect(sizes[0]).toBeGreaterThan(upstream.limitChars);
    expect(sizes.at(-1)).toBeLessThanOrEqual(upstream.limitChars);
    expect(JSON.stringify(upstream.chats().at(-1)?.body)).toContain('How many parts was that?');
    expect((await troubled.spoken(agentId)).filter((text) => text.startsWith('user: Part'))).toHaveLength(4);
    await expectToGoOn(agentId);
  });

  it('tells that the window is too small where nothing more can be taken away, and works in a larger one', async () => {
    const agentId = await troubled.newAgent(protocol);
    expect(await troubled.client.say(agentId, 'Hello.')).toEqual(['All is well.']);
    upstream.limitChars = 1_000;
    const { status, json } = await troubled.client.ask('POST', `/api/agents/${agentId}/messages`, {
      message: 'Hello?',
    });
    expect(status).toBe(400);
    expect(json.detail).toMatch(/window/);
    expect((await troubled.runs(agentId)).at(-1)?.error?.code).toBe('context_too_small');
    upstream.limitChars = null;
    await expectToGoOn(agentId);
  });

  it('answers messages that came at once one after the other, whatever happens to the first', async () => {
    const agentId = await troubled.newAgent(protocol);
    upstream.plan(refusal(400, 'I will not.'), say('To the second.'), say('To the third.'));
    const path = `/api/agents/${agentId}/messages`;
    const replies = await Promise.all(
      ['First?', 'Second?', 'Third?'].map((message) => troubled.client.ask('POST', path, { message })),
    );
    expect(replies.map((reply) => reply.status).sort()).toEqual([200, 200, 400]);
    const spoken = await troubled.spoken(agentId);
    expect(spoken.filter((text) => text.startsWith('user: '))).toHaveLength(3);
    expect(spoken.filter((text) => text.startsWith('assistant: '))).toEqual([
      'assistant: To the second.',
      'assistant: To the third.',
    ]);
    expect(spoken.map((text) => text.split(':')[0])).toEqual(['user', 'user', 'assistant', 'user', 'assistant']);
    await expectToGoOn(agentId);
  });

  it.each([
    ['429 with a wait in seconds', refusal(429, 'Slow down.', { 'retry-after': '0' })],
    ['429 with a wait in milliseconds', refusal(429, 'Slow down.')],
    ['500', refusal(500, 'Oops.')],
    [
      '503 and a web page',
      { status: 503, headers: { 'retry-after-ms': '1' }, body: '<html><title>503</title></html>' },
    ],
  ])('asks again after %s, and answers once', async (_what, reply) => {
    const agentId = await troubled.newAgent(protocol);
    upstream.plan(reply, reply, say('Here I am.'));
    expect(await troubled.client.say(agentId, 'Hello.')).toEqual(['Here I am.']);
    expect(upstream.chats()).toHaveLength(3);
    expect(await troubled.spoken(agentId)).toEqual(['user: Hello.', 'assistant: Here I am.']);
    await expectToGoOn(agentId);
  });

  it('tells the error in the plain reply and in the stream where the model never recovers, and works when it has', async () => {
    const agentId = await troubled.newAgent(protocol);
    const path = `/api/agents/${agentId}/messages`;
    const forever = Array.from({ length: 5 }, () => refusal(500, 'The cluster is on fire.'));
    upstream.plan(...forever);
    const plain = await troubled.client.ask('POST', path, { message: 'Hello.' });
    expect(plain).toEqual({ status: 502, json: { detail: 'The cluster is on fire.' } });
    upstream.plan(...forever);
    const legacy = await collect(troubled.client.stream(path, { message: 'Hello?', stream: true }));
    expect(legacy).toEqual([{ internal_error: 'The cluster is on fire.' }]);
    upstream.plan(...forever);
    const steps = await collect(troubled.client.stream(path, { message: 'Hello??', stream_steps: true }));
    expect(steps).toEqual([{ error: 'The cluster is on fire.' }, '[DONE]']);
    expect((await troubled.runs(agentId)).map((run) => [run.status, run.error?.code])).toEqual(
      Array.from({ length: 3 }, () => ['failed', 'provider_unavailable']),
    );
    await expectToGoOn(agentId);
    expect(await troubled.spoken(agentId)).toHaveLength(5);
  });

  it('says a wrong key once, without asking again', async () => {
    const agentId = await troubled.newAgent(protocol);
    upstream.plan(refusal(401, 'Incorrect API key provided: sk-test.'));
    const { status, json } = await troubled.client.ask('POST', `/api/agents/${agentId}/messages`, {
      message: 'Hello.',
    });
    expect({ status, json }).toEqual({
      status: 400,
      json: { detail: 'The model server refused the API key (status 401).' },
    });
    expect(upstream.chats()).toHaveLength(1);
    await expectToGoOn(agentId);
  });

  it.each(['cut', 'early'] as const)(
    'answers once where a stream breaks off in the middle of the words (%s)',
    async (ending) => {
      const agentId = await troubled.newAgent(protocol);
      const whole = say('The answer is forty-two, and not a word less than that.');
      const broken: UpstreamReply = { ...whole, cutAfter: 9, ending, finish: null, usage: null };
      upstream.plan(broken, whole);
      const events = await collect(
        troubled.client.stream(`/api/agents/${agentId}/messages`, { message: 'What is it?', stream: true }),
      );
      expect(spokenIn(events)).toEqual(['The answer is forty-two, and not a word less than that.']);
      expect(events.filter((event) => JSON.stringify(event).includes('internal_error'))).toEqual([]);
      expect(await troubled.spoken(agentId)).toEqual([
        'user: What is it?',
        'assistant: The answer is forty-two, and not a word less than that.',
      ]);
      const history = await troubled.client.history(agentId);
      expect(historyFaults(history).filter((fault) => !(protocol === 'native' && fault.includes('0 results')))).toEqual(
        [],
      );
      expect(
        history.filter((message) => message.role === 'assistant'),
        'no half of a message is in the history',
      ).toHaveLength(1);
      await expectToGoOn(agentId);
    },
  );

  it('gives up on a stream that always breaks off, and shows nothing of what it said', async () => {
    const agentId = await troubled.newAgent(protocol);
    const broken: UpstreamReply = {
      ...say('The answer is forty-two, I think, or it may be more than that.'),
      cutAfter: 9,
      finish: null,
      usage: null,
      ending: 'early',
    };
    upstream.plan(broken, broken, broken);
    const { status } = await troubled.client.ask('POST', `/api/agents/${agentId}/messages`, { message: 'What is it?' });
    expect(status).toBe(502);
    expect(await troubled.spoken(agentId)).toEqual(['user: What is it?']);
    await expectToGoOn(agentId);
  });

  it('answers once where a stream breaks off in the middle of a call, which is made once', async () => {
    const agentId = await troubled.newAgent(protocol);
    const whole: UpstreamReply = { calls: [note(protocol, 'Name: Ines')] };
    upstream.plan({ ...whole, cutAfter: 6, ending: 'cut' }, whole, say('Noted.'));
    expect(await troubled.client.say(agentId, 'I am Ines.')).toEqual(['Noted.']);
    expect((await human(agentId)).match(/Name: Ines/g)).toHaveLength(1);
    expect(await troubled.results(agentId)).toHaveLength(1);
    await expectToGoOn(agentId);
  });

  it.each<[string, (call: Call) => string]>([
    ['as JSON', (call) => `{"name": "${call.name}", "arguments": ${call.arguments}}`],
    ['in a fence', (call) => `\`\`\`json\n{"name": "${call.name}", "arguments": ${call.arguments}}\n\`\`\``],
    ['in a tag', (call) => `<tool_call>\n{"name": "${call.name}", "arguments": ${call.arguments}}\n</tool_call>`],
  ])('makes the call that a model wrote into its text %s', async (_how, write) => {
    const agentId = await troubled.newAgent(protocol);
    upstream.plan({ text: write(note(protocol, 'Name: Ines')) }, say('Noted.'));
    expect(await troubled.client.say(agentId, 'I am Ines.')).toEqual(['Noted.']);
    expect(await human(agentId)).toMatch(/Name: Ines$/);
    expect((await troubled.spoken(agentId)).join('\n')).not.toContain(tools[protocol].note);
    await expectToGoOn(agentId);
  });

  it('counts the tokens itself where the model does not', async () => {
    const agentId = await troubled.newAgent(protocol);
    upstream.plan({ ...say('Here I am.'), usage: null });
    const { json } = await troubled.client.ask('POST', `/api/agents/${agentId}/messages`, { message: 'Hello.' });
    expect(json.usage.prompt_tokens).toBeGreaterThan(50);
    expect(json.usage.completion_tokens).toBeGreaterThan(0);
    expect((await troubled.runs(agentId))[0]?.usage?.estimated).toBe(true);
    await expectToGoOn(agentId);
  });

  it.each<[string, string, (arguments_: string) => string]>([
    ['in the middle of a word', 'length', (whole) => whole.slice(0, -2)],
    ['right after the last word', 'length', (whole) => whole],
    ['by a filter', 'content_filter', (whole) => whole],
  ])('keeps on every record the words of a reply that was cut %s', async (_where, finish, cut) => {
    const agentId = await troubled.newAgent(protocol);
    const calls = says.heartbeat('The answer is forty').calls ?? [];
    upstream.plan(
      protocol === 'native'
        ? { text: 'The answer is forty', finish }
        : { calls: calls.map((call) => ({ ...call, arguments: cut(call.arguments) })), finish },
    );
    expect(await troubled.client.say(agentId, 'What is it?')).toEqual(['The answer is forty']);
    expect((await troubled.runs(agentId)).map((run) => run.status)).toEqual(['incomplete']);
    const told = (await troubled.client.history(agentId)).filter((message) => message.role === 'assistant');
    expect(told, 'the history tells it once').toHaveLength(1);
    expect(JSON.stringify(told)).toContain('The answer is forty');
    await expectToGoOn(agentId);
    const sent = JSON.stringify(upstream.chats().at(-1)?.body.messages);
    expect(sent.match(/The answer is forty/g), 'the model reads it once').toHaveLength(1);
    expect(sent, 'no call is told as lost').not.toContain('did not complete');
  });

  it('asks again where a reply holds nothing at all', async () => {
    const agentId = await troubled.newAgent(protocol);
    upstream.plan({ text: '' }, say('Here I am.'));
    expect(await troubled.client.say(agentId, 'Hello.')).toEqual(['Here I am.']);
    await expectToGoOn(agentId);
  });
});
