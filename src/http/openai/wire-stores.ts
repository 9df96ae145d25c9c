import type { Chunking } from '../../domain/chunk.js';
import {
  expiryOf,
  hasExpired,
  totalOf,
  type FileCounts,
  type Library,
  type LibraryBatch,
  type LibraryFile,
  type LibraryPassage,
  type ScoredPassage,
} from '../../domain/library.js';
import { savedKey, withSaved } from '../../domain/saved-fields.js';
import { spellId } from './ids.js';
import { toSeconds, toSecondsOrNull, type WireObject } from './wire.js';
import type { JsonObject } from './wire-runs.js';

/** A library as a vector store. */
export function storeToWire(library: Library, now: number): WireObject {
  const { expiresAfterDays: days, counts } = library;
  const open = counts.inProgress > 0 ? 'in_progress' : 'completed';
  const wire = {
    id: spellId('library', library.id),
    object: 'vector_store',
    created_at: toSeconds(library.createdAt),
    name: library.name,
    usage_bytes: library.usageBytes,
    file_counts: countsToWire(counts),
    status: hasExpired(library, now) ? 'expired' : open,
    ...(days === null ? {} : { expires_after: { anchor: 'last_active_at', days } }),
    expires_at: toSecondsOrNull(expiryOf(library)),
    last_active_at: toSeconds(library.lastActiveAt),
    metadata: library.metadata,
  };
  return withSaved(wire, library.faceData[savedKey]);
}

/**
 * A file in a library. A loop that waits for its end and knows of no cancelling would wait for ever: it is told that
 * a cancelled file failed.
 */
export function storeFileToWire(file: LibraryFile, isPolled = false): WireObject {
  const failsForPoll = isPolled && file.status === 'cancelled';
  const cancelled = { code: 'server_error', message: 'The reading of this file was cancelled.' };
  return {
    id: spellId('file', file.fileId),
    object: 'vector_store.file',
    created_at: toSeconds(file.createdAt),
    vector_store_id: spellId('library', file.libraryId),
    usage_bytes: file.usageBytes,
    status: failsForPoll ? 'failed' : file.status,
    last_error: failsForPoll ? cancelled : file.error,
    chunking_strategy: chunkingToWire(file.chunking),
    attributes: file.attributes,
  };
}

/** Files that were put in together. Their counts and the status always agree. */
export function batchToWire(batch: LibraryBatch): WireObject {
  const { counts, cancelledAt } = batch;
  const ended = cancelledAt === null ? 'completed' : 'cancelled';
  return {
    id: spellId('batch', batch.id),
    object: 'vector_store.files_batch',
    created_at: toSeconds(batch.createdAt),
    vector_store_id: spellId('library', batch.libraryId),
    status: counts.inProgress > 0 ? 'in_progress' : ended,
    file_counts: countsToWire(counts),
  };
}

/** What a search found, best first. */
export function searchToWire(queries: string[], hits: readonly ScoredPassage[], hasMore: boolean): JsonObject {
  return {
    object: 'vector_store.search_results.page',
    search_query: queries,
    data: hits.map(({ fileId, fileName, score, attributes, text }) => ({
      file_id: spellId('file', fileId),
      filename: fileName,
      score,
      attributes,
      content: [{ type: 'text', text }],
    })),
    has_more: hasMore,
    next_page: null,
  };
}

/** A file's text, passage by passage. */
export function contentToWire(passages: readonly LibraryPassage[], hasMore: boolean): JsonObject {
  const last = passages.at(-1);
  return {
    object: 'vector_store.file_content.page',
    data: passages.map(({ text }) => ({ type: 'text', text })),
    has_more: hasMore,
    next_page: hasMore && last !== undefined ? String(last.position + 1) : null,
  };
}

function countsToWire(counts: FileCounts): JsonObject {
  const { inProgress, completed, failed, cancelled } = counts;
  return { in_progress: inProgress, completed, failed, cancelled, total: totalOf(counts) };
}

function chunkingToWire({ kind, maxTokens, overlapTokens }: Chunking): JsonObject {
  if (kind === 'sentences') return { type: 'other' };
  return {
    type: 'static',
    static: { max_chunk_size_tokens: maxTokens, chunk_overlap_tokens: overlapTokens },
  };
}
