import type { ArchivedText } from '../../services/archive-list.js';
import { callerOf, defineRoute, type Route } from '../route.js';
import { noSuchAgent } from './agents.js';
import { archivalBody, archivalQuery, archivalReply, insertReply, passageQuery } from './catalogue-schemas.js';
import { confirmation } from './replies.js';
import { agentPath } from './schemas.js';

const path = '/api/agents/{agent_id}/archival';
const route = { tag: 'archive', access: 'user', params: agentPath } as const;
const missing = ({ params }: { params: { agent_id: string } }): string => noSuchAgent(params.agent_id);

const readAll = defineRoute({
  ...route,
  method: 'get',
  path: `${path}/all`,
  summary: 'Read the whole archive of an agent, the oldest first, then its sources',
  response: archivalReply,
  missing,
  handle: async (call) => {
    const passages = await call.services.memories.allPassages(callerOf(call), call.params.agent_id);
    return archiveAnswer(passages);
  },
});

const readPage = defineRoute({
  ...route,
  method: 'get',
  path,
  summary: 'Read a part of an archive, after or before one of its passages',
  query: archivalQuery,
  response: archivalReply,
  missing,
  handle: async (call) => {
    const page = await call.services.memories.passages(callerOf(call), call.params.agent_id, call.query);
    return archiveAnswer(page.items);
  },
});

const insert = defineRoute({
  ...route,
  method: 'post',
  path,
  summary: 'Put a text in the archive; one that is there already is not stored twice',
  body: archivalBody,
  response: insertReply,
  missing,
  handle: async (call) => {
    const { agent_id: agentId } = call.params;
    const passages = await call.services.memories.insertText(callerOf(call), agentId, call.body.content);
    return { json: { ids: passages.map((passage) => passage.id) } };
  },
});

const remove = defineRoute({
  ...route,
  method: 'delete',
  path,
  summary: 'Delete a passage; nothing happens where there is none',
  query: passageQuery,
  response: confirmation,
  missing,
  handle: async (call) => {
    const { id } = call.query;
    await call.services.memories.dropPassage(callerOf(call), call.params.agent_id, id);
    return { json: { message: `Memory id=${id} successfully deleted` } };
  },
});

/** The routes of archives. */
export const archivalRoutes: readonly Route[] = [readAll, readPage, insert, remove];

function archiveAnswer(passages: readonly ArchivedText[]): { json: unknown } {
  return { json: { archival_memory: passages.map(({ id, text }) => ({ id, contents: text })) } };
}
