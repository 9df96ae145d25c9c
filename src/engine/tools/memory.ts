import { z } from 'zod';
import { applyBlockEdit, createBlock, removeBlock, renameBlock } from '../memory-access.js';
import type { Repositories } from '../../store/store.js';
import { filledText, optionalText, text, wholeNumber, withOtherNames } from './arguments.js';
import { define, memoryTool, numberParameter, textParameter, wordParameter } from './make-tool.js';
import { editFact, editResult, refusal } from './result.js';
import type { MemoryToolResult, ToolContext } from './tool.js';

/** A path is `/memories/<label>`, or the label alone. */
const path = filledText
  .transform((value) => value.trim().replace(/^\/?memories\//u, ''))
  .refine((label) => label !== '', { error: 'it must be "/memories/" and a label' });

const command = z.discriminatedUnion(
  'command',
  [
    z.object({ command: z.literal('create'), path, file_text: optionalText, description: optionalText }),
    z.object({ command: z.literal('str_replace'), path, old_string: text, new_string: text }),
    z.object({ command: z.literal('insert'), path, insert_text: filledText, insert_line: wholeNumber(-1, -1) }),
    z.object({ command: z.literal('delete'), path }),
    z.object({ command: z.literal('rename'), path, new_path: path.optional(), description: optionalText }),
  ],
  { error: 'argument "command": it must be "create", "str_replace", "insert", "delete" or "rename"' },
);

/** Letta's `memory`: one tool for blocks as if they were files. */
export const memory = memoryTool(
  define(
    'memory',
    'Keep your memory blocks as if they were files under /memories. ' +
      'create (path, description, file_text), str_replace (path, old_string, new_string), insert (path, insert_text, ' +
      'insert_line), delete (path), rename (path, new_path, or a new description). ' +
      'Example: {"command": "str_replace", "path": "/memories/human", "old_string": "Rome", "new_string": "Oslo"}. ' +
      'It fails when old_string does not occur exactly once, or when no block has that path.',
    {
      command: wordParameter('What to do.', ['create', 'str_replace', 'insert', 'delete', 'rename']),
      path: textParameter('The block: /memories/ and its label.'),
      file_text: textParameter('For create: the first text.'),
      description: textParameter('For create and rename: what belongs in the block.'),
      old_string: textParameter('For str_replace: the exact text to replace.'),
      new_string: textParameter('For str_replace: the text in its place; empty to delete.'),
      insert_text: textParameter('For insert: the new lines.'),
      insert_line: numberParameter('For insert: the line after which to insert; 0 is before the first, -1 the end.'),
      new_path: textParameter('For rename: the new path.'),
    },
    ['command', 'path'],
  ),
  withOtherNames({ old_path: 'path', old_str: 'old_string', new_str: 'new_string' }, command),
  carryOut,
);

async function carryOut(
  tx: Repositories,
  context: ToolContext,
  wanted: z.output<typeof command>,
): Promise<MemoryToolResult> {
  const label = wanted.path;
  switch (wanted.command) {
    case 'create': {
      const description = wanted.description ?? `Notes on ${label}.`;
      return editResult(await createBlock(tx, context, { label, description, value: wanted.file_text ?? '' }));
    }
    case 'str_replace': {
      const { old_string: search, new_string: replacement } = wanted;
      return editResult(await applyBlockEdit(tx, context, label, { kind: 'replace-one', search, replacement }));
    }
    case 'insert': {
      const { insert_line: line, insert_text: inserted } = wanted;
      return editResult(await applyBlockEdit(tx, context, label, { kind: 'insert', line, text: inserted }));
    }
    case 'delete': {
      const removed = await removeBlock(tx, context, label);
      if (!removed.ok) return refusal(removed.fault);
      return { output: `ok, block "${label}" is gone`, failed: false, facts: [editFact(removed.block)] };
    }
    case 'rename': {
      const renamed = await renameBlock(tx, context, label, wanted.new_path ?? null, wanted.description);
      if (!renamed.ok) return refusal(renamed.fault);
      const output = `ok, the block is now "${renamed.block.label}": ${renamed.block.description}`;
      return { output, failed: false, facts: [editFact(renamed.block)] };
    }
    default:
      return wanted satisfies never;
  }
}
