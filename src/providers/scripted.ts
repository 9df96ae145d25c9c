import { estimateRequest } from '../domain/request-tokens.js';
import { estimateTokens } from '../domain/tokens.js';
import { ProviderError, type ModelEvent, type ModelInfo, type ModelRequest, type Provider } from './provider.js';

/** One reply of a script. A bare string is a reply of that text. */
export type ScriptedReply = string | ScriptedTurn;

/** A reply in detail. Its events come in the order of these fields. */
export interface ScriptedTurn {
  /** Awaited before the first event, with the call's signal. */
  before?: (signal: AbortSignal) => Promise<void> | void;
  reasoning?: string;
  text?: string;
  /** Arguments that are no string are written as JSON. */
  calls?: { id?: string; name: string; arguments: unknown }[];
  /** Characters of one delta; absent is one delta for the whole. */
  deltaChars?: number;
  /** Exactly these events, instead of those made from the fields above. */
  events?: ModelEvent[];
  finish?: 'stop' | 'calls' | 'length' | 'filter';
  promptTokens?: number;
  completionTokens?: number;
  /** Events after which the stream stops short, as `ending` says. */
  cutAfter?: number;
  /** What happens at the cut: a broken stream, an error of your own, or silence until the signal aborts. */
  ending?: 'cut' | 'silence' | Error;
  /** Thrown instead of any event. */
  error?: Error;
}

/** Replies in order, or a function of the request and of the number of requests before it. */
export type Script =
  ScriptedReply[] | ((request: ModelRequest, index: number) => ScriptedReply | Promise<ScriptedReply>);

/** A provider that says what it is told. */
export interface ScriptedProvider extends Provider {
  /** Every request it got, oldest first. */
  readonly requests: ModelRequest[];
  /** Adds replies to a script that is a list. */
  push(...replies: ScriptedReply[]): void;
}

/** What a scripted provider has besides its script. */
export interface ScriptedOptions {
  models?: string[];
  contextWindow?: number | null;
  /** Makes one vector; without it `embed` refuses. */
  embed?: (text: string) => number[];
}

/**
 * Makes a provider that follows a script, records its requests and reaches no network. A list that has run out throws
 * `model_refused`, so that a test sees the turn it did not expect.
 */
export function createScriptedProvider(name: string, script: Script, options: ScriptedOptions = {}): ScriptedProvider {
  const requests: ModelRequest[] = [];
  const queue = Array.isArray(script) ? [...script] : [];
  const next = async (request: ModelRequest): Promise<ScriptedTurn> => {
    const index = requests.push(structuredClone(request)) - 1;
    const reply = Array.isArray(script) ? queue.shift() : await script(request, index);
    if (reply === undefined)
      throw new ProviderError('model_refused', `The script of '${name}' has no reply ${index + 1}.`);
    return typeof reply === 'string' ? { text: reply } : reply;
  };
  return {
    name,
    requests,
    push: (...replies) => void queue.push(...replies),
    async *stream(request, signal) {
      signal.throwIfAborted();
      yield* play(await next(request), request, signal);
    },
    embed: (_model, texts, signal) => embedWith(name, options.embed, texts, signal),
    models: () => Promise.resolve((options.models ?? ['scripted']).map(toModelInfo)),
    contextWindow: () => Promise.resolve(options.contextWindow ?? null),
  };
}

async function* play(turn: ScriptedTurn, request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
  await turn.before?.(signal);
  signal.throwIfAborted();
  if (turn.error !== undefined) throw turn.error;
  let count = 0;
  for (const event of turn.events ?? eventsOf(turn, request)) {
    if (turn.cutAfter !== undefined && count >= turn.cutAfter) await stopShort(turn.ending ?? 'cut', signal);
    yield event;
    signal.throwIfAborted();
    count += 1;
  }
}

function eventsOf(turn: ScriptedTurn, request: ModelRequest): ModelEvent[] {
  const { text = '', reasoning = '', calls = [] } = turn;
  const events: ModelEvent[] = [];
  for (const piece of piecesOf(reasoning, turn.deltaChars)) events.push({ type: 'reasoning', text: piece });
  for (const piece of piecesOf(text, turn.deltaChars)) events.push({ type: 'text', text: piece });
  const written = calls.map((call) => {
    return typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments);
  });
  calls.forEach((call, index) => {
    events.push({ type: 'call', index, id: call.id ?? `call_${index + 1}`, name: call.name });
    for (const piece of piecesOf(written[index] ?? '', turn.deltaChars)) {
      events.push({ type: 'call', index, arguments: piece });
    }
  });
  const usage = {
    promptTokens: turn.promptTokens ?? estimateRequest(request),
    completionTokens: turn.completionTokens ?? estimateTokens(reasoning + text + written.join('')),
    cachedTokens: null,
    reasoningTokens: null,
    estimated: false,
  };
  events.push({ type: 'finish', reason: turn.finish ?? (calls.length > 0 ? 'calls' : 'stop'), usage });
  return events;
}

function piecesOf(text: string, size: number | undefined): string[] {
  if (text === '') return [];
  if (size === undefined) return [text];
  const characters = [...text];
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += size) pieces.push(characters.slice(at, at + size).join(''));
  return pieces;
}

async function stopShort(ending: 'cut' | 'silence' | Error, signal: AbortSignal): Promise<never> {
  if (ending instanceof Error) throw ending;
  if (ending === 'silence') {
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    signal.throwIfAborted();
  }
  throw new ProviderError('provider_unavailable', 'The model broke off in the middle of its reply.');
}

async function embedWith(
  name: string,
  embed: ((text: string) => number[]) | undefined,
  texts: string[],
  signal: AbortSignal,
): Promise<Float32Array[]> {
  signal.throwIfAborted();
  if (embed === undefined) throw new ProviderError('model_refused', `'${name}' makes no vectors.`);
  return texts.map((text) => Float32Array.from(embed(text)));
}

function toModelInfo(id: string): ModelInfo {
  return { id, contextWindow: null, kind: 'chat', createdAt: null, ownedBy: 'scripted' };
}
