import { z } from 'zod';
import { readId } from '../../domain/ids.js';
import { limits } from '../../domain/limits.js';
import { charsOf } from '../../domain/memory.js';
import { filledText, withOtherNames } from './arguments.js';
import { define, memoryTool, textParameter } from './make-tool.js';
import type { MemoryToolResult } from './tool.js';

/** Gives a passage of the archive another text; its tags and its time stay. */
export const archivalUpdate = memoryTool(
  define(
    'archival_update',
    'Correct a passage of the archive. Take its id from a search of the archive. ' +
      'Example: {"id": "0198c0de-0000-7000-8000-000000000001", "text": "Mia moved to Oslo in 2025."}. ' +
      'It fails when no passage has that id.',
    { id: textParameter('The id of the passage.'), text: textParameter('The whole new text.') },
    ['id', 'text'],
  ),
  withOtherNames({ content: 'text' }, z.object({ id: filledText, text: filledText })),
  async (tx, context, { id, text }) => {
    const chars = charsOf(text.trim());
    if (chars > limits.passageCharsMax) {
      return refuse(`A passage has at most ${limits.passageCharsMax} characters; this text has ${chars}.`);
    }
    const passage = await tx.memories.passage(context.memory.id, readId('passage', id) ?? id);
    if (passage === null) return refuse(`The archive has no passage "${id}". Search for it to see its id.`);
    await tx.memories.updatePassage({ ...passage, text: text.trim() });
    return { output: `ok, passage ${passage.id} changed`, failed: false, facts: [] };
  },
);

function refuse(output: string): MemoryToolResult {
  return { output, failed: true, facts: [] };
}
