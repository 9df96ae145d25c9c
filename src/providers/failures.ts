import { APIConnectionError, APIError } from 'openai';
import { ProviderError } from './provider.js';
import { retryAfterMs, type RetryAdvice } from './retry.js';

/** What a server said went wrong, whatever shape it said it in. */
export interface UpstreamFailure {
  /** Null where there was no answer at all, or an error inside a stream that named no status. */
  status: number | null;
  message: string;
  code: string | null;
  type: string | null;
  param: string | null;
  headers?: Headers | undefined;
  cause?: unknown;
}

/** A failure on its way to becoming a ProviderError: it still knows its status and whether to try again. */
export class UpstreamError extends ProviderError {
  readonly failure: UpstreamFailure;
  readonly advice: RetryAdvice;

  constructor(failure: UpstreamFailure, epochMs: number) {
    const wait = retryAfterMs(failure.headers, epochMs);
    const overflow = isOverflow(failure);
    super(codeOf(failure, overflow), sentenceOf(failure, overflow), {
      overflow,
      upstream: { status: failure.status, code: failure.code, type: failure.type, param: failure.param },
      retryAfterMs: wait ?? undefined,
      cause: failure.cause,
    });
    this.failure = failure;
    this.advice = { again: !overflow && isPassing(failure), afterMs: wait };
  }
}

/**
 * How servers say that a request is longer than the model's window: OpenAI, Azure, Anthropic, Gemini, vLLM, llama.cpp,
 * LM Studio, Ollama, Mistral, Groq, Together, Cohere, Bedrock, SGLang and Text Generation Inference, in this order
 * roughly; matched without regard to case.
 */
export const overflowPhrases: readonly RegExp[] = [
  /maximum context length/i,
  /context_length_exceeded/i,
  /exceeds? (?:the |this |your )?(?:model['’]s )?(?:maximum |available )?context (?:window|length|size)/i,
  /input tokens exceed the configured limit/i,
  /exceeds the maximum allowed input length/i,
  /prompt is too long/i,
  /input is too long/i,
  /input length and `?max_tokens`? exceed context limit/i,
  /exceeds the maximum number of tokens/i,
  /exceed_context_size_error/i,
  /context (?:size|length|window) (?:has been |was |is )?exceeded/i,
  /(?:greater|longer) than the (?:maximum model|context|model['’]s context) length/i,
  /trying to keep the first \d+ tokens when context (?:the )?overflows/i,
  /(?:prompt|input|request) (?:token count )?(?:\(?\d+ tokens?\)? )?(?:is |has )?(?:too large|exceeds) (?:for )?(?:the )?(?:model|context|limit|maximum)/i,
  /too many (?:input )?tokens/i,
  /please reduce the length of the (?:messages|prompt|input)/i,
  /`?inputs`? tokens \+ `?max_new_tokens`? must be/i,
  /token limit exceeded|exceeds? (?:the )?token limit/i,
  /string_above_max_length/i,
];

function isOverflow(failure: UpstreamFailure): boolean {
  if (failure.status === 413) return true;
  if (failure.status === 429 || failure.status === 401) return false;
  const text = `${failure.message} ${failure.code ?? ''} ${failure.type ?? ''}`;
  return overflowPhrases.some((phrase) => phrase.test(text));
}

function codeOf(failure: UpstreamFailure, overflow: boolean) {
  if (overflow) return 'context_too_small';
  if (failure.status === 429 || isOutOfQuota(failure) || /rate.?limit/i.test(failure.code ?? '')) {
    return 'provider_rate_limited';
  }
  return isForGood(failure) ? 'model_refused' : 'provider_unavailable';
}

function isForGood({ status }: UpstreamFailure): boolean {
  return status !== null && status >= 400 && status < 500 && status !== 408 && status !== 409 && status !== 429;
}

function isOutOfQuota(failure: UpstreamFailure): boolean {
  return /insufficient_quota|billing_hard_limit/i.test(`${failure.code ?? ''} ${failure.type ?? ''}`);
}

/** Timeouts, lock conflicts, rate limits, faults of the server and broken connections pass; the rest does not. */
function isPassing(failure: UpstreamFailure): boolean {
  const wish = failure.headers?.get('x-should-retry');
  if (wish === 'true') return true;
  if (wish === 'false' || isOutOfQuota(failure)) return false;
  return !isForGood(failure);
}

function sentenceOf(failure: UpstreamFailure, overflow: boolean): string {
  const said = plainText(failure.message);
  if (overflow) return `The request is longer than the model's window: ${said}`;
  switch (failure.status) {
    case null:
      return said === '' ? 'The model server cannot be reached.' : said;
    case 401:
    case 403:
      return `The model server refused the API key (status ${failure.status}).`;
    default:
      return said === '' ? `The model server answered with status ${failure.status}.` : said;
  }
}

/** The words of an error page, or the text as it is; at most a few lines of it. */
export function plainText(text: string): string {
  const isPage = /<(?:!doctype|html|head|body|title)\b/i.test(text);
  const title = isPage ? /<title[^>]*>([^<]*)</i.exec(text)?.[1] : undefined;
  const words =
    title ?? (isPage ? text.replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' ') : text);
  const tidy = words.replace(/\s+/g, ' ').trim();
  return tidy.length > 600 ? `${tidy.slice(0, 600)}…` : tidy;
}

/** Reads what the SDK or the network threw. What is a ProviderError already comes back as it is. */
export function toProviderError(error: unknown, epochMs: number): ProviderError {
  if (error instanceof ProviderError) return error;
  if (error instanceof APIConnectionError || !(error instanceof APIError)) {
    return new UpstreamError(networkFailure(error), epochMs);
  }
  const body = asRecord(error.error);
  const isPlain = Object.keys(body).length > 0;
  const message = isPlain ? messageIn(body) : error.message.replace(/^\d{3} (?:status code \(no body\))?/, '');
  return new UpstreamError(
    {
      status: error.status ?? statusIn(body),
      message: message === '' ? error.message : message,
      code: textOrNull(error.code ?? body['code']),
      type: textOrNull(error.type ?? body['type']),
      param: textOrNull(error.param ?? body['param']),
      headers: error.headers,
      cause: error,
    },
    epochMs,
  );
}

/** Fewer characters than any key has: what stands for one where a server wants none is a word like others. */
const keyCharsMin = 8;

/** Takes the key out of what a failure says: some servers repeat it, and whoever asked for a run reads why it failed. */
export function hideKey(error: ProviderError, key: string | null): ProviderError {
  if (key !== null && key.length >= keyCharsMin) error.message = error.message.replaceAll(key, '[redacted]');
  return error;
}

/** Reads an `error` member found in a body or in the middle of a stream. */
export function failureIn(error: unknown, epochMs: number): UpstreamError {
  const body = typeof error === 'string' ? { message: error } : asRecord(error);
  return new UpstreamError(
    {
      status: statusIn(body),
      message: messageIn(body),
      code: textOrNull(body['code']),
      type: textOrNull(body['type']),
      param: textOrNull(body['param']),
    },
    epochMs,
  );
}

function networkFailure(error: unknown): UpstreamFailure {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = asRecord(cause)['code'] ?? asRecord(asRecord(cause)['cause'])['code'];
  const reason = typeof code === 'string' ? ` (${code})` : '';
  return {
    status: null,
    message: `The model server cannot be reached or broke the connection${reason}.`,
    code: textOrNull(code),
    type: null,
    param: null,
    cause: error,
  };
}

function messageIn(body: Record<string, unknown>): string {
  for (const key of ['message', 'detail', 'error', 'msg']) {
    const value = body[key];
    if (typeof value === 'string') return value;
    if (typeof value === 'object' && value !== null && key !== 'detail') return messageIn(asRecord(value));
  }
  return Object.keys(body).length === 0 ? '' : JSON.stringify(body);
}

function statusIn(body: Record<string, unknown>): number | null {
  const status = Number(body['status'] ?? body['code']);
  return Number.isInteger(status) && status >= 400 && status < 600 ? status : null;
}

function textOrNull(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
