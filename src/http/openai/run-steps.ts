import { pageOf } from '../../domain/page.js';
import { notFound } from '../../domain/errors.js';
import { callerOf, defineRoute, type Route } from '../route.js';
import { listToWire, readList, toPageRequest } from './listing.js';
import { listOf } from './replies.js';
import { searchContent } from './run-schemas.js';
import { includeQuery, runPath, stepListQuery, stepPath, stepReply } from './run-schemas.js';
import { callFilter, isListed, stepToWire } from './wire-runs.js';

const tag = 'runs';
const access = 'user';

const listSteps = defineRoute({
  method: 'get',
  path: '/v1/threads/{thread_id}/runs/{run_id}/steps',
  summary: "List a run's steps",
  tag,
  access,
  params: runPath,
  query: stepListQuery,
  response: listOf(stepReply),
  handle: async (call) => {
    const { runs } = call.services;
    const principal = callerOf(call);
    const run = await runs.get(principal, call.params.run_id, call.params.thread_id);
    const shows = callFilter(call.query.include.includes('memory'));
    const withContent = call.query.include.includes(searchContent);
    const steps = (await runs.steps(principal, run.id)).filter((step) => isListed(step, shows));
    const page = await readList(Promise.resolve().then(() => pageOf(steps, toPageRequest(call.query))));
    return {
      json: listToWire(
        page.items.map((step) => stepToWire(step, run, shows, withContent)),
        page.hasMore,
      ),
    };
  },
});

const getStep = defineRoute({
  method: 'get',
  path: '/v1/threads/{thread_id}/runs/{run_id}/steps/{step_id}',
  summary: 'Read a run step',
  tag,
  access,
  params: stepPath,
  query: includeQuery,
  response: stepReply,
  handle: async (call) => {
    const { runs } = call.services;
    const principal = callerOf(call);
    const run = await runs.get(principal, call.params.run_id, call.params.thread_id);
    const shows = callFilter(call.query.include.includes('memory'));
    const step = (await runs.steps(principal, run.id)).find(({ id }) => id === call.params.step_id);
    // A step that was told of in a stream is found, also where it was taken back or its calls are still on their way.
    const isShown = step !== undefined && (isListed(step, shows) || step.kind === 'message' || step.calls.length === 0);
    if (!isShown) throw notFound('step', call.params.step_id);
    return { json: stepToWire(step, run, shows, call.query.include.includes(searchContent)) };
  },
});

/** The routes of run steps. */
export const runStepRoutes: readonly Route[] = [listSteps, getStep];
