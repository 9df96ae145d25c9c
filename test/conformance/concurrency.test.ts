import { expect, it } from 'vitest';
import type { Agent } from '../../src/domain/agent.js';
import { limits } from '../../src/domain/limits.js';
import type { Run } from '../../src/domain/run.js';
import type { Tool } from '../../src/engine/tools/tool.js';
import type { ModelRequest } from '../../src/providers/provider.js';
import type { ScriptedReply } from '../../src/providers/scripted.js';
import { SleepTimer } from '../../src/runs/sleep-timer.js';
import { describeOnBothDatabases, type OpenRoom } from '../support/both-databases.js';
import { principal, type EngineRoom } from '../support/engine-room.js';
import { call, isValidHistory, lastUserText } from '../support/requests.js';

/** A promise and what settles it. */
function gate(): { open: () => void; opened: Promise<void> } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

/** A tool that reaches outside and is not to be done twice; it tells that it began, and takes as long as it is let. */
function mailTool(sent: string[], began: () => void, done: Promise<void>): Tool {
  return {
    definition: { name: 'send_mail', description: 'Sends.', parameters: { type: 'object' } },
    effect: 'outside',
    repeatable: false,
    async run({ callId }) {
      sent.push(callId);
      began();
      await done;
      return { output: 'sent', failed: false };
    },
  };
}

const never = new Promise<void>(() => undefined);
const mail = call('send_mail', {}, 'call_mail');

/** The next message is answered, and its model sees every call answered. */
async function expectGoingOn(room: EngineRoom, agent: Agent): Promise<void> {
  expect((await room.say(agent, 'Are you there?')).status).toBe('completed');
  expect(room.provider.requests.every(isValidHistory)).toBe(true);
}

const isTidying = ({ messages: [first] }: ModelRequest): boolean =>
  first?.role === 'system' && first.text.includes('keep the memory of an agent in order');

/** An agent whose memory is tidied after every answer, and the timer that sees to it. */
async function sleepyAgent(
  open: OpenRoom,
  tidy: (request: ModelRequest) => ScriptedReply | Promise<ScriptedReply>,
  answer: () => ScriptedReply | Promise<ScriptedReply> = () => 'I see.',
) {
  const room = await open({ script: (request) => (isTidying(request) ? tidy(request) : answer()) });
  const agent = { ...(await room.newAgent()), metadata: { sleep_time_every: '1' } };
  await room.store.agents.update(agent);
  const clock = { now: () => Date.now() };
  return { room, agent, timer: new SleepTimer({ ...room, clock, onFault: (error) => room.faults.push(error) }) };
}

const tidyings = (room: EngineRoom): number => room.provider.requests.filter(isTidying).length;

describeOnBothDatabases('many things at once, and the end of some', (open) => {
  it(
    '38. I-1: twenty messages at once are twenty whole exchanges, one after the other',
    { timeout: 60_000 },
    async () => {
      const room = await open({ script: (request) => `answer to ${lastUserText(request)}` });
      const agent = await room.newAgent();
      const texts = Array.from({ length: 20 }, (_none, index) => `question ${index}`);
      const runs = await Promise.all(texts.map((text) => room.start(agent, text)));
      for (const run of runs) expect((await room.rest(run)).status).toBe('completed');
      const spoken = await room.spoken(agent);
      expect(new Set(spoken.filter((_text, at) => at % 2 === 0))).toEqual(
        new Set(texts.map((text) => `user: ${text}`)),
      );
      const asked = spoken.filter((_text, at) => at % 2 === 0).map((text) => text.slice('user: '.length));
      expect(spoken.filter((_text, at) => at % 2 === 1)).toEqual(asked.map((text) => `assistant: answer to ${text}`));
    },
  );

  it('39. I-25: a call whose worker died before its result was kept is not made again, and told as interrupted', async () => {
    const sent: string[] = [];
    const [began, done] = [gate(), gate()];
    const room = await open({ script: [mail, 'I do not know.'], tools: [mailTool(sent, began.open, done.opened)] });
    const agent = await room.newAgent({ tools: ['send_mail'] });
    const run = await room.start(agent, 'Mail it.');
    await began.opened;
    await room.store.runs.lapseLeases(Date.now());
    const second = room.newWorker();
    second.start();
    expect((await room.rest(run)).status).toBe('completed');
    done.open();
    await second.stop(0);
    expect(sent).toEqual(['call_mail']);
    expect(JSON.stringify(room.provider.requests.at(-1)?.messages)).toContain('was interrupted');
  });

  it('40. a reader that left and comes back reads on from its number, and misses and repeats nothing', async () => {
    const room = await open({ script: [{ text: 'A long answer in many parts.', deltaChars: 2 }] });
    const agent = await room.newAgent();
    const run = await room.start(agent, 'Talk.');
    const read: number[] = [];
    const signal = AbortSignal.timeout(15_000);
    for await (const event of room.follow(run.id, { afterSeq: 0, signal })) {
      read.push(event.seq);
      if (event.type === 'text-delta') break;
    }
    for await (const event of room.follow(run.id, { afterSeq: read.at(-1) ?? 0, signal })) read.push(event.seq);
    expect(read).toEqual((await room.log(run)).map(({ seq }) => seq));
    expect(await room.spoken(agent)).toEqual(['user: Talk.', 'assistant: A long answer in many parts.']);
  });

  it('41. I-26: a cancel stops a model in the midst of its words', async () => {
    const stopped = gate();
    const endless = { text: 'an answer that never ends', deltaChars: 4, cutAfter: 3, ending: 'silence' } as const;
    const before = (signal: AbortSignal): void => signal.addEventListener('abort', stopped.open);
    const room = await open({ script: [{ ...endless, before }, 'Here.'] });
    const agent = await room.newAgent();
    const run = await room.start(agent, 'Talk.');
    for await (const event of room.follow(run.id, { afterSeq: 0, signal: AbortSignal.timeout(15_000) })) {
      if (event.type === 'text-delta') break;
    }
    await room.runs.cancel(principal, run.id);
    await stopped.opened;
    expect((await room.rest(run)).status).toBe('cancelled');
    await expectGoingOn(room, agent);
  });

  it('41. I-26: a cancel stops a tool at its work', async () => {
    const began = gate();
    const room = await open({ script: [mail, 'Here.'], tools: [mailTool([], began.open, never)] });
    const agent = await room.newAgent({ tools: ['send_mail'] });
    const run = await room.start(agent, 'Mail it.');
    await began.opened;
    await room.runs.cancel(principal, run.id);
    expect((await room.rest(run)).status).toBe('cancelled');
    await expectGoingOn(room, agent);
  });

  it('41. a cancel ends the wait for an approval, and nothing is carried out', async () => {
    const sent: string[] = [];
    const room = await open({ script: [mail, 'Here.'], tools: [mailTool(sent, () => undefined, Promise.resolve())] });
    const toolRules = [{ type: 'requires_approval', toolName: 'send_mail' } as const];
    const agent = await room.newAgent({ tools: ['send_mail'], toolRules });
    const run = await room.say(agent, 'Mail it.');
    expect(run.status).toBe('requires_action');
    expect((await room.runs.cancel(principal, run.id)).status).toBe('cancelled');
    await expectGoingOn(room, agent);
    expect(sent).toEqual([]);
  });

  it('42. the timer disturbs no answer, and what fell due again while it was busy is one more tidying', async () => {
    const [began, done, answered] = [gate(), gate(), gate()];
    let answers = 0;
    const { room, agent, timer } = await sleepyAgent(
      open,
      async () => {
        began.open();
        await done.opened;
        return 'done';
      },
      async () => {
        answers += 1;
        if (answers === 2) await answered.opened;
        return 'I see.';
      },
    );
    await room.say(agent, 'I love oolong tea.');
    const second = await room.start(agent, 'I live in Bergen.');
    const [first = ''] = await timer.queueDue();
    await began.opened;
    expect(tidyings(room)).toBe(1);
    answered.open();
    expect((await room.rest(second)).status).toBe('completed');
    await room.say(agent, 'I play the viola.');
    expect(await timer.queueDue()).toEqual([]);
    done.open();
    await room.rest(await room.runs.get(principal, first));
    const queued = await timer.queueDue();
    expect(queued).toHaveLength(1);
    await room.rest(await room.runs.get(principal, queued[0] ?? ''));
    expect(tidyings(room)).toBe(2);
    expect(await timer.queueDue()).toEqual([]);
  });

  it('43. I-32: an agent and the tidying of its memory lose no edit of each other', async () => {
    const append = (text: string) => call('memory_append', { label: 'human', text });
    const [asked, edited] = [gate(), gate()];
    let tidied = 0;
    const answers: ScriptedReply[] = ['I see.', append('Name: Inés.'), 'Noted.'];
    const { room, agent, timer } = await sleepyAgent(
      open,
      async () => {
        tidied += 1;
        if (tidied > 1) return 'done';
        asked.open();
        await edited.opened;
        return append('Loves oolong tea.');
      },
      () => answers.shift() ?? 'Yes.',
    );
    await room.say(agent, 'I love oolong tea.');
    const [runId = ''] = await timer.queueDue();
    await asked.opened;
    expect((await room.say(agent, 'My name is Inés.')).status).toBe('completed');
    edited.open();
    expect((await room.rest(await room.runs.get(principal, runId))).status).toBe('completed');
    expect((await room.blocks(agent))['human']).toBe('Name: Inés.\nLoves oolong tea.');
  });

  it('44. I-6: a run whose process died is taken up at the next start, and fails where that happens again and again', async () => {
    const room = await open({ script: ['Here I am.'], working: false });
    const agent = await room.newAgent();
    const lose = async (run: Run): Promise<void> => {
      const now = Date.now();
      const claimed = await room.store.runs.claim({ owner: 'dead', now, leaseUntil: now + limits.leaseMs });
      expect(claimed?.id).toBe(run.id);
      await room.store.runs.lapseLeases(Date.now());
    };
    const lucky = await room.start(agent, 'Hello?');
    await lose(lucky);
    room.worker.start();
    expect((await room.rest(lucky)).status).toBe('completed');
    await room.worker.stop(1_000);
    const doomed = await room.start(agent, 'And now?');
    for (let losses = 0; losses <= limits.lossesPerRun; losses += 1) await lose(doomed);
    const second = room.newWorker();
    second.start();
    expect(await room.rest(doomed)).toMatchObject({ status: 'failed', error: { code: 'worker_lost' } });
    await second.stop(0);
    const finals = (await room.log(doomed)).filter(({ type }) => type === 'run-status').at(-1);
    expect(finals).toMatchObject({ run: { status: 'failed' } });
  });
});
