import { expect, it } from 'vitest';
import { classicTools, createToolRegistry, neededTools } from '../../src/engine/tools/registry.js';
import { unpack } from '../../src/engine/envelope.js';
import type { ModelRequest } from '../../src/providers/provider.js';
import { createAgentService } from '../../src/services/agents.js';
import { describeOnBothDatabases } from '../support/both-databases.js';
import { principal, registryOf } from '../support/engine-room.js';
import { call, isValidHistory } from '../support/requests.js';

const say = (message: string) => call('send_message', { message });
const append = (content: string, more: object = {}) => call('core_memory_append', { name: 'human', content, ...more });

/** The types of the envelopes that a request shows its model as the words of a user, oldest first. */
const envelopes = (request: ModelRequest | undefined): (string | undefined)[] =>
  (request?.messages ?? []).flatMap((message) => {
    if (message.role !== 'user') return [];
    const [part] = message.parts;
    return [part?.type === 'text' ? unpack(part.text)?.type : undefined];
  });

const systemText = (request: ModelRequest | undefined): string => {
  const first = request?.messages[0];
  return first?.role === 'system' ? first.text : '';
};

describeOnBothDatabases('the heartbeat protocol', (open) => {
  it('1. an agent is born with its prompt, an example of speech, the result of that, and a login', async () => {
    const room = await open({ script: [say('Hello.')] });
    const agents = createAgentService({
      store: room.store,
      clock: { now: () => Date.now() },
      registry: registryOf(room.provider),
      tools: createToolRegistry(),
      toolNames: classicTools,
      neededToolNames: neededTools,
    });
    const { agent } = await agents.create(principal, { name: null });
    expect((await room.messages(agent)).map(({ role, kind, visible }) => [role, kind, visible])).toEqual([
      ['system', 'boot', false],
      ['assistant', 'boot', false],
      ['tool', 'boot', false],
      ['user', 'login', false],
    ]);
    await room.say(agent, 'Hi.');
    const [request] = room.provider.requests;
    expect(request?.messages.map(({ role }) => role)).toEqual(['system', 'assistant', 'tool', 'user', 'user']);
    expect(request?.messages[1]).toMatchObject({ calls: [{ name: 'send_message' }] });
    expect(envelopes(request)).toEqual(['login', 'user_message']);
    expect(request === undefined || isValidHistory(request)).toBe(true);
  });

  it('2. what is said through send_message is one visible message, one turn and the end', async () => {
    const room = await open({ script: [say('hi')] });
    const agent = await room.newAgent({ protocol: 'heartbeat' });
    const run = await room.say(agent, 'Hello.');
    expect([run.status, run.turn, room.provider.requests.length]).toEqual(['completed', 1, 1]);
    expect(await room.spoken(agent)).toEqual(['user: Hello.', 'assistant: hi']);
  });

  it('3. an edit that asks for a heartbeat is in the next prompt, one heartbeat after it', async () => {
    const room = await open({ script: [append('Plays the viola.', { request_heartbeat: true }), say('Noted.')] });
    const agent = await room.newAgent({ protocol: 'heartbeat' });
    const run = await room.say(agent, 'I play the viola.');
    expect([run.status, run.turn]).toEqual(['completed', 2]);
    const [first, second] = room.provider.requests;
    expect(systemText(first)).not.toContain('Plays the viola.');
    expect(systemText(second)).toContain('Plays the viola.');
    expect(envelopes(second)).toEqual(['user_message', 'heartbeat']);
    expect((await room.messages(agent)).filter(({ kind }) => kind === 'heartbeat')).toHaveLength(1);
  });

  it('4. somebody who waits is answered, though the model forgot to ask for a heartbeat', async () => {
    const room = await open({ script: [append('Plays the viola.'), say('Noted.')] });
    const agent = await room.newAgent({ protocol: 'heartbeat' });
    const run = await room.say(agent, 'I play the viola.');
    expect([run.status, run.turn]).toEqual(['completed', 2]);
    expect(await room.spoken(agent)).toEqual(['user: I play the viola.', 'assistant: Noted.']);
  });

  it('5. a call of a tool that is not there fails, and its failure wakes the model to answer', async () => {
    const room = await open({ script: [call('levitate', { request_heartbeat: false }), say('I cannot.')] });
    const agent = await room.newAgent({ protocol: 'heartbeat' });
    await room.say(agent, 'Fly!');
    const second = room.provider.requests[1];
    expect(JSON.stringify(second?.messages)).toMatch(/Failed.*There is no tool called 'levitate'/u);
    expect(envelopes(second)).toEqual(['user_message', 'heartbeat']);
    expect(await room.spoken(agent)).toEqual(['user: Fly!', 'assistant: I cannot.']);
  });

  it('6. broken arguments are mended where their meaning is plain, and else a failure that the model reads', async () => {
    const room = await open({
      script: [
        call('core_memory_append', '{"name": "human", "content": "Plays the viola.", "request_heartbeat": true,'),
        call('core_memory_append', 'human: plays the cello'),
        say('Noted.'),
      ],
    });
    const agent = await room.newAgent({ protocol: 'heartbeat' });
    const run = await room.say(agent, 'I play.');
    expect((await room.store.runs.steps(run.id)).flatMap(({ calls }) => calls.map(({ failed }) => failed))).toEqual([
      false,
      true,
    ]);
    expect((await room.blocks(agent))['human']).toBe('Plays the viola.');
    expect([run.status, room.faults]).toEqual(['completed', []]);
    expect(await room.spoken(agent)).toEqual(['user: I play.', 'assistant: Noted.']);
  });

  it('7. two calls of one reply are both carried out, in their order', async () => {
    const two = ['Plays the viola.', 'Lives in Bergen.'].map((content, index) => ({
      id: `call_${index}`,
      name: 'core_memory_append',
      arguments: { name: 'human', content, request_heartbeat: true },
    }));
    const room = await open({ script: [{ calls: two }, say('Noted.')] });
    const agent = await room.newAgent({ protocol: 'heartbeat' });
    await room.say(agent, 'I play the viola and live in Bergen.');
    expect((await room.blocks(agent))['human']).toBe('Plays the viola.\nLives in Bergen.');
    expect(room.provider.requests.every(isValidHistory)).toBe(true);
  });

  it.each(['send_message', 'pause_heartbeats'])('8. %s ends the run though it asks for a heartbeat', async (name) => {
    const room = await open({ script: [call(name, { message: 'Bye.', minutes: 5, request_heartbeat: true })] });
    const agent = await room.newAgent({ protocol: 'heartbeat' });
    const run = await room.say(agent, 'Bye.');
    expect([run.status, run.turn]).toEqual(['completed', 1]);
  });
});
