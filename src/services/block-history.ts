import type { Clock } from '../domain/clock.js';
import { AppError, notFound } from '../domain/errors.js';
import type { Block, BlockVersion } from '../domain/memory.js';
import { checkLength } from '../domain/memory-edit.js';
import { describeFault } from '../domain/memory-fault.js';
import type { Principal } from '../domain/user.js';
import type { Repositories, Store } from '../store/store.js';

/**
 * The verbs of the history of blocks. Somebody else's block is `not_found`. An undo and a redo are edits of their own:
 * they add to the history and take nothing from it.
 */
export interface BlockHistoryService {
  /** What stood in a block, the newest first. */
  history(principal: Principal, blockId: string, limit: number): Promise<BlockVersion[]>;
  /** Brings back what stood before the last edit that is in force. Throws `conflict` where there was none. */
  undo(principal: Principal, blockId: string): Promise<Block>;
  /** Brings back what the last undo took away. Throws `conflict` after an edit, and where nothing was undone. */
  redo(principal: Principal, blockId: string): Promise<Block>;
}

/** Makes the verbs of the history of blocks. */
export function createBlockHistoryService({ store, clock }: { store: Store; clock: Clock }): BlockHistoryService {
  /** The version whose value a step back or forth brings, upon the version in force; null where there is none. */
  type Step = (tx: Repositories, inForce: BlockVersion) => Promise<BlockVersion | null>;

  const restore = (principal: Principal, blockId: string, word: 'undo' | 'redo', step: Step): Promise<Block> =>
    store.transaction(async (tx) => {
      const block = await ownedBlock(tx, principal, blockId);
      const target = await step(tx, await versionInForce(tx, block));
      if (target === null) {
        throw new AppError('conflict', `There is nothing to ${word} in block "${block.label}".`);
      }
      const fault = checkLength(block, target.value);
      if (fault !== null) throw new AppError('invalid_request', describeFault(fault), { param: 'value' });
      const written = await tx.memories.writeBlock({
        blockId,
        expectedVersion: block.version,
        value: target.value,
        actor: 'user',
        runId: null,
        restores: target.version,
        at: clock.now(),
      });
      if (written !== null) return written;
      throw new AppError('conflict', `Block "${block.label}" was changed at the same moment; try again.`);
    });

  return {
    history: async (principal, blockId, limit) => {
      await ownedBlock(store, principal, blockId);
      return store.memories.blockHistory(blockId, limit);
    },
    undo: (principal, blockId) =>
      restore(principal, blockId, 'undo', async (tx, inForce) =>
        inForce.parent === null ? null : tx.memories.blockVersion(blockId, inForce.parent),
      ),
    redo: (principal, blockId) =>
      restore(principal, blockId, 'redo', (tx, inForce) => tx.memories.blockEditUpon(blockId, inForce.version)),
  };
}

async function ownedBlock(reader: Repositories, principal: Principal, id: string): Promise<Block> {
  const block = await reader.memories.ownedBlock(principal.userId, id);
  if (block === null) throw notFound('block', id);
  return block;
}

/** The edit whose value a block has now: its newest entry, or what that one restored. */
async function versionInForce(tx: Repositories, block: Block): Promise<BlockVersion> {
  const newest = await tx.memories.blockVersion(block.id, block.version);
  const inForce =
    newest === null || newest.restores === null ? newest : await tx.memories.blockVersion(block.id, newest.restores);
  if (inForce === null) throw new Error(`Block ${block.id} lost its history.`);
  return inForce;
}
