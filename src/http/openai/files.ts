import { limits } from '../../domain/limits.js';
import { isUploadPart } from '../../domain/upload.js';
import { notFound } from '../../domain/errors.js';
import type { StoredFile } from '../../domain/file.js';
import type { Principal } from '../../domain/user.js';
import type { Services } from '../../services/services.js';
import { z } from 'zod';
import { callerOf, defineRoute, type Route } from '../route.js';
import { fileForm, fileFormShape, fileListQuery, filePath, fileReply } from './file-schemas.js';
import { orDiscard, readFileForm } from './forms.js';
import { listToWire, readList } from './listing.js';
import { deletedReply, listOf } from './replies.js';
import { spellId } from './ids.js';
import { dispositionOf, fileToWire } from './wire-files.js';

const tag = 'files';
const access = 'user';

const createFile = defineRoute({
  method: 'post',
  path: '/v1/files',
  summary: 'Upload a file',
  tag,
  access,
  form: fileFormShape,
  response: fileReply,
  handle: async (call) => {
    const { files } = call.services;
    const principal = callerOf(call);
    const { values, file } = await readFileForm({
      readForm: call.readForm,
      files,
      fileField: 'file',
      schema: fileForm,
    });
    const { received, name, mimeType } = file;
    const seconds = values.expires_after?.seconds;
    const details = {
      name,
      mimeType,
      purpose: values.purpose,
      expiresAfterMs: seconds === undefined ? null : seconds * 1_000,
    };
    return { json: fileToWire(await orDiscard(files, received, () => files.keep(principal, received, details))) };
  },
});

const listFiles = defineRoute({
  method: 'get',
  path: '/v1/files',
  summary: 'List files, all or those of a purpose',
  tag,
  access,
  query: fileListQuery,
  response: listOf(fileReply),
  handle: async (call) => {
    const { limit, order, after, purpose } = call.query;
    const request = { limit: limit ?? limits.filesPageMax, order: order ?? 'desc', after, purpose } as const;
    const page = await readList(call.services.files.page(callerOf(call), request));
    return { json: listToWire(page.items.map(fileToWire), page.hasMore) };
  },
});

const getFile = defineRoute({
  method: 'get',
  path: '/v1/files/{file_id}',
  summary: 'Read what is known of a file',
  tag,
  access,
  params: filePath,
  response: fileReply,
  handle: async (call) => ({
    json: fileToWire(await ownFile(call.services, callerOf(call), call.params.file_id)),
  }),
});

const getContent = defineRoute({
  method: 'get',
  path: '/v1/files/{file_id}/content',
  summary: "Read a file's bytes",
  tag,
  access,
  params: filePath,
  response: z.unknown(),
  handle: async (call) => {
    const principal = callerOf(call);
    await ownFile(call.services, principal, call.params.file_id);
    const { file, content } = await call.services.files.content(principal, call.params.file_id);
    const headers = {
      'content-type': file.mimeType ?? 'application/octet-stream',
      'content-length': String(file.bytes),
      'content-disposition': dispositionOf(file.name),
    };
    return { bytes: content, headers };
  },
});

const deleteFile = defineRoute({
  method: 'delete',
  path: '/v1/files/{file_id}',
  summary: 'Delete a file, and take it out of every vector store',
  tag,
  access,
  params: filePath,
  response: deletedReply,
  handle: async (call) => {
    const { file_id } = call.params;
    const principal = callerOf(call);
    await ownFile(call.services, principal, file_id);
    await call.services.files.delete(principal, file_id);
    return { json: { id: spellId('file', file_id), object: 'file', deleted: true } };
  },
});

/** A file of the caller's. The parts of uploads are kept like files and are none. */
async function ownFile({ files }: Services, principal: Principal, id: string): Promise<StoredFile> {
  const file = await files.get(principal, id);
  if (isUploadPart(file)) throw notFound('file', id);
  return file;
}

/** The routes of files. */
export const fileRoutes: readonly Route[] = [createFile, listFiles, getFile, getContent, deleteFile];
