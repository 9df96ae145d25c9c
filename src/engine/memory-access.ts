import { editBlock, type BlockEdit } from '../domain/memory-edit.js';
import type { MemoryFault } from '../domain/memory-fault.js';
import type { Block, Memory } from '../domain/memory.js';
import { limits } from '../domain/limits.js';
import { beginningOf } from '../domain/near-text.js';
import type { Clock } from '../domain/clock.js';
import type { Repositories } from '../store/store.js';

/** On whose behalf a memory is edited. */
export interface EditAuthor {
  memory: Pick<Memory, 'id'>;
  run: { id: string };
  clock: Clock;
}

/** The block after an edit; `changed` is false where the edit left the value as it was and nothing was written. */
export type EditResult = { ok: true; block: Block; changed: boolean } | { ok: false; fault: MemoryFault };

/** Characters of a value that a fault shows. */
const excerptChars = 200;

/**
 * Edits a block of a memory inside the transaction given. The write holds only for the version that was read; where
 * another came first the edit is applied to the newer value, a few times, and refused where it no longer fits.
 */
export async function applyBlockEdit(
  tx: Repositories,
  author: EditAuthor,
  label: string,
  edit: BlockEdit,
): Promise<EditResult> {
  let newest: Block | null = null;
  for (let attempt = 0; attempt < limits.blockEditAttempts; attempt += 1) {
    const block = await tx.memories.block(author.memory.id, label);
    if (block === null) return { ok: false, fault: await unknownLabel(tx, author, label) };
    newest = block;
    const outcome = editBlock(block, edit);
    if (!outcome.ok) return outcome;
    if (outcome.value === block.value) return { ok: true, block, changed: false };
    const written = await tx.memories.writeBlock({
      blockId: block.id,
      expectedVersion: block.version,
      value: outcome.value,
      actor: 'agent',
      runId: author.run.id,
      at: author.clock.now(),
    });
    if (written !== null) return { ok: true, block: written, changed: true };
  }
  return { ok: false, fault: { reason: 'contended', label, excerpt: beginningOf(newest?.value ?? '', excerptChars) } };
}

/** The fault of a label that no block of the memory has, with those that there are. */
export async function unknownLabel(tx: Repositories, author: EditAuthor, label: string): Promise<MemoryFault> {
  const blocks = await tx.memories.blocks(author.memory.id);
  return { reason: 'unknown-label', label, labels: blocks.map((block) => block.label) };
}
