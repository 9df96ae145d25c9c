import { z } from 'zod';
import { limits } from '../../domain/limits.js';
import { chunkingField, idField, integerField, metadataField } from './fields.js';
import { listFields } from './schemas.js';

/** Files that a store may be made with, and days after which one may be told to go. */
const most = { files: 500, days: 365 } as const;

const expiryField = z.strictObject({ anchor: z.literal('last_active_at'), days: integerField(1, most.days) }).nullish();

const fileId = idField('file');

/** Values by which files are told apart. */
const attributesField = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish();

/** The body that makes a store; it may be absent. */
export const createStoreBody = z
  .strictObject({
    name: z.string().max(256).nullish(),
    description: z.string().nullish(),
    file_ids: z.array(fileId).max(most.files).nullish(),
    expires_after: expiryField,
    chunking_strategy: chunkingField,
    metadata: metadataField,
  })
  .default({});

/** The body that changes one: what is absent stays. */
export const updateStoreBody = z
  .strictObject({ name: z.string().max(256).nullish(), expires_after: expiryField, metadata: metadataField })
  .default({});

/** The parameters of a path with a store, with one of its files, with a batch. */
export const storePath = z.object({ vector_store_id: idField('library') });
export const storeFilePath = storePath.extend({ file_id: fileId });
export const batchPath = storePath.extend({ batch_id: idField('batch') });

/** The query of the list of stores. */
export const storeListQuery = z.object(listFields('library'));

/** The query of the lists of a store's files. */
export const storeFileListQuery = z.object({
  ...listFields('file'),
  filter: z.enum(['in_progress', 'completed', 'failed', 'cancelled']).optional(),
});

const fileFields = { attributes: attributesField, chunking_strategy: chunkingField };

/** The body that puts a file into a store. */
export const addFileBody = z.strictObject({ file_id: fileId, ...fileFields });

/** The body that replaces a file's attributes. */
export const attributesBody = z.strictObject({ attributes: attributesField });

/** The body that puts several files into a store: by their names, or each with what is said of it. */
export const addBatchBody = z
  .strictObject({
    file_ids: z.array(fileId).min(1).max(limits.filesPerBatch).nullish(),
    files: z.array(addFileBody).min(1).max(limits.filesPerBatch).nullish(),
    ...fileFields,
  })
  .superRefine(({ file_ids, files }, context) => {
    const given = [file_ids, files].filter((list) => list !== undefined && list !== null).length;
    if (given === 1) return;
    const message = "Exactly one of 'file_ids' and 'files' must be given.";
    context.addIssue({ code: 'custom', message, params: { code: 'invalid_value' } });
  });

const comparison = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.enum(['eq', 'ne', 'gt', 'gte', 'lt', 'lte']),
    key: z.string(),
    value: z.union([z.string(), z.number(), z.boolean()]),
  }),
  z.strictObject({
    type: z.enum(['in', 'nin']),
    key: z.string(),
    value: z.array(z.union([z.string(), z.number(), z.boolean()])),
  }),
]);

/** A condition as it is sent: the very form that searches take. */
export type WireFilter = z.output<typeof comparison> | { type: 'and' | 'or'; filters: WireFilter[] };

/** How deep conditions may stand in one another. */
const filterDepth = 8;

function filterOf(depth: number): z.ZodType<WireFilter> {
  if (depth === 0) return comparison;
  const inner = z.array(filterOf(depth - 1)).min(1);
  return z.union([comparison, z.strictObject({ type: z.enum(['and', 'or']), filters: inner })]);
}

/** The body of a search. */
export const searchBody = z.strictObject({
  query: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  rewrite_query: z.boolean().nullish(),
  max_num_results: integerField(1, limits.libraryHitsMax).nullish(),
  filters: filterOf(filterDepth).nullish(),
  ranking_options: z
    .strictObject({
      ranker: z.enum(['none', 'auto', 'default-2024-11-15']).nullish(),
      score_threshold: z.number().min(0, 'decimal').max(1, 'decimal').nullish(),
    })
    .nullish(),
});

/** The query of a file's text. */
export const contentQuery = z.object({
  page: z.preprocess(
    (value) => (typeof value === 'string' && /^\d+$/u.test(value) ? Number(value) : value),
    integerField(0).optional(),
  ),
});
