import { AppError } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import { addUsage, type Run, type RunError, type Step, type Usage } from '../domain/run.js';
import { queueTopic } from '../domain/topics.js';
import { ProviderError } from '../providers/provider.js';
import { spentBudget } from './budget.js';
import { gateOf } from './call-gate.js';
import { carryOut } from './calls.js';
import { closeTurn } from './closing.js';
import { endRun, RunExpired, type Ending } from './ending.js';
import { createScales, gaugeOf, type Scales } from './gauge.js';
import type { Journal } from './journal.js';
import { finishFlush, isFlush } from './memory-flush.js';
import { compactAll, prepare } from './prepare.js';
import { noEffort, type Effort, type PromptWork } from './prompt-work.js';
import { setScene, type EngineDependencies, type Scene } from './scene.js';
import { hideImages, refusesAllImages, showImages } from './shown-images.js';
import { abandonStep } from './speech.js';
import { BrokenReply, takeTurn } from './turn.js';
import { beginTidying } from './tidying.js';
import { waitForFiles } from './wait-for-files.js';

/** Carries a claimed run forward until it rests or the signal aborts. It has no memory of its own: it reads the rows. */
export type RunLoop = (journal: Journal, signal: AbortSignal) => Promise<void>;

/** Makes the loop. What it learns of how prompts weigh, all of its runs share, and whoever has the scales. */
export function createLoop(
  dependencies: EngineDependencies,
  scales: Scales = createScales(dependencies.clock),
): RunLoop {
  return async (journal, signal) => {
    let story: RunStory | null = null;
    try {
      const scene = await setScene(dependencies, journal.run);
      signal.throwIfAborted();
      await waitForFiles(dependencies.store, scene, journal.run, signal);
      if (!(await beginTidying(dependencies, journal, scene))) return;
      story = new RunStory(workOf(dependencies, journal, scene, scales, signal));
      await story.tell();
    } catch (error) {
      if (error instanceof AppError && error.code === 'lease_lost') throw error;
      await settleFailure(dependencies, journal, signal.aborted ? signal.reason : error, story?.unpaid ?? null);
    }
  };
}

function workOf(
  dependencies: EngineDependencies,
  journal: Journal,
  scene: Scene,
  scales: Scales,
  signal: AbortSignal,
): PromptWork {
  return { dependencies, journal, scene, gauge: gaugeOf(scales, scene, journal.run.conversationId), signal };
}

/** One run, from the claim to its rest. */
class RunStory {
  private readonly dependencies: EngineDependencies;
  private readonly journal: Journal;
  private readonly scene: Scene;
  private readonly signal: AbortSignal;
  private effort: Effort;
  private emptyReplies = 0;
  private brokenReplies = 0;
  private overflows = 0;
  /** True once the model has refused images: it is told of them in words to the end of the run. */
  private isBlind = false;

  constructor(private readonly work: PromptWork) {
    ({ dependencies: this.dependencies, journal: this.journal, scene: this.scene, signal: this.signal } = work);
    this.effort = noEffort(work.scene);
  }

  /** What models were paid for that no step carries yet. */
  get unpaid(): Usage | null {
    return this.effort.usage;
  }

  async tell(): Promise<void> {
    if (this.journal.run.overrides.compactOnly === true) {
      this.effort.usage = await compactAll(this.work);
      return this.end({ status: 'completed', at: this.now() });
    }
    let goesOn = await this.recover();
    while (goesOn) {
      this.signal.throwIfAborted();
      const turnsMax = this.journal.run.overrides.maxTurns ?? limits.turnsPerRun;
      if (this.journal.run.turn >= turnsMax) {
        return this.end({ status: 'incomplete', incompleteReason: 'max_turns', at: this.now() });
      }
      const spent = spentBudget(this.journal.run);
      if (spent !== null) return this.end({ status: 'incomplete', incompleteReason: spent, at: this.now() });
      goesOn = await this.turn();
    }
  }

  /** Takes up what another worker, or the client, left. False where the run now rests. */
  private async recover(): Promise<boolean> {
    if (this.journal.run.attempt === 1) return true;
    const { run } = this.journal;
    const steps = await this.dependencies.store.runs.steps(run.id);
    this.effort.flushed = steps.some((step) => isFlush(step, run));
    const open = steps.find((step) => step.status === 'in_progress');
    if (open === undefined) return true;
    if (isFlush(open, run)) {
      await finishFlush(this.work, open);
      return true;
    }
    if (open.calls.length > 0) return this.settle(open);
    await this.journal.commit(async (tx) => ({ facts: await abandonStep(tx, open, this.now()), value: null }));
    return true;
  }

  /** One model call and what comes of it. False where the run now rests. */
  private async turn(): Promise<boolean> {
    const { clock } = this.dependencies;
    const context = await prepare(this.work, this.effort);
    if (context === null) {
      await this.end({ status: 'incomplete', incompleteReason: 'max_prompt_tokens', at: this.now() });
      return false;
    }
    try {
      const { journal, scene, signal } = this;
      const request = this.isBlind
        ? hideImages(context.request)
        : await showImages(this.dependencies, journal.run.ownerId, context.request);
      const outcome = await takeTurn({ journal, scene, clock, signal, carried: this.effort.usage }, request);
      this.work.gauge.learn(context.tokens, outcome.usage);
      this.brokenReplies = 0;
      this.overflows = 0;
      if (outcome.type === 'empty') return await this.takeEmptyReply(outcome.usage);
      this.effort = noEffort(scene);
      switch (outcome.type) {
        case 'ended':
          return false;
        case 'continue':
          return true;
        case 'calls':
          return await this.settle(outcome.step);
        default:
          return outcome satisfies never;
      }
    } catch (error) {
      return this.takeFailure(error, context.tokens);
    }
  }

  /** An empty reply is asked for again, and in the end taken for what it is: there is nothing to say. */
  private async takeEmptyReply(usage: Usage): Promise<boolean> {
    this.effort.usage = addUsage(this.effort.usage, usage);
    this.emptyReplies += 1;
    if (this.emptyReplies <= limits.emptyReplies) return true;
    await this.end({ status: 'completed', at: this.now() });
    return false;
  }

  /**
   * A prompt that was too long is made shorter, a model that sees nothing is told of images in words, and a reply that
   * broke off is asked for again; the rest ends the run.
   */
  private takeFailure(error: unknown, tokens: number): boolean {
    if (this.signal.aborted || !(error instanceof ProviderError)) throw error;
    if (error.overflow && this.overflows < limits.compactionsPerTurn) {
      this.overflows += 1;
      this.work.gauge.refuse(tokens);
      return true;
    }
    if (!this.isBlind && refusesAllImages(error)) {
      this.isBlind = true;
      return true;
    }
    if (!(error instanceof BrokenReply) || this.brokenReplies >= limits.turnRetries) throw error;
    this.brokenReplies += 1;
    return true;
  }

  /** Carries out calls, then closes the turn, or parks the run until somebody has allowed or answered what is left. */
  private async settle(step: Step): Promise<boolean> {
    const { dependencies, journal, scene, signal } = this;
    const { refused, awaiting } = await gateOf(dependencies.store, scene, step);
    if (awaiting.length > 0) {
      await this.park(awaiting);
      return false;
    }
    const done = await carryOut(dependencies, journal, scene, step, { refused, signal });
    const pending = done.calls.filter((call) => call.state !== 'finished');
    if (pending.length > 0) {
      await this.park(pending);
      return false;
    }
    return this.journal.commit(async (tx, run) => {
      const open = { step: done, spokenCalls: [], usage: null, at: this.now() };
      const closing = await closeTurn(tx, run, this.scene, open);
      return { facts: closing.facts, value: !closing.ended };
    });
  }

  private async park(pendingCalls: Run['pendingCalls']): Promise<void> {
    await this.journal.commit(async (tx, run) => {
      if (run.status === 'cancelling') throw new AppError('conflict', 'The run is being cancelled.');
      const expiresAt = this.waitsUntil(run, pendingCalls);
      const parked: Run = {
        ...run,
        status: 'requires_action',
        pendingCalls,
        expiresAt,
        leaseOwner: null,
        leaseUntil: null,
      };
      await tx.runs.write(parked, run.status);
      return { facts: [{ type: 'run-status', run: parked }], value: null };
    });
  }

  /** People take longer than programs. */
  private waitsUntil(run: Run, pendingCalls: Run['pendingCalls']): number | null {
    const asksPeople = pendingCalls.some((call) => call.where === 'here');
    return asksPeople && run.overrides.expiresAtWork !== true ? this.now() + limits.approvalWaitMs : run.expiresAt;
  }

  private async end(ending: Ending): Promise<void> {
    await this.journal.commit(async (tx, run) => {
      return { facts: await endRun(tx, withUsage(run, this.unpaid), ending), value: null };
    });
  }

  private now(): number {
    return this.dependencies.clock.now();
  }
}

/** Ends a run that failed or was cancelled; hands it back where the server is stopping. */
async function settleFailure(
  { clock }: EngineDependencies,
  journal: Journal,
  error: unknown,
  unpaid: Usage | null,
): Promise<void> {
  await journal.commit(async (tx, stored) => {
    const at = clock.now();
    const run = withUsage(stored, unpaid);
    if (run.status === 'cancelling') return { facts: await endRun(tx, run, { status: 'cancelled', at }), value: null };
    if (error instanceof RunExpired) return { facts: await endRun(tx, run, { status: 'expired', at }), value: null };
    if (error instanceof AppError && error.code === 'unavailable') {
      const queued: Run = { ...run, status: 'queued', leaseOwner: null, leaseUntil: null };
      await tx.runs.write(queued, run.status);
      await tx.bell.ring(queueTopic);
      return { facts: [{ type: 'run-status', run: queued }], value: null };
    }
    return { facts: await endRun(tx, run, { status: 'failed', error: toRunError(error), at }), value: null };
  });
  if (!(error instanceof AppError)) throw error;
}

function withUsage(run: Run, usage: Usage | null): Run {
  return { ...run, usage: addUsage(run.usage, usage) };
}

function toRunError(error: unknown): RunError {
  if (error instanceof AppError) return { code: error.code, message: error.message };
  return { code: 'internal', message: 'Something went wrong inside the server.' };
}
