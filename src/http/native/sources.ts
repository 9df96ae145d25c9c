import type { z } from 'zod';
import { AppError } from '../../domain/errors.js';
import type { UploadedFile } from '../../services/library-views.js';
import { callerOf, defineRoute, type Call, type Reply, type Route } from '../route.js';
import { confirmation } from './replies.js';
import {
  attachQuery,
  documentsReply,
  earlyUploadReply,
  jobPath,
  jobReply,
  listQuery,
  namedAttachQuery,
  passagesReply,
  sourceBody,
  sourceListQuery,
  sourceListReply,
  sourcePath,
  sourceQuery,
  sourceReply,
  uploadForm,
  uploadReply,
} from './source-schemas.js';
import {
  documentToWire,
  jobToWire,
  listedSourceToWire,
  newSourceToWire,
  sourcePassageToWire,
  sourceToWire,
  uploadToWire,
} from './source-wire.js';

const head = { tag: 'sources', access: 'user' } as const;
const noSuchSource = (id: string): string => `Source source_id=${id} not found.`;
const missing = ({ params }: { params: { source_id: string } }): string => noSuchSource(params.source_id);

/** How long the earliest spelling of an upload waits for the file to be read. */
const earlyUploadMs = 120_000;

const listSources = defineRoute({
  ...head,
  method: 'get',
  path: '/api/sources',
  summary: 'List your sources, with what they hold and who has them',
  response: sourceListReply,
  handle: async (call) => {
    const overviews = await call.services.libraries.overviews(callerOf(call));
    return { json: { sources: overviews.map(listedSourceToWire) } };
  },
});

const createSource = defineRoute({
  ...head,
  method: 'post',
  path: '/api/sources',
  summary: 'Make a source, to which files are uploaded',
  body: sourceBody,
  response: sourceReply,
  handle: async (call) => {
    const { name, description } = call.body;
    const library = { kind: 'source', name, description, uniqueName: true } as const;
    return { json: newSourceToWire(await call.services.libraries.create(callerOf(call), library)) };
  },
});

const changeSource = defineRoute({
  ...head,
  method: 'post',
  path: '/api/sources/{source_id}',
  summary: 'Rename or describe a source',
  params: sourcePath,
  body: sourceBody,
  response: sourceReply,
  missing,
  handle: async (call) => {
    const { name, description } = call.body;
    const changes = { name, uniqueName: true, ...(description === undefined ? {} : { description }) };
    return {
      json: newSourceToWire(await call.services.libraries.update(callerOf(call), call.params.source_id, changes)),
    };
  },
});

const deleteSource = defineRoute({
  ...head,
  method: 'delete',
  path: '/api/sources/{source_id}',
  summary: 'Delete a source with its passages; every agent loses it',
  params: sourcePath,
  response: confirmation,
  missing,
  handle: async (call) => {
    const { source_id: id } = call.params;
    await call.services.libraries.delete(callerOf(call), id);
    return { json: { message: `Source source_id=${id} successfully deleted` } };
  },
});

const attachments = (['attach', 'detach'] as const).flatMap((verb) => {
  const summary = verb === 'attach' ? 'Let an agent search a source' : 'Take a source from an agent';
  const shared = { ...head, method: 'post', summary, response: sourceReply } as const;
  return [
    defineRoute({
      ...shared,
      path: `/api/sources/{source_id}/${verb}`,
      params: sourcePath,
      query: attachQuery,
      missing: ({ params, query }) =>
        `Source source_id=${params.source_id} or agent agent_id=${query.agent_id} not found.`,
      handle: async (call) => {
        const library = call.services.libraries[verb](callerOf(call), call.params.source_id, call.query.agent_id);
        return { json: sourceToWire(await library) };
      },
    }),
    defineRoute({
      ...shared,
      path: `/api/sources/${verb}`,
      query: namedAttachQuery,
      missing: ({ query }) => `Source ${query.source_name} or agent agent_id=${query.agent_id} not found.`,
      handle: async (call) => {
        const { libraries } = call.services;
        const { id } = await libraries.findByName(callerOf(call), call.query.source_name);
        return { json: sourceToWire(await libraries[verb](callerOf(call), id, call.query.agent_id)) };
      },
    }),
  ];
});

const upload = defineRoute({
  ...head,
  method: 'post',
  path: '/api/sources/{source_id}/upload',
  summary: 'Upload a file into a source; it is read in the background',
  params: sourcePath,
  form: uploadForm,
  response: uploadReply,
  missing,
  handle: async (call) => {
    const { source_id: id } = call.params;
    const library = await call.services.libraries.get(callerOf(call), id);
    const uploaded = await receiveUpload(call, id);
    return { json: { ...jobToWire(uploaded), ...uploadToWire(library, uploaded) } };
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
    const patience = AbortSignal.any([call.signal, AbortSignal.timeout(earlyUploadMs)]);
    const uploaded = await call.services.libraries.finished(callerOf(call), file.id, patience);
    const { error } = uploaded.file;
    if (error !== null) throw new AppError('invalid_request', error.message, { param: 'file' });
    return { json: uploadToWire(library, uploaded) };
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

/** The routes of sources, in the spellings of all releases. */
export const sourceRoutes: readonly Route[] = [
  listSources,
  createSource,
  earlyUpload,
  readDocumentsByQuery,
  readJob,
  changeSource,
  deleteSource,
  ...attachments,
  upload,
  ...readPassages,
  readDocuments,
];

type AnyCall = Call<unknown, unknown, unknown>;

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
