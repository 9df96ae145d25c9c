import { z } from 'zod';

/*
 * What answers about vector stores look like, for the generated documents.
 */

const time = z.int().describe('Seconds since 1970.');

const counts = z.object({
  in_progress: z.int(),
  completed: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  total: z.int(),
});

/** A vector store. */
export const storeReply = z
  .object({
    id: z.string(),
    object: z.literal('vector_store'),
    created_at: time,
    name: z.string(),
    usage_bytes: z.int(),
    file_counts: counts,
    status: z.enum(['in_progress', 'completed', 'expired']),
    expires_after: z.object({ anchor: z.literal('last_active_at'), days: z.int() }).optional(),
    expires_at: time.nullable(),
    last_active_at: time.nullable(),
    metadata: z.record(z.string(), z.string()).nullable(),
  })
  .meta({ id: 'VectorStore' });

/** A file in a vector store. */
export const storeFileReply = z
  .object({
    id: z.string(),
    object: z.literal('vector_store.file'),
    created_at: time,
    vector_store_id: z.string(),
    usage_bytes: z.int(),
    status: z.enum(['in_progress', 'completed', 'cancelled', 'failed']),
    last_error: z.object({ code: z.string(), message: z.string() }).nullable(),
    chunking_strategy: z.record(z.string(), z.unknown()),
    attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  })
  .meta({ id: 'VectorStoreFile' });

/** Files that were put into a vector store together. */
export const batchReply = z
  .object({
    id: z.string(),
    object: z.literal('vector_store.files_batch'),
    created_at: time,
    vector_store_id: z.string(),
    status: z.enum(['in_progress', 'completed', 'cancelled', 'failed']),
    file_counts: counts,
  })
  .meta({ id: 'VectorStoreFileBatch' });

/** What a search found. */
export const searchReply = z
  .object({
    object: z.literal('vector_store.search_results.page'),
    search_query: z.array(z.string()),
    data: z.array(z.record(z.string(), z.unknown())),
    has_more: z.boolean(),
    next_page: z.string().nullable(),
  })
  .meta({ id: 'VectorStoreSearchResults' });

/** A file's text. */
export const contentReply = z
  .object({
    object: z.literal('vector_store.file_content.page'),
    data: z.array(z.object({ type: z.literal('text'), text: z.string() })),
    has_more: z.boolean(),
    next_page: z.string().nullable(),
  })
  .meta({ id: 'VectorStoreFileContent' });
