import type { Block, BlockActor, BlockVersion, Memory, Passage } from '../domain/memory.js';
import type { Page, PageRequest } from '../domain/page.js';
import type { Embedding } from './store.js';

/*
 * The part of the port that keeps memories. The promises of `store.ts` hold for it.
 */

/** Memories: blocks with their history, and the archive. */
export interface MemoryRepository {
  /** Inserts, or returns the one that already has this agent and key. */
  insert(memory: Memory): Promise<Memory>;
  get(id: string): Promise<Memory | null>;
  findByKey(agentId: string, key: string): Promise<Memory | null>;
  /** Deletes the memories of this key that agents have opened in a conversation. */
  deleteOpened(conversationId: string, key: string): Promise<void>;
  /** The blocks of a memory in the order they came to it. */
  blocks(memoryId: string): Promise<Block[]>;
  block(memoryId: string, label: string): Promise<Block | null>;
  /** Inserts with version 1 and its first history entry. False where the label is taken. */
  insertBlock(block: Block, actor: BlockActor, runId: string | null, stepId?: string | null): Promise<boolean>;
  /** Writes the value where the version is still `expected`, with a history entry. Null where it is not. */
  writeBlock(edit: BlockWrite): Promise<Block | null>;
  /** Changes label, description, limit and read-only; no history entry. */
  reshapeBlock(block: Block): Promise<void>;
  /** Deletes it with its history, wherever it lies. */
  deleteBlock(id: string): Promise<boolean>;
  /** Blocks of an owner's agents, the newest first. */
  ownedBlocks(ownerId: string, filter: { label: string | null; limit: number }): Promise<Block[]>;
  /** A block of one of an owner's agents. */
  ownedBlock(ownerId: string, id: string): Promise<Block | null>;
  /** Newest first. */
  blockHistory(blockId: string, limit: number): Promise<BlockVersion[]>;
  /** One entry of a block's history. */
  blockVersion(blockId: string, version: number): Promise<BlockVersion | null>;
  /** The newest edit that was made upon a version. */
  blockEditUpon(blockId: string, version: number): Promise<BlockVersion | null>;
  /** Puts a block in one more memory of its owner. False where that one has it, or one of its label. */
  attachBlock(place: BlockPlace): Promise<boolean>;
  /**
   * Puts a block in the memories of an agent of its owner besides `default`, to be read only. One that has it, or one of
   * its label, stays as it is.
   */
  spreadBlock(blockId: string, agentId: string, at: number): Promise<void>;
  /** Takes a block out of a memory, or out of all memories of an agent. The memories that still have it. */
  detachBlock(blockId: string, from: { memoryId: string } | { agentId: string }): Promise<number>;
  /** The agents that have a block in one of their memories. */
  agentsWithBlock(blockId: string): Promise<string[]>;
  /** Of the blocks of a memory, those that other agents have too. */
  sharedBlockIds(memoryId: string): Promise<string[]>;
  /** Inserts, or returns the passage of this memory that has the same tags and, but for white space, the same text. */
  insertPassage(passage: Passage): Promise<{ passage: Passage; existed: boolean }>;
  /** The cosines of passages' vectors with another of the same model, by the passages' ids; those without are left out. */
  cosines(passageIds: readonly string[], embedding: Embedding): Promise<Map<string, number>>;
  passage(memoryId: string, id: string): Promise<Passage | null>;
  updatePassage(passage: Passage): Promise<boolean>;
  deletePassage(memoryId: string, id: string): Promise<boolean>;
  passages(memoryId: string, request: PageRequest): Promise<Page<Passage>>;
}

/** An edit of a block that holds only for one version. */
export interface BlockWrite {
  blockId: string;
  expectedVersion: number;
  value: string;
  actor: BlockActor;
  runId: string | null;
  stepId?: string | null;
  /** The version whose value this is again; absent for an edit. */
  restores?: number;
  at: number;
}

/** A block in a memory. */
export interface BlockPlace {
  blockId: string;
  memoryId: string;
  /** True where the block may not be changed from this memory. */
  readOnly: boolean;
  at: number;
}
