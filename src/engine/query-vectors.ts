import { createHash } from 'node:crypto';
import type { ProviderRegistry } from '../providers/provider.js';
import type { Embedding, Search } from '../store/store.js';
import type { SearchAccess } from './tools/tool.js';

/** Where vectors are kept for a while, by the hash of their text. A lost entry costs one more request. */
export interface VectorCache {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, ttlMs: number): Promise<unknown>;
}

/** A query waits no longer than this for its vector; its words find enough without it. */
const embedMs = 3_000;
const keepMs = 30 * 24 * 3_600_000;

/** What the search tools read from: the store's search, and vectors of queries where a provider makes them. */
export function createSearchAccess(search: Search, providers: ProviderRegistry, cache: VectorCache): SearchAccess {
  return {
    search,
    async embed(text) {
      const embedder = providers.embedder();
      if (embedder === null || text.trim() === '') return null;
      const model = `${embedder.provider.name}/${embedder.model}`;
      const key = createHash('sha256').update(`${model}\n${text}`).digest('hex');
      const kept = await cache.get(key);
      if (kept !== undefined) return { model, vector: fromBase64(kept) };
      try {
        const [vector] = await embedder.provider.embed(embedder.model, [text], AbortSignal.timeout(embedMs));
        if (vector === undefined) return null;
        await cache.set(key, toBase64(vector), keepMs);
        return { model, vector } satisfies Embedding;
      } catch {
        // A provider that is down must not take the search with it.
        return null;
      }
    },
  };
}

function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
}

function fromBase64(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
