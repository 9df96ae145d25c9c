import { setTimeout as sleep } from 'node:timers/promises';
import { estimateRequest } from '../domain/request-tokens.js';
import { estimateTokens } from '../domain/tokens.js';
import { decide, type Decision } from './demo/decide.js';
import { ProviderError, type ModelEvent, type ModelInfo, type ModelRequest, type Provider } from './provider.js';
import type { DemoSettings } from './settings.js';

/** The word before the slash, and the one model behind it. */
export const demoProviderName = 'offline';
export const demoModelName = 'demo';
/** The stand-in remembers nothing between calls and reads fast, so its window is generous. */
const contextWindow = 32_768;

const info: ModelInfo = {
  id: demoModelName,
  contextWindow,
  kind: 'chat',
  createdAt: null,
  ownedBy: 'threadkeeper',
};

/**
 * The built-in stand-in: rules instead of a model, no network, the same answer to the same request. It sees what any
 * provider sees and uses the tools it is offered. It makes no vectors: `embed` throws `model_refused`.
 */
export function createDemoProvider(settings: DemoSettings): Provider {
  return {
    name: demoProviderName,
    stream: (request, signal) => speak(request, decide(request), settings, signal),
    embed: () =>
      Promise.reject(new ProviderError('model_refused', 'The offline stand-in makes no embeddings; search by words.')),
    models: () => Promise.resolve([info]),
    contextWindow: () => Promise.resolve(contextWindow),
  };
}

async function* speak(
  request: ModelRequest,
  decision: Decision,
  settings: DemoSettings,
  signal: AbortSignal,
): AsyncGenerator<ModelEvent> {
  signal.throwIfAborted();
  if (settings.latencyMs > 0) await pause(settings.latencyMs, signal);
  const budget = request.settings.maxOutputTokens ?? Number.POSITIVE_INFINITY;
  const gapMs = settings.tokensPerSecond > 0 ? 1000 / settings.tokensPerSecond : 0;
  const startedAt = performance.now();
  let spent = 0;
  let pieces = 0;
  for (const event of eventsOf(decision)) {
    const cost = costOf(event);
    if (spent + cost > budget) {
      yield finish('length', request, spent);
      return;
    }
    pieces += cost > 0 ? 1 : 0;
    const lateMs = startedAt + pieces * gapMs - performance.now();
    if (gapMs > 0 && lateMs > 1) await pause(lateMs, signal);
    signal.throwIfAborted();
    spent += cost;
    yield event;
  }
  yield finish(decision.calls.length > 0 ? 'calls' : 'stop', request, spent);
}

function* eventsOf(decision: Decision): Generator<ModelEvent> {
  for (const piece of wordsOf(decision.text)) yield { type: 'text', text: piece };
  for (const [index, call] of decision.calls.entries()) {
    yield { type: 'call', index, id: call.id, name: call.name };
    for (const piece of wordsOf(JSON.stringify(call.arguments))) yield { type: 'call', index, arguments: piece };
  }
}

/** Word by word, the white space before a word with it; together they are the text again. */
function wordsOf(text: string): string[] {
  return text.match(/\s*\S+\s*$|\s*\S+|\s+$/g) ?? [];
}

function costOf(event: ModelEvent): number {
  if (event.type === 'text') return estimateTokens(event.text);
  return event.type === 'call' ? estimateTokens(event.arguments ?? '') : 0;
}

function finish(reason: 'stop' | 'calls' | 'length', request: ModelRequest, completionTokens: number): ModelEvent {
  const promptTokens = estimateRequest(request);
  return {
    type: 'finish',
    reason,
    usage: { promptTokens, completionTokens, cachedTokens: null, reasoningTokens: null, estimated: false },
  };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
