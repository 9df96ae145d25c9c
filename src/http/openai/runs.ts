import type { z } from 'zod';
import { limits } from '../../domain/limits.js';
import type { Run } from '../../domain/run.js';
import type { Principal } from '../../domain/user.js';
import type { Services } from '../../services/services.js';
import { callerOf, defineRoute, type JsonReply, type Route } from '../route.js';
import { listToWire, readList, toPageRequest } from './listing.js';
import { listOf } from './replies.js';
import { readMetadata, readThread } from './requests.js';
import { toStartRun } from './run-requests.js';
import {
  cancelBody,
  createRunBody,
  createThreadAndRunBody,
  includeQuery,
  runListQuery,
  runPath,
  runReply,
  submitBody,
} from './run-schemas.js';
import { reopenStream, runStreamRoutes, streamRun } from './run-stream.js';
import { runStepRoutes } from './run-steps.js';
import { metadataBody, threadPath } from './schemas.js';
import { runToWire } from './wire-runs.js';

const tag = 'runs';
const access = 'user';

const createRun = defineRoute({
  method: 'post',
  path: '/v1/threads/{thread_id}/runs',
  summary: 'Ask an assistant to answer in a thread',
  tag,
  access,
  params: threadPath,
  query: includeQuery,
  body: createRunBody,
  response: runReply,
  streams: true,
  reopen: reopenStream,
  handle: async (call) => {
    const run = await call.services.runs.start(callerOf(call), {
      ...toStartRun(call.body),
      conversationId: call.params.thread_id,
    });
    if (call.body.stream === true) return streamRun(call, run, { include: call.query.include });
    return replyWith(call.services, run);
  },
});

const createThreadAndRun = defineRoute({
  method: 'post',
  path: '/v1/threads/runs',
  summary: 'Create a thread and ask an assistant to answer in it',
  tag,
  access,
  query: includeQuery,
  body: createThreadAndRunBody,
  response: runReply,
  streams: true,
  reopen: reopenStream,
  handle: async (call) => {
    const principal = callerOf(call);
    const { body, services } = call;
    const run = await services.threadRuns.start(principal, readThread(threadOf(body)), toStartRun(body));
    if (body.stream === true) return streamRun(call, run, { include: call.query.include, withThread: true });
    return replyWith(services, run);
  },
});

const listRuns = defineRoute({
  method: 'get',
  path: '/v1/threads/{thread_id}/runs',
  summary: "List a thread's runs",
  tag,
  access,
  params: threadPath,
  query: runListQuery,
  response: listOf(runReply),
  handle: async (call) => {
    const { runs } = call.services;
    const page = await readList(runs.page(callerOf(call), call.params.thread_id, toPageRequest(call.query)));
    const whole = await Promise.all(page.items.map((run) => runs.withSettings(run)));
    return { json: listToWire(whole.map(runToWire), page.hasMore) };
  },
});

const getRun = defineRoute({
  method: 'get',
  path: '/v1/threads/{thread_id}/runs/{run_id}',
  summary: 'Read a run',
  tag,
  access,
  params: runPath,
  response: runReply,
  handle: async (call) => {
    const { run_id, thread_id } = call.params;
    return replyWith(call.services, await call.services.runs.get(callerOf(call), run_id, thread_id));
  },
});

const updateRun = defineRoute({
  method: 'post',
  path: '/v1/threads/{thread_id}/runs/{run_id}',
  summary: 'Change the metadata of a run',
  tag,
  access,
  params: runPath,
  body: metadataBody,
  response: runReply,
  handle: async (call) => {
    const { runs } = call.services;
    const principal = callerOf(call);
    const run = await ownRun(call.services, principal, call.params);
    const metadata = readMetadata(call.body.metadata);
    return replyWith(call.services, metadata === undefined ? run : await runs.describe(principal, run.id, metadata));
  },
});

const cancelRun = defineRoute({
  method: 'post',
  path: '/v1/threads/{thread_id}/runs/{run_id}/cancel',
  summary: 'Ask a run to stop',
  tag,
  access,
  params: runPath,
  body: cancelBody,
  response: runReply,
  handle: async (call) => {
    const principal = callerOf(call);
    const run = await ownRun(call.services, principal, call.params);
    return replyWith(call.services, await call.services.runs.cancel(principal, run.id));
  },
});

const submitToolOutputs = defineRoute({
  method: 'post',
  path: '/v1/threads/{thread_id}/runs/{run_id}/submit_tool_outputs',
  summary: 'Hand in the outputs of the calls a run waits for',
  tag,
  access,
  params: runPath,
  query: includeQuery,
  body: submitBody,
  response: runReply,
  streams: true,
  reopen: reopenStream,
  handle: async (call) => {
    const principal = callerOf(call);
    const before = await ownRun(call.services, principal, call.params);
    const outputs = call.body.tool_outputs.map((given) => ({
      callId: given.tool_call_id,
      output: given.output ?? '',
    }));
    const run = await call.services.runs.submit(principal, before.id, outputs);
    if (call.body.stream !== true) return replyWith(call.services, run);
    return streamRun(call, run, { startingAfter: before.lastSeq, include: call.query.include });
  },
});

function ownRun(services: Services, principal: Principal, path: { thread_id: string; run_id: string }): Promise<Run> {
  return services.runs.get(principal, path.run_id, path.thread_id);
}

/** A run, and how soon to ask for it again. */
async function replyWith({ runs }: Services, run: Run): Promise<JsonReply> {
  return {
    json: runToWire(await runs.withSettings(run)),
    headers: { 'openai-poll-after-ms': String(limits.pollAfterMs) },
  };
}

/** The thread that is made. Resources of the run become its own; of one tool they take the place of the thread's. */
function threadOf({ thread, tool_resources }: z.output<typeof createThreadAndRunBody>) {
  const ofRun = Object.entries(tool_resources ?? {}).filter(([, given]) => given !== null && given !== undefined);
  return { ...thread, tool_resources: { ...thread?.tool_resources, ...Object.fromEntries(ofRun) } };
}

/** The routes of runs, their steps and their streams. */
export const runRoutes: readonly Route[] = [
  createRun,
  createThreadAndRun,
  listRuns,
  getRun,
  updateRun,
  cancelRun,
  submitToolOutputs,
  ...runStepRoutes,
  ...runStreamRoutes,
];
