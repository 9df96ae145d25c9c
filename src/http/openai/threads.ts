import { userMemoryKey } from '../../domain/memory-key.js';
import { callerOf, defineRoute, type Route } from '../route.js';
import { listToWire, readList, toPageRequest } from './listing.js';
import { deletedReply, listOf, threadReply } from './replies.js';
import { readMetadata, readResources, readThread } from './requests.js';
import { createThreadBody, threadListQuery, threadPath, updateThreadBody } from './schemas.js';
import { deletedToWire, threadToWire, type WireObject } from './wire.js';
import type { Conversation } from '../../domain/conversation.js';
import type { Services } from '../../services/services.js';

const tag = 'threads';
const access = 'user';

const createThread = defineRoute({
  method: 'post',
  path: '/v1/threads',
  summary: 'Create a thread, with its first messages where some are given',
  tag,
  access,
  body: createThreadBody,
  response: threadReply,
  handle: async (call) => {
    const thread = await call.services.threads.create(callerOf(call), readThread(call.body));
    return { json: await toWire(call.services, thread) };
  },
});

const listThreads = defineRoute({
  method: 'get',
  path: '/v1/threads',
  summary: 'List threads: all, those of a memory or an assistant, or those with given metadata',
  tag,
  access,
  query: threadListQuery,
  response: listOf(threadReply),
  handle: async (call) => {
    const { memory, assistant_id, metadata } = call.query;
    const memoryKey = memory === undefined ? undefined : userMemoryKey(memory);
    const request = { ...toPageRequest(call.query), memoryKey, agentId: assistant_id, metadata };
    const page = await readList(call.services.threads.page(callerOf(call), request));
    const threads = await Promise.all(page.items.map((thread) => toWire(call.services, thread)));
    return { json: listToWire(threads, page.hasMore) };
  },
});

const getThread = defineRoute({
  method: 'get',
  path: '/v1/threads/{thread_id}',
  summary: 'Read a thread',
  tag,
  access,
  params: threadPath,
  response: threadReply,
  handle: async (call) => ({
    json: await toWire(call.services, await call.services.threads.get(callerOf(call), call.params.thread_id)),
  }),
});

const updateThread = defineRoute({
  method: 'post',
  path: '/v1/threads/{thread_id}',
  summary: 'Change the metadata of a thread',
  tag,
  access,
  params: threadPath,
  body: updateThreadBody,
  response: threadReply,
  handle: async (call) => {
    const changes = {
      metadata: readMetadata(call.body.metadata),
      files: readResources(call.body.tool_resources),
    };
    const thread = await call.services.threads.update(callerOf(call), call.params.thread_id, changes);
    return { json: await toWire(call.services, thread) };
  },
});

const deleteThread = defineRoute({
  method: 'delete',
  path: '/v1/threads/{thread_id}',
  summary: 'Delete a thread with its messages, runs and private memory',
  tag,
  access,
  params: threadPath,
  response: deletedReply,
  handle: async (call) => {
    await call.services.threads.delete(callerOf(call), call.params.thread_id);
    return { json: deletedToWire('thread', 'conversation', call.params.thread_id) };
  },
});

async function toWire({ toolResources }: Services, thread: Conversation): Promise<WireObject> {
  return threadToWire(thread, await toolResources.ofConversation(thread));
}

/** The routes of threads. */
export const threadRoutes: readonly Route[] = [createThread, listThreads, getThread, updateThread, deleteThread];
