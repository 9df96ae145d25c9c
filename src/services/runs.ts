import type { Clock } from '../domain/clock.js';
import { AppError, notFound } from '../domain/errors.js';
import type { RunEvent, RunFact } from '../domain/event.js';
import type { Run } from '../domain/run.js';
import { isFinal } from '../domain/status.js';
import { ingestTopic, queueTopic } from '../domain/topics.js';
import type { Principal } from '../domain/user.js';
import { endRun } from '../engine/ending.js';
import type { ProviderRegistry } from '../providers/provider.js';
import { appendAsFace } from '../runs/append.js';
import type { Follow } from '../runs/follow.js';
import type { Notifier } from '../runs/notifier.js';
import type { Repositories, Store } from '../store/store.js';
import { takeApprovals } from './call-approvals.js';
import { takeOutputs } from './call-outputs.js';
import { attachFilesOf, requireFilesOf } from './file-references.js';
import { openWindow, type MemoryScope } from './memory-scope.js';
import type { OpenConversation, ReadLog, RunService, StartRun } from './run-commands.js';
import { insertRun, newRun, settingsOf } from './run-creation.js';

/** What the verbs of runs need. */
export interface RunServiceDependencies {
  store: Store;
  notifier: Notifier;
  follow: Follow;
  clock: Clock;
  memoryScope: MemoryScope;
  /** Answers after which a memory is tidied whose agent does not say; 0, or absent, is never. */
  sleepTimeEvery?: number;
  providers: Pick<ProviderRegistry, 'resolve'>;
}

/** Makes the verbs of runs. */
export function createRunService(dependencies: RunServiceDependencies): RunService {
  const { store, follow } = dependencies;

  async function ownRun(principal: Principal, id: string, conversationId?: string): Promise<Run> {
    if (conversationId !== undefined) await ownConversation(principal, conversationId);
    const run = await store.runs.get(principal.userId, id);
    if (run === null || (conversationId ?? run.conversationId) !== run.conversationId) throw notFound('run', id);
    return run;
  }

  async function ownConversation(principal: Principal, id: string): Promise<void> {
    if ((await store.conversations.get(principal.userId, id)) === null) throw notFound('conversation', id);
  }

  return {
    async start(principal, command) {
      if (command.overrides?.model !== undefined) dependencies.providers.resolve(command.overrides.model);
      if (command.whenActive === 'interrupt') {
        // A run that cannot be made interrupts nothing.
        await ownConversation(principal, command.conversationId);
        if ((await store.agents.get(principal.userId, command.agentId)) === null)
          throw notFound('agent', command.agentId);
        await requireFilesOf(store, principal, command.input);
        await interrupt(dependencies, command.conversationId);
      }
      return start(dependencies, principal, command, async (tx) => {
        const conversation = await tx.conversations.get(principal.userId, command.conversationId);
        if (conversation === null) throw notFound('conversation', command.conversationId);
        return { conversation, waits: false };
      });
    },
    async startIn(principal, open, command) {
      if (command.overrides?.model !== undefined) dependencies.providers.resolve(command.overrides.model);
      return start(dependencies, principal, command, open);
    },
    get: ownRun,
    async withSettings(run) {
      if (run.overrides.model !== undefined && run.overrides.tools !== undefined) return run;
      const agent = await store.agents.find(run.agentId);
      return agent === null ? run : { ...run, overrides: settingsOf(agent, run.overrides) };
    },
    async describe(principal, id, metadata) {
      await ownRun(principal, id);
      return change(dependencies, id, async (tx, run) => {
        await tx.runs.write({ ...run, metadata }, run.status);
        return [];
      });
    },
    async page(principal, conversationId, request) {
      await ownConversation(principal, conversationId);
      return store.runs.page(conversationId, request);
    },
    async steps(principal, runId) {
      await ownRun(principal, runId);
      return store.runs.steps(runId);
    },
    async *follow(principal, runId, options) {
      await ownRun(principal, runId);
      yield* options.pastRests === true ? followOn(dependencies, runId, options) : follow(runId, options);
    },
    async cancel(principal, runId) {
      await ownRun(principal, runId);
      return change(dependencies, runId, (tx, run) => cancelFacts(tx, run, dependencies.clock.now()));
    },
    async submit(principal, runId, outputs) {
      await ownRun(principal, runId);
      return change(dependencies, runId, (tx, run) => takeOutputs(tx, run, outputs, dependencies.clock.now()));
    },
    async approve(principal, runId, approvals) {
      await ownRun(principal, runId);
      return change(dependencies, runId, (tx, run) => takeApprovals(tx, run, approvals, dependencies.clock.now()));
    },
  };
}

/** Reads a log from rest to rest, as long as the run has moved on. */
async function* followOn({ store, follow }: RunServiceDependencies, runId: string, options: ReadLog) {
  let seq = options.afterSeq;
  for (let goesOn = true; goesOn;) {
    for await (const event of follow(runId, { afterSeq: seq, signal: options.signal })) {
      seq = event.seq;
      yield event;
    }
    const run = options.signal.aborted ? null : await store.runs.find(runId);
    goesOn = run !== null && run.lastSeq > seq;
  }
}

/** Cancels what is active in a conversation, if anything is. */
async function interrupt(dependencies: RunServiceDependencies, conversationId: string): Promise<void> {
  const { store, clock } = dependencies;
  const active = await store.runs.active(conversationId);
  if (active === null) return;
  await change(dependencies, active.id, (tx, run) =>
    isFinal(run.status) || run.status === 'cancelling' ? Promise.resolve([]) : cancelFacts(tx, run, clock.now()),
  );
}

async function start(
  dependencies: RunServiceDependencies,
  principal: Principal,
  command: Omit<StartRun, 'conversationId'>,
  open: OpenConversation,
): Promise<Run> {
  const { store, clock, notifier, memoryScope, sleepTimeEvery } = dependencies;
  const { run, waits, events } = await store.transaction(async (tx) => {
    const at = clock.now();
    const agent = await tx.agents.get(principal.userId, command.agentId);
    if (agent === null) throw notFound('agent', command.agentId);
    const { conversation, waits: opened } = await open(tx);
    await tx.conversations.lock(conversation.id);
    const waits = (await attachFilesOf(tx, principal, conversation.id, command.input, at)) || opened;
    await openWindow(tx, agent, conversation, memoryScope, at);
    const run = await insertRun(tx, newRun(agent, conversation, command, { at, sleepTimeEvery }), command);
    if (!run.waiting) await tx.bell.ring(queueTopic);
    return { run, waits, events: await appendAsFace(tx, run.id, [{ type: 'run-status', run }], at) };
  });
  if (waits) notifier.ring(ingestTopic);
  notifier.publish(run.id, events);
  notifier.ring(queueTopic);
  return run;
}

/** Changes a run from outside, under its row's lock, with the facts that tell of it. */
async function change(
  { store, clock, notifier }: RunServiceDependencies,
  runId: string,
  work: (tx: Repositories, run: Run) => Promise<RunFact[]>,
): Promise<Run> {
  const { run, events } = await store.transaction(async (tx) => {
    const locked = await tx.runs.takeNumbers(runId, 0);
    if (locked === null) throw notFound('run', runId);
    const facts = await work(tx, locked);
    const events: RunEvent[] = await appendAsFace(tx, runId, facts, clock.now());
    return { run: (await tx.runs.find(runId)) ?? locked, events };
  });
  notifier.publish(runId, events);
  notifier.ring(queueTopic);
  return run;
}

async function cancelFacts(tx: Repositories, run: Run, at: number): Promise<RunFact[]> {
  if (isFinal(run.status) || run.status === 'cancelling') {
    throw new AppError('conflict', `Cannot cancel run with status '${run.status}'.`);
  }
  if (run.status !== 'in_progress') return endRun(tx, run, { status: 'cancelled', at });
  const cancelling: Run = { ...run, status: 'cancelling' };
  await tx.runs.write(cancelling, run.status);
  return [{ type: 'run-status', run: cancelling }];
}
