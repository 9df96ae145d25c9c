import { z } from 'zod';
import { applyBlockEdit } from '../memory-access.js';
import { filledText, text, withOtherNames } from './arguments.js';
import { define, memoryTool, textParameter } from './make-tool.js';
import { editResult } from './result.js';

/** A whole new value for a block that is there. */
export const memoryRewrite = memoryTool(
  define(
    'memory_rewrite',
    'Replace the whole text of a memory block, to condense or reorder it. Keep what still matters: the old text is ' +
      'gone from your sight. Example: {"label": "human", "text": "Ada, 36, cellist in Oslo. Allergic to nuts."}. ' +
      'It fails when the new text is longer than the block may be.',
    { label: textParameter('The label of the block.'), text: textParameter('The whole new text.') },
    ['label', 'text'],
  ),
  withOtherNames({ name: 'label', new_memory: 'text' }, z.object({ label: filledText, text })),
  async (tx, context, { label, text: value }) =>
    editResult(await applyBlockEdit(tx, context, label, { kind: 'rewrite', text: value })),
);
