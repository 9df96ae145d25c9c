import { z } from 'zod';
import { applyBlockEdit } from '../memory-access.js';
import { filledText, withOtherNames } from './arguments.js';
import { define, memoryTool, textParameter } from './make-tool.js';
import { editResult } from './result.js';

/** MemGPT's `core_memory_append`: a new line at the end of a block. Takes `label`, its later name, for `name`. */
export const coreMemoryAppend = memoryTool(
  define(
    'core_memory_append',
    'Add a line to a block of your core memory. Use it for lasting facts, one thought per call. ' +
      'Example: {"name": "human", "content": "Plays the cello."}. ' +
      'It fails when the block has no room left: replace or shorten something first.',
    {
      name: textParameter('The block: "persona", "human" or another label.'),
      content: textParameter('The line to add.'),
    },
    ['name', 'content'],
  ),
  withOtherNames({ label: 'name' }, z.object({ name: filledText, content: filledText })),
  async (tx, context, { name, content }) =>
    editResult(await applyBlockEdit(tx, context, name, { kind: 'append', text: content })),
);
