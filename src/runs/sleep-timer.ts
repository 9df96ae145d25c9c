import type { Agent } from '../domain/agent.js';
import type { Clock } from '../domain/clock.js';
import type { RunEvent } from '../domain/event.js';
import { newId } from '../domain/ids.js';
import { limits } from '../domain/limits.js';
import type { Memory } from '../domain/memory.js';
import { queuedRun } from '../domain/new-run.js';
import type { Run } from '../domain/run.js';
import { sleepTimeOf } from '../domain/sleep-time.js';
import { queueTopic } from '../domain/topics.js';
import { tidyingOverrides } from '../engine/tidying.js';
import type { Repositories, Store } from '../store/store.js';
import { appendAsFace } from './append.js';
import type { Notifier } from './notifier.js';

/** What the timer needs. */
export interface SleepTimerDependencies {
  store: Store;
  notifier: Notifier;
  clock: Clock;
  /** Answers after which a memory is tidied whose agent does not say; 0, or absent, is never. */
  sleepTimeEvery?: number;
  onFault(error: unknown): void;
}

const batch = 20;

/** Queues the runs that tidy memories, each when its memory is due. Several processes may have one. */
export class SleepTimer {
  private timer: NodeJS.Timeout | null = null;
  private busy: Promise<unknown> = Promise.resolve();

  constructor(private readonly dependencies: SleepTimerDependencies) {}

  start(): void {
    this.timer = setInterval(() => {
      this.busy = this.busy.then(() => this.queueDue()).catch((error: unknown) => this.dependencies.onFault(error));
    }, limits.tidyingPollMs);
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.busy;
  }

  /** Queues a run for each memory that is due now and is not being tidied already; their ids. */
  async queueDue(): Promise<string[]> {
    const { store, notifier, clock, sleepTimeEvery = 0 } = this.dependencies;
    const queued: string[] = [];
    for (const { memoryId } of await store.sleepTimes.due(clock.now(), batch)) {
      const events = await store.transaction((tx) => queueTidying(tx, memoryId, sleepTimeEvery, clock.now()));
      for (const { runId } of events.slice(0, 1)) {
        queued.push(runId);
        notifier.publish(runId, events);
        notifier.ring(queueTopic);
      }
    }
    return queued;
  }
}

/** The first event of the run that was queued; nothing where the memory is not due any more, or busy. */
async function queueTidying(tx: Repositories, memoryId: string, usualEvery: number, at: number): Promise<RunEvent[]> {
  const taken = await tx.sleepTimes.take(memoryId, at);
  const memory = taken === null ? null : await tx.memories.get(memoryId);
  const agent = memory === null ? null : await tx.agents.find(memory.agentId);
  const setting = agent === null ? null : sleepTimeOf(agent, usualEvery);
  if (taken === null || memory === null || agent === null || setting === null) return [];
  const conversationId = (await tx.sleepTimes.conversationOf(memoryId)) ?? (await open(tx, agent, memory, at));
  const run = tidyingRun(agent, conversationId, memoryId, setting.model, at);
  if (!(await tx.runs.insert(run))) {
    await tx.sleepTimes.write({ ...taken, dueAt: at });
    return [];
  }
  await tx.sleepTimes.write({ ...taken, runs: 0, dueAt: null });
  await tx.bell.ring(queueTopic);
  return appendAsFace(tx, run.id, [{ type: 'run-status', run }], at);
}

/** The conversation in which a memory is tidied. */
async function open(tx: Repositories, agent: Agent, memory: Memory, at: number): Promise<string> {
  const id = newId();
  const { ownerId } = agent;
  const conversation = { id, ownerId, memoryKey: memory.key, metadata: {}, lastSeq: 0, createdAt: at };
  await tx.sleepTimes.openConversation(conversation, memory.id);
  await tx.conversations.openWindow({
    agentId: agent.id,
    conversationId: id,
    memoryId: memory.id,
    summary: null,
    liveFromSeq: 1,
    revision: 1,
    pressureNoticed: false,
    updatedAt: at,
  });
  return id;
}

function tidyingRun(agent: Agent, conversationId: string, memoryId: string, model: string | null, at: number): Run {
  return queuedRun({
    ownerId: agent.ownerId,
    conversationId,
    agentId: agent.id,
    overrides: tidyingOverrides(memoryId, model),
    input: null,
    metadata: {},
    faceData: {},
    createdAt: at,
    // Nobody waits for it, so it may wait for as long as others are served.
    expiresAt: null,
  });
}
