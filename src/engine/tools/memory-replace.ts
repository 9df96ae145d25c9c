import { z } from 'zod';
import { applyBlockEdit } from '../memory-access.js';
import { filledText, text, withOtherNames } from './arguments.js';
import { define, memoryTool, textParameter } from './make-tool.js';
import { editResult } from './result.js';

/** Letta's `memory_replace`: the one occurrence of a literal text in a block. */
export const memoryReplace = memoryTool(
  define(
    'memory_replace',
    'Correct or delete a text that occurs exactly once in a memory block. To delete, give an empty new_string. ' +
      'Example: {"label": "human", "old_string": "Works at Acme.", "new_string": "Works at Globex since May."}. ' +
      'It fails when old_string is missing from the block or occurs more than once; copy it exactly, with enough of ' +
      'what stands around it.',
    {
      label: textParameter('The label of the block.'),
      old_string: textParameter('The exact text to replace, without line numbers.'),
      new_string: textParameter('The text in its place; empty to delete.'),
    },
    ['label', 'old_string', 'new_string'],
  ),
  withOtherNames(
    { name: 'label', old: 'old_string', new: 'new_string' },
    z.object({ label: filledText, old_string: text, new_string: text }),
  ),
  async (tx, context, { label, old_string: search, new_string: replacement }) =>
    editResult(await applyBlockEdit(tx, context, label, { kind: 'replace-one', search, replacement })),
);
