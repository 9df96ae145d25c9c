import { z } from 'zod';
import { embeddingConfig } from './replies.js';
import { idText, lenientInteger } from './schemas.js';

/*
 * What comes in and goes out on the routes of sources.
 */

const text = z.string();
const textOrNull = text.nullable();
const uuid = text.meta({ format: 'uuid' });
const anyObject = z.record(text, z.unknown());

/** The path of everything that belongs to a source. */
export const sourcePath = z.object({ source_id: idText('library') });
/** The same as a query, in the earliest spelling. */
export const sourceQuery = sourcePath;
/** The path of a job. */
export const jobPath = z.object({ job_id: idText('job') });
/** The query that names the agent a source is attached to. */
export const attachQuery = z.object({ agent_id: idText('agent') });
/** The same with the source by its name, in the earliest spelling. */
export const namedAttachQuery = z.object({ agent_id: idText('agent'), source_name: text });
/** How much of a long list is wanted, and after which of its entries. */
export const listQuery = z.object({
  cursor: idText('passage').optional(),
  limit: lenientInteger(1, 10_000).default(1_000),
});
/** The same with the source as a query. */
export const sourceListQuery = z.object({ source_id: idText('library'), ...listQuery.shape });

/** The body of `POST /api/sources`, and of a change. */
export const sourceBody = z.object({ name: text.min(1), description: text.nullish() }).meta({ id: 'SourceRequest' });

/** The form of an upload. */
export const uploadForm = z.object({ file: text.meta({ format: 'binary' }) });

/** A source. */
export const sourceReply = z
  .object({
    id: uuid,
    name: text,
    description: textOrNull,
    user_id: uuid,
    created_at: z.union([text, z.number()]),
    embedding_config: embeddingConfig,
    metadata_: anyObject.nullable(),
  })
  .meta({ id: 'SourceModel' });

/** All sources. */
export const sourceListReply = z.object({ sources: z.array(sourceReply) });

const jobMembers = {
  id: uuid,
  status: z.enum(['created', 'running', 'completed', 'failed']),
  created_at: text.meta({ format: 'date-time' }),
  completed_at: text.meta({ format: 'date-time' }).nullable(),
  user_id: uuid,
  metadata_: anyObject,
};

/** A file on its way into a source. */
export const jobReply = z.object(jobMembers).meta({ id: 'JobModel' });

const uploadMembers = { source: sourceReply, added_passages: z.int(), added_documents: z.int() };

/** What an upload came to, in the form of the early releases. */
export const earlyUploadReply = z.object(uploadMembers).meta({ id: 'UploadFileToSourceResponse' });
/** An upload in the forms of all later releases. */
export const uploadReply = z.object({ ...jobMembers, ...uploadMembers }).meta({ id: 'UploadJob' });

/** Passages of a source. */
export const passagesReply = z.object({
  passages: z.array(
    z
      .object({
        id: uuid,
        user_id: uuid,
        agent_id: z.null(),
        text,
        embedding: z.null(),
        embedding_config: z.null(),
        data_source: text,
        doc_id: uuid,
        metadata: anyObject,
      })
      .meta({ id: 'PassageModel' }),
  ),
});

/** Documents of a source. */
export const documentsReply = z.object({
  documents: z.array(
    z.object({ id: uuid, user_id: uuid, text, data_source: text, metadata: anyObject }).meta({ id: 'DocumentModel' }),
  ),
});
