import type { ProviderRegistry } from '../providers/provider.js';
import type { Store } from '../store/store.js';

/** What the indexer needs. */
export interface IndexerDependencies {
  store: Store;
  providers: ProviderRegistry;
  /** Told of a provider that does not answer. */
  onFault(error: unknown): void;
}

const batch = 64;
const idleMs = 1_000;
const faultMs = 30_000;

/**
 * Gives vectors to the texts that have none of the model in use: after their commit and out of everybody's way. A text
 * is stored and found by its words first; an outage of the provider only delays its vector.
 */
export class Indexer {
  private timer: NodeJS.Timeout | null = null;
  private readonly abort = new AbortController();
  private busy: Promise<void> = Promise.resolve();

  constructor(private readonly dependencies: IndexerDependencies) {}

  start(): void {
    if (this.dependencies.providers.embedder() === null) return;
    this.next(idleMs);
  }

  async stop(): Promise<void> {
    this.abort.abort();
    if (this.timer !== null) clearTimeout(this.timer);
    await this.busy;
  }

  /** Indexes one batch; how many texts it held. */
  async indexBatch(): Promise<number> {
    const { store, providers } = this.dependencies;
    const embedder = providers.embedder();
    if (embedder === null) return 0;
    const model = `${embedder.provider.name}/${embedder.model}`;
    const texts = await store.search.withoutVector(model, batch);
    if (texts.length === 0) return 0;
    const vectors = await embedder.provider.embed(
      embedder.model,
      texts.map(({ text }) => text),
      this.abort.signal,
    );
    const rows = texts.flatMap(({ kind, id }, index) => {
      const vector = vectors[index];
      return vector === undefined ? [] : [{ kind, id, vector }];
    });
    await store.search.putVectors(model, rows);
    return rows.length;
  }

  private next(delayMs: number): void {
    if (this.abort.signal.aborted) return;
    this.timer = setTimeout(() => {
      this.busy = this.work();
    }, delayMs);
  }

  private async work(): Promise<void> {
    try {
      const count = await this.indexBatch();
      this.next(count === batch ? 0 : idleMs);
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.dependencies.onFault(error);
      this.next(faultMs);
    }
  }
}
