import { AppError, type ErrorCode } from '../domain/errors.js';
import type { ModelSettings } from '../domain/agent.js';
import type { RequestMessage } from '../domain/request-message.js';
import type { ToolChoice, Usage } from '../domain/run.js';
import type { ToolDefinition } from '../domain/tool.js';

export type { RequestCall, RequestMessage, RequestPart } from '../domain/request-message.js';

/** One call of a model. */
export interface ModelRequest {
  /** The provider's own name of the model: no prefix, no alias. */
  model: string;
  messages: RequestMessage[];
  tools: ToolDefinition[];
  toolChoice: ToolChoice;
  parallelToolCalls: boolean | null;
  settings: ModelSettings;
  /** A stable word for the end user, where the provider takes one. */
  user: string | null;
}

/**
 * A piece of a model's reply. Calls come in fragments told apart by `index`; `id` and `name` come with the first. Every
 * stream ends with exactly one `finish`, or throws.
 */
export type ModelEvent =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  | { type: 'call'; index: number; id?: string; name?: string; arguments?: string }
  | { type: 'finish'; reason: 'stop' | 'calls' | 'length' | 'filter'; usage: Usage };

/** A model that a provider offers. */
export interface ModelInfo {
  id: string;
  /** Tokens of its window, where known. */
  contextWindow: number | null;
  kind: 'chat' | 'embedding' | 'unknown';
  createdAt: number | null;
  ownedBy: string | null;
}

/**
 * Someone who can continue a text. Repeats after passing failures happen inside, before the first event; a stream that
 * breaks later throws `provider_unavailable`.
 */
export interface Provider {
  /** The word before the slash in a model's name. */
  readonly name: string;
  /** Throws a ProviderError; an aborted signal stops the request on the wire and throws the signal's reason. */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
  /**
   * One vector for each text, in order, of as many `dimensions` as are asked for where the model can choose. Throws a
   * ProviderError where the provider has none.
   */
  embed(model: string, texts: string[], signal: AbortSignal, dimensions?: number): Promise<Float32Array[]>;
  models(signal: AbortSignal): Promise<ModelInfo[]>;
  /** Tokens of a model's window where this provider can tell, else null. Answers at once or from a cache. */
  contextWindow(model: string): Promise<number | null>;
}

/** How a provider's server itself worded a failure, for callers who speak its dialect. */
export interface UpstreamWords {
  /** Of the answer; null where there was none. */
  status: number | null;
  code: string | null;
  type: string | null;
  param: string | null;
}

/** What went wrong at a provider, in the engine's words. */
export class ProviderError extends AppError {
  /** True where the request is longer than the model's window: the engine compacts and tries again. */
  readonly overflow: boolean;
  /** Null where no server was asked. */
  readonly upstream: UpstreamWords | null;

  constructor(
    code: ErrorCode,
    message: string,
    options: { overflow?: boolean; upstream?: UpstreamWords; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(code, message, { retryAfterMs: options.retryAfterMs, cause: options.cause });
    this.name = 'ProviderError';
    this.overflow = options.overflow ?? false;
    this.upstream = options.upstream ?? null;
  }
}

/** A model's name, resolved. */
export interface ResolvedModel {
  provider: Provider;
  /** The provider's own name for it. */
  model: string;
}

/** Finds the provider of a model's name: `provider/model`, a bare name, or an alias. */
export interface ProviderRegistry {
  /** An empty name means the default. Throws `model_refused` where the name's provider is not configured. */
  resolve(name: string): ResolvedModel;
  /** The provider and model that make vectors, or null where none is configured. */
  embedder(): ResolvedModel | null;
  providers(): Provider[];
  aliases(): Record<string, string>;
  /** The model a new agent gets where nobody names one. */
  readonly defaultModel: string;
}
