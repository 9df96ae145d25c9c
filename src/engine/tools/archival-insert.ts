import { z } from 'zod';
import { filledText, tags, withOtherNames } from './arguments.js';
import { insertIntoArchive, lookInArchive } from './archive-insert.js';
import { define, listParameter, memoryTool, textParameter } from './make-tool.js';

/** Puts a text in the archive. */
export const archivalInsert = memoryTool(
  define(
    'archival_insert',
    'Keep a text in the archive, to be found again by searching. It should make sense on its own. ' +
      'Example: {"text": "The roof was repaired in March 2024 by Holm & Sons.", "tags": ["house"]}. ' +
      'It fails when text is empty.',
    { text: textParameter('The text to keep.'), tags: listParameter('Words to narrow a search by, if any.') },
    ['text'],
  ),
  withOtherNames({ content: 'text' }, z.object({ text: filledText, tags })),
  async (tx, context, { text, tags: given }) => insertIntoArchive(tx, context, { text, tags: given }),
  (access, context, { text }) => lookInArchive(access, context, text),
);
