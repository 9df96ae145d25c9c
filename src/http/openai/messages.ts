import { callerOf, defineRoute, type Route } from '../route.js';
import { listToWire, readList, toPageRequest } from './listing.js';
import { deletedReply, listOf, messageReply } from './replies.js';
import { readMessage, readMetadata } from './requests.js';
import { messageField, messageListQuery, messagePath, metadataBody, threadPath } from './schemas.js';
import { deletedToWire, messageToWire } from './wire.js';

const tag = 'messages';
const access = 'user';

const createMessage = defineRoute({
  method: 'post',
  path: '/v1/threads/{thread_id}/messages',
  summary: 'Say something in a thread; refused while a run is active',
  tag,
  access,
  params: threadPath,
  body: messageField,
  response: messageReply,
  handle: async (call) => {
    const { threadMessages } = call.services;
    const message = await threadMessages.add(callerOf(call), call.params.thread_id, readMessage(call.body));
    return { json: messageToWire(message) };
  },
});

const listMessages = defineRoute({
  method: 'get',
  path: '/v1/threads/{thread_id}/messages',
  summary: 'List what was said in a thread, or by one run',
  tag,
  access,
  params: threadPath,
  query: messageListQuery,
  response: listOf(messageReply),
  handle: async (call) => {
    const request = { ...toPageRequest(call.query), runId: call.query.run_id };
    const page = await readList(call.services.threadMessages.page(callerOf(call), call.params.thread_id, request));
    return { json: listToWire(page.items.map(messageToWire), page.hasMore) };
  },
});

const getMessage = defineRoute({
  method: 'get',
  path: '/v1/threads/{thread_id}/messages/{message_id}',
  summary: 'Read a message',
  tag,
  access,
  params: messagePath,
  response: messageReply,
  handle: async (call) => {
    const { thread_id, message_id } = call.params;
    return { json: messageToWire(await call.services.threadMessages.get(callerOf(call), thread_id, message_id)) };
  },
});

const updateMessage = defineRoute({
  method: 'post',
  path: '/v1/threads/{thread_id}/messages/{message_id}',
  summary: 'Change the metadata of a message',
  tag,
  access,
  params: messagePath,
  body: metadataBody,
  response: messageReply,
  handle: async (call) => {
    const { thread_id, message_id } = call.params;
    const metadata = readMetadata(call.body.metadata);
    const { threadMessages } = call.services;
    return { json: messageToWire(await threadMessages.update(callerOf(call), thread_id, message_id, metadata)) };
  },
});

const deleteMessage = defineRoute({
  method: 'delete',
  path: '/v1/threads/{thread_id}/messages/{message_id}',
  summary: 'Take a message away from later runs',
  tag,
  access,
  params: messagePath,
  response: deletedReply,
  handle: async (call) => {
    const { thread_id, message_id } = call.params;
    await call.services.threadMessages.delete(callerOf(call), thread_id, message_id);
    return { json: deletedToWire('thread.message', 'message', message_id) };
  },
});

/** The routes of messages. */
export const messageRoutes: readonly Route[] = [createMessage, listMessages, getMessage, updateMessage, deleteMessage];
