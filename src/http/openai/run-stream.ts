import { z } from 'zod';
import type { Run } from '../../domain/run.js';
import { callerOf, defineRoute, type CallBase, type Route, type StreamReply } from '../route.js';
import { lastWords, toFrames } from './events.js';
import { eventsQuery, includes, runPath, type Include } from './run-schemas.js';
import { searchContent } from './run-schemas.js';
import { threadToWire } from './wire.js';
import type { JsonObject } from './wire-runs.js';

/** What a stream is opened with again where its request is repeated. */
const streamToken = z.object({
  runId: z.string(),
  startingAfter: z.int(),
  include: z.array(z.enum(includes)),
  withThread: z.boolean(),
});

type StreamToken = z.output<typeof streamToken>;

/** Tells a run from a number onward until it rests: the answer to a request that started it or carried it on. */
export function streamRun(
  base: CallBase,
  run: Pick<Run, 'id'>,
  {
    startingAfter = 0,
    include,
    withThread = false,
  }: { startingAfter?: number; include: Include[]; withThread?: boolean },
): Promise<StreamReply> {
  return openStream(base, { runId: run.id, startingAfter, include, withThread });
}

/** The same stream once more, for a request that was sent again. */
export function reopenStream(base: CallBase, token: unknown): Promise<StreamReply> {
  return openStream(base, streamToken.parse(token));
}

async function threadOf(base: CallBase, id: string): Promise<JsonObject> {
  const { threads, toolResources } = base.services;
  const thread = await threads.get(callerOf(base), id);
  return threadToWire(thread, await toolResources.ofConversation(thread));
}

async function openStream(base: CallBase, token: StreamToken): Promise<StreamReply> {
  const { runs } = base.services;
  const principal = callerOf(base);
  const { runId, startingAfter, include } = token;
  const run = await runs.get(principal, runId);
  const thread = token.withThread ? await threadOf(base, run.conversationId) : undefined;
  const log = runs.follow(principal, runId, { afterSeq: 0, signal: base.signal, pastRests: startingAfter > 0 });
  const frames = toFrames(log, {
    startingAfter,
    withMemory: include.includes('memory'),
    withContent: include.includes(searchContent),
    numbered: include.includes('event_ids'),
    endsAtRest: true,
    ...(thread === undefined ? {} : { thread }),
  });
  return { frames, lastWords, token };
}

const readEvents = defineRoute({
  method: 'get',
  path: '/v1/threads/{thread_id}/runs/{run_id}/events',
  summary: "Read a run's stream again, or from a number onward",
  tag: 'runs',
  access: 'user',
  params: runPath,
  query: eventsQuery,
  response: z.unknown(),
  streams: true,
  handle: async (call) => {
    const { runs } = call.services;
    const principal = callerOf(call);
    const run = await runs.get(principal, call.params.run_id, call.params.thread_id);
    const { overrides } = await runs.withSettings(run);
    const frames = toFrames(runs.follow(principal, run.id, { afterSeq: 0, signal: call.signal, pastRests: true }), {
      startingAfter: call.query.starting_after ?? lastEventId(call.headers['last-event-id']),
      withMemory: call.query.include.includes('memory'),
      numbered: true,
      endsAtRest: false,
      settings: overrides,
    });
    return { frames, lastWords };
  },
});

/** Where a reader that was cut off stopped; the beginning where it does not say. */
function lastEventId(header: string | string[] | undefined): number {
  const number = Number(header ?? 0);
  return Number.isSafeInteger(number) && number > 0 ? number : 0;
}

/** The routes of streams that are read after the fact. */
export const runStreamRoutes: readonly Route[] = [readEvents];
