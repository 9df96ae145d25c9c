import type { OpenAI } from 'openai';
import { limits } from '../domain/limits.js';
import { hideKey, toProviderError, UpstreamError } from './failures.js';
import { ProviderError, type Provider } from './provider.js';
import { withRetries, type RetryPace } from './retry.js';
import { watchSilence } from './silence.js';
import type { Surroundings } from './surroundings.js';

/** Texts of one request: OpenAI's own limit. Smaller servers refuse, and get half of it, and half again. */
const batchMax = 2_048;

/** What a request says besides its texts. */
interface Ask {
  model: string;
  dimensions?: number;
}

/**
 * Makes the verb that turns texts into vectors, one for each and in their order, all of one length. A batch that is
 * refused is halved until single texts are refused; that refusal is the error.
 */
export function createEmbedder(client: OpenAI, surroundings: Surroundings, pace: RetryPace): Provider['embed'] {
  const request = async (ask: Ask, texts: string[], signal: AbortSignal): Promise<Float32Array[]> => {
    const watch = watchSilence(signal, limits.providerSilenceMs, () => new Error('The model server said nothing.'));
    try {
      // OpenAI refuses an empty text.
      const input = texts.map((text) => (text === '' ? ' ' : text));
      const body: unknown = await client.post('/embeddings', { body: { ...ask, input }, signal: watch.signal });
      return readVectors(body, texts.length);
    } catch (error) {
      signal.throwIfAborted();
      throw hideKey(toProviderError(error, surroundings.clock.now()), client.apiKey);
    } finally {
      watch.end();
    }
  };

  const embedBatch = async (ask: Ask, texts: string[], signal: AbortSignal): Promise<Float32Array[]> => {
    try {
      return await withRetries(
        () => request(ask, texts, signal),
        (error) => advice(error),
        signal,
        pace,
      );
    } catch (error) {
      if (texts.length === 1 || !isAboutSize(error)) throw error;
      const middle = Math.ceil(texts.length / 2);
      const left = await embedBatch(ask, texts.slice(0, middle), signal);
      return [...left, ...(await embedBatch(ask, texts.slice(middle), signal))];
    }
  };

  return async (model, texts, signal, dimensions) => {
    const ask: Ask = { model, ...(dimensions === undefined ? {} : { dimensions }) };
    const vectors: Float32Array[] = [];
    for (let at = 0; at < texts.length; at += batchMax) {
      vectors.push(...(await embedBatch(ask, texts.slice(at, at + batchMax), signal)));
    }
    checkLengths(vectors);
    return vectors;
  };
}

function advice(error: unknown) {
  return error instanceof UpstreamError ? error.advice : { again: false, afterMs: null };
}

function isAboutSize(error: unknown): boolean {
  if (!(error instanceof UpstreamError)) return false;
  return error.overflow || [400, 413, 422, 500].includes(error.failure.status ?? 0);
}

function readVectors(body: unknown, wanted: number): Float32Array[] {
  const data = (body as { data?: unknown } | null)?.data;
  if (!Array.isArray(data) || data.length !== wanted) {
    throw new ProviderError(
      'provider_unavailable',
      `The model server sent no ${wanted} embeddings for ${wanted} texts.`,
    );
  }
  const placed = new Array<Float32Array | undefined>(wanted);
  data.forEach((item: { index?: unknown; embedding?: unknown }, at) => {
    placed[typeof item.index === 'number' ? item.index : at] = toVector(item.embedding);
  });
  const vectors = placed.filter((vector) => vector !== undefined);
  if (vectors.length !== wanted) {
    throw new ProviderError('provider_unavailable', 'The model server sent two embeddings for one text.');
  }
  return vectors;
}

/** Numbers, or the little-endian bytes of 32-bit floats in base64. */
function toVector(embedding: unknown): Float32Array {
  if (typeof embedding === 'string') {
    const bytes = Buffer.from(embedding, 'base64');
    const floats = new Float32Array(Math.floor(bytes.length / 4));
    for (let at = 0; at < floats.length; at += 1) floats[at] = bytes.readFloatLE(at * 4);
    return floats;
  }
  if (Array.isArray(embedding)) return Float32Array.from(embedding as number[]);
  throw new ProviderError('provider_unavailable', 'The model server sent an embedding of no known form.');
}

function checkLengths(vectors: Float32Array[]): void {
  const length = vectors[0]?.length ?? 0;
  if (vectors.some((vector) => vector.length !== length || length === 0)) {
    throw new ProviderError('provider_unavailable', 'The model server sent embeddings of different lengths.');
  }
}
