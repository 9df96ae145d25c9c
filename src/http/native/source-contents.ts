import type { z } from 'zod';
import { AppError } from '../../domain/errors.js';
import type { UploadedFile } from '../../services/library-views.js';
import { callerOf, defineRoute, type Call, type Reply, type Route } from '../route.js';
import {
  documentsReply,
  earlyUploadReply,
  jobPath,
  jobReply,
  listQuery,
  passagesReply,
  sourceListQuery,
  sourcePath,
  sourceQuery,
  uploadForm,
  uploadReply,
} from './source-schemas.js';
import { documentToWire, jobToWire, sourcePassageToWire, uploadToWire } from './source-wire.js';
import { noSuchSource } from './sources.js';

type AnyCall = Call<unknown, unknown, unknown>;

const head = { tag: 'sources', access: 'user' } as const;
const missing = ({ params }: { params: { source_id: string } }): string => noSuchSource(params.source_id);

/**
 * How long an upload waits for the file to be read. The releases without jobs read of the answer how much there was,
 * and nothing tells them from those that ask for the job afterwards.
 */
const uploadMs = 3_000;
/** How long the earliest spelling of an upload waits, whose clients have no way to ask again. */
const earlyUploadMs = 120_000;

const upload = defineRoute({
  ...head,
  method: 'post',
  path: '/api/sources/{source_id}/upload',
  summary: 'Upload a file into a source; a large one is read in the background',
  params: sourcePath,
  form: uploadForm,
  response: uploadReply,
  missing,
  handle: async (call) => {
    const { source_id: id } = call.params;
    const library = await call.services.libraries.get(callerOf(call), id);
    const { file } = await receiveUpload(call, id);
    const uploaded = await call.services.libraries.finished(callerOf(call), file.id, patienceOf(call, uploadMs));
    return { json: { ...jobToWire(uploaded), ...uploadToWire(library, uploaded, call.services) } };
  },
});

const earlyUpload = defineRoute({
  ...head,
  method: 'post',
  path: '/api/sources/upload',
  summary: 'Upload a file into a source and wait until it has been read (early spelling)',
  query: sourceQuery,
  form: uploadForm,
  response: earlyUploadReply,
  missing: ({ query }) => noSuchSource(query.source_id),
  handle: async (call) => {
    const { source_id: id } = call.query;
    const library = await call.services.libraries.get(callerOf(call), id);
    const { file } = await receiveUpload(call, id);
    const uploaded = await call.services.libraries.finished(callerOf(call), file.id, patienceOf(call, earlyUploadMs));
    const { error } = uploaded.file;
    if (error !== null) throw new AppError('invalid_request', error.message, { param: 'file' });
    return { json: uploadToWire(library, uploaded, call.services) };
  },
});

const readJob = defineRoute({
  ...head,
  method: 'get',
  path: '/api/sources/status/{job_id}',
  summary: 'See how far an upload has come',
  params: jobPath,
  response: jobReply,
  missing: ({ params }) => `Job with id=${params.job_id} not found.`,
  handle: async (call) => ({
    json: jobToWire(await call.services.libraries.uploaded(callerOf(call), call.params.job_id)),
  }),
});

// The old path really ends in a space.
const readPassages = ['passages', 'passages%20'].flatMap((word) => {
  const shared = { ...head, method: 'get', summary: 'Read the passages of a source', response: passagesReply } as const;
  return [
    defineRoute({
      ...shared,
      path: `/api/sources/{source_id}/${word}`,
      params: sourcePath,
      query: listQuery,
      missing,
      handle: (call) => passagesAnswer(call, call.params.source_id, call.query),
    }),
    defineRoute({
      ...shared,
      path: `/api/sources/${word}`,
      query: sourceListQuery,
      missing: ({ query }) => noSuchSource(query.source_id),
      handle: (call) => passagesAnswer(call, call.query.source_id, call.query),
    }),
  ];
});

const readDocuments = defineRoute({
  ...head,
  method: 'get',
  path: '/api/sources/{source_id}/documents',
  summary: 'List the documents of a source, each with the beginning of its text',
  params: sourcePath,
  response: documentsReply,
  missing,
  handle: (call) => documentsAnswer(call, call.params.source_id),
});

const readDocumentsByQuery = defineRoute({
  ...head,
  method: 'get',
  path: '/api/sources/documents',
  summary: 'List the documents of a source (early spelling)',
  query: sourceQuery,
  response: documentsReply,
  missing: ({ query }) => noSuchSource(query.source_id),
  handle: (call) => documentsAnswer(call, call.query.source_id),
});

/** The routes of what sources hold, in the spellings of all releases. */
export const sourceContentRoutes: readonly Route[] = [
  upload,
  earlyUpload,
  readJob,
  ...readPassages,
  readDocuments,
  readDocumentsByQuery,
];

function patienceOf(call: AnyCall, waitMs: number): AbortSignal {
  return AbortSignal.any([call.signal, AbortSignal.timeout(waitMs)]);
}

/** Takes the file of a form into a source. */
export async function receiveUpload(call: AnyCall, sourceId: string): Promise<UploadedFile> {
  const { files, libraries } = call.services;
  const { file } = await call.readForm('file', files);
  if (file === null) throw new AppError('invalid_request', 'The form holds no file.', { param: 'file' });
  return libraries.upload(callerOf(call), sourceId, file.received, { name: file.name, mimeType: file.mimeType });
}

async function passagesAnswer(call: AnyCall, id: string, wanted: z.infer<typeof listQuery>): Promise<Reply> {
  const { libraries } = call.services;
  const library = await libraries.get(callerOf(call), id);
  const page = await libraries.passages(callerOf(call), id, { limit: wanted.limit, after: wanted.cursor });
  return { json: { passages: page.items.map((passage) => sourcePassageToWire(library, passage)) } };
}

async function documentsAnswer(call: AnyCall, id: string): Promise<Reply> {
  const { libraries } = call.services;
  const library = await libraries.get(callerOf(call), id);
  const documents = await libraries.documents(callerOf(call), id);
  return { json: { documents: documents.map((document) => documentToWire(library, document)) } };
}
