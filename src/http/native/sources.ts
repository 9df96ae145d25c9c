import { callerOf, defineRoute, type Route } from '../route.js';
import { confirmation } from './replies.js';
import {
  attachQuery,
  namedAttachQuery,
  sourceBody,
  sourceListReply,
  sourcePath,
  sourceReply,
} from './source-schemas.js';
import { listedSourceToWire, newSourceToWire, sourceToWire } from './source-wire.js';

const head = { tag: 'sources', access: 'user' } as const;
/** The sentence for a source that is absent or somebody else's. */
export const noSuchSource = (id: string): string => `Source source_id=${id} not found.`;
const missing = ({ params }: { params: { source_id: string } }): string => noSuchSource(params.source_id);

const listSources = defineRoute({
  ...head,
  method: 'get',
  path: '/api/sources',
  summary: 'List your sources, with what they hold and who has them',
  response: sourceListReply,
  handle: async (call) => {
    const overviews = await call.services.libraries.overviews(callerOf(call));
    return { json: { sources: overviews.map((overview) => listedSourceToWire(overview, call.services)) } };
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
    const created = await call.services.libraries.create(callerOf(call), library);
    return { json: newSourceToWire(created, call.services) };
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
    const library = await call.services.libraries.update(callerOf(call), call.params.source_id, changes);
    return { json: newSourceToWire(library, call.services) };
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
        return { json: sourceToWire(await library, call.services) };
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
        const library = await libraries[verb](callerOf(call), id, call.query.agent_id);
        return { json: sourceToWire(library, call.services) };
      },
    }),
  ];
});

/** The routes of sources and of who has them, in the spellings of all releases. */
export const sourceRoutes: readonly Route[] = [listSources, createSource, changeSource, deleteSource, ...attachments];
