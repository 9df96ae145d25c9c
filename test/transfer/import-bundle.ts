import { createReadStream } from 'node:fs';
import { systemClock } from '../../src/domain/clock.js';
import type { Store } from '../../src/store/store.js';
import type { TransferReport } from '../../src/transfer/report.js';
import type { VectorMaker } from '../../src/transfer/vectors.js';
import { importSource, type ImportOrder, type ImportProgress } from '../../src/transfer/transfer.js';

/** How a test watches an import. */
interface Watching {
  signal?: AbortSignal;
  onProgress?(progress: ImportProgress): void;
  vectorMaker?: VectorMaker;
}

/** Imports a bundle into a store as a server does. */
export function importBundle(
  store: Store,
  path: string,
  changes: Partial<ImportOrder> = {},
  { signal = new AbortController().signal, onProgress = () => undefined, vectorMaker }: Watching = {},
): Promise<TransferReport> {
  const order: ImportOrder = {
    ...{ format: 'bundle', location: { path }, userId: 'nobody', isOneOwner: false, isDryRun: false, isLenient: false },
    ...changes,
  };
  const takeBytes = (content: string) => keepContent(store, createReadStream(content));
  return importSource(order, { store, clock: systemClock, takeBytes, onProgress, vectorMaker }, signal);
}

/** Puts bytes in their place. */
export async function keepContent(store: Store, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    yield* content;
  }
  const staged = await store.blobs.stage(pieces(), 1e9);
  await store.files.reserveBlob(staged.sha256, staged.bytes, 0);
  await store.blobs.keep(staged);
  return staged;
}
