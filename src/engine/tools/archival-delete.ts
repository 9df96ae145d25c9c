import { z } from 'zod';
import { readId } from '../../domain/ids.js';
import { filledText } from './arguments.js';
import { define, memoryTool, textParameter } from './make-tool.js';

/** Takes a passage out of the archive for good. */
export const archivalDelete = memoryTool(
  define(
    'archival_delete',
    'Remove a passage from the archive for good, when it is wrong or should be forgotten. Take its id from ' +
      'a search of the archive. Example: {"id": "0198c0de-0000-7000-8000-000000000001"}. It fails when no passage has that id.',
    { id: textParameter('The id of the passage.') },
    ['id'],
  ),
  z.object({ id: filledText }),
  async (tx, context, { id }) => {
    const deleted = await tx.memories.deletePassage(context.memory.id, readId('passage', id) ?? id);
    return deleted
      ? { output: 'ok, the passage is gone', failed: false, facts: [] }
      : { output: `The archive has no passage "${id}". Search for it to see its id.`, failed: true, facts: [] };
  },
);
