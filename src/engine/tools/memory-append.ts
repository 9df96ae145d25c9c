import { z } from 'zod';
import { applyBlockEdit } from '../memory-access.js';
import { filledText, withOtherNames } from './arguments.js';
import { define, memoryTool, textParameter } from './make-tool.js';
import { editResult } from './result.js';

/** A new line at the end of a block. */
export const memoryAppend = memoryTool(
  define(
    'memory_append',
    'Add a line to the end of a memory block, for a lasting fact that must always be at hand. ' +
      'Example: {"label": "human", "text": "Has a dog named Rex."}. ' +
      'It fails when the block has no room left: rewrite it shorter first.',
    { label: textParameter('The label of the block.'), text: textParameter('The line to add.') },
    ['label', 'text'],
  ),
  withOtherNames({ name: 'label', content: 'text' }, z.object({ label: filledText, text: filledText })),
  async (tx, context, { label, text: line }) =>
    editResult(await applyBlockEdit(tx, context, label, { kind: 'append', text: line })),
);
