import { z } from 'zod';
import { applyBlockEdit } from '../memory-access.js';
import { filledText, text, withOtherNames } from './arguments.js';
import { define, memoryTool, textParameter } from './make-tool.js';
import { editResult } from './result.js';

/**
 * MemGPT's `core_memory_replace`: every occurrence of a literal text in a block. Takes `label`, its later name, for
 * `name`.
 */
export const coreMemoryReplace = memoryTool(
  define(
    'core_memory_replace',
    'Change text in a block of your core memory, wherever it occurs. To delete, give an empty new_content. ' +
      'Example: {"name": "human", "old_content": "Lives in Rome.", "new_content": "Lives in Oslo."}. ' +
      'It fails when old_content is not in the block letter for letter.',
    {
      name: textParameter('The block: "persona", "human" or another label.'),
      old_content: textParameter('The exact text to replace.'),
      new_content: textParameter('The text in its place; empty to delete.'),
    },
    ['name', 'old_content', 'new_content'],
  ),
  withOtherNames({ label: 'name' }, z.object({ name: filledText, old_content: text, new_content: text })),
  async (tx, context, { name, old_content: search, new_content: replacement }) =>
    editResult(await applyBlockEdit(tx, context, name, { kind: 'replace-all', search, replacement })),
);
