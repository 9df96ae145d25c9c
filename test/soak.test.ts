import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Agent } from '../src/domain/agent.js';
import { AppError } from '../src/domain/errors.js';
import { textOf, type Message } from '../src/domain/message.js';
import type { Run } from '../src/domain/run.js';
import { isFinal } from '../src/domain/status.js';
import { queueTopic } from '../src/domain/topics.js';
import type { ModelRequest } from '../src/providers/provider.js';
import type { ScriptedTurn } from '../src/providers/scripted.js';
import type { Worker } from '../src/runs/worker.js';
import { openRoom, principal, type EngineRoom } from './support/engine-room.js';

/* Many conversations and several workers over one store, while chance starts, cancels, answers, stops and robs. */

const conversations = 8;
const workersAtOnce = 3;
const steps = 160;

type Random = () => number;

/** Mulberry32: the same seed tells the same story, as far as the order of its acts goes. */
function createRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What a question makes its agent do before it answers. */
const ways = ['answer', 'note', 'ask the client', 'note and ask', 'break off once'] as const;

function wayOf(question: number): (typeof ways)[number] {
  return ways[question % ways.length] ?? 'answer';
}

/** A model that answers question 7 with answer 7, whatever happens to it meanwhile. */
function createModel(random: Random): (request: ModelRequest) => ScriptedTurn {
  const brokenOff = new Set<number>();
  return (request) => {
    const isHeartbeat = request.tools.some((tool) => tool.name === 'send_message');
    const asked = request.messages.findLastIndex((message) => questionIn(message) !== null);
    const question = questionIn(request.messages[asked]) ?? 0;
    const hasResults = request.messages.slice(asked).some((message) => message.role === 'tool');
    const way = wayOf(question);
    const pace = { before: () => sleep(random() * 4), deltaChars: 3 };
    const goOn = isHeartbeat ? { request_heartbeat: true } : {};
    const note = isHeartbeat
      ? { name: 'core_memory_append', arguments: { name: 'human', content: `fact ${question}.`, ...goOn } }
      : { name: 'memory_append', arguments: { label: 'human', text: `fact ${question}.` } };
    const askClient = { name: 'ask_client', arguments: goOn };
    if (!hasResults && way.startsWith('note')) {
      const calls = way === 'note' ? [note] : [note, askClient];
      return { ...pace, calls: calls.map((call, index) => ({ ...call, id: `call_${question}_${index}` })) };
    }
    if (!hasResults && way === 'ask the client') return { ...pace, calls: [{ ...askClient, id: `call_${question}` }] };
    const answer = `answer ${question}.`;
    const breaks = way === 'break off once' && !brokenOff.has(question);
    brokenOff.add(question);
    const ending = breaks ? { cutAfter: 3, ending: 'cut' as const } : {};
    if (!isHeartbeat) return { ...pace, ...ending, text: answer };
    return {
      ...pace,
      ...ending,
      calls: [{ id: `say_${question}`, name: 'send_message', arguments: { message: answer } }],
    };
  };
}

function questionIn(message: ModelRequest['messages'][number] | undefined): number | null {
  const match = message?.role === 'user' ? /question (\d+)\./.exec(JSON.stringify(message.parts)) : null;
  return match === null ? null : Number(match[1]);
}

/** Everything that chance may do to a room. */
class Chaos {
  readonly asked: { agent: Agent; run: Run; question: number }[] = [];
  readonly agents: Agent[] = [];
  private readonly workers: Worker[] = [];
  private readonly stopped: Promise<void>[] = [];

  constructor(
    private readonly room: EngineRoom,
    private readonly random: Random,
  ) {}

  async begin(): Promise<void> {
    for (let index = 0; index < conversations; index += 1) {
      const protocol = index % 2 === 0 ? 'native' : 'heartbeat';
      this.agents.push(await this.room.newAgent({ protocol, functions: ['ask_client'] }));
    }
    for (let index = 0; index < workersAtOnce; index += 1) this.hire();
  }

  async act(): Promise<void> {
    const chance = this.random();
    if (chance < 0.5) return this.ask();
    if (chance < 0.62) return this.cancel();
    if (chance < 0.87) return this.answerClientCalls();
    if (chance < 0.95) return this.replaceWorker();
    return this.rob();
  }

  /** Answers whatever still waits, until every run has ended. */
  async settle(): Promise<void> {
    for (const { run } of this.asked) {
      let now = await this.room.runs.get(principal, run.id);
      while (!isFinal(now.status)) {
        if (now.status === 'requires_action') now = await this.submit(now);
        const waiting = now.status === 'queued' ? now.lastSeq : 0;
        now = await this.room.rest(now, waiting);
      }
    }
  }

  async end(): Promise<void> {
    for (const worker of this.workers.splice(0)) this.stopped.push(worker.stop(0));
    await Promise.all(this.stopped);
  }

  private hire(): void {
    const worker = this.room.newWorker();
    this.workers.push(worker);
    worker.start();
  }

  private async ask(): Promise<void> {
    const agent = this.pick(this.agents);
    const question = this.asked.length + 1;
    this.asked.push({ agent, question, run: await this.room.start(agent, `question ${question}.`) });
  }

  private async cancel(): Promise<void> {
    const recent = this.asked.slice(-12);
    if (recent.length === 0) return;
    try {
      await this.room.runs.cancel(principal, this.pick(recent).run.id);
    } catch (error) {
      expectConflict(error);
    }
  }

  private async answerClientCalls(): Promise<void> {
    for (const { run } of this.asked) {
      const now = await this.room.runs.get(principal, run.id);
      if (now.status === 'requires_action' && this.random() < 0.5) await this.submit(now);
    }
  }

  private async submit(run: Run): Promise<Run> {
    const outputs = run.pendingCalls.map((call) => ({ callId: call.id, output: 'yes' }));
    try {
      return await this.room.runs.submit(principal, run.id, outputs);
    } catch (error) {
      expectConflict(error);
      return this.room.runs.get(principal, run.id);
    }
  }

  /** A worker goes, with or without time to finish, and another comes before it is gone. */
  private replaceWorker(): void {
    const leaving = this.workers.shift();
    if (leaving !== undefined) this.stopped.push(leaving.stop(this.random() < 0.5 ? 0 : 20));
    this.hire();
  }

  /** Every lease lapses at once, as if all workers had been asleep: who wakes up finds the run in other hands. */
  private async rob(): Promise<void> {
    await this.room.store.runs.lapseLeases(Date.now());
    this.room.notifier.ring(queueTopic);
  }

  private pick<T>(items: readonly T[]): T {
    const item = items[Math.floor(this.random() * items.length)];
    if (item === undefined) throw new Error('There is nothing to pick from.');
    return item;
  }
}

function expectConflict(error: unknown): void {
  if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
}

/** Runs of the same conversation, in the order in which they were begun. */
async function inOrder(room: EngineRoom, runs: Run[]): Promise<{ run: Run; from: number; to: number }[]> {
  const spans = await Promise.all(
    runs.map(async (run) => {
      const statuses = (await room.log(run)).filter((event) => event.type === 'run-status');
      const begun = statuses.find((event) => event.run.status === 'in_progress');
      return begun === undefined ? [] : [{ run, from: begun.at, to: statuses.at(-1)?.at ?? Infinity }];
    }),
  );
  return spans.flat().sort((left, right) => left.from - right.from || left.to - right.to);
}

/** Ids of the runs that messages belong to, one for each unbroken row of them. */
function runsInARow(messages: Message[]): string[] {
  const ids = messages.flatMap((message) => (message.runId === null ? [] : [message.runId]));
  return ids.filter((id, index) => id !== ids[index - 1]);
}

function checkExchange(run: Run, question: number, messages: Message[]): void {
  const visible = messages.filter((message) => message.visible);
  const told = visible.map((message) => `${message.role}: ${textOf(message)}`);
  const whole = [`user: question ${question}.`, `assistant: answer ${question}.`];
  switch (run.status) {
    case 'completed':
      expect(told, `what run ${question} left`).toEqual(whole);
      expect(visible.map((message) => message.status)).toEqual(['completed', 'completed']);
      break;
    case 'cancelled':
      expect(told.length).toBeLessThanOrEqual(2);
      told.forEach((text, index) => expect(whole[index], `what cancelled run ${question} left`).toContain(text));
      break;
    case 'failed':
      expect(run.error?.code, 'only a run that lost worker after worker fails').toBe('worker_lost');
      break;
    default:
      expect.unreachable(`run ${question} ended as ${run.status}`);
  }
}

function checkCalls(messages: Message[]): void {
  const parts = messages.flatMap((message) => message.parts);
  const made = parts.flatMap((part) => (part.type === 'tool-call' ? [part.callId] : []));
  const answered = parts.flatMap((part) => (part.type === 'tool-result' ? [part.callId] : []));
  expect(new Set(made).size, 'no call is on the record twice').toBe(made.length);
  expect(answered.sort(), 'every call has one result').toEqual(made.sort());
}

describe('a room in which everything happens at once', () => {
  it.each([1, 20, 300])(
    'keeps every conversation whole and every run finite (seed %i)',
    async (seed) => {
      const random = createRandom(seed);
      const room = await openRoom({ script: createModel(random), working: false });
      const chaos = new Chaos(room, random);
      try {
        await chaos.begin();
        for (let step = 0; step < steps; step += 1) {
          await chaos.act();
          if (random() < 0.4) await sleep(random() * 8);
        }
        await chaos.settle();
      } finally {
        await chaos.end();
      }
      const ended = new Map<string, number>();
      for (const agent of chaos.agents) {
        const asked = chaos.asked.filter((one) => one.agent === agent);
        const messages = await room.messages(agent);
        const runs = await Promise.all(asked.map(({ run }) => room.runs.get(principal, run.id)));
        for (const [index, run] of runs.entries()) {
          const own = messages.filter((message) => message.runId === run.id);
          checkExchange(run, asked[index]?.question ?? 0, own);
          ended.set(run.status, (ended.get(run.status) ?? 0) + 1);
        }
        checkCalls(messages);
        const row = runsInARow(messages);
        expect(new Set(row).size, 'no run speaks into another').toBe(row.length);
        const spans = await inOrder(room, runs);
        spans.forEach(({ from }, index) => expect(from).toBeGreaterThanOrEqual(spans[index - 1]?.to ?? 0));
        const lines = ((await room.blocks(agent))['human'] ?? '').split('\n').filter((line) => line !== '');
        expect(new Set(lines).size, 'no fact is noted twice').toBe(lines.length);
        for (const [index, run] of runs.entries()) {
          const { question } = asked[index] ?? { question: 0 };
          if (run.status === 'completed' && wayOf(question).startsWith('note')) {
            expect(lines).toContain(`fact ${question}.`);
          }
        }
      }
      expect(ended.get('completed'), 'most questions were answered').toBeGreaterThan(chaos.asked.length / 2);
      expect(ended.get('cancelled'), 'some were cancelled').toBeGreaterThan(0);
      expect(room.faults).toEqual([]);
      await room.close();
    },
    60_000,
  );
});
