import { afterEach, describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/domain/event.js';
import { createFollow } from '../../src/runs/follow.js';
import { createNotifier } from '../../src/runs/notifier.js';
import { openRoom, type EngineRoom } from '../support/engine-room.js';

let room: EngineRoom;
afterEach(() => room.close());

const text = 'one two three four five six seven eight';

async function collect(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

describe('following a run', () => {
  it('reads the same numbered events while it runs, after it ended, and from another process', async () => {
    room = await openRoom({ script: () => ({ text, deltaChars: 3 }), working: false });
    const agent = await room.newAgent();
    const run = await room.start(agent, 'go');
    const signal = AbortSignal.timeout(10_000);
    const elsewhere = createFollow({ store: room.store, notifier: await createNotifier(room.store) });
    const live = collect(room.follow(run.id, { afterSeq: 0, signal }));
    const far = collect(elsewhere(run.id, { afterSeq: 0, signal }));
    room.worker.start();
    const late = async () => collect(room.follow(run.id, { afterSeq: 0, signal }));
    const [seenLive, seenFar] = await Promise.all([live, far]);
    expect(seenLive).toEqual(await room.log(run));
    expect(seenFar).toEqual(seenLive);
    expect(await late()).toEqual(seenLive);
    const said = seenLive.flatMap((event) => (event.type === 'text-delta' ? [event.text] : []));
    expect(said.join('')).toBe(text);
  });

  it('goes on after any number without a gap or a repeat', async () => {
    room = await openRoom({ script: () => ({ text, deltaChars: 2 }) });
    const agent = await room.newAgent();
    const run = await room.say(agent, 'go');
    const whole = await room.log(run);
    const signal = AbortSignal.timeout(10_000);
    for (const { seq } of whole) {
      const rest = await collect(room.follow(run.id, { afterSeq: seq, signal }));
      expect(rest).toEqual(whole.slice(seq));
    }
  });

  it('ends for a reader that leaves, and changes nothing for the run', async () => {
    room = await openRoom({ script: () => ({ text, deltaChars: 1 }) });
    const agent = await room.newAgent();
    const run = await room.start(agent, 'go');
    const abort = new AbortController();
    for await (const event of room.follow(run.id, { afterSeq: 0, signal: abort.signal })) {
      if (event.type === 'text-delta') abort.abort();
    }
    expect((await room.rest(run)).status).toBe('completed');
    expect(await room.spoken(agent)).toEqual(['user: go', `assistant: ${text}`]);
  });

  it('of a run whose log was swept gives its last status', async () => {
    room = await openRoom({ script: () => 'short' });
    const agent = await room.newAgent();
    const run = await room.say(agent, 'go');
    expect(await room.store.events.prune(Date.now() + 1, 10)).toBe(1);
    const events = await collect(room.follow(run.id, { afterSeq: 0, signal: AbortSignal.timeout(10_000) }));
    expect(events.map((event) => event.type === 'run-status' && event.run.status)).toEqual(['completed']);
  });
});
