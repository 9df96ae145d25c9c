import { newId } from '../../domain/ids.js';
import { limits } from '../../domain/limits.js';
import type { Repositories } from '../../store/store.js';
import { splitPassage } from './split-passage.js';
import type { MemoryToolResult, ToolContext } from './tool.js';

/** What is put in the archive by one call. */
export interface ArchiveText {
  text: string;
  tags: string[];
}

/**
 * Puts a text in the archive of the open memory. One that is longer than a passage may be becomes several. A text that
 * is there with the same tags is not stored twice: its id is given again. The result names the ids, in order.
 */
export async function insertIntoArchive(
  tx: Repositories,
  context: ToolContext,
  { text, tags }: ArchiveText,
): Promise<MemoryToolResult> {
  const stored: { id: string; existed: boolean }[] = [];
  for (const part of splitPassage(text, limits.passageCharsMax)) {
    const draft = { id: newId(), memoryId: context.memory.id, text: part, tags, createdAt: context.clock.now() };
    const { passage, existed } = await tx.memories.insertPassage(draft);
    stored.push({ id: passage.id, existed });
  }
  return { output: describeStored(stored), failed: false, facts: [] };
}

function describeStored(stored: { id: string; existed: boolean }[]): string {
  const ids = stored.map(({ id }) => id).join(', ');
  const known = stored.filter(({ existed }) => existed).length;
  if (known === stored.length) return `ok, in the archive already as ${passages(known)} ${ids}`;
  const already = known > 0 ? ` (${known} of them there already)` : '';
  return `ok, stored as ${passages(stored.length)} ${ids}${already}`;
}

function passages(count: number): string {
  return count === 1 ? 'passage' : `${count} passages:`;
}
