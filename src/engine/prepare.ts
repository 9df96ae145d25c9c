import { AppError } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import { estimateTools } from '../domain/request-tokens.js';
import { addUsage, type Usage } from '../domain/run.js';
import { budgetLeft } from './budget.js';
import { compact } from './compaction.js';
import { buildContext, type Context, type Fit, type Tail } from './context.js';
import type { Rung } from './cut.js';
import { failureStreak } from './failures.js';
import { flushesMemory, flushMemory } from './memory-flush.js';
import type { Effort, PromptWork } from './prompt-work.js';
import type { EngineDependencies, Scene } from './scene.js';

/** How room is made, gentlest first: `clamp` and `squeeze` shorten what stays and evict nothing. */
const ladder: readonly (Rung | 'clamp' | 'squeeze')[] = ['sliding', 'all', 'clamp', 'squeeze', 'drop'];

/** What a refused prompt must have shrunk to before it is sent again. */
const shrunken = 0.9;

/**
 * Builds the next prompt, and makes room first where it would fill too much of the window: rung after rung of the
 * ladder, each once in a turn, until it fits. Throws `context_window_overflow_in_system_prompt` where the fixed part
 * alone leaves no room, with the window as it was, and `context_too_small` where nothing is left to take away.
 * Null where the run may spend fewer tokens than even its shortest prompt has.
 */
export async function prepare(work: PromptWork, effort: Effort): Promise<Context | null> {
  const { dependencies, scene, gauge } = work;
  const notices = await noticesFor(work);
  const build = (fit: Fit, extra: string[] = []): Promise<Context> =>
    buildContext(dependencies.store, scene, work.journal.run, fit, tailOf(dependencies, scene, [...notices, ...extra]));
  let context = await build(effort.fit);
  if (gauge.weigh(context.fixedTokens) > scene.promptTokens) throw overflowInSystemPrompt(work, context);
  const limit = gauge.triggerOf(scene.promptTokens);
  const shortEnough = gauge.takeRefusal() ? context.tokens * shrunken : Infinity;
  const fits = (): boolean => context.tokens <= shortEnough && gauge.weigh(context.tokens) <= limit;
  while (!fits() && effort.rungs < ladder.length) {
    if (!effort.flushed && flushesMemory(work)) {
      effort.flushed = true;
      effort.usage = addUsage(effort.usage, await flushMemory(work, context));
      context = await build(effort.fit);
    }
    const rung = ladder[effort.rungs] ?? 'drop';
    effort.rungs += 1;
    if (await climb(work, effort, context, rung)) context = await build(effort.fit);
  }
  if (context.tokens > shortEnough || gauge.weigh(context.tokens) > scene.promptTokens) {
    throw contextTooSmall(work, context);
  }
  const whole = await noticePressure(work, context, () => build(effort.fit, [pressureNotice]));
  return withinBudget(work, whole, (tighter) => build({ ...effort.fit, ...tighter }));
}

/** Takes one step of the ladder; false where it changed nothing. */
async function climb(work: PromptWork, effort: Effort, context: Context, rung: Rung | 'clamp' | 'squeeze') {
  const tokens = work.gauge.estimateOf(work.scene.promptTokens);
  switch (rung) {
    case 'clamp':
      effort.fit = { resultCharsMax: clampedResultChars, messageTokensMax: Math.floor(tokens * 0.25) };
      return true;
    case 'squeeze':
      effort.fit = { resultCharsMax: squeezedResultChars, messageTokensMax: Math.floor(tokens * 0.1) };
      return true;
    default: {
      const { done, usage } = await compact(work, context, rung);
      effort.usage = addUsage(effort.usage, usage);
      return done;
    }
  }
}

/** Characters of a tool's result where room is short, and where there is hardly any. */
const clampedResultChars = 2_000;
const squeezedResultChars = 400;

/**
 * A prompt that costs more than the run may still spend is sent with fewer messages; the window stays as it is. Where
 * the tools of its memory alone would take more than half of that, the agent does without them instead: whoever spends
 * so little wants an answer to what was said.
 */
async function withinBudget(
  { journal, gauge, scene }: PromptWork,
  whole: Context,
  rebuild: (fit: Partial<Fit>) => Promise<Context>,
): Promise<Context | null> {
  const { promptTokens } = budgetLeft(journal.run);
  const fits = (context: Context): boolean => gauge.weigh(context.tokens) <= promptTokens;
  if (fits(whole)) return whole;
  const memoryTokens = estimateTools(scene.definitions.filter(({ name }) => scene.memoryTools.has(name)));
  const withoutMemoryTools = gauge.weigh(memoryTokens) > promptTokens / 2;
  let context = withoutMemoryTools ? await rebuild({ withoutMemoryTools }) : whole;
  let newest = whole.messages.length;
  while (!fits(context)) {
    newest = Math.floor(newest / 2);
    if (newest === 0) return null;
    context = await rebuild({ newest, withoutMemoryTools });
  }
  return context;
}

/** Summarises everything that is in the window, for whoever asks for it. Returns what that cost. */
export async function compactAll(work: PromptWork): Promise<Usage | null> {
  const { dependencies, journal, scene } = work;
  const fit = { resultCharsMax: scene.resultCharsMax };
  const context = await buildContext(dependencies.store, scene, journal.run, fit, { now: null, notices: [] });
  return (await compact(work, context, 'everything')).usage;
}

/** What an agent is told whose view is almost full. */
export const pressureNotice =
  'Your view of this conversation is almost full: older messages will soon scroll out of it. ' +
  'Save what matters to your memory now. Do not mention this.';

/** Says once in every cycle that the window runs full, to an agent that has a memory to save things in. */
async function noticePressure(
  { dependencies, journal, scene, gauge }: PromptWork,
  context: Context,
  rebuild: () => Promise<Context>,
): Promise<Context> {
  const { window } = context;
  if (!isPressing({ gauge, scene }, context)) return context;
  await journal.commit(async (tx) => {
    await tx.conversations.noticePressure(window.agentId, window.conversationId, dependencies.clock.now());
    return { facts: [], value: null };
  });
  return rebuild();
}

/** True where the pressure is to be told now: it is, and has not been in this cycle. */
export function isPressing({ scene, gauge }: Pick<PromptWork, 'scene' | 'gauge'>, context: Context): boolean {
  if (context.window.pressureNoticed || !scene.hasMemoryTools) return false;
  const pressedAt = (gauge.triggerOf(scene.promptTokens) * limits.pressureAt) / limits.compactAt;
  return gauge.weigh(context.tokens) > pressedAt;
}

async function noticesFor({ dependencies, journal }: PromptWork): Promise<string[]> {
  if (journal.run.turn < limits.failuresToHint) return [];
  const streak = failureStreak(await dependencies.store.runs.steps(journal.run.id));
  if (streak < limits.failuresToHint) return [];
  return [`The same call has now failed ${streak} times in the same way. Do something else, or answer without it.`];
}

/** What goes along with a prompt that is sent now. */
export function tailOf({ clock }: Pick<EngineDependencies, 'clock'>, scene: Scene, notices: string[]): Tail {
  return { now: scene.agent.envelope === 'plain+time' ? clock.now() : null, notices };
}

function overflowInSystemPrompt({ scene, gauge }: PromptWork, context: Context): AppError {
  return new AppError(
    'context_window_overflow_in_system_prompt',
    `Instructions, memory blocks and tools alone need about ${Math.round(gauge.weigh(context.fixedTokens))} tokens, and ` +
      `the window of ${scene.agent.model} leaves room for ${scene.promptTokens}. Shorten a block or the instructions.`,
  );
}

function contextTooSmall({ scene, gauge }: PromptWork, context: Context): AppError {
  return new AppError(
    'context_too_small',
    `The prompt needs about ${Math.round(gauge.weigh(context.tokens))} tokens and the window of ${scene.agent.model} ` +
      `leaves room for ${scene.promptTokens}; instructions, memory blocks and tools alone take ` +
      `${Math.round(gauge.weigh(context.fixedTokens))}.`,
  );
}
