import { limits } from '../../domain/limits.js';
import type { LibraryFile } from '../../domain/library.js';
import type { Page } from '../../domain/page.js';
import { callerOf, defineRoute, type JsonReply, type Route } from '../route.js';
import { listToWire, readList, toPageRequest, type WireList } from './listing.js';
import { spellId } from './ids.js';
import { deletedReply, listOf } from './replies.js';
import { batchReply, contentReply, storeFileReply } from './store-replies.js';
import { readBatch, readStoreFile } from './store-requests.js';
import {
  addBatchBody,
  addFileBody,
  attributesBody,
  batchPath,
  contentQuery,
  storeFileListQuery,
  storeFilePath,
  storePath,
} from './store-schemas.js';
import { batchToWire, contentToWire, storeFileToWire } from './wire-stores.js';
import type { WireObject } from './wire.js';
import { z } from 'zod';

const tag = 'vector stores';
const access = 'user';

const addFile = defineRoute({
  method: 'post',
  path: '/v1/vector_stores/{vector_store_id}/files',
  summary: 'Put a file into a vector store, to be read',
  tag,
  access,
  params: storePath,
  body: addFileBody,
  response: storeFileReply,
  handle: async (call) => {
    const { libraries } = call.services;
    const file = await libraries.addFile(callerOf(call), call.params.vector_store_id, readStoreFile(call.body));
    return polled(storeFileToWire(file));
  },
});

const listFiles = defineRoute({
  method: 'get',
  path: '/v1/vector_stores/{vector_store_id}/files',
  summary: 'List the files of a vector store',
  tag,
  access,
  params: storePath,
  query: storeFileListQuery,
  response: listOf(storeFileReply),
  handle: async (call) => {
    const request = { ...toPageRequest(call.query), status: call.query.filter };
    const { libraries } = call.services;
    return {
      json: filesToWire(await readList(libraries.files(callerOf(call), call.params.vector_store_id, request))),
    };
  },
});

const getFile = defineRoute({
  method: 'get',
  path: '/v1/vector_stores/{vector_store_id}/files/{file_id}',
  summary: 'Read how far a file of a vector store has come',
  tag,
  access,
  params: storeFilePath,
  response: storeFileReply,
  handle: async (call) => {
    const { vector_store_id, file_id } = call.params;
    const file = await call.services.libraries.file(callerOf(call), vector_store_id, file_id);
    return polled(storeFileToWire(file, call.headers['x-stainless-poll-helper'] === 'true'));
  },
});

const updateFile = defineRoute({
  method: 'post',
  path: '/v1/vector_stores/{vector_store_id}/files/{file_id}',
  summary: "Replace a file's attributes",
  tag,
  access,
  params: storeFilePath,
  body: attributesBody,
  response: storeFileReply,
  handle: async (call) => {
    const { vector_store_id, file_id } = call.params;
    const { libraries } = call.services;
    const attributes = call.body.attributes ?? {};
    const file = await libraries.setAttributes(callerOf(call), vector_store_id, file_id, attributes);
    return { json: storeFileToWire(file) };
  },
});

const removeFile = defineRoute({
  method: 'delete',
  path: '/v1/vector_stores/{vector_store_id}/files/{file_id}',
  summary: 'Take a file out of a vector store; the file itself stays',
  tag,
  access,
  params: storeFilePath,
  response: deletedReply,
  handle: async (call) => {
    const { vector_store_id, file_id } = call.params;
    await call.services.libraries.removeFile(callerOf(call), vector_store_id, file_id);
    return { json: { id: spellId('file', file_id), object: 'vector_store.file.deleted', deleted: true } };
  },
});

const getContent = defineRoute({
  method: 'get',
  path: '/v1/vector_stores/{vector_store_id}/files/{file_id}/content',
  summary: 'Read the text of a file of a vector store, passage by passage',
  tag,
  access,
  params: storeFilePath,
  query: contentQuery,
  response: contentReply,
  handle: async (call) => {
    const { vector_store_id, file_id } = call.params;
    const part = { fromPosition: call.query.page ?? 0, limit: limits.filesPageMax };
    const page = await call.services.libraries.fileText(callerOf(call), vector_store_id, file_id, part);
    return { json: contentToWire(page.items, page.hasMore) };
  },
});

const addBatch = defineRoute({
  method: 'post',
  path: '/v1/vector_stores/{vector_store_id}/file_batches',
  summary: 'Put several files into a vector store',
  tag,
  access,
  params: storePath,
  body: addBatchBody,
  response: batchReply,
  handle: async (call) => {
    const { libraries } = call.services;
    const batch = await libraries.addBatch(callerOf(call), call.params.vector_store_id, readBatch(call.body));
    return polled(batchToWire(batch));
  },
});

const getBatch = defineRoute({
  method: 'get',
  path: '/v1/vector_stores/{vector_store_id}/file_batches/{batch_id}',
  summary: 'Read how far a batch has come',
  tag,
  access,
  params: batchPath,
  response: batchReply,
  handle: async (call) => {
    const { vector_store_id, batch_id } = call.params;
    return polled(batchToWire(await call.services.libraries.batch(callerOf(call), vector_store_id, batch_id)));
  },
});

const cancelBatch = defineRoute({
  method: 'post',
  path: '/v1/vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel',
  summary: 'Cancel what of a batch is not read yet',
  tag,
  access,
  params: batchPath,
  body: z.unknown(),
  response: batchReply,
  handle: async (call) => {
    const { vector_store_id, batch_id } = call.params;
    return { json: batchToWire(await call.services.libraries.cancelBatch(callerOf(call), vector_store_id, batch_id)) };
  },
});

const listBatchFiles = defineRoute({
  method: 'get',
  path: '/v1/vector_stores/{vector_store_id}/file_batches/{batch_id}/files',
  summary: 'List the files of a batch',
  tag,
  access,
  params: batchPath,
  query: storeFileListQuery,
  response: listOf(storeFileReply),
  handle: async (call) => {
    const { vector_store_id, batch_id } = call.params;
    const { libraries } = call.services;
    const principal = callerOf(call);
    await libraries.batch(principal, vector_store_id, batch_id);
    const request = { ...toPageRequest(call.query), status: call.query.filter, batchId: batch_id };
    return { json: filesToWire(await readList(libraries.files(principal, vector_store_id, request))) };
  },
});

/** An answer to somebody who will ask again, with how soon to do so. */
function polled(json: WireObject): JsonReply {
  return { json, headers: { 'openai-poll-after-ms': String(limits.pollAfterMs) } };
}

function filesToWire(page: Page<LibraryFile>): WireList<WireObject> {
  return listToWire(
    page.items.map((file) => storeFileToWire(file)),
    page.hasMore,
  );
}

/** The routes of the files of vector stores, alone and in batches. */
export const vectorStoreFileRoutes: readonly Route[] = [
  addFile,
  listFiles,
  getFile,
  updateFile,
  removeFile,
  getContent,
  addBatch,
  getBatch,
  cancelBatch,
  listBatchFiles,
];
