import type { Usage } from '../../domain/run.js';
import { toOpenaiId } from '../../domain/ids.js';
import {
  messageBreak,
  type ChatAnswer,
  type ChatEnd,
  type ChatEvent,
  type ChatReply,
} from '../../services/chat-answers.js';
import type { Frame } from '../sse.js';
import { toAnswer } from './errors.js';
import { toSeconds } from './wire.js';

/** How an answer is told. */
export interface ChatForm {
  /** The model as the request named it. */
  model: string;
  /** Tells the usage in a last chunk of its own. */
  withUsage: boolean;
}

type JsonObject = Record<string, unknown>;

/** An answer as one object. */
export function chatToWire(answer: ChatAnswer, reply: ChatReply, { model }: Pick<ChatForm, 'model'>): JsonObject {
  const calls = reply.calls.map(({ id, name, arguments: text }) => ({
    id,
    type: 'function',
    function: { name, arguments: text },
  }));
  const message = {
    role: 'assistant',
    content: reply.text,
    refusal: null,
    ...(reply.reasoning === null ? {} : { reasoning_content: reply.reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  return {
    ...headOf(answer, model, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: reasonToWire(reply.reason) }],
    usage: usageToWire(reply.usage),
  };
}

/** An answer as a stream of chunks. It ends with `[DONE]`, or without where it breaks off. */
export async function* chatFrames(answer: ChatAnswer, { model, withUsage }: ChatForm): AsyncGenerator<Frame> {
  const head = headOf(answer, model, 'chat.completion.chunk');
  const unspent = withUsage ? { usage: null } : {};
  const chunk = (delta: JsonObject, reason: string | null = null): Frame =>
    frame({ ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }], ...unspent });
  yield chunk({ role: 'assistant', content: '', refusal: null });
  let hasSpoken = false;
  for await (const event of answer.events) {
    if (event.type === 'finish') {
      yield chunk({}, reasonToWire(event.reason));
      if (withUsage) yield frame({ ...head, choices: [], usage: usageToWire(event.usage) });
      yield { data: '[DONE]' };
      return;
    }
    const delta = deltaOf(event, hasSpoken);
    hasSpoken ||= event.type === 'text';
    if (delta !== null) yield chunk(delta);
  }
}

/** The frames of an answer that broke off. */
export function chatLastWords(error: unknown): Frame[] {
  return [frame(toAnswer(error).body as JsonObject)];
}

function deltaOf(event: Exclude<ChatEvent, { type: 'finish' }>, hasSpoken: boolean): JsonObject | null {
  switch (event.type) {
    case 'text':
      return { content: event.text };
    case 'reasoning':
      return { reasoning_content: event.text };
    case 'message':
      return hasSpoken ? { content: messageBreak } : null;
    case 'taken-back':
      // What was heard cannot be unheard.
      return null;
    case 'call': {
      const { index, id, name, arguments: text } = event;
      const begun = id === undefined ? {} : { id, type: 'function' };
      const named = name === undefined ? {} : { name };
      return { tool_calls: [{ index, ...begun, function: { ...named, arguments: text ?? '' } }] };
    }
    default:
      return event satisfies never;
  }
}

function headOf({ id, createdAt }: ChatAnswer, model: string, object: string): JsonObject {
  const [, own = ''] = toOpenaiId('run', id).split('_');
  return { id: `chatcmpl-${own}`, object, created: toSeconds(createdAt), model, system_fingerprint: 'threadkeeper' };
}

function reasonToWire(reason: ChatEnd): string {
  switch (reason) {
    case 'stop':
    case 'length':
      return reason;
    case 'calls':
      return 'tool_calls';
    case 'filter':
      return 'content_filter';
    default:
      return reason satisfies never;
  }
}

function usageToWire({ promptTokens, completionTokens, cachedTokens, reasoningTokens }: Usage): JsonObject {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens ?? 0 },
    completion_tokens_details: { reasoning_tokens: reasoningTokens ?? 0 },
  };
}

function frame(data: JsonObject): Frame {
  return { data: JSON.stringify(data) };
}
