import type { OpenAI } from 'openai';
import { kindByName } from './families.js';
import { hideKey, toProviderError } from './failures.js';
import type { ModelInfo } from './provider.js';
import type { ProviderSettings } from './settings.js';
import type { Surroundings } from './surroundings.js';

/** How long a list of models holds, how long a failure to get one, and how long is waited for it. */
const listHoldsMs = 5 * 60_000;
const failureHoldsMs = 20_000;
const patienceMs = 5_000;

/** The name that means whatever model the server would choose. */
export const anyModel = 'default';

/** A provider's models, asked for once in a while. */
export interface ModelList {
  /** The models; the last known ones, or none, where the server cannot be reached. Throws only the signal's reason. */
  list(signal: AbortSignal): Promise<ModelInfo[]>;
  /** The server's own name: the first chat model where `default` is asked for, else the name as it is. */
  nameOf(model: string, signal: AbortSignal): Promise<string>;
}

/** Keeps the list of one provider's models. */
export function createModelList(settings: ProviderSettings, client: OpenAI, surroundings: Surroundings): ModelList {
  const key = `models:${settings.name}:${settings.baseUrl ?? ''}`;
  let known: ModelInfo[] = [];
  let freshUntil = Number.NEGATIVE_INFINITY;
  let asking: Promise<ModelInfo[]> | null = null;

  const ask = async (): Promise<ModelInfo[]> => {
    const now = surroundings.clock.now();
    try {
      const cached = await readCache(surroundings, key);
      known = cached ?? (await fetchModels(client));
      freshUntil = now + listHoldsMs;
      if (cached === null) await surroundings.cache.set(key, known, listHoldsMs).catch(() => false);
    } catch (error) {
      const { message } = hideKey(toProviderError(error, now), client.apiKey);
      surroundings.logger.warn({ provider: settings.name, reason: message }, 'the list of models is not to be had');
      freshUntil = now + failureHoldsMs;
    } finally {
      asking = null;
    }
    return known;
  };

  const list = async (signal: AbortSignal): Promise<ModelInfo[]> => {
    signal.throwIfAborted();
    if (surroundings.clock.now() < freshUntil) return known;
    asking ??= ask();
    return orAborted(asking, signal);
  };

  return {
    list,
    async nameOf(model, signal) {
      if (model !== anyModel) return model;
      const models = await list(signal);
      return models.find((one) => one.kind === 'chat')?.id ?? model;
    },
  };
}

async function fetchModels(client: OpenAI): Promise<ModelInfo[]> {
  const body: unknown = await client.get('/models', { signal: AbortSignal.timeout(patienceMs) });
  const fields = asFields(body);
  const items = Array.isArray(body) ? body : (fields['data'] ?? fields['models']);
  return Array.isArray(items) ? items.map(asFields).flatMap(toModelInfo) : [];
}

async function readCache(surroundings: Surroundings, key: string): Promise<ModelInfo[] | null> {
  const value = await surroundings.cache.get(key).catch(() => undefined);
  return Array.isArray(value) ? (value as ModelInfo[]) : null;
}

function toModelInfo(item: Record<string, unknown>): ModelInfo[] {
  const id = item['id'] ?? item['name'];
  if (typeof id !== 'string') return [];
  const created = item['created'];
  return [
    {
      id,
      contextWindow: windowIn(item),
      kind: typeof item['type'] === 'string' && /embed/i.test(item['type']) ? 'embedding' : kindByName(id),
      createdAt: typeof created === 'number' && created > 0 ? created * 1000 : null,
      ownedBy: typeof item['owned_by'] === 'string' ? item['owned_by'] : null,
    },
  ];
}

/**
 * The window that a model's entry states: OpenRouter, Groq, Together and Mistral, vLLM, LM Studio and llama.cpp each
 * have a word of their own. What is loaded counts before what is possible.
 */
export function windowIn(item: Record<string, unknown>): number | null {
  const nested = [asFields(item['top_provider']), asFields(item['meta'])];
  const words = [
    'loaded_context_length',
    'n_ctx',
    'context_length',
    'context_window',
    'max_model_len',
    'max_context_length',
  ];
  for (const word of words) {
    for (const fields of [item, ...nested]) {
      const value = fields[word];
      if (typeof value === 'number' && value > 0) return value;
    }
  }
  return null;
}

/** Waits for shared work, but not past the caller's own patience. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave: (() => void) | undefined;
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([work, left]);
  } finally {
    if (leave !== undefined) signal.removeEventListener('abort', leave);
  }
}

function asFields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
