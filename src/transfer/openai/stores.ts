import { windowChunking, type Chunking } from '../../domain/chunk.js';
import { derivedId } from '../../domain/derived-id.js';
import type { AttributeValue, LibraryFileError, LibraryFileStatus } from '../../domain/library.js';
import type { TransferRecord } from '../record.js';
import { hasOtherThanText, pairsOf, savedFields } from './fields.js';
import { idFor } from './ids.js';
import { isJson, numberOf, readTime, stringOf, textOf, type Json } from './json.js';
import type { Writing } from './writing.js';

/** What changes by itself while a store is read in again. */
const livingFields = ['id', 'object', 'created_at', 'usage_bytes', 'file_counts', 'status', 'file_ids'];

/** A vector store; its files are read in again. */
export function storeRecord(writing: Writing, named: { id: string; name?: string }): TransferRecord {
  const { createdAt, record } = writing;
  const object = named.name === undefined ? writing.object : {};
  const expiry = isJson(object['expires_after']) ? object['expires_after'] : {};
  const expiresAfterDays = numberOf(expiry['days']);
  const lastActiveAt = readTime(object['last_active_at']) ?? createdAt;
  const name = stringOf(object['name']) ?? '';
  const metadata = pairsOf(object['metadata']);
  const expiresAt = expiresAfterDays === null ? null : lastActiveAt + expiresAfterDays * 24 * 3_600_000;
  const shown: Json = {
    ...{ name, metadata, last_active_at: Math.floor(lastActiveAt / 1_000) },
    ...(expiresAfterDays === null ? {} : { expires_after: { anchor: 'last_active_at', days: expiresAfterDays } }),
    expires_at: expiresAt === null ? null : Math.floor(expiresAt / 1_000),
  };
  const unkept = hasOtherThanText(object['metadata']) ? ['metadata'] : [];
  const skipped = [...livingFields, ...unkept];
  return record('library', {
    ...{ id: named.id, kind: 'vector_store', name, description: stringOf(object['description']), metadata },
    ...{ expiresAfterDays, lastActiveAt, createdAt, updatedAt: createdAt },
    faceData: savedFields(object, { shown, changeable: ['expires_after', ...Object.keys(shown)], skipped }),
  });
}

/** A file that is put into a library. */
export interface NewStoreFile {
  libraryId: string;
  fileId: string;
  chunking: Chunking;
  status?: LibraryFileStatus;
  error?: LibraryFileError | null;
  attributes?: Record<string, AttributeValue>;
}

/** A file in a library, to be read in unless it is said how that ended. */
export function storeFileRecord({ createdAt, record }: Writing, file: NewStoreFile): TransferRecord {
  const status = file.status ?? 'in_progress';
  return record('library-file', {
    id: derivedId('openai', 'file of', file.libraryId, file.fileId),
    libraryId: idFor('library', file.libraryId),
    fileId: idFor('file', file.fileId),
    ...{ status, error: file.error ?? null, attributes: file.attributes ?? {}, chunking: file.chunking },
    ...{ progress: { unit: 'bytes', done: 0, total: 0 }, note: null, createdAt },
    endedAt: status === 'in_progress' ? null : createdAt,
  });
}

/** A file of a vector store as the export tells of it. */
export function readStoreFile(object: Json, fileId: string, libraryId: string, hasBytes: boolean): NewStoreFile {
  const file = {
    libraryId,
    fileId,
    chunking: chunkingOf(object['chunking_strategy']),
    attributes: attributesOf(object),
  };
  const status = object['status'];
  if (status === 'cancelled') return { ...file, status };
  if (status === 'failed') return { ...file, status, error: errorOf(object['last_error']) };
  if (hasBytes) return file;
  const message = 'The bytes of this file were not in the export.';
  return { ...file, status: 'failed', error: { code: 'invalid_file', message } };
}

/** How files were cut; where the original only says that it was in some other way, sentence by sentence. */
function chunkingOf(strategy: unknown): Chunking {
  if (!isJson(strategy)) return windowChunking;
  if (strategy['type'] === 'other') return { kind: 'sentences', maxTokens: 300, overlapTokens: 0 };
  const cut = isJson(strategy['static']) ? strategy['static'] : {};
  const maxTokens = numberOf(cut['max_chunk_size_tokens']) ?? windowChunking.maxTokens;
  const overlapTokens = numberOf(cut['chunk_overlap_tokens']) ?? windowChunking.overlapTokens;
  const isSound = Number.isInteger(maxTokens) && maxTokens >= 1 && overlapTokens >= 0 && overlapTokens * 2 <= maxTokens;
  return isSound ? { kind: 'window', maxTokens, overlapTokens } : windowChunking;
}

function attributesOf({ attributes }: Json): Record<string, AttributeValue> {
  if (!isJson(attributes)) return {};
  const plain = Object.entries(attributes).filter((entry): entry is [string, AttributeValue] =>
    ['string', 'number', 'boolean'].includes(typeof entry[1]),
  );
  return Object.fromEntries(plain);
}

function errorOf(error: unknown): LibraryFileError {
  const told = isJson(error) ? error : {};
  const code = (['invalid_file', 'unsupported_file', 'server_error'] as const).find((each) => each === told['code']);
  return { code: code ?? 'server_error', message: textOf(told['message']) ?? 'The file could not be read.' };
}
