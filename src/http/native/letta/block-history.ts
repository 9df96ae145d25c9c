import { z } from 'zod';
import { callerOf, defineRoute, type Route } from '../../route.js';
import { blockVersionToWire } from '../block-history.js';
import { blockHistoryQuery, blockVersionReply } from '../block-schemas.js';
import { blockReply } from './replies.js';
import { blockPath } from './schemas.js';
import { labelledTextToWire } from './wire.js';

const head = {
  tag: 'letta blocks',
  access: 'user',
  params: blockPath,
  missing: () => 'Block not found',
} as const;

const history = defineRoute({
  ...head,
  method: 'get',
  path: '/v1/blocks/{block_id}/history',
  summary: 'Read what stood in a block, the newest first, with who wrote it',
  query: blockHistoryQuery,
  response: z.array(blockVersionReply),
  handle: async (call) => {
    const { block_id: id } = call.params;
    const versions = await call.services.blockHistory.history(callerOf(call), id, call.query.limit);
    return { json: versions.map(blockVersionToWire) };
  },
});

const restores = (['undo', 'redo'] as const).map((word) =>
  defineRoute({
    ...head,
    method: 'post',
    path: `/v1/blocks/{block_id}/${word}`,
    summary: word === 'undo' ? 'Take back the last edit of a block' : 'Bring back what an undo took away',
    response: blockReply,
    handle: async (call) => {
      const { block_id: id } = call.params;
      await call.services.blockHistory[word](callerOf(call), id);
      return { json: labelledTextToWire(await call.services.blocks.get(callerOf(call), id)) };
    },
  }),
);

/** The routes of the history of blocks. */
export const lettaBlockHistoryRoutes: readonly Route[] = [history, ...restores];
