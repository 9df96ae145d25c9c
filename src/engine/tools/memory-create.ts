import { z } from 'zod';
import { createBlock } from '../memory-access.js';
import { filledText, optionalText, withOtherNames } from './arguments.js';
import { define, memoryTool, textParameter } from './make-tool.js';
import { editResult } from './result.js';

/** A new block, empty or with a first text. */
export const memoryCreate = memoryTool(
  define(
    'memory_create',
    'Make a new memory block for a subject that will need lasting room of its own. ' +
      'Example: {"label": "garden", "description": "What grows where, and when it was planted."}. ' +
      'It fails when there is a block with that label already.',
    {
      label: textParameter('A short label: letters, digits, "_", "-" and ".".'),
      description: textParameter('What belongs in the block. It is shown with the block from now on.'),
      text: textParameter('The first text of the block, if any.'),
    },
    ['label', 'description'],
  ),
  withOtherNames(
    { name: 'label', value: 'text' },
    z.object({ label: filledText, description: filledText, text: optionalText }),
  ),
  async (tx, context, { label, description, text }) =>
    editResult(await createBlock(tx, context, { label, description, value: text ?? '' })),
);
