import { newId, toOpenaiId } from '../domain/ids.js';
import type { Usage } from '../domain/run.js';
import { estimateRequest } from '../domain/request-tokens.js';
import { estimateTokens } from '../domain/tokens.js';
import { failureIn } from './failures.js';
import type { ModelEvent, ModelRequest } from './provider.js';

type Fields = Record<string, unknown>;

/** Turns the chunks of one reply into events, whatever liberties the server takes with them. */
export interface ChunkReader {
  /** Events of one chunk, or of a whole reply that came at once. Throws where it holds an error. */
  read(chunk: unknown): ModelEvent[];
  /** True once the server said why it stopped. */
  isFinished(): boolean;
  /** The last event. */
  finish(): ModelEvent;
}

interface OpenCall {
  /** The id the server gave; another one at the same index begins another call. */
  wireId: string;
  wireIndex: number | null;
  hasName: boolean;
}

/** Starts reading a reply to a request; the request is needed to estimate a usage that nobody reports. */
export function createChunkReader(request: ModelRequest, now: () => number): ChunkReader {
  const calls = createCallReader();
  let reason: string | null = null;
  let usage: Fields | null = null;
  let spoken = '';

  const readDelta = (delta: Fields): ModelEvent[] => {
    const events: ModelEvent[] = [];
    const { text, reasoning } = textsIn(delta);
    if (reasoning !== '') events.push({ type: 'reasoning', text: reasoning });
    if (text !== '') events.push({ type: 'text', text });
    events.push(...calls.read(delta));
    for (const event of events) spoken += event.type === 'call' ? (event.arguments ?? '') : textOf(event);
    return events;
  };

  return {
    read(chunk) {
      const body = asFields(chunk);
      if (body['error'] !== undefined && body['error'] !== null) throw failureIn(body['error'], now());
      usage = isUsage(body['usage']) ? asFields(body['usage']) : usage;
      const choice = asFields(Array.isArray(body['choices']) ? body['choices'][0] : undefined);
      if (typeof choice['finish_reason'] === 'string') reason = choice['finish_reason'];
      usage ??= isUsage(choice['usage']) ? asFields(choice['usage']) : null;
      return readDelta(asFields(choice['delta'] ?? choice['message']));
    },
    isFinished: () => reason !== null,
    finish() {
      return { type: 'finish', reason: reasonOf(reason, calls.count()), usage: usageOf(usage, request, spoken) };
    },
  };
}

function textOf(event: ModelEvent): string {
  return event.type === 'text' || event.type === 'reasoning' ? event.text : '';
}

function textsIn(delta: Fields): { text: string; reasoning: string } {
  const reasoning = delta['reasoning_content'] ?? delta['reasoning'];
  const texts = { text: '', reasoning: typeof reasoning === 'string' ? reasoning : '' };
  const content = delta['content'] ?? delta['refusal'];
  if (typeof content === 'string') texts.text += content;
  if (!Array.isArray(content)) return texts;
  for (const part of content.map(asFields)) {
    if (typeof part['text'] === 'string') texts.text += part['text'];
    // Mistral's reasoning models nest their thoughts one level deeper.
    if (Array.isArray(part['thinking'])) {
      texts.reasoning += part['thinking'].map((thought) => String(asFields(thought)['text'] ?? '')).join('');
    }
  }
  return texts;
}

/** Tells calls apart by index where there is one, by id where not, and joins their fragments. */
function createCallReader() {
  const open: OpenCall[] = [];
  const ids = new Set<string>();

  const uniqueId = (wireId: string): string => {
    let id = wireId === '' ? toOpenaiId('call', newId()) : wireId;
    for (let copy = 2; ids.has(id); copy += 1) id = `${wireId}_${copy}`;
    ids.add(id);
    return id;
  };

  const find = (fragment: Fields, wireId: string, name: string): number => {
    const index = typeof fragment['index'] === 'number' ? fragment['index'] : null;
    const at = index === null ? open.length - 1 : open.findLastIndex((call) => call.wireIndex === index);
    const call = open[at];
    if (call === undefined) return -1;
    if (wireId !== '' && wireId !== call.wireId) return -1;
    // Without an index, a fragment that brings a name is a new call even where the server repeats an id.
    return index === null && name !== '' && call.hasName ? -1 : at;
  };

  const readFragment = (fragment: Fields): ModelEvent => {
    const body = asFields(fragment['function'] ?? fragment);
    const wireId = typeof fragment['id'] === 'string' ? fragment['id'] : '';
    const name = typeof body['name'] === 'string' ? body['name'] : '';
    const text = argumentsText(body['arguments']);
    let at = find(fragment, wireId, name);
    const first: { id?: string; name?: string } = {};
    if (at < 0) {
      const wireIndex = typeof fragment['index'] === 'number' ? fragment['index'] : null;
      at = open.push({ wireId, wireIndex, hasName: false }) - 1;
      first.id = uniqueId(wireId);
    }
    const call = open[at];
    if (call !== undefined && name !== '' && !call.hasName) {
      call.hasName = true;
      first.name = name;
    }
    return { type: 'call', index: at, ...first, ...(text === '' ? {} : { arguments: text }) };
  };

  return {
    count: () => open.length,
    read(delta: Fields): ModelEvent[] {
      const listed = Array.isArray(delta['tool_calls']) ? delta['tool_calls'].map(asFields) : [];
      const legacy = delta['function_call'];
      const fragments =
        legacy === undefined || legacy === null ? listed : [...listed, { index: 0, ...asFields(legacy) }];
      return fragments
        .map(readFragment)
        .filter((event) => event.type === 'call' && (event.id ?? event.name ?? event.arguments) !== undefined);
    },
  };
}

/** Arguments are JSON text; some servers send the object itself. */
function argumentsText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

function reasonOf(reason: string | null, calls: number): 'stop' | 'calls' | 'length' | 'filter' {
  if (reason === 'length' || reason === 'max_tokens') return 'length';
  if (reason === 'content_filter') return 'filter';
  return calls > 0 ? 'calls' : 'stop';
}

function isUsage(value: unknown): boolean {
  return Number(asFields(value)['prompt_tokens'] ?? 0) > 0;
}

function usageOf(usage: Fields | null, request: ModelRequest, spoken: string): Usage {
  if (usage === null) {
    const promptTokens = estimateRequest(request);
    const completionTokens = estimateTokens(spoken);
    return { promptTokens, completionTokens, cachedTokens: null, reasoningTokens: null, estimated: true };
  }
  const promptTokens = Number(usage['prompt_tokens']);
  const rest = Number(usage['total_tokens'] ?? Number.NaN) - promptTokens;
  return {
    promptTokens,
    completionTokens: numberOrNull(usage['completion_tokens']) ?? (Number.isFinite(rest) ? rest : 0),
    cachedTokens: numberOrNull(asFields(usage['prompt_tokens_details'])['cached_tokens']),
    reasoningTokens: numberOrNull(asFields(usage['completion_tokens_details'])['reasoning_tokens']),
    estimated: false,
  };
}

function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function asFields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
