import { z } from 'zod';
import { applyBlockEdit } from '../memory-access.js';
import { filledText, withOtherNames } from './arguments.js';
import { define, memoryTool, textParameter } from './make-tool.js';
import { editResult } from './result.js';

/** Letta's `memory_apply_patch`, for one block at a time. */
export const memoryApplyPatch = memoryTool(
  define(
    'memory_apply_patch',
    'Change several lines of a memory block at once with a patch: " " keeps a line, "-" removes it, "+" adds one, ' +
      'and "@@" divides places. Example: {"label": "human", "patch": "@@\\n Ada\\n-Lives in Rome\\n+Lives in Oslo"}. ' +
      'It fails, and changes nothing, when kept and removed lines are not in the block exactly once.',
    { label: textParameter('The label of the block.'), patch: textParameter('The patch.') },
    ['label', 'patch'],
  ),
  withOtherNames({ name: 'label' }, z.object({ label: filledText, patch: filledText })),
  async (tx, context, { label, patch }) =>
    editResult(await applyBlockEdit(tx, context, label, { kind: 'patch', patch })),
);
