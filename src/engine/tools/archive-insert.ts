import { newId } from '../../domain/ids.js';
import { limits } from '../../domain/limits.js';
import { charsOf } from '../../domain/memory.js';
import type { Repositories } from '../../store/store.js';
import { describeAlike, findAlike, findCandidates } from './alike.js';
import { splitPassage } from './split-passage.js';
import type { Candidates, MemoryToolResult, SearchAccess, ToolContext } from './tool.js';

/** What is put in the archive by one call. */
export interface ArchiveText {
  text: string;
  tags: string[];
}

/** What a text is compared with before it is put in the archive. One that becomes several passages is not. */
export async function lookInArchive(
  access: SearchAccess,
  context: ToolContext,
  text: string,
): Promise<Candidates | null> {
  return charsOf(text.trim()) > limits.passageCharsMax ? null : findCandidates(access, context, text.trim());
}

/**
 * Puts a text in the archive of the open memory. One that is longer than a passage may be becomes several. A text that
 * is there with the same tags is not stored twice: its id is given again. The result names the ids, in order, and a
 * passage that says nearly the same.
 */
export async function insertIntoArchive(
  tx: Repositories,
  context: ToolContext,
  { text, tags }: ArchiveText,
): Promise<MemoryToolResult> {
  const alike = context.looked ? await findAlike(tx, { text, tags }, context.looked) : null;
  if (alike?.likeness === 'same') return done(describeStored([{ id: alike.passage.id, existed: true }]));
  const stored: { id: string; existed: boolean }[] = [];
  for (const part of splitPassage(text, limits.passageCharsMax)) {
    const draft = { id: newId(), memoryId: context.memory.id, text: part, tags, createdAt: context.clock.now() };
    const { passage, existed } = await tx.memories.insertPassage(draft);
    stored.push({ id: passage.id, existed });
  }
  const [only] = stored;
  const isNew = alike !== null && only?.existed === false;
  return done(describeStored(stored) + (isNew ? `. ${describeAlike(alike, only.id, context)}` : ''));
}

function done(output: string): MemoryToolResult {
  return { output, failed: false, facts: [] };
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
