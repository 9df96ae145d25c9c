import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createMachine,
  historyFaults,
  spokenInHistory,
  startServer,
  type Machine,
  type ServerProcess,
  type StreamedEvent,
} from '../support/server-process.js';

/* One agent, told who speaks to it, through compaction and through a process that is killed while it answers. */

/** A pace at which there is time to kill the server between any two tokens of a reply. */
const slowly = { THREADKEEPER_DEMO_LATENCY_MS: '500', THREADKEEPER_DEMO_TOKENS_PER_SECOND: '12' };

let machine: Machine;
beforeEach(() => {
  machine = createMachine();
});
afterEach(() => machine.finish());

/** A server that answers at once has met the user and forgotten nothing but the words. */
async function acquainted(): Promise<{ server: ServerProcess; agentId: string }> {
  const server = await startServer(machine);
  const agentId = await server.newAgent({ name: 'Mira', human: 'I know nothing about the user yet.' });
  await server.say(agentId, 'Hello! My name is Ines.');
  await server.say(agentId, 'I prefer green tea.');
  await server.say(agentId, 'Remember that the spare key is under the blue pot.');
  return { server, agentId };
}

async function summarise(server: ServerProcess, agentId: string): Promise<void> {
  const answer = await server.ask('POST', `/api/agents/${agentId}/command`, { command: 'summarize' });
  expect(answer).toEqual({ status: 200, json: { response: expect.any(String) as string } });
}

async function expectToKnow(server: ServerProcess, agentId: string): Promise<void> {
  expect((await server.say(agentId, 'What is my name?')).join(' ')).toContain('Ines');
  expect((await server.say(agentId, 'What do I prefer?')).join(' ')).toContain('green tea');
  expect((await server.say(agentId, 'Where is the spare key?')).join(' ')).toContain('under the blue pot');
}

const tokens = { stream_steps: true, stream_tokens: true };
type Moment = (event: StreamedEvent) => boolean;
const isCallOf =
  (name: string): Moment =>
  (event) =>
    typeof event === 'object' && event['function_call']?.name === name;

/** Sends a message and kills the server at the first event that is the moment; null is before the first event. */
async function killAt(server: ServerProcess, agentId: string, message: string, moment: Moment | null) {
  const path = `/api/agents/${agentId}/messages`;
  if (moment === null) {
    // The headers are the server's word that it has the message.
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer ilovellms', 'content-type': 'application/json' },
      body: JSON.stringify({ message, ...tokens }),
    });
    expect(response.status).toBe(200);
    await server.kill();
    await response.text().catch(() => '');
    return [];
  }
  const seen: StreamedEvent[] = [];
  for await (const event of server.stream(path, { message, ...tokens })) {
    seen.push(event);
    if (moment(event)) await server.kill();
  }
  expect(seen.some(moment), 'the moment came').toBe(true);
  expect(seen, 'the reply was cut short').not.toContain('[DONE]');
  return seen;
}

describe('what an agent was told', { timeout: 60_000 }, () => {
  it('is known after its window was emptied and the server was started again', async () => {
    const { server, agentId } = await acquainted();
    await summarise(server, agentId);
    const inContext = (
      await server.ask('GET', `/api/agents/${agentId}/messages-cursor?limit=1000`)
    ).json.messages.filter(
      (message: { in_context: boolean; role: string }) => message.in_context && message.role === 'user',
    );
    expect(inContext, 'nothing that was said is in the prompt word for word').toEqual([]);
    await expectToKnow(server, agentId);
    expect(await server.stop()).toBe(0);
    const again = await startServer(machine);
    await expectToKnow(again, agentId);
    expect(historyFaults(await again.history(agentId))).toEqual([]);
  });

  it.each<[string, string, string, Moment | null]>([
    ['before the first token', 'What is my name?', 'Your name is Ines.', null],
    ['in the middle of the words', 'What is my name?', 'Your name is Ines.', isCallOf('send_message')],
    [
      'while a call is being written',
      'My dog is called Rex and I live in Porto.',
      'Porto',
      isCallOf('core_memory_append'),
    ],
    [
      'between the call of a tool and the answer',
      'I live in Porto.',
      'Porto',
      (event) => typeof event === 'object' && 'function_return' in event,
    ],
  ])(
    'is known after the server was killed %s, and the question it was at is answered once',
    async (_when, question, answer, moment) => {
      const { server: first, agentId } = await acquainted();
      await summarise(first, agentId);
      await first.stop();
      const second = await startServer(machine, { env: slowly });
      const before = spokenInHistory(await second.history(agentId));
      await killAt(second, agentId, question, moment);

      const third = await startServer(machine);
      // Messages of a conversation are answered in turn, so this waits for the one that was interrupted.
      const reply = await third.say(agentId, 'Thank you.');
      expect(reply).toEqual(['You are welcome.']);
      const history = await third.history(agentId);
      expect(historyFaults(history)).toEqual([]);
      const since = spokenInHistory(history).slice(before.length);
      expect(since).toEqual([expect.stringContaining(answer), 'You are welcome.']);
      const asked = history.filter((message) => message.role === 'user' && message.text?.includes(question));
      expect(asked).toHaveLength(1);
      const human = (await third.ask('GET', `/api/agents/${agentId}/memory`)).json.core_memory.human as string;
      const lines = human.split('\n');
      expect(new Set(lines).size, 'no fact was filed twice').toBe(lines.length);
      await expectToKnow(third, agentId);
    },
  );

  it('is known after the server was killed again and again while it answered one question', async () => {
    const { server: first, agentId } = await acquainted();
    await first.stop();
    let server = await startServer(machine, { env: slowly });
    await killAt(server, agentId, 'I live in Porto.', isCallOf('core_memory_append'));
    server = await startServer(machine, { env: slowly });
    // The agent's memory shows that the call was carried out; the words are still to come.
    await server.ask('GET', `/api/agents/${agentId}/memory`);
    await server.kill();
    server = await startServer(machine);
    expect(await server.say(agentId, 'Thank you.')).toEqual(['You are welcome.']);
    const history = await server.history(agentId);
    expect(historyFaults(history)).toEqual([]);
    expect(spokenInHistory(history).filter((text) => text.includes('Porto'))).toHaveLength(1);
    await expectToKnow(server, agentId);
    expect((await server.say(agentId, 'Where do I live?')).join(' ')).toContain('Porto');
  });

  it('and was acknowledged is there after a kill that follows at once', async () => {
    const server = await startServer(machine);
    const agentId = await server.newAgent({ name: 'Mira' });
    const made = await server.ask('POST', '/admin/users', {});
    const spoken = await server.say(agentId, 'I live in Porto.');
    await server.kill();
    const again = await startServer(machine);
    expect(spokenInHistory(await again.history(agentId)).slice(-spoken.length)).toEqual(spoken);
    const users = (await again.ask('GET', '/admin/users')).json.user_list as { user_id: string }[];
    expect(users.map((user) => user.user_id)).toContain(made.json.user_id);
    const key = { authorization: `Bearer ${made.json.api_key as string}` };
    expect((await fetch(`${again.url}/api/agents`, { headers: key })).status).toBe(200);
  });
});
