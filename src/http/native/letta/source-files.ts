import { z } from 'zod';
import { readId, toLettaId } from '../../../domain/ids.js';
import { pageOf } from '../../../domain/page.js';
import type { LibraryDocument } from '../../../services/library-views.js';
import { lenientInteger } from '../schemas.js';
import { callerOf, defineRoute, type Route } from '../../route.js';
import { sourcePath } from './source-schemas.js';
import { toLettaTime } from './wire.js';

/*
 * The files of a source, which since Letta 0.5 stand in the place of its documents. An id is spelled `file-` there.
 */

const text = z.string();
const textOrNull = text.nullable();
const prefix = 'file-';

const fileId = text
  .transform((id) => readId('file', id.startsWith(prefix) ? id.slice(prefix.length) : id) ?? id)
  .meta({ type: 'string' });

const fileReply = z
  .strictObject({
    id: text,
    user_id: text,
    source_id: text,
    file_name: text,
    file_path: textOrNull,
    file_type: textOrNull,
    file_size: z.int().nullable(),
    file_creation_date: textOrNull,
    file_last_modified_date: textOrNull,
    created_at: text.meta({ format: 'date-time' }),
  })
  .meta({ id: 'FileMetadata' });

const head = { tag: 'letta sources', access: 'user' } as const;

const list = defineRoute({
  ...head,
  method: 'get',
  path: '/v1/sources/{source_id}/files',
  summary: 'List the files of a source, the oldest first',
  params: sourcePath,
  query: z.object({ cursor: fileId.optional(), limit: lenientInteger(1, 10_000).default(1_000) }),
  response: z.array(fileReply),
  missing: ({ params }) => `Source with id=${toLettaId('library', params.source_id)} not found.`,
  handle: async (call) => {
    const documents = await call.services.libraries.documents(callerOf(call), call.params.source_id);
    const files = documents.map((document) => ({ id: document.file.fileId, document }));
    const page = pageOf(files, { limit: call.query.limit, order: 'asc', after: call.query.cursor });
    return { json: page.items.map(({ document }) => fileToWire(document)) };
  },
});

const remove = defineRoute({
  ...head,
  method: 'delete',
  path: '/v1/sources/{source_id}/{file_id}',
  summary: 'Take a file out of a source with its passages; every agent that has the source loses them',
  params: z.object({ ...sourcePath.shape, file_id: fileId }),
  response: z.null(),
  missing: ({ params }) =>
    `File with id=${prefix}${params.file_id} of source with id=${toLettaId('library', params.source_id)} not found.`,
  handle: async (call) => {
    const { source_id: sourceId, file_id: id } = call.params;
    await call.services.libraries.removeFile(callerOf(call), sourceId, id);
    return { json: null };
  },
});

/** The routes of the files of sources. */
export const lettaSourceFileRoutes: readonly Route[] = [list, remove];

function fileToWire({ file, name }: LibraryDocument): z.infer<typeof fileReply> {
  return {
    id: prefix + file.fileId,
    user_id: toLettaId('user', file.ownerId),
    source_id: toLettaId('library', file.libraryId),
    file_name: name,
    file_path: null,
    file_type: null,
    file_size: null,
    file_creation_date: null,
    file_last_modified_date: null,
    created_at: toLettaTime(file.createdAt),
  };
}
