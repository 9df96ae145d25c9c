import { afterEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/domain/agent.js';
import { openRoom, type AgentOptions, type EngineRoom, type RoomOptions } from '../support/engine-room.js';

let room: EngineRoom;
afterEach(() => room.close());

const at = (iso: string): number => Date.parse(iso);

async function agentIn(timezone: string, options: AgentOptions = {}): Promise<Agent> {
  const agent = { ...(await room.newAgent(options)), metadata: { timezone } };
  await room.store.agents.update(agent);
  return agent;
}

async function openAt(script: RoomOptions['script'], times: string[]): Promise<{ set(iso: string): void }> {
  let now = at(times[0] ?? '');
  room = await openRoom({ script, clock: { now: () => now } });
  return { set: (iso) => void (now = at(iso)) };
}

/** The times that the model was last shown, as its envelopes have them. */
function timesShown(): string[] {
  const messages = room.provider.requests.at(-1)?.messages ?? [];
  return messages
    .filter((message) => message.role === 'user')
    .flatMap((message) =>
      [...JSON.stringify(message).matchAll(/time\\":\\"([^"\\]+)/gu)].map((match) => match[1] ?? ''),
    );
}

describe('an agent in a time zone', () => {
  it('I-31: is shown its own time, in the order in which things were said, whatever the clocks did', async () => {
    const clock = await openAt(
      () => ({ calls: [{ name: 'send_message', arguments: { message: 'yes' } }] }),
      ['2025-10-26T00:30:00Z'],
    );
    const agent = await agentIn('Europe/Berlin', { protocol: 'heartbeat' });
    await room.say(agent, 'before the clocks were put back');
    clock.set('2025-10-26T01:30:00Z');
    await room.say(agent, 'after it');
    clock.set('2025-10-26T01:10:00Z');
    await room.say(agent, 'after somebody set the server’s clock back');
    expect(timesShown()).toEqual([
      '2025-10-26 02:30:00 AM CEST+0200',
      '2025-10-26 02:30:00 AM CET+0100',
      '2025-10-26 02:10:00 AM CET+0100',
    ]);
    const stored = (await room.messages(agent)).filter((message) => message.role === 'user');
    expect(stored.map((message) => new Date(message.createdAt).toISOString())).toEqual([
      '2025-10-26T00:30:00.000Z',
      '2025-10-26T01:30:00.000Z',
      '2025-10-26T01:10:00.000Z',
    ]);
  });

  it('I-31: is told the time of its zone beside what was last said', async () => {
    await openAt(['fine'], ['2025-06-01T23:30:00Z']);
    const agent = { ...(await agentIn('Asia/Tokyo')), envelope: 'plain+time' as const };
    await room.store.agents.update(agent);
    await room.say(agent, 'hello');
    expect(JSON.stringify(room.provider.requests.at(-1)?.messages)).toContain(
      'The time is 2025-06-02 08:30 Asia/Tokyo.',
    );
  });
});
