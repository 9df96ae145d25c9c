import { afterEach, describe, expect, it } from 'vitest';
import { systemClock, type Clock } from '../../src/domain/clock.js';
import type { Agent } from '../../src/domain/agent.js';
import { limits } from '../../src/domain/limits.js';
import { defaultMemoryKey } from '../../src/domain/memory.js';
import type { Run } from '../../src/domain/run.js';
import { createDemoProvider } from '../../src/providers/demo.js';
import { ProviderError, type ModelRequest } from '../../src/providers/provider.js';
import type { ScriptedReply } from '../../src/providers/scripted.js';
import { SleepTimer } from '../../src/runs/sleep-timer.js';
import { openRoom, principal, registryOf, type EngineRoom } from '../support/engine-room.js';

let room: EngineRoom;
let tidied: ModelRequest[] = [];
/** What the model does when it tidies: a reply for each call, then "done". */
let plan: ((request: ModelRequest) => ScriptedReply | Promise<ScriptedReply>)[] = [];
let now = 0;
const clock: Clock = { now: () => systemClock.now() + now };

const isTidying = (request: ModelRequest): boolean =>
  request.messages[0]?.role === 'system' && request.messages[0].text.includes('keep the memory of an agent in order');

async function open(): Promise<Agent> {
  tidied = [];
  plan = [];
  now = 0;
  room = await openRoom({
    clock,
    script: (request) => {
      if (!isTidying(request)) return 'Noted.';
      tidied.push(request);
      return plan.shift()?.(request) ?? 'done';
    },
  });
  const agent = await room.newAgent();
  const sleepy = { ...agent, metadata: { sleep_time_every: '2' } };
  await room.store.agents.update(sleepy);
  return sleepy;
}
afterEach(() => room.close());

const timer = (): SleepTimer => new SleepTimer({ ...room, clock, onFault: (error) => room.faults.push(error) });

async function memoryOf(agent: Agent): Promise<string> {
  const memory = await room.store.memories.findByKey(agent.id, defaultMemoryKey);
  if (memory === null) throw new Error('The agent has no memory.');
  return memory.id;
}

/** Talks about two things, which makes the memory due. */
async function talk(agent: Agent): Promise<void> {
  await room.say(agent, 'I love oolong tea.');
  await room.say(agent, 'I moved to Bergen.');
}

/** Lets what is due be tidied, until it has ended. */
async function tidy(): Promise<Run> {
  const [runId] = await timer().queueDue();
  if (runId === undefined) throw new Error('Nothing was due.');
  const run = await room.runs.get(principal, runId);
  return room.rest(run);
}

const append = (text: string) => (): ScriptedReply => ({
  calls: [{ name: 'memory_append', arguments: { label: 'human', text } }],
});
const fail = (): ScriptedReply => ({ error: new ProviderError('model_refused', 'No.') });

const shown = (request: ModelRequest | undefined): string => JSON.stringify(request?.messages.slice(1));

describe('memory that is tidied in the background', () => {
  it('is shown what was said since the mark, offered memory tools alone, and said nothing aloud', async () => {
    const agent = await open();
    plan = [append('Loves oolong tea; lives in Bergen.')];
    await room.say(agent, 'I love oolong tea.');
    expect(await timer().queueDue()).toEqual([]);
    await room.say(agent, 'I moved to Bergen.');
    const run = await tidy();
    expect(run).toMatchObject({ status: 'completed', overrides: { maxTurns: limits.turnsPerTidying } });
    expect(await room.blocks(agent)).toMatchObject({ human: 'Loves oolong tea; lives in Bergen.' });
    expect(shown(tidied[0])).toMatch(/user: I love oolong tea\..*you: Noted\..*user: I moved to Bergen\./u);
    expect(tidied[0]?.tools.map((tool) => tool.name).filter((name) => !/memory|conversation/u.test(name))).toEqual([]);
    expect(await room.spoken(agent)).toHaveLength(4);
    const found = { query: 'done', embedding: null, from: null, to: null, roles: null, limit: 9, offset: 0 };
    expect((await room.store.search.messages({ ...found, memoryId: await memoryOf(agent) })).total).toBe(0);
    expect(room.faults).toEqual([]);
  });

  it('goes on behind the mark, and never reads the same twice', async () => {
    const agent = await open();
    await talk(agent);
    await tidy();
    await room.say(agent, 'I play the cello.');
    expect(await timer().queueDue()).toEqual([]);
    await room.say(agent, 'My cat is called Tove.');
    await tidy();
    expect(tidied).toHaveLength(2);
    expect(shown(tidied[1])).toMatch(/cello.*Tove/u);
    expect(shown(tidied[1])).not.toMatch(/oolong|Bergen/u);
  });

  it('I-32: moves its mark only once its edits are there; a failure is tried again three times, each time later', async () => {
    const agent = await open();
    plan = [append('Loves oolong tea.'), fail, fail, fail, fail];
    await talk(agent);
    expect((await tidy()).status).toBe('failed');
    const memoryId = await memoryOf(agent);
    const pauses: number[] = [];
    for (let failures = 1; failures <= limits.tidyingRetries; failures += 1) {
      const known = await room.store.sleepTimes.get(memoryId);
      expect(known).toMatchObject({ failures });
      expect(await timer().queueDue()).toEqual([]);
      pauses.push((known?.dueAt ?? 0) - clock.now());
      now += pauses.at(-1) ?? 0;
      expect((await tidy()).status).toBe('failed');
    }
    expect(pauses[1]).toBeGreaterThan((pauses[0] ?? 0) * 2);
    expect(await room.store.sleepTimes.get(memoryId)).toMatchObject({ failures: 0, dueAt: null });
    // What was not read stays unread until the next answers bring it back.
    await talk(agent);
    expect((await tidy()).status).toBe('completed');
    expect(shown(tidied.at(-1)).match(/oolong/gu)).toHaveLength(2);
    expect(await room.store.sleepTimes.unread(memoryId, 10)).toEqual([]);
  });

  it('I-32: never keeps an answer waiting, even where every place for tidying is taken', async () => {
    const agent = await open();
    const others = [await room.newAgent(), await room.newAgent()];
    let free: (reply: ScriptedReply) => void = () => undefined;
    const stuck = new Promise<ScriptedReply>((resolve) => (free = resolve));
    plan = [() => stuck, () => stuck, () => stuck];
    for (const other of [agent, ...others]) {
      await room.store.agents.update({ ...other, metadata: { sleep_time_every: '1' } });
      await room.say(other, 'I love oolong tea.');
    }
    const queued = await timer().queueDue();
    expect(queued).toHaveLength(3);
    await expect.poll(() => tidied.length, { timeout: 5_000 }).toBe(limits.tidyingConcurrency);
    expect(await room.say(agent, 'Are you there?')).toMatchObject({ status: 'completed' });
    free('done');
    for (const id of queued) await room.rest(await room.runs.get(principal, id));
  });

  it('is taken up by another worker where one was lost, reads the same and is done once', async () => {
    const agent = await open();
    let wake: (reply: ScriptedReply) => void = () => undefined;
    const asleep = new Promise<ScriptedReply>((resolve) => (wake = resolve));
    plan = [append('Loves oolong tea.'), () => asleep];
    await talk(agent);
    const [runId = ''] = await timer().queueDue();
    await expect.poll(() => tidied.length, { timeout: 5_000 }).toBe(2);
    const memoryId = await memoryOf(agent);
    expect((await room.store.sleepTimes.unread(memoryId, 10))[0]).toMatchObject({ afterSeq: 0 });
    await room.store.runs.lapseLeases(clock.now());
    const other = room.newWorker();
    other.start();
    expect((await room.rest(await room.runs.get(principal, runId))).status).toBe('completed');
    await other.stop(0);
    wake(append('I was lost.')());
    expect(await room.blocks(agent)).toMatchObject({ human: 'Loves oolong tea.' });
    expect(shown(tidied.at(-1)).match(/I love oolong/gu)).toHaveLength(1);
    expect(await room.store.sleepTimes.unread(memoryId, 10)).toEqual([]);
  });

  it('loses no edit where agent and tidying change one block at the same moment', async () => {
    const agent = await open();
    plan = [
      async () => {
        const [block] = (await room.store.memories.blocks(await memoryOf(agent))).filter(
          (one) => one.label === 'human',
        );
        const edit = { blockId: block?.id ?? '', expectedVersion: 1, value: 'Name: Inés.', actor: 'agent' } as const;
        await room.store.memories.writeBlock({ ...edit, runId: null, stepId: null, at: clock.now() });
        return { calls: [{ name: 'memory_append', arguments: { label: 'human', text: 'Loves oolong tea.' } }] };
      },
    ];
    await talk(agent);
    await tidy();
    expect((await room.blocks(agent))['human']).toBe('Name: Inés.\nLoves oolong tea.');
    expect(tidied[0]?.tools.map((tool) => tool.name)).not.toContain('memory_rewrite');
  });

  it('stands on no list of conversations, and goes with its memory', async () => {
    const agent = await open();
    await talk(agent);
    const run = await tidy();
    const listed = await room.store.conversations.page(principal.userId, { limit: 100, order: 'asc' });
    expect(listed.items.map((conversation) => conversation.id)).not.toContain(run.conversationId);
    await room.store.agents.delete(principal.userId, agent.id);
    expect(await room.store.conversations.find(run.conversationId)).toBeNull();
  });

  it('does nothing for an agent that was not asked to', async () => {
    const agent = await open();
    await room.store.agents.update({ ...agent, metadata: { sleep_time_every: 'often' } });
    await talk(agent);
    await talk(agent);
    expect(await timer().queueDue()).toEqual([]);
  });

  it('comes as often as is usual on the server for an agent that does not say, or cannot be understood', async () => {
    room = await openRoom({ clock, sleepTimeEvery: 2, script: () => 'Noted.' });
    const usual = (): Promise<string[]> =>
      new SleepTimer({ ...room, clock, sleepTimeEvery: 2, onFault: (error) => room.faults.push(error) }).queueDue();
    for (const [every, queued] of [
      [undefined, 1],
      ['often', 1],
      ['3', 0],
      ['off', 0],
      ['0', 0],
    ] as const) {
      const agent = await room.newAgent();
      await room.store.agents.update({ ...agent, metadata: every === undefined ? {} : { sleep_time_every: every } });
      await talk(agent);
      expect(await usual(), `sleep_time_every is ${every}`).toHaveLength(queued);
    }
  });

  it('is nothing to the stand-in, which files what it is told while it answers', async () => {
    const demo = createDemoProvider({ latencyMs: 0, tokensPerSecond: 0 });
    room = await openRoom({ clock, providers: registryOf(demo), script: [] });
    const made = await room.newAgent();
    const agent = { ...made, metadata: { sleep_time_every: '2' } };
    await room.store.agents.update(agent);
    await talk(agent);
    expect((await room.blocks(agent))['human']).toContain('oolong');
    const memoryId = await memoryOf(agent);
    const [human] = (await room.store.memories.blocks(memoryId)).filter(({ label }) => label === 'human');
    if (human === undefined) throw new Error('There is no such block.');
    const edit = { blockId: human.id, expectedVersion: human.version, value: '', actor: 'user' } as const;
    await room.store.memories.writeBlock({ ...edit, runId: null, stepId: null, at: clock.now() });
    const run = await tidy();
    expect(run.status).toBe('completed');
    expect((await room.store.runs.steps(run.id)).flatMap(({ calls }) => calls)).toEqual([]);
    expect(await room.blocks(agent)).toEqual({ persona: 'I am a test.', human: '' });
    const passages = await room.store.memories.passages(memoryId, { limit: 10, order: 'asc' });
    expect(passages.items).toEqual([]);
    expect(await room.store.sleepTimes.unread(memoryId, 10)).toEqual([]);
  });
});
