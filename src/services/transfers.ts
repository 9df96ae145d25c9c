import { createReadStream } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { Clock } from '../domain/clock.js';
import { AppError, notFound } from '../domain/errors.js';
import type { Principal } from '../domain/user.js';
import type { ProviderRegistry } from '../providers/provider.js';
import type { Store } from '../store/store.js';
import { thingsIn, type ExportScope } from '../transfer/bundle/things.js';
import { bundleLines } from '../transfer/bundle/writer.js';
import { transferFormats, type TransferFormat } from '../transfer/formats.js';
import { agentFileOf } from '../transfer/letta/agent-file/writer.js';
import type { TransferReport } from '../transfer/report.js';
import { importSource, type ImportOrder, type ImportProgress } from '../transfer/transfer.js';
import type { VectorMaker } from '../transfer/vectors.js';
import { keepBytes, type ReceivedFile } from './files.js';
import { requireAdmin } from './organisations.js';

/** What is to be imported: as in the room that does it, or a file that was just received. */
export interface WantedImport extends Omit<ImportOrder, 'userId' | 'isOneOwner' | 'location'> {
  /** A path is one of this machine, from its root. */
  location: { path: string } | { url: string } | { received: ReceivedFile; name: string };
  /** Whose everything becomes; null leaves to each user what is theirs, and the rest to the caller. */
  userId: string | null;
}

/** Texts that wait for their vector, of which the house makes some all the time. */
export interface VectorsWaiting {
  model: string | null;
  waiting: number;
}

/** What these verbs need. */
export interface TransferServiceParts {
  store: Store;
  clock: Clock;
  /** Where the maker of vectors is found; without it there is none. */
  providers?: Pick<ProviderRegistry, 'embedder'>;
}

/** The verbs that take things from server to server, all of them an administrator's. */
export interface TransferService {
  /** The format of this name, or `auto`. Throws `not_found` for none of them. */
  formatOf(name: string): TransferFormat | 'auto';
  /** Receives an export as it arrives, none of it held in memory. Discard it when it has been imported. */
  receive(content: AsyncIterable<Uint8Array>): Promise<ReceivedFile>;
  discard(received: ReceivedFile): Promise<void>;
  /** Imports, and hears how far it has come. One import at a time: throws `conflict` for a second one. */
  import(
    principal: Principal,
    wanted: WantedImport,
    onProgress: (progress: ImportProgress) => void,
    signal: AbortSignal,
  ): Promise<TransferReport>;
  /**
   * The lines of a bundle, with the vectors of texts where these are wanted. Throws `not_found` before it returns where
   * there is nothing of that id.
   */
  export(principal: Principal, scope: ExportScope, hasVectors?: boolean): Promise<AsyncIterable<string>>;
  /** How many texts wait for a vector; the model is null where none makes any, and nothing waits. */
  vectorsWaiting(principal: Principal): Promise<VectorsWaiting>;
  /** An agent as an agent file of Letta's. Throws `not_found`, and `too_large` for more than one file should hold. */
  exportAgentFile(principal: Principal, agentId: string): Promise<string>;
}

/** Bytes of an export that is sent over the wire. */
const exportBytesMax = 64 * 1024 ** 3;

/** Makes the verbs of taking things from server to server. */
export function createTransferService({ store, clock, providers }: TransferServiceParts): TransferService {
  let isImporting = false;
  const takeBytes = async (path: string): Promise<{ sha256: string; bytes: number }> => {
    const received = await store.blobs.stage(createReadStream(path), exportBytesMax);
    await keepBytes(store, received, clock);
    return received;
  };
  return {
    formatOf: (name) => {
      const format = name === 'auto' ? name : transferFormats.find((each) => each === name);
      if (format === undefined) throw notFound('format', name);
      return format;
    },
    receive: (content) => store.blobs.stage(content, exportBytesMax),
    discard: (received) => store.blobs.discard(received),
    import: async (principal, { location, userId, ...wishes }, onProgress, signal) => {
      requireAdmin(principal);
      if ('path' in location && !isAbsolute(location.path)) {
        throw new AppError('invalid_request', 'The path must begin at the root of the file system.', { param: 'path' });
      }
      if (userId !== null && (await store.users.get(userId)) === null) throw notFound('user', userId);
      if (isImporting) throw new AppError('conflict', 'Another import is running; wait until it has ended.');
      isImporting = true;
      try {
        const place = 'received' in location ? { path: location.received.path, name: location.name } : location;
        const owner = { userId: userId ?? principal.userId, isOneOwner: userId !== null };
        const parts = { store, clock, takeBytes, onProgress, vectorMaker: vectorMakerOf(providers) };
        return await importSource({ ...wishes, ...owner, location: place }, parts, signal);
      } finally {
        isImporting = false;
      }
    },
    export: async (principal, scope, hasVectors = false) => {
      requireAdmin(principal);
      await requireThing(store, scope);
      return bundleLines(scope, store, hasVectors);
    },
    vectorsWaiting: async (principal) => {
      requireAdmin(principal);
      const maker = vectorMakerOf(providers);
      return {
        model: maker?.name ?? null,
        waiting: maker === null ? 0 : await store.search.countWithoutVector(maker.name),
      };
    },
    exportAgentFile: async (principal, id) => {
      requireAdmin(principal);
      const scope = { what: 'agent', id } as const;
      await requireThing(store, scope);
      return agentFileOf(thingsIn(scope, store.transfers), (sha256) => store.blobs.read(sha256));
    },
  };
}

/** Who makes the vectors of this house, or null. */
function vectorMakerOf(providers: TransferServiceParts['providers']): VectorMaker | null {
  const embedder = providers?.embedder() ?? null;
  if (embedder === null) return null;
  const { provider, model } = embedder;
  return {
    name: `${provider.name}/${model}`,
    model,
    embed: async (text, signal) => (await provider.embed(model, [text], signal))[0] ?? null,
  };
}

async function requireThing({ transfers }: Store, scope: ExportScope): Promise<void> {
  if (scope.what === 'everything') return;
  const found = await transfers.find(scope.what, [scope.id]);
  if (!found.has(scope.id)) throw notFound(scope.what, scope.id);
}
