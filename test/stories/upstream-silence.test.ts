import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOpenaiProvider } from '../../src/providers/openai.js';
import { registryOf } from '../support/engine-room.js';
import {
  createMachine,
  historyFaults,
  startServer,
  type Machine,
  type ServerProcess,
} from '../support/server-process.js';
import {
  note,
  openTroubledHouse,
  refusal,
  requestFaults,
  says,
  startPlannedUpstream,
  upstreamVariables,
  type PlannedUpstream,
} from './troubled-house.js';

/* A model server that falls silent, and the built server beside one that is in trouble. */

let upstream: PlannedUpstream;
beforeAll(async () => {
  upstream = await startPlannedUpstream();
});
afterAll(() => upstream.close());
beforeEach(() => {
  upstream.reset();
});
afterEach(() => {
  expect(upstream.unasked(), 'every planned reply was asked for').toBe(0);
  expect(upstream.chats().flatMap(requestFaults), 'every history sent was valid').toEqual([]);
});

describe.each(['heartbeat', 'native'] as const)('a silent model server and an agent of the %s protocol', (protocol) => {
  it.each([
    ['before its first word', 0],
    ['in the middle of its words', 9],
  ])('%s: the request is given up and made again, and the answer comes once', async (_when, cutAfter) => {
    const limited = registryOf(
      createOpenaiProvider({ name: 'openai', kind: 'openai', baseUrl: upstream.url, apiKey: 'sk-test' }, undefined, {
        silenceMs: 400,
      }),
    );
    const quiet = await openTroubledHouse(upstream, limited);
    try {
      const agentId = await quiet.newAgent(protocol);
      const whole = says[protocol]('The answer is forty-two, and not a word less.');
      upstream.plan({ ...whole, cutAfter, ending: 'silence' }, whole);
      expect(await quiet.client.say(agentId, 'What is it?')).toEqual(['The answer is forty-two, and not a word less.']);
      expect(await quiet.spoken(agentId)).toHaveLength(2);
      expect(upstream.chats()[0]?.aborted, 'the silent request was hung up').toBe(true);
      expect(await quiet.client.say(agentId, 'Are you still there?')).toEqual(['All is well.']);
      await quiet.runs(agentId);
    } finally {
      await quiet.close();
    }
  });
});

describe('the built server with a model server in trouble', () => {
  let machine: Machine;
  let server: ServerProcess;
  beforeAll(async () => {
    machine = createMachine();
    server = await startServer(machine, { env: upstreamVariables(upstream) });
  });
  afterAll(() => machine.finish());

  it('answers through refusals, a broken stream and a broken call, and tells a lasting failure', async () => {
    const agentId = await server.newAgent({ name: 'Mira', human: 'Nothing yet.' });
    const spoiled = note('heartbeat', 'Name: Ines');
    upstream.plan(
      refusal(429, 'Slow down.'),
      refusal(500, 'Oops.'),
      { ...says.heartbeat('This will never be heard in full.'), cutAfter: 9, ending: 'cut' },
      { calls: [{ ...spoiled, arguments: spoiled.arguments.slice(0, -1) }] },
      { text: `{"name": "send_message", "arguments": {"message": "Hello, Ines."}}`, usage: null },
    );
    expect(await server.say(agentId, 'I am Ines.')).toEqual(['Hello, Ines.']);
    upstream.plan(...Array.from({ length: 5 }, () => refusal(500, 'The cluster is on fire.')));
    const refused = await server.ask('POST', `/api/agents/${agentId}/messages`, { message: 'Hello?' });
    expect(refused).toEqual({ status: 502, json: { detail: 'The cluster is on fire.' } });
    expect(await server.say(agentId, 'Are you still there?')).toEqual(['All is well.']);
    expect(historyFaults(await server.history(agentId))).toEqual([]);
  });

  it('finishes an answer that it was killed in, when the model server is well again', async () => {
    const agentId = await server.newAgent({ name: 'Nils' });
    upstream.plan({ ...says.heartbeat('Half of this is lost.'), cutAfter: 9, ending: 'silence' });
    const path = `/api/agents/${agentId}/messages`;
    for await (const event of server.stream(path, { message: 'Hello.', stream_steps: true, stream_tokens: true })) {
      if (typeof event === 'object' && event['function_call'] !== undefined) await server.kill();
    }
    upstream.plan(says.heartbeat('All of this is said.'));
    server = await startServer(machine, { env: upstreamVariables(upstream) });
    expect(await server.say(agentId, 'Are you still there?')).toEqual(['All is well.']);
    const history = await server.history(agentId);
    expect(historyFaults(history)).toEqual([]);
    expect(JSON.stringify(history)).toContain('All of this is said.');
    expect(JSON.stringify(history)).not.toContain('Half of this');
  });
});
