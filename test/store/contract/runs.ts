import { describe, expect, it } from 'vitest';
import { newId } from '../../../src/domain/ids.js';
import type { Run } from '../../../src/domain/run.js';
import type { Store } from '../../../src/store/store.js';
import type { OpenStore } from '../contract.js';
import { makeConversation, makeMessage, makeRun, makeScene, makeStep, type Scene } from '../rows.js';

/** Times of runs are dated so early that the claims below find them before those of any other test. */
const early = -1_000_000;

export function describeRuns(store: OpenStore): void {
  describe('runs', () => {
    it('come back as they were stored, to their owner alone', async () => {
      const { conversation, owner } = await makeScene(store());
      const run = makeRun(owner, {
        status: 'requires_action',
        input: [makeMessage(conversation.id, 'hi')],
        pendingCalls: [
          { id: 'c', name: 'f', arguments: '{}', where: 'client', state: 'ready', output: null, failed: false },
        ],
        error: { code: 'worker_lost', message: 'gone' },
        incompleteReason: 'max_turns',
        usage: { promptTokens: 1, completionTokens: 2, cachedTokens: null, reasoningTokens: 0, estimated: true },
        metadata: { a: 'b' },
        faceData: { c: [1] },
        expiresAt: 5_000,
        endedAt: 6_000,
      });
      expect(await store().runs.insert(run)).toBe(true);
      expect(await store().runs.get(owner.ownerId, run.id)).toEqual(run);
      expect(await store().runs.get(newId(), run.id)).toBeNull();
      expect(await store().runs.active(conversation.id)).toEqual(run);
      expect((await store().runs.page(conversation.id, { limit: 5, order: 'desc' })).items).toEqual([run]);
    });

    it('are active one at a time in a conversation, and wait in any number', async () => {
      const { owner, conversation } = await makeScene(store());
      const first = makeRun(owner);
      const many = await Promise.all(
        [first, ...Array.from({ length: 5 }, () => makeRun(owner))].map(store().runs.insert),
      );
      expect(many.filter((inserted) => inserted)).toHaveLength(1);
      expect(await store().runs.insert(makeRun(owner, { waiting: true }))).toBe(true);
      expect(await store().runs.insert(makeRun(owner, { waiting: true }))).toBe(true);
      expect(await store().runs.insert(makeRun(owner, { status: 'completed' }))).toBe(true);
      expect(await store().runs.countWaiting(conversation.id)).toBe(2);
    });

    it('are claimed oldest first, once each, however many claim at once', async () => {
      const scenes = await Promise.all(Array.from({ length: 24 }, () => makeScene(store())));
      const runs = scenes.map(({ owner }, index) => makeRun(owner, { createdAt: early - index }));
      for (const run of runs) await store().runs.insert(run);
      const claim = (owner: string): Promise<Run | null> =>
        store().runs.claim({ owner, now: 10, leaseUntil: Number.MAX_SAFE_INTEGER });
      const oldest = await claim('first');
      expect(oldest?.id).toBe(runs.at(-1)?.id);
      expect(oldest).toMatchObject({
        status: 'in_progress',
        leaseOwner: 'first',
        attempt: 1,
        losses: 0,
        startedAt: 10,
      });
      const claimed: string[] = [];
      const work = async (name: string): Promise<void> => {
        for (let run = await claim(name); run !== null && run.createdAt <= early; run = await claim(name)) {
          claimed.push(run.id);
        }
      };
      await Promise.all(Array.from({ length: 6 }, (_, index) => work(`worker ${index}`)));
      expect(claimed.sort()).toEqual(
        runs
          .slice(0, -1)
          .map((run) => run.id)
          .sort(),
      );
      await finish(store(), runs);
    });

    it('are claimed neither while they wait nor while their lease holds, and again when it lapses', async () => {
      const { owner } = await makeScene(store());
      const run = makeRun(owner, { createdAt: early });
      const waiting = makeRun(owner, { createdAt: early - 1, waiting: true });
      await store().runs.insert(run);
      await store().runs.insert(waiting);
      expect((await claimEarly(store(), 'a', 100, 200))?.id).toBe(run.id);
      expect(await claimEarly(store(), 'b', 199, 300)).toBeNull();
      const again = await claimEarly(store(), 'b', 200, 300);
      expect(again).toMatchObject({ id: run.id, leaseOwner: 'b', attempt: 2, losses: 1, startedAt: 100 });
      await store().runs.write({ ...(again as Run), status: 'cancelling' }, 'in_progress');
      expect(await claimEarly(store(), 'c', 300, 400)).toMatchObject({ status: 'cancelling', attempt: 3, losses: 2 });
      await finish(store(), [run]);
    });

    it('let go of every lease at once where nobody else can hold one', async () => {
      const { owner } = await makeScene(store());
      const run = makeRun(owner, { createdAt: early });
      await store().runs.insert(run);
      await claimEarly(store(), 'a', 100, 1_000_000);
      expect(await store().runs.lapseLeases(500)).toBeGreaterThanOrEqual(1);
      expect(await claimEarly(store(), 'b', 500, 600)).toMatchObject({ id: run.id, leaseOwner: 'b' });
      await finish(store(), [run]);
    });

    it('give event numbers to the holder of the lease and to nobody else', async () => {
      const { owner } = await makeScene(store());
      const run = makeRun(owner, { createdAt: early });
      await store().runs.insert(run);
      await claimEarly(store(), 'a', 100, 200);
      await claimEarly(store(), 'b', 250, 300);
      const fence = { id: run.id, owner: 'b', attempt: 2, count: 3, leaseUntil: 400 };
      expect(await store().runs.fence(fence)).toMatchObject({ lastSeq: 3, leaseUntil: 400, losses: 0 });
      expect(await store().runs.fence({ ...fence, owner: 'a', attempt: 1 })).toBeNull();
      expect(await store().runs.fence({ ...fence, owner: 'a' })).toBeNull();
      expect(await store().runs.fence({ ...fence, attempt: 1 })).toBeNull();
      expect(await store().runs.takeNumbers(run.id, 2)).toMatchObject({ lastSeq: 5, leaseUntil: 400 });
      expect(await store().runs.takeNumbers(newId(), 2)).toBeNull();
      await finish(store(), [run]);
      expect(await store().runs.fence(fence)).toBeNull();
    });

    it('are written only from the status they stand at, and keep what others count', async () => {
      const { owner } = await makeScene(store());
      const run = makeRun(owner, { createdAt: early });
      await store().runs.insert(run);
      const claimed = await claimEarly(store(), 'a', 100, 200);
      await store().runs.takeNumbers(run.id, 4);
      const next: Run = {
        ...(claimed as Run),
        status: 'requires_action',
        turn: 2,
        leaseOwner: null,
        leaseUntil: null,
        expiresAt: 900,
      };
      expect(await store().runs.write({ ...next, status: 'completed' }, 'queued')).toBe(false);
      const ignored = { ownerId: 'x', attempt: 77, lastSeq: 77, createdAt: 77 };
      expect(await store().runs.write({ ...next, ...ignored }, 'in_progress')).toBe(true);
      expect(await store().runs.find(run.id)).toEqual({ ...next, lastSeq: 4 });
    });

    it('leave the queue of their conversation in order, when nothing is active', async () => {
      const { owner, conversation } = await makeScene(store());
      const active = makeRun(owner, { createdAt: 1 });
      const second = makeRun(owner, { createdAt: 3, waiting: true });
      const first = makeRun(owner, { createdAt: 2, waiting: true });
      for (const run of [active, second, first]) await store().runs.insert(run);
      expect(await store().runs.promoteWaiting(conversation.id)).toBeNull();
      await store().runs.write({ ...active, status: 'cancelled' }, 'queued');
      const promoted = await Promise.all([1, 2, 3].map(() => store().runs.promoteWaiting(conversation.id)));
      expect(promoted.filter((id) => id !== null)).toEqual([first.id]);
      expect(await store().runs.active(conversation.id)).toEqual({ ...first, waiting: false });
      await store().runs.write({ ...first, status: 'cancelled' }, 'queued');
      expect(await store().runs.promoteWaiting(conversation.id)).toBe(second.id);
      await store().runs.write({ ...second, status: 'cancelled' }, 'queued');
      expect(await store().runs.promoteWaiting(conversation.id)).toBeNull();
    });

    it('are overdue past their time in the queue or with the client, and not while they run', async () => {
      const { owner, user } = await makeScene(store());
      const elsewhere = makeConversation(user.id);
      await store().conversations.insert(elsewhere);
      const queued = makeRun(owner, { waiting: true, expiresAt: early + 1 });
      const parked = makeRun(owner, { status: 'requires_action', expiresAt: early });
      const running = makeRun(
        { ...owner, conversationId: elsewhere.id },
        { status: 'in_progress', expiresAt: early, leaseUntil: Number.MAX_SAFE_INTEGER },
      );
      for (const run of [queued, parked, running]) await store().runs.insert(run);
      expect((await store().runs.overdue(early + 5, 10)).map((run) => run.id)).toEqual([parked.id, queued.id]);
      expect((await store().runs.overdue(early + 5, 1)).map((run) => run.id)).toEqual([parked.id]);
      expect(await store().runs.overdue(early, 10)).toEqual([]);
      await finish(store(), [queued, parked, running]);
    });

    it('tell which of them are being cancelled', async () => {
      const { owner } = await makeScene(store());
      const other = await makeScene(store());
      const cancelling = makeRun(owner, { status: 'cancelling', leaseUntil: Number.MAX_SAFE_INTEGER });
      const running = makeRun(other.owner, { status: 'in_progress', leaseUntil: Number.MAX_SAFE_INTEGER });
      await store().runs.insert(cancelling);
      await store().runs.insert(running);
      expect(await store().runs.cancelling([running.id, cancelling.id, newId()])).toEqual([cancelling.id]);
      expect(await store().runs.cancelling([])).toEqual([]);
    });
  });

  describe('steps', () => {
    it('keep the order of turns and come back as they were written', async () => {
      const run = await storedRun(store());
      const usage = { promptTokens: 1, completionTokens: 2, cachedTokens: 3, reasoningTokens: null, estimated: false };
      const late = makeStep(run, { turn: 1, startedAt: 500 });
      const second = makeStep(run, { kind: 'tools', startedAt: 1_001 });
      const first = makeStep(run);
      for (const step of [late, second, first]) await store().runs.insertStep(step);
      const ended = { ...first, status: 'completed' as const, messageId: newId(), usage, endedAt: 2_000 };
      await store().runs.updateStep(ended);
      expect(await store().runs.steps(run.id)).toEqual([ended, second, late]);
      expect(await store().runs.step(run.id, second.id)).toEqual(second);
      expect(await store().runs.step(newId(), second.id)).toBeNull();
      const page = await store().runs.pageSteps(run.id, { limit: 1, order: 'desc', after: late.id });
      expect(page).toEqual({ items: [second], hasMore: true });
    });
  });

  describe('events', () => {
    it('are read in order from any number on', async () => {
      const run = await storedRun(store());
      const events = Array.from({ length: 700 }, (_, index) => ({
        runId: run.id,
        seq: index + 1,
        at: 1_000 + index,
        ...(index % 2 === 0
          ? ({ type: 'text-delta', messageId: 'm', text: `piece ${index} 👋` } as const)
          : ({ type: 'window-compacted', conversationId: run.conversationId, liveFromSeq: index } as const)),
      }));
      await store().events.append(events);
      await store().events.append([]);
      expect(await store().events.read(run.id, 0, 1_000)).toEqual(events);
      expect(await store().events.read(run.id, 697, 2)).toEqual(events.slice(697, 699));
      expect(await store().events.newest(run.id, 'text-delta')).toEqual(events[698]);
      expect(await store().events.newest(run.id, 'run-status')).toBeNull();
    });

    it('refuse a number that is taken', async () => {
      const run = await storedRun(store());
      const event = { runId: run.id, seq: 1, at: 1, type: 'run-status' as const, run };
      await store().events.append([event]);
      await expect(store().events.append([event])).rejects.toMatchObject({ code: 'conflict' });
    });

    it('are pruned for runs that ended before a time, once', async () => {
      const old = await storedRun(store());
      const recent = await storedRun(store());
      for (const run of [old, recent]) {
        await store().events.append([{ runId: run.id, seq: 1, at: 1, type: 'run-status', run }]);
      }
      await store().runs.write({ ...old, status: 'completed', endedAt: early }, 'queued');
      await store().runs.write({ ...recent, status: 'completed', endedAt: early + 10 }, 'queued');
      expect(await store().events.prune(early + 5, 100)).toBe(1);
      expect(await store().events.prune(early + 5, 100)).toBe(0);
      expect(await store().events.read(old.id, 0, 10)).toEqual([]);
      expect(await store().events.read(recent.id, 0, 10)).toHaveLength(1);
      expect(await store().runs.find(old.id)).toMatchObject({ status: 'completed' });
    });
  });
}

/** Claims, where the run found is one of the early ones these tests have made. */
async function claimEarly(store: Store, owner: string, now: number, leaseUntil: number): Promise<Run | null> {
  const run = await store.runs.claim({ owner, now, leaseUntil });
  if (run === null || run.createdAt <= early) return run;
  await store.runs.write({ ...run, status: 'completed' }, run.status);
  return claimEarly(store, owner, now, leaseUntil);
}

async function finish(store: Store, runs: Run[]): Promise<void> {
  for (const { id } of runs) {
    const run = await store.runs.find(id);
    if (run !== null) await store.runs.write({ ...run, status: 'completed' }, run.status);
  }
}

async function storedRun(store: Store): Promise<Run> {
  const scene: Scene = await makeScene(store);
  const run = makeRun(scene.owner);
  await store.runs.insert(run);
  return run;
}
