import { limits } from '../../domain/limits.js';
import { z } from 'zod';
import { callerOf, defineRoute, type Route } from '../route.js';
import {
  completeUploadBody,
  createUploadBody,
  partFormShape,
  partReply,
  uploadPath,
  uploadReply,
} from './file-schemas.js';
import { orDiscard, readFileForm } from './forms.js';
import { partToWire, uploadToWire } from './wire-files.js';

const tag = 'uploads';
const access = 'user';

const createUpload = defineRoute({
  method: 'post',
  path: '/v1/uploads',
  summary: 'Begin to send a file in parts',
  tag,
  access,
  body: createUploadBody,
  response: uploadReply,
  handle: async (call) => {
    const { filename, purpose, bytes, mime_type, expires_after } = call.body;
    const seconds = expires_after?.seconds;
    const upload = await call.services.uploads.create(callerOf(call), {
      name: filename,
      mimeType: mime_type,
      purpose,
      bytes,
      fileLifeMs: seconds === undefined ? null : seconds * 1_000,
    });
    return { json: uploadToWire(upload, null) };
  },
});

const createPart = defineRoute({
  method: 'post',
  path: '/v1/uploads/{upload_id}/parts',
  summary: 'Send a part, in any order',
  tag,
  access,
  params: uploadPath,
  form: partFormShape,
  response: partReply,
  handle: async (call) => {
    const { files, uploads } = call.services;
    const principal = callerOf(call);
    const { upload_id } = call.params;
    await uploads.requirePending(principal, upload_id);
    const { file } = await readFileForm({
      readForm: call.readForm,
      files,
      fileField: 'data',
      schema: z.object({}),
      bytesMax: limits.uploadPartBytesMax,
    });
    const { received } = file;
    const part = await orDiscard(files, received, () => uploads.addPart(principal, upload_id, received));
    return { json: partToWire(part) };
  },
});

const completeUpload = defineRoute({
  method: 'post',
  path: '/v1/uploads/{upload_id}/complete',
  summary: 'Make a file of the parts',
  tag,
  access,
  params: uploadPath,
  body: completeUploadBody,
  response: uploadReply,
  handle: async (call) => {
    const { part_ids, md5 } = call.body;
    const { uploads } = call.services;
    const { upload, file } = await uploads.complete(callerOf(call), call.params.upload_id, part_ids, md5 ?? null);
    return { json: uploadToWire(upload, file) };
  },
});

const cancelUpload = defineRoute({
  method: 'post',
  path: '/v1/uploads/{upload_id}/cancel',
  summary: 'Give up an upload',
  tag,
  access,
  params: uploadPath,
  body: z.unknown(),
  response: uploadReply,
  handle: async (call) => {
    const upload = await call.services.uploads.cancel(callerOf(call), call.params.upload_id);
    return { json: uploadToWire(upload, null) };
  },
});

/** The routes of files that are sent in parts. */
export const uploadRoutes: readonly Route[] = [createUpload, createPart, completeUpload, cancelUpload];
