import { z } from 'zod';
import { toLettaId } from '../../../domain/ids.js';
import { callerOf, defineRoute, type Route } from '../../route.js';
import { uploadForm } from '../source-schemas.js';
import { receiveUpload } from '../source-contents.js';
import { noSuchLettaAgent } from './agents.js';
import { agentPath } from './schemas.js';
import {
  attachQuery,
  createSourceBody,
  documentReply,
  jobPath,
  jobReply,
  jobsQuery,
  listQuery,
  sourceNamePath,
  sourcePassageReply,
  sourcePath,
  sourceReply,
  updateSourceBody,
} from './source-schemas.js';
import { documentToWire, jobToWire, listedSourceToWire, sourcePassageToWire, sourceToWire } from './source-wire.js';

const head = { tag: 'letta sources', access: 'user' } as const;
const one = {
  ...head,
  path: '/v1/sources/{source_id}',
  params: sourcePath,
  missing: ({ params }: { params: { source_id: string } }) =>
    `Source with id=${toLettaId('library', params.source_id)} not found.`,
};

const list = defineRoute({
  ...head,
  method: 'get',
  path: '/v1/sources',
  summary: 'List your sources, with what they hold and who has them',
  response: z.array(sourceReply),
  handle: async (call) => {
    const overviews = await call.services.libraries.overviews(callerOf(call));
    return { json: overviews.map((overview) => listedSourceToWire(overview, call.services)) };
  },
});

const create = defineRoute({
  ...head,
  method: 'post',
  path: '/v1/sources',
  summary: 'Make a source, to which files are uploaded',
  body: createSourceBody,
  response: sourceReply,
  handle: async (call) => {
    const { name, description, metadata_: metadata } = call.body;
    const library = await call.services.libraries.create(callerOf(call), {
      kind: 'source',
      name,
      description,
      uniqueName: true,
      faceData: metadata === null || metadata === undefined ? {} : { metadata },
    });
    return { json: sourceToWire(library, call.services) };
  },
});

const read = defineRoute({
  ...one,
  method: 'get',
  summary: 'Read a source',
  response: sourceReply,
  handle: async (call) => {
    const library = await call.services.libraries.get(callerOf(call), call.params.source_id);
    return { json: sourceToWire(library, call.services) };
  },
});

const readByName = defineRoute({
  ...head,
  method: 'get',
  path: '/v1/sources/name/{source_name}',
  summary: 'Find the id of a source by its name',
  params: sourceNamePath,
  response: z.string(),
  missing: ({ params }) => `Source with name=${params.source_name} not found.`,
  handle: async (call) => {
    const { id } = await call.services.libraries.findByName(callerOf(call), call.params.source_name);
    return { json: toLettaId('library', id) };
  },
});

const update = defineRoute({
  ...one,
  method: 'patch',
  summary: 'Change a source; what is null or missing stays',
  body: updateSourceBody,
  response: sourceReply,
  handle: async (call) => {
    const { name, description, metadata_: metadata } = call.body;
    const changes = {
      name: name ?? undefined,
      description: description ?? undefined,
      uniqueName: true,
      ...(metadata === null || metadata === undefined ? {} : { faceData: { metadata } }),
    };
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    const library = await call.services.libraries.update(callerOf(call), call.params.source_id, given);
    return { json: sourceToWire(library, call.services) };
  },
});

const remove = defineRoute({
  ...one,
  method: 'delete',
  summary: 'Delete a source with its passages; every agent loses it',
  response: z.null(),
  handle: async (call) => {
    await call.services.libraries.delete(callerOf(call), call.params.source_id);
    return { json: null };
  },
});

const attachments = (['attach', 'detach'] as const).map((verb) =>
  defineRoute({
    ...one,
    method: 'post',
    path: `/v1/sources/{source_id}/${verb}`,
    summary: verb === 'attach' ? 'Let an agent search a source' : 'Take a source from an agent',
    query: attachQuery,
    response: sourceReply,
    missing: ({ params, query }) =>
      `Source with id=${toLettaId('library', params.source_id)} or agent with id=${toLettaId('agent', query.agent_id)} not found.`,
    handle: async (call) => {
      const library = await call.services.libraries[verb](callerOf(call), call.params.source_id, call.query.agent_id);
      return { json: sourceToWire(library, call.services) };
    },
  }),
);

const upload = defineRoute({
  ...one,
  method: 'post',
  path: '/v1/sources/{source_id}/upload',
  summary: 'Upload a file into a source; it is read in the background',
  form: uploadForm,
  response: jobReply,
  handle: async (call) => {
    await call.services.libraries.get(callerOf(call), call.params.source_id);
    return { json: jobToWire(await receiveUpload(call, call.params.source_id)) };
  },
});

const readPassages = defineRoute({
  ...one,
  method: 'get',
  path: '/v1/sources/{source_id}/passages',
  summary: 'Read the passages of a source',
  query: listQuery,
  response: z.array(sourcePassageReply),
  handle: async (call) => {
    const { libraries } = call.services;
    const library = await libraries.get(callerOf(call), call.params.source_id);
    const wanted = { limit: call.query.limit, after: call.query.cursor };
    const page = await libraries.passages(callerOf(call), library.id, wanted);
    return { json: page.items.map((passage) => sourcePassageToWire(library, passage)) };
  },
});

const readDocuments = defineRoute({
  ...one,
  method: 'get',
  path: '/v1/sources/{source_id}/documents',
  summary: 'List the documents of a source, each with the beginning of its text',
  response: z.array(documentReply),
  handle: async (call) => {
    const { libraries } = call.services;
    const library = await libraries.get(callerOf(call), call.params.source_id);
    const documents = await libraries.documents(callerOf(call), library.id);
    return { json: documents.map((document) => documentToWire(library, document)) };
  },
});

const ofAgent = defineRoute({
  ...head,
  method: 'get',
  path: '/v1/agents/{agent_id}/sources',
  summary: 'List the sources that an agent may search',
  params: agentPath,
  response: z.array(sourceReply),
  missing: ({ params }) => noSuchLettaAgent(params.agent_id),
  handle: async (call) => {
    const attached = await call.services.libraries.ofAgent(callerOf(call), call.params.agent_id);
    return { json: attached.map((library) => sourceToWire(library, call.services)) };
  },
});

const listJobs = defineRoute({
  ...head,
  method: 'get',
  path: '/v1/jobs',
  summary: 'List your uploads, the newest first',
  query: jobsQuery,
  response: z.array(jobReply),
  handle: async (call) => {
    const jobs = await call.services.libraries.uploads(callerOf(call), { libraryId: call.query.source_id });
    return { json: jobs.map(jobToWire) };
  },
});

const listActiveJobs = defineRoute({
  ...head,
  method: 'get',
  path: '/v1/jobs/active',
  summary: 'List the uploads that are still being read',
  response: z.array(jobReply),
  handle: async (call) => {
    const jobs = await call.services.libraries.uploads(callerOf(call), { activeOnly: true });
    return { json: jobs.map(jobToWire) };
  },
});

const readJob = defineRoute({
  ...head,
  method: 'get',
  path: '/v1/jobs/{job_id}',
  summary: 'See how far an upload has come',
  params: jobPath,
  response: jobReply,
  missing: ({ params }) => `Job with id=${toLettaId('job', params.job_id)} not found.`,
  handle: async (call) => ({
    json: jobToWire(await call.services.libraries.uploaded(callerOf(call), call.params.job_id)),
  }),
});

/** The routes of sources and jobs. */
export const lettaSourceRoutes: readonly Route[] = [
  list,
  create,
  read,
  readByName,
  update,
  remove,
  ...attachments,
  upload,
  readPassages,
  readDocuments,
  ofAgent,
  listJobs,
  listActiveJobs,
  readJob,
];
