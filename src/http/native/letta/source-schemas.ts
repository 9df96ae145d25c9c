import { z } from 'zod';
import { lenientInteger } from '../schemas.js';
import { embeddingConfigReply } from './replies.js';
import { lettaId } from './schemas.js';

/*
 * What comes in and goes out on the routes of sources and jobs of Letta 0.4: whole, and nothing besides.
 */

const text = z.string();
const textOrNull = text.nullable();
const anyObject = z.record(text, z.unknown());
const time = text.meta({ format: 'date-time' });
const optionalText = text.nullish();

/** The path of everything that belongs to a source. */
export const sourcePath = z.object({ source_id: lettaId('library') });
/** The path of a source by its name. */
export const sourceNamePath = z.object({ source_name: text });
/** The path of a job. */
export const jobPath = z.object({ job_id: lettaId('job') });
/** The query that names the agent a source is attached to. */
export const attachQuery = z.object({ agent_id: lettaId('agent') });
/** The query of `GET /v1/jobs/`. */
export const jobsQuery = z.object({ source_id: lettaId('library').optional() });
/** How much of a long list is wanted. */
export const listQuery = z.object({
  cursor: lettaId('passage').optional(),
  limit: lenientInteger(1, 10_000).default(1_000),
});

const sourceMembers = {
  description: optionalText,
  embedding_config: anyObject.nullish(),
  metadata_: anyObject.nullish(),
};

/** The body of `POST /v1/sources/`. */
export const createSourceBody = z.strictObject({ name: text.min(1), ...sourceMembers }).meta({ id: 'SourceCreate' });
/** The body of `PATCH /v1/sources/{source_id}`. */
export const updateSourceBody = z
  .strictObject({ id: lettaId('library'), name: text.min(1).nullish(), ...sourceMembers })
  .meta({ id: 'SourceUpdate' });

/** A source. */
export const sourceReply = z
  .strictObject({
    id: text,
    name: text,
    embedding_config: embeddingConfigReply,
    created_at: time,
    user_id: text,
    description: textOrNull,
    metadata_: anyObject.nullable(),
  })
  .meta({ id: 'Source' });

/** A file on its way into a source. */
export const jobReply = z
  .strictObject({
    id: text,
    status: z.enum(['created', 'running', 'completed', 'failed', 'pending']),
    created_at: time,
    completed_at: time.nullable(),
    user_id: text,
    metadata_: anyObject,
  })
  .meta({ id: 'Job' });

/** A passage of a source. */
export const sourcePassageReply = z
  .strictObject({
    id: text,
    text,
    embedding: z.null(),
    embedding_config: z.null(),
    created_at: time,
    user_id: text,
    agent_id: z.null(),
    source_id: text,
    doc_id: text,
    metadata_: anyObject,
  })
  .meta({ id: 'SourcePassage' });

/** A document of a source. */
export const documentReply = z
  .strictObject({ id: text, text, source_id: text, user_id: text, metadata_: anyObject })
  .meta({ id: 'Document' });
