import { z } from 'zod';
import { filledText, tags, withOtherNames } from './arguments.js';
import { insertIntoArchive, lookInArchive } from './archive-insert.js';
import { define, listParameter, memoryTool, textParameter } from './make-tool.js';

/** MemGPT's `archival_memory_insert`, with the tags that Letta gave it. */
export const archivalMemoryInsert = memoryTool(
  define(
    'archival_memory_insert',
    'Put a text in your archive, which is unlimited and searched later. Write it so that it makes sense on its own ' +
      'and with the words you would search for. ' +
      'Example: {"content": "Ada\'s sister Mia lives in Bergen and visits every June.", "tags": ["family"]}. ' +
      'It fails when content is empty.',
    {
      content: textParameter('The text to keep: names and dates instead of "she" and "yesterday".'),
      tags: listParameter('Words to narrow a search by, if any.'),
    },
    ['content'],
  ),
  withOtherNames({ text: 'content' }, z.object({ content: filledText, tags })),
  async (tx, context, { content, tags: given }) => insertIntoArchive(tx, context, { text: content, tags: given }),
  (access, context, { content }) => lookInArchive(access, context, content),
);
