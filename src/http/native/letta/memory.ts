import { z } from 'zod';
import { toLettaId } from '../../../domain/ids.js';
import { callerOf, defineRoute, type Route } from '../../route.js';
import { contextRoute } from '../context.js';
import { memorySearchRoute } from '../memory-search.js';
import { noSuchLettaAgent } from './agents.js';
import { confirmation, memoryReply, passageReply, sizeReply, storedMessageReply } from './replies.js';
import { agentPath, archivalBody, archivalQuery, memoryBody, passagePath } from './schemas.js';
import { memoryToWire, passageToWire, storedMessagesToWire } from './wire.js';

const root = '/v1/agents/{agent_id}';
const missing = ({ params }: { params: { agent_id: string } }): string => noSuchLettaAgent(params.agent_id);
const head = { tag: 'letta memory', access: 'user', params: agentPath, missing } as const;

const readMemory = defineRoute({
  ...head,
  method: 'get',
  path: `${root}/memory`,
  summary: 'Read what an agent always has in mind',
  response: memoryReply,
  handle: async (call) => {
    const principal = callerOf(call);
    const { blocks } = await call.services.memories.overview(principal, call.params.agent_id);
    return { json: memoryToWire(blocks, principal.userId) };
  },
});

const changeMemory = defineRoute({
  ...head,
  method: 'patch',
  path: `${root}/memory`,
  summary: 'Give blocks new values by their labels; null leaves one alone',
  body: memoryBody,
  response: memoryReply,
  handle: async (call) => {
    const principal = callerOf(call);
    const given = Object.entries(call.body).filter((entry): entry is [string, string] => entry[1] !== null);
    const values = Object.fromEntries(given);
    const { after } = await call.services.memories.rewrite(principal, call.params.agent_id, values);
    return { json: memoryToWire(after, principal.userId) };
  },
});

const inContext = defineRoute({
  ...head,
  method: 'get',
  path: `${root}/memory/messages`,
  summary: 'Read the messages that are in the prompt word for word, oldest first',
  response: z.array(storedMessageReply),
  handle: async (call) => {
    const history = await call.services.messages.inContext(callerOf(call), call.params.agent_id);
    return { json: storedMessagesToWire(history) };
  },
});

const recallSize = defineRoute({
  ...head,
  method: 'get',
  path: `${root}/memory/recall`,
  summary: 'Count the messages of an agent',
  response: sizeReply,
  handle: async (call) => {
    const { messageCount } = await call.services.memories.overview(callerOf(call), call.params.agent_id);
    return { json: { size: messageCount } };
  },
});

const archiveSize = defineRoute({
  ...head,
  method: 'get',
  path: `${root}/memory/archival`,
  summary: 'Count the passages of an archive',
  response: sizeReply,
  handle: async (call) => {
    const { passageCount } = await call.services.memories.overview(callerOf(call), call.params.agent_id);
    return { json: { size: passageCount } };
  },
});

/** The archive, by its first name and by that of later releases. */
const archive = ['archival', 'archival-memory'].flatMap((word) => [
  defineRoute({
    ...head,
    method: 'get',
    path: `${root}/${word}`,
    summary: 'Read a part of an archive, the oldest first, then of its sources',
    query: archivalQuery,
    response: z.array(passageReply),
    handle: async (call) => {
      const principal = callerOf(call);
      const { agent_id: agentId } = call.params;
      const { items } = await call.services.memories.passages(principal, agentId, call.query);
      return { json: items.map((passage) => passageToWire(passage, agentId, principal.userId)) };
    },
  }),
  defineRoute({
    ...head,
    method: 'post',
    path: `${root}/${word}`,
    summary: 'Put a text in the archive',
    body: archivalBody,
    response: z.array(passageReply),
    handle: async (call) => {
      const principal = callerOf(call);
      const { agent_id: agentId } = call.params;
      const passages = await call.services.memories.insertText(principal, agentId, call.body.text);
      return { json: passages.map((passage) => passageToWire(passage, agentId, principal.userId)) };
    },
  }),
  defineRoute({
    ...head,
    method: 'delete',
    path: `${root}/${word}/{memory_id}`,
    summary: 'Delete a passage; nothing happens where there is none',
    params: passagePath,
    response: confirmation,
    handle: async (call) => {
      const { agent_id: agentId, memory_id: id } = call.params;
      await call.services.memories.dropPassage(callerOf(call), agentId, id);
      return { json: { message: `Memory id=${toLettaId('passage', id)} successfully deleted` } };
    },
  }),
]);

const place = { tag: 'letta memory', params: agentPath, spell: toLettaId };
const search = memorySearchRoute({ ...place, path: `${root}/memory/search` });
const context = contextRoute({ ...place, path: `${root}/context` });

/** The routes of an agent's memory and archive. */
export const lettaMemoryRoutes: readonly Route[] = [
  readMemory,
  changeMemory,
  inContext,
  recallSize,
  archiveSize,
  ...archive,
  search,
  context,
];
