import type { Message } from '../domain/message.js';

/**
 * How hard room is made. `sliding` keeps the newest messages that fit the target; `all` the newest exchange where that
 * fits, else only what the model is busy with; `drop` nothing but a question that nobody has answered yet, and asks no
 * model; `everything` is for whoever asks for an empty window.
 */
export type Rung = 'sliding' | 'all' | 'drop' | 'everything';

/** What a cut is chosen from. */
export interface CutRequest {
  /** The live messages, oldest first. */
  live: readonly Message[];
  /** Tokens that the messages which stay should have at the most. */
  target: number;
  tokensOf(message: Message): number;
}

/**
 * How many of the live messages go, so that no call is parted from its result. What a person said last may go too: who
 * builds the prompt puts it in front as long as it has no answer.
 */
export function cutOf(rung: Rung, request: CutRequest): number {
  const { live } = request;
  switch (rung) {
    case 'sliding':
      return toBoundary(live, Math.min(fitting(request), tailOf(live)));
    case 'all': {
      const question = live.findLastIndex(isSaidByUser);
      return toBoundary(live, question >= fitting(request) ? question : tailOf(live));
    }
    case 'drop': {
      const tail = tailOf(live);
      const last = live[tail];
      return last !== undefined && isSaidByUser(last) ? tail : live.length;
    }
    case 'everything':
      return live.length;
    default:
      return rung satisfies never;
  }
}

/** True for what a person said. */
export function isSaidByUser(message: Message): boolean {
  return message.role === 'user' && message.kind === 'said';
}

/** Where the newest messages begin that fit the target. */
function fitting({ live, target, tokensOf }: CutRequest): number {
  let tokens = 0;
  for (let at = live.length - 1; at >= 0; at -= 1) {
    const message = live[at];
    tokens += message === undefined ? 0 : tokensOf(message);
    if (tokens > target) return at + 1;
  }
  return 0;
}

/** Where that begins which the model is busy with: the newest question, or its own newest reply and what came of it. */
function tailOf(live: readonly Message[]): number {
  const at = live.findLastIndex((message) => message.role === 'assistant' || isSaidByUser(message));
  return at < 0 ? Math.max(0, live.length - 1) : at;
}

/** The nearest place at or before `cut` that parts no call from its result. */
function toBoundary(live: readonly Message[], cut: number): number {
  let at = cut;
  while (at > 0 && live[at]?.role === 'tool') at -= 1;
  return at;
}
