import type { Summary, Window } from '../domain/conversation.js';
import { limits } from '../domain/limits.js';
import type { Message } from '../domain/message.js';
import type { Usage } from '../domain/run.js';
import { estimateMessages } from '../domain/request-tokens.js';
import { estimateTokens } from '../domain/tokens.js';
import { historyOptions, type Context } from './context.js';
import { cutOf, type Rung } from './cut.js';
import { toRequestMessages } from './history.js';
import type { Journal } from './journal.js';
import { summaryPromptVersion, type SummaryInput } from './prompts/summary.js';
import type { PromptWork } from './prompt-work.js';
import type { Scene } from './scene.js';
import { partTokens, summarise, summariseByRule, summaryParts, transcriptTokens } from './summary.js';

/** What came of an attempt to make room. */
export interface Compaction {
  /** False where this rung found nothing it may take, or somebody else was faster. */
  done: boolean;
  /** What the summary cost; null where no model was asked. */
  usage: Usage | null;
}

/**
 * Moves the live part of a window forward and puts a summary in its place. Nothing leaves the conversation: what
 * scrolls out can be searched.
 */
export async function compact(work: PromptWork, context: Context, rung: Rung): Promise<Compaction> {
  const { journal, scene, gauge } = work;
  const { window } = context;
  const live = context.messages.filter((message) => message.seq >= window.liveFromSeq);
  const evicted = live.slice(0, cutOf(rung, { live, target: targetOf(work, context), tokensOf: rowTokens(scene) }));
  const last = evicted.at(-1);
  const first = evicted[0];
  if (first === undefined || last === undefined) return { done: false, usage: null };
  const compactions = (window.summary?.compactions ?? 0) + 1;
  const charsMax = summaryCharsMax(scene, window, evicted);
  const input = { previous: window.summary?.text ?? null, messages: evicted, charsMax, protocol: scene.agent.protocol };
  const source = isRebuilt(rung, compactions) ? await rebuiltFrom(work, window, input) : input;
  const { text, usage } = rung === 'drop' ? summariseByRule(source) : await summarise(work, source);
  const freed = evicted.reduce((sum, message) => sum + rowTokens(scene)(message), 0);
  const grown = estimateTokens(text) - estimateTokens(window.summary?.text ?? '');
  const summary: Summary = {
    text,
    covers: [window.summary?.covers[0] ?? first.seq, last.seq],
    tokensBefore: Math.round(gauge.weigh(context.tokens)),
    tokensAfter: Math.round(gauge.weigh(context.tokens - freed + grown)),
    model: scene.agent.model,
    promptVersion: summaryPromptVersion,
    rebuilt: window.summary !== null && source.previous === null,
    compactions,
    createdAt: work.dependencies.clock.now(),
  };
  return { done: await swap(journal, window, summary, live[evicted.length]?.seq ?? last.seq + 1), usage };
}

/** The swap holds only for the window as it was read: two compactions never stack on one another. */
async function swap(journal: Journal, window: Window, summary: Summary, liveFromSeq: number): Promise<boolean> {
  return journal.commit(async (tx) => {
    const { agentId, conversationId, revision } = window;
    const done = await tx.conversations.compactWindow({
      agentId,
      conversationId,
      expectedRevision: revision,
      summary,
      liveFromSeq,
      at: summary.createdAt,
    });
    return { facts: done ? [{ type: 'window-compacted', conversationId, liveFromSeq }] : [], value: done };
  });
}

/** What summaries lose from one to the next is won back from time to time: this one is written from the messages. */
function isRebuilt(rung: Rung, compactions: number): boolean {
  return rung !== 'drop' && compactions % limits.summaryRebuildEvery === 0;
}

/**
 * All that the summary stands for, word for word, as far as it can be read at bounded cost. Where that does not reach
 * back to the first message, the summary so far tells what lies before.
 */
async function rebuiltFrom(work: PromptWork, window: Window, input: SummaryInput): Promise<SummaryInput> {
  const last = input.messages.at(-1);
  if (window.summary === null || last === undefined) return input;
  const [firstSeq] = window.summary.covers;
  const rows = await work.dependencies.store.messages.view({
    conversationId: window.conversationId,
    agentId: window.agentId,
    fromSeq: firstSeq,
    toSeq: last.seq,
    newest: limits.summaryRebuildMessages,
  });
  let room = partTokens(work) * (summaryParts - 1);
  const from = rows.findLastIndex((message) => (room -= transcriptTokens(message)) < 0) + 1;
  const isWhole = from === 0 && rows.length < limits.summaryRebuildMessages;
  return { ...input, previous: isWhole ? null : input.previous, messages: rows.slice(from) };
}

/**
 * Estimated tokens that a prompt is brought down to: half of its room; but where instructions, blocks and tools are
 * heavy, no further than to half of what the rest may have, so that the agent keeps some of what was said in view.
 */
export function compactedTokens({ scene, gauge }: Pick<PromptWork, 'scene' | 'gauge'>, fixedTokens: number): number {
  const room = gauge.estimateOf(gauge.roomOf(scene.promptTokens));
  const rest = gauge.estimateOf(gauge.triggerOf(scene.promptTokens)) - fixedTokens;
  return Math.max(room * limits.compactTo, fixedTokens + rest * limits.compactTo);
}

/** Estimated tokens that the messages which stay may have: what is left of the target beside all the rest. */
function targetOf(work: PromptWork, { fixedTokens }: Context): number {
  return compactedTokens(work, fixedTokens) - fixedTokens - summaryShareOf(work.scene) / 4;
}

/** What one row adds to a prompt. */
function rowTokens(scene: Scene): (message: Message) => number {
  const options = historyOptions(scene, { resultCharsMax: scene.resultCharsMax });
  return (message) => estimateMessages(toRequestMessages([message], options));
}

function summaryShareOf(scene: Scene): number {
  return Math.min(limits.summaryCharsMax, Math.floor(scene.windowTokens * limits.summaryShare * 4));
}

/** A summary grows by half of what it replaces at the most, so that every compaction makes the prompt shorter. */
function summaryCharsMax(scene: Scene, window: Window, evicted: readonly Message[]): number {
  const evictedChars = evicted.reduce((sum, message) => sum + JSON.stringify(message.parts).length, 0);
  const grown = (window.summary?.text.length ?? 0) + Math.floor(evictedChars / 2);
  return Math.min(summaryShareOf(scene), Math.max(summaryCharsMin, grown));
}

/** Room for the sentence that says how much is out of view. */
const summaryCharsMin = 200;
