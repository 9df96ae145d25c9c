import { newId } from '../domain/ids.js';
import { checkLabel, checkNewBlock, editBlock, type BlockEdit } from '../domain/memory-edit.js';
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
  /** The step to which the call of a tool belongs. */
  stepId: string;
  clock: Clock;
}

/** The block after an edit; `changed` is false where the edit left the value as it was and nothing was written. */
export type EditResult = { ok: true; block: Block; changed: boolean } | { ok: false; fault: MemoryFault };

/** Labels that every agent has from the start and that are kept shorter. */
const ordinaryLabels = ['persona', 'human'];

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
      stepId: author.stepId,
      at: author.clock.now(),
    });
    if (written !== null) return { ok: true, block: { ...written, memoryId: block.memoryId }, changed: true };
  }
  return { ok: false, fault: { reason: 'contended', label, excerpt: beginningOf(newest?.value ?? '', excerptChars) } };
}

/** Makes a block in a memory, at version 1, as the agent's own act. The label and the text are checked first. */
export async function createBlock(
  tx: Repositories,
  author: EditAuthor,
  draft: Pick<Block, 'label' | 'description' | 'value'>,
): Promise<EditResult> {
  const now = author.clock.now();
  const block: Block = {
    ...draft,
    id: newId(),
    memoryId: author.memory.id,
    charsMax: ordinaryLabels.includes(draft.label) ? limits.blockCharsDefault : limits.blockCharsOther,
    readOnly: false,
    version: 1,
    createdAt: now,
    updatedAt: now,
  };
  const blocks = await tx.memories.blocks(author.memory.id);
  const fault = checkNewBlock(
    block,
    blocks.map((other) => other.label),
  );
  if (fault !== null) return { ok: false, fault };
  const inserted = await tx.memories.insertBlock(block, 'agent', author.run.id, author.stepId);
  return inserted
    ? { ok: true, block, changed: true }
    : { ok: false, fault: { reason: 'label-taken', label: block.label } };
}

/**
 * Takes a block out of a memory; where no other memory has it, it is deleted with its history. A read-only block stays.
 * The result is the block as it was.
 */
export async function removeBlock(tx: Repositories, author: EditAuthor, label: string): Promise<EditResult> {
  const found = await writableBlock(tx, author, label);
  if (!found.ok) return found;
  const left = await tx.memories.detachBlock(found.block.id, { memoryId: author.memory.id });
  if (left === 0) await tx.memories.deleteBlock(found.block.id);
  return { ...found, changed: true };
}

/** Gives a block another label, another description, or both; null leaves either as it is. The value stays. */
export async function renameBlock(
  tx: Repositories,
  author: EditAuthor,
  label: string,
  newLabel: string | null,
  description: string | null,
): Promise<EditResult> {
  const found = await writableBlock(tx, author, label);
  if (!found.ok) return found;
  if (newLabel !== null && newLabel !== label) {
    const blocks = await tx.memories.blocks(author.memory.id);
    const fault = checkLabel(
      newLabel,
      blocks.map((other) => other.label),
    );
    if (fault !== null) return { ok: false, fault };
  }
  const block: Block = {
    ...found.block,
    label: newLabel ?? label,
    description: description ?? found.block.description,
    updatedAt: author.clock.now(),
  };
  await tx.memories.reshapeBlock(block);
  return { ok: true, block, changed: true };
}

async function writableBlock(tx: Repositories, author: EditAuthor, label: string): Promise<EditResult> {
  const block = await tx.memories.block(author.memory.id, label);
  if (block === null) return { ok: false, fault: await unknownLabel(tx, author, label) };
  if (block.readOnly) return { ok: false, fault: { reason: 'read-only', label } };
  return { ok: true, block, changed: false };
}

/** The fault of a label that no block of the memory has, with those that there are. */
async function unknownLabel(tx: Repositories, author: EditAuthor, label: string): Promise<MemoryFault> {
  const blocks = await tx.memories.blocks(author.memory.id);
  return { reason: 'unknown-label', label, labels: blocks.map((block) => block.label) };
}
