import { z } from 'zod';
import { limits } from '../../domain/limits.js';
import { idField, integerField } from './fields.js';

/** What a caller may say that a file is for. */
export const purposes = ['assistants', 'batch', 'fine-tune', 'vision', 'user_data', 'evals'] as const;

/** Seconds after which a file may be told to go: an hour to thirty days. */
const fileLife = { least: 3_600, greatest: 2_592_000 };

/** A number that a form or a query carries as text; other text is left for the schema behind it to refuse. */
function numberText(schema: z.ZodType<number>) {
  return z.preprocess((value) => (typeof value === 'string' && /^-?\d+$/u.test(value) ? Number(value) : value), schema);
}

/** When a file goes by itself. */
export const fileExpiryField = z
  .strictObject({
    anchor: z.literal('created_at'),
    seconds: numberText(integerField(fileLife.least, fileLife.greatest)),
  })
  .nullish();

/** The fields of the form that makes a file. */
export const fileForm = z.strictObject({ purpose: z.enum(purposes), expires_after: fileExpiryField });

/** The same with the file itself, for the generated document. */
export const fileFormShape = z.object({
  file: z.string().meta({ format: 'binary' }),
  purpose: z.enum(purposes),
});

/** The parameters of a path with a file. */
export const filePath = z.object({ file_id: idField('file') });

/** The query of the list of files. */
export const fileListQuery = z.object({
  limit: numberText(integerField(1, limits.filesPageMax)).optional(),
  order: z.enum(['asc', 'desc']).optional(),
  after: z.preprocess((value) => (value === '' ? undefined : value), idField('file').optional()),
  purpose: z.string().optional(),
});

/** The body that begins an upload. */
export const createUploadBody = z.strictObject({
  filename: z.string().min(1),
  purpose: z.enum(purposes),
  bytes: integerField(1),
  mime_type: z.string(),
  expires_after: fileExpiryField,
});

/** The body that ends an upload: its parts in their order. */
export const completeUploadBody = z.strictObject({
  part_ids: z.array(idField('part')).min(1),
  md5: z.string().nullish(),
});

/** The parameters of a path with an upload. */
export const uploadPath = z.object({ upload_id: idField('upload') });

/** The form that brings a part, for the generated document. */
export const partFormShape = z.object({ data: z.string().meta({ format: 'binary' }) });

const time = z.int().describe('Seconds since 1970.');

/** A file. */
export const fileReply = z
  .object({
    id: z.string(),
    object: z.literal('file'),
    bytes: z.int(),
    created_at: time,
    expires_at: time.optional(),
    filename: z.string(),
    purpose: z.string(),
    status: z.literal('processed'),
  })
  .meta({ id: 'File' });

/** An upload. */
export const uploadReply = z
  .object({
    id: z.string(),
    object: z.literal('upload'),
    bytes: z.int(),
    created_at: time,
    filename: z.string(),
    purpose: z.string(),
    status: z.enum(['pending', 'completed', 'cancelled', 'expired']),
    expires_at: time,
    file: fileReply.nullable(),
  })
  .meta({ id: 'Upload' });

/** A part of an upload. */
export const partReply = z
  .object({ id: z.string(), object: z.literal('upload.part'), created_at: time, upload_id: z.string() })
  .meta({ id: 'UploadPart' });
