import type { Clock } from '../domain/clock.js';
import type { Summary, Window } from '../domain/conversation.js';
import { AppError } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import type { Message } from '../domain/message.js';
import { estimateTokens } from '../domain/tokens.js';
import { isSaidByUser, tokensOf, type Context } from './context.js';
import { toRequestMessages } from './history.js';
import type { Journal } from './journal.js';
import { digest, type SummaryInput } from './prompts/summary.js';
import type { Scene } from './scene.js';
import { summarise } from './summary.js';

/**
 * How hard room is made. `sliding` keeps the newest messages that fit, `all` the last exchange, `drop` half of what is
 * left whatever it is and without asking a model; `everything` is for whoever asks for an empty window.
 */
export type Rung = 'sliding' | 'all' | 'drop' | 'everything';

/**
 * Moves the live part of a window forward and puts a summary in its place. Nothing leaves the conversation: what
 * scrolls out can be searched. Returns false where this rung finds nothing it may take, or somebody else was faster.
 */
export async function compact(
  journal: Journal,
  scene: Scene,
  context: Context,
  rung: Rung,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  const { window, messages } = context;
  const live = messages.filter((message) => message.seq >= window.liveFromSeq);
  const cut = cutOf(rung, live, scene, context);
  const evicted = live.slice(0, cut);
  const last = evicted.at(-1);
  const first = evicted[0];
  if (first === undefined || last === undefined) return false;
  const liveFromSeq = live[cut]?.seq ?? last.seq + 1;
  const at = clock.now();
  const input: SummaryInput = {
    previous: window.summary?.text ?? null,
    messages: evicted,
    charsMax: summaryCharsMax(scene),
    protocol: scene.agent.protocol,
  };
  const text = rung === 'drop' ? digest(input) : await summarise(scene, input, signal);
  const summary: Summary = {
    text,
    covers: [window.summary?.covers[0] ?? first.seq, last.seq],
    tokensBefore: context.tokens,
    tokensAfter: context.tokens - tokensOfRows(scene, evicted) + estimateTokens(text),
    model: scene.agent.model,
    compactions: (window.summary?.compactions ?? 0) + 1,
    createdAt: at,
  };
  return swap(journal, window, summary, liveFromSeq, at);
}

/** The swap holds only for the window as it was read: two compactions never stack on one another. */
async function swap(
  journal: Journal,
  window: Window,
  summary: Summary,
  liveFromSeq: number,
  at: number,
): Promise<boolean> {
  return journal.commit(async (tx) => {
    const { agentId, conversationId, revision } = window;
    const done = await tx.conversations.compactWindow({
      agentId,
      conversationId,
      expectedRevision: revision,
      summary,
      liveFromSeq,
      at,
    });
    return { facts: done ? [{ type: 'window-compacted', conversationId, liveFromSeq }] : [], value: done };
  });
}

function cutOf(rung: Rung, live: Message[], scene: Scene, context: Context): number {
  switch (rung) {
    case 'everything':
      return live.length;
    case 'drop':
      return dropCut(live);
    case 'all':
    case 'sliding':
      return slideCut(live, scene, context, rung);
    default:
      return rung satisfies never;
  }
}

/** Where to cut so that the newest messages that fit the target stay; `all` keeps the last exchange only. */
function slideCut(live: Message[], scene: Scene, context: Context, rung: Rung): number {
  const newestUser = live.findLastIndex(isSaidByUser);
  const target = scene.promptTokens * limits.compactTo - context.fixedTokens - summaryCharsMax(scene) / 4;
  let cut = newestUser >= 0 ? newestUser : live.length;
  if (rung === 'sliding') {
    let kept = 0;
    let fits = live.length;
    while (fits > 0) {
      kept += tokensOfRows(scene, live.slice(fits - 1, fits));
      if (kept > target) break;
      fits -= 1;
    }
    cut = Math.min(cut, Math.max(fits, 1));
  }
  return toBoundary(live, cut);
}

/** Half of what is left goes, whatever it is; in a long run even what came after the question. */
function dropCut(live: Message[]): number {
  const half = Math.ceil(live.length / 2);
  for (let cut = half; cut < live.length; cut += 1) if (isBoundary(live, cut)) return cut;
  return toBoundary(live, half);
}

/** The nearest place at or before `cut` that parts no call from its result. */
function toBoundary(live: Message[], cut: number): number {
  for (let at = cut; at > 0; at -= 1) if (isBoundary(live, at)) return at;
  return 0;
}

function isBoundary(live: Message[], cut: number): boolean {
  return live[cut]?.role !== 'tool';
}

function tokensOfRows(scene: Scene, messages: Message[]): number {
  return tokensOf(
    toRequestMessages(messages, {
      agentId: scene.agent.id,
      protocol: scene.agent.protocol,
      envelope: scene.agent.envelope,
      toolResultCharsMax: scene.resultCharsMax,
      messageCharsMax: scene.promptTokens * 4,
    }),
  );
}

function summaryCharsMax(scene: Scene): number {
  return Math.min(limits.summaryCharsMax, Math.floor(scene.windowTokens * limits.summaryShare * 4));
}

/** The error of a prompt that no rung could make small enough. */
export function contextTooSmall(scene: Scene, context: Context): AppError {
  return new AppError(
    'context_too_small',
    `The prompt needs about ${context.tokens} tokens and the window of ${scene.agent.model} leaves room for ` +
      `${scene.promptTokens}; instructions, memory blocks and tools alone take ${context.fixedTokens}.`,
  );
}
