import { limits } from '../domain/limits.js';
import type { Usage } from '../domain/run.js';
import { budgetLeft } from './budget.js';
import { compact, contextTooSmall, type Rung } from './compaction.js';
import { buildContext, type Context, type Fit, type Tail } from './context.js';
import { failureStreak } from './failures.js';
import type { Journal } from './journal.js';
import type { EngineDependencies, Scene } from './scene.js';

/** What a run has learned of how its prompts weigh with its model. */
export class PromptGauge {
  private factor = 1;
  private tooLong = false;

  /** Learns from what the provider counted. */
  calibrate(context: Context, usage: Usage): void {
    this.tooLong = false;
    if (usage.estimated || context.tokens === 0) return;
    this.factor = Math.min(3, Math.max(0.5, usage.promptTokens / context.tokens));
  }

  /** The provider said that the prompt was too long: the next one is made smaller, whatever we think of it. */
  overflowed(): void {
    this.tooLong = true;
    this.factor *= 1.25;
  }

  /** True, once, after an overflow. */
  takeOverflow(): boolean {
    const { tooLong } = this;
    this.tooLong = false;
    return tooLong;
  }

  tokensOf(context: Context): number {
    return context.tokens * this.factor;
  }
}

/** Characters of a tool's result where room is short. */
const clampedResultChars = 2_000;

/**
 * Builds the next prompt, and makes room first where it would fill too much of the window: rung after rung, each of
 * which has to free a tenth, until it fits. Throws `context_too_small` where nothing is left to take away.
 * Null where the run may spend fewer tokens than even its shortest prompt has.
 */
export async function prepare(
  dependencies: EngineDependencies,
  journal: Journal,
  scene: Scene,
  gauge: PromptGauge,
  signal: AbortSignal,
): Promise<Context | null> {
  const notices = await noticesFor(dependencies, journal);
  const build = (fit: Fit, extra: string[] = []): Promise<Context> =>
    buildContext(dependencies.store, scene, journal.run, fit, tailOf(dependencies, scene, [...notices, ...extra]));
  let fit: Fit = { resultCharsMax: scene.resultCharsMax };
  let context = await build(fit);
  let mustShrink = gauge.takeOverflow();
  const limit = scene.promptTokens * limits.compactAt;
  for (const rung of rungs) {
    if (!mustShrink && gauge.tokensOf(context) <= limit) break;
    const before = context.tokens;
    if (rung === 'clamp') fit = { resultCharsMax: clampedResultChars };
    else if (!(await compact(journal, scene, context, rung, dependencies.clock, signal))) continue;
    context = await build(fit);
    if (context.tokens < before * 0.9) mustShrink = false;
  }
  if (gauge.tokensOf(context) > scene.promptTokens) throw contextTooSmall(scene, context);
  const whole = await noticePressure(dependencies, journal, scene, gauge, context, () => build(fit, [pressureNotice]));
  return withinBudget(journal, gauge, whole, (newest) => build({ ...fit, newest }));
}

/** A prompt that costs more than the run may still spend is sent with fewer messages; the window stays as it is. */
async function withinBudget(
  journal: Journal,
  gauge: PromptGauge,
  whole: Context,
  rebuild: (newest: number) => Promise<Context>,
): Promise<Context | null> {
  const { promptTokens } = budgetLeft(journal.run);
  let context = whole;
  let newest = whole.messages.length;
  while (gauge.tokensOf(context) > promptTokens) {
    newest = Math.floor(newest / 2);
    if (newest === 0) return null;
    context = await rebuild(newest);
  }
  return context;
}

const rungs: readonly (Rung | 'clamp')[] = ['sliding', 'all', 'clamp', 'drop', 'drop'];

/** Summarises everything that is in the window, for whoever asks for it. */
export async function compactAll(
  dependencies: EngineDependencies,
  journal: Journal,
  scene: Scene,
  signal: AbortSignal,
): Promise<void> {
  const fit = { resultCharsMax: scene.resultCharsMax };
  const context = await buildContext(dependencies.store, scene, journal.run, fit, { now: null, notices: [] });
  await compact(journal, scene, context, 'everything', dependencies.clock, signal);
}

const pressureNotice =
  'Your view of this conversation is almost full: older messages will soon scroll out of it. ' +
  'Save what matters to your memory now. Do not mention this.';

/** Says once in every cycle that the window runs full, to an agent that has a memory to save things in. */
async function noticePressure(
  { clock }: EngineDependencies,
  journal: Journal,
  scene: Scene,
  gauge: PromptGauge,
  context: Context,
  rebuild: () => Promise<Context>,
): Promise<Context> {
  const { window } = context;
  const presses = gauge.tokensOf(context) > scene.promptTokens * limits.pressureAt * limits.compactAt;
  if (!presses || window.pressureNoticed || !scene.hasMemoryTools) return context;
  await journal.commit(async (tx) => {
    await tx.conversations.noticePressure(window.agentId, window.conversationId, clock.now());
    return { facts: [], value: null };
  });
  return rebuild();
}

async function noticesFor({ store }: EngineDependencies, journal: Journal): Promise<string[]> {
  if (journal.run.turn < limits.failuresToHint) return [];
  const streak = failureStreak(await store.runs.steps(journal.run.id));
  if (streak < limits.failuresToHint) return [];
  return [`The same call has now failed ${streak} times in the same way. Do something else, or answer without it.`];
}

function tailOf({ clock }: EngineDependencies, scene: Scene, notices: string[]): Tail {
  return { now: scene.agent.envelope === 'plain+time' ? clock.now() : null, notices };
}
