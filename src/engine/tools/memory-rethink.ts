import { z } from 'zod';
import { applyBlockEdit, createBlock } from '../memory-access.js';
import { filledText, text, withOtherNames } from './arguments.js';
import { define, memoryTool, textParameter } from './make-tool.js';
import { editResult } from './result.js';

/** Letta's `memory_rethink`: a whole new value for a block, which is made where there is none. */
export const memoryRethink = memoryTool(
  define(
    'memory_rethink',
    'Replace the whole text of a memory block with a better version; a block that does not exist is made. ' +
      'Example: {"label": "human", "new_memory": "Ada, 36, cellist in Oslo."}. ' +
      'It fails when the new text is longer than the block may be.',
    { label: textParameter('The label of the block.'), new_memory: textParameter('The whole new text.') },
    ['label', 'new_memory'],
  ),
  withOtherNames(
    { target_block_label: 'label', text: 'new_memory' },
    z.object({ label: filledText, new_memory: text }),
  ),
  async (tx, context, { label, new_memory: value }) => {
    const rewritten = await applyBlockEdit(tx, context, label, { kind: 'rewrite', text: value });
    if (rewritten.ok || rewritten.fault.reason !== 'unknown-label') return editResult(rewritten);
    return editResult(await createBlock(tx, context, { label, description: `Notes on ${label}.`, value }));
  },
);
