import { z } from 'zod';
import { applyBlockEdit } from '../memory-access.js';
import { filledText, wholeNumber, withOtherNames } from './arguments.js';
import { define, memoryTool, numberParameter, textParameter } from './make-tool.js';
import { editResult } from './result.js';

/** Letta's `memory_insert`: lines at a place of a block. */
export const memoryInsert = memoryTool(
  define(
    'memory_insert',
    'Insert text as new lines at a place of a memory block: 0 is before the first line, 3 after the third, -1 the end. ' +
      'Example: {"label": "plan", "new_string": "- book the hall", "insert_line": 2}. ' +
      'It fails when the block has fewer lines than insert_line.',
    {
      label: textParameter('The label of the block.'),
      new_string: textParameter('The text to insert, without line numbers.'),
      insert_line: numberParameter('The line after which to insert; -1, the default, is the end.'),
    },
    ['label', 'new_string'],
  ),
  withOtherNames(
    { name: 'label', text: 'new_string', line: 'insert_line' },
    z.object({ label: filledText, new_string: filledText, insert_line: wholeNumber(-1, -1) }),
  ),
  async (tx, context, { label, new_string: inserted, insert_line: line }) =>
    editResult(await applyBlockEdit(tx, context, label, { kind: 'insert', line, text: inserted })),
);
