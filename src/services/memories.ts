import type { Clock } from '../domain/clock.js';
import { AppError, notFound } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import { limits } from '../domain/limits.js';
import { charsOf, defaultMemoryKey, type Block, type Memory, type Passage } from '../domain/memory.js';
import { editBlock } from '../domain/memory-edit.js';
import { describeFault } from '../domain/memory-fault.js';
import type { Page, PageRequest } from '../domain/page.js';
import type { Principal } from '../domain/user.js';
import { splitPassage } from '../engine/tools/split-passage.js';
import type { Repositories, Store } from '../store/store.js';
import { passagesIn } from './agent-view.js';
import { allPages } from './all-pages.js';
import { archivePage, fromPassage, type ArchivedText } from './archive-list.js';

/** What an agent knows, in figures and blocks. */
export interface MemoryOverview {
  blocks: Block[];
  passageCount: number;
  /** Messages of its main conversation as its history tells them. */
  messageCount: number;
}

/** Blocks before and after an edit. */
export interface BlockChange {
  before: Block[];
  after: Block[];
}

/** The verbs of an agent's default memory. Somebody else's agent is `not_found`. */
export interface MemoryService {
  /** The default memory of an agent. */
  overview(principal: Principal, agentId: string): Promise<MemoryOverview>;
  /**
   * Gives blocks of the default memory new values, by label, all or none. Throws `invalid_request` for an unknown label
   * or a value over the block's limit. An edit by its owner may change a block that is read-only to the agent.
   */
  rewrite(principal: Principal, agentId: string, values: Record<string, string>): Promise<BlockChange>;
  /** The block of this label in the default memory. Throws `not_found` with the labels that there are. */
  block(principal: Principal, agentId: string, label: string): Promise<Block>;
  /** A part of the archive, the oldest first, and after it of the sources that are attached. */
  passages(principal: Principal, agentId: string, request: Omit<PageRequest, 'order'>): Promise<Page<ArchivedText>>;
  /** Inserts a text, or returns the passage that has it already. */
  insertPassage(principal: Principal, agentId: string, text: string, tags: string[]): Promise<Passage>;
  /** Inserts a text of any length, in parts where it is longer than a passage may be. All or nothing. */
  insertText(principal: Principal, agentId: string, text: string): Promise<ArchivedText[]>;
  deletePassage(principal: Principal, agentId: string, id: string): Promise<void>;
  /** Deletes a passage; nothing happens where there is none, or to one of a source. */
  dropPassage(principal: Principal, agentId: string, id: string): Promise<void>;
  /** The whole archive, the oldest first, and after it the sources that are attached. */
  allPassages(principal: Principal, agentId: string): Promise<ArchivedText[]>;
}

/** Makes the verbs of memories. */
export function createMemoryService({ store, clock }: { store: Store; clock: Clock }): MemoryService {
  return {
    overview: async (principal, agentId) => {
      const { memory, conversationId } = await defaultMemory(store, principal, agentId);
      return {
        blocks: memory === null ? [] : await store.memories.blocks(memory.id),
        passageCount: (memory?.passageCount ?? 0) + passagesIn(await store.libraries.ofAgent(agentId)),
        messageCount: conversationId === null ? 0 : await store.messages.countTold(conversationId),
      };
    },
    rewrite: (principal, agentId, values) =>
      store.transaction(async (tx) => {
        const { memory } = await defaultMemory(tx, principal, agentId);
        const before = memory === null ? [] : await tx.memories.blocks(memory.id);
        const after = new Map(before.map((block) => [block.label, block]));
        for (const [label, value] of Object.entries(values)) {
          after.set(label, await rewriteBlock(tx, before, label, value, clock.now()));
        }
        return { before, after: [...after.values()] };
      }),
    block: async (principal, agentId, label) => {
      const { memory } = await defaultMemory(store, principal, agentId);
      const blocks = memory === null ? [] : await store.memories.blocks(memory.id);
      const found = blocks.find((block) => block.label === label);
      if (found !== undefined) return found;
      const labels = blocks.map((block) => block.label);
      throw new AppError('not_found', describeFault({ reason: 'unknown-label', label, labels }), { param: 'label' });
    },
    passages: async (principal, agentId, request) => {
      const { memory } = await defaultMemory(store, principal, agentId);
      return archivePage(store, { agentId, memoryId: memory?.id ?? null }, request);
    },
    insertPassage: async (principal, agentId, text, tags) => {
      checkPassage(text);
      return store.transaction(async (tx) => {
        const { memory } = await defaultMemory(tx, principal, agentId);
        if (memory === null) throw notFound('memory', agentId);
        const passage: Passage = { id: newId(), memoryId: memory.id, text, tags, createdAt: clock.now() };
        return (await tx.memories.insertPassage(passage)).passage;
      });
    },
    insertText: async (principal, agentId, text) => {
      const parts = splitPassage(text, limits.passageCharsMax);
      if (parts.length === 0) checkPassage(text);
      return store.transaction(async (tx) => {
        const { memory } = await defaultMemory(tx, principal, agentId);
        if (memory === null) throw notFound('memory', agentId);
        const stored: ArchivedText[] = [];
        for (const part of parts) {
          const draft = { id: newId(), memoryId: memory.id, text: part, tags: [], createdAt: clock.now() };
          stored.push(fromPassage((await tx.memories.insertPassage(draft)).passage));
        }
        return stored;
      });
    },
    deletePassage: async (principal, agentId, id) => {
      if (!(await deletePassage(store, principal, agentId, id))) throw notFound('passage', id);
    },
    dropPassage: async (principal, agentId, id) => {
      await deletePassage(store, principal, agentId, id);
    },
    allPassages: async (principal, agentId) => {
      const { memory } = await defaultMemory(store, principal, agentId);
      return allPages('asc', (request) => archivePage(store, { agentId, memoryId: memory?.id ?? null }, request));
    },
  };
}

async function defaultMemory(
  reader: Repositories,
  principal: Principal,
  agentId: string,
): Promise<{ memory: Memory | null; conversationId: string | null }> {
  const agent = await reader.agents.get(principal.userId, agentId);
  if (agent === null) throw notFound('agent', agentId);
  const memory = await reader.memories.findByKey(agent.id, defaultMemoryKey);
  return { memory, conversationId: agent.mainConversationId };
}

function deletePassage(store: Store, principal: Principal, agentId: string, id: string): Promise<boolean> {
  return store.transaction(async (tx) => {
    const { memory } = await defaultMemory(tx, principal, agentId);
    return memory !== null && (await tx.memories.deletePassage(memory.id, id));
  });
}

/** Gives the block of this label a new value as its owner. Throws where there is none or the value does not fit. */
export async function rewriteBlock(
  tx: Repositories,
  blocks: Block[],
  label: string,
  value: string,
  at: number,
): Promise<Block> {
  const block = blocks.find((candidate) => candidate.label === label);
  if (block === undefined) {
    const labels = blocks.map((other) => other.label);
    throw new AppError('invalid_request', describeFault({ reason: 'unknown-label', label, labels }), { param: label });
  }
  const outcome = editBlock({ ...block, readOnly: false }, { kind: 'rewrite', text: value });
  if (!outcome.ok) throw new AppError('invalid_request', describeFault(outcome.fault), { param: label });
  if (outcome.value === block.value) return block;
  const edit = { blockId: block.id, expectedVersion: block.version, value, actor: 'user', runId: null, at } as const;
  const written = await tx.memories.writeBlock(edit);
  if (written === null) throw new AppError('conflict', `Block "${label}" was changed at the same moment; try again.`);
  return written;
}

function checkPassage(text: string): void {
  if (text.trim() === '') throw new AppError('invalid_request', 'A passage cannot be empty.', { param: 'content' });
  if (charsOf(text) <= limits.passageCharsMax) return;
  const message = `A passage may have ${limits.passageCharsMax} characters.`;
  throw new AppError('invalid_request', message, { param: 'content' });
}
