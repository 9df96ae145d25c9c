import type { BlockVersion } from '../../domain/memory.js';
import { callerOf, defineRoute, type Route } from '../route.js';
import { blockHistoryQuery, blockHistoryReply, blockLabelPath, blockValueReply } from './block-schemas.js';

const path = '/api/agents/{agent_id}/memory/blocks/{label}';
const head = { tag: 'memory', access: 'user', params: blockLabelPath } as const;

const history = defineRoute({
  ...head,
  method: 'get',
  path: `${path}/history`,
  summary: 'Read what stood in a block, the newest first, with who wrote it',
  query: blockHistoryQuery,
  response: blockHistoryReply,
  handle: async (call) => {
    const caller = callerOf(call);
    const block = await call.services.memories.block(caller, call.params.agent_id, call.params.label);
    const versions = await call.services.blockHistory.history(caller, block.id, call.query.limit);
    return { json: { history: versions.map(blockVersionToWire) } };
  },
});

const restores = (['undo', 'redo'] as const).map((word) =>
  defineRoute({
    ...head,
    method: 'post',
    path: `${path}/${word}`,
    summary: word === 'undo' ? 'Take back the last edit of a block' : 'Bring back what an undo took away',
    response: blockValueReply,
    handle: async (call) => {
      const caller = callerOf(call);
      const block = await call.services.memories.block(caller, call.params.agent_id, call.params.label);
      const { id, label, value, version } = await call.services.blockHistory[word](caller, block.id);
      return { json: { id, label, value, version } };
    },
  }),
);

/** The routes of the history of blocks. */
export const blockHistoryRoutes: readonly Route[] = [history, ...restores];

/** An entry of a block's history. */
export function blockVersionToWire(version: BlockVersion): Record<string, unknown> {
  return {
    version: version.version,
    value: version.value,
    actor: version.actor,
    run_id: version.runId,
    step_id: version.stepId,
    restores: version.restores,
    created_at: new Date(version.createdAt).toISOString(),
  };
}
