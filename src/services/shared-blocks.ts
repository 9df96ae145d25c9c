import type { Clock } from '../domain/clock.js';
import { AppError, notFound } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import { defaultMemoryKey, type Block } from '../domain/memory.js';
import { describeFault } from '../domain/memory-fault.js';
import type { Template } from '../domain/template.js';
import type { Principal } from '../domain/user.js';
import type { Repositories, Store } from '../store/store.js';

/**
 * The verbs by which agents share blocks. Agents and blocks of others are `not_found`. A text that lies in no memory is
 * a template; it becomes a block when the first agent gets it, and a template again when the last one loses it.
 */
export interface SharedBlockService {
  /**
   * Gives an agent a block, in all of its memories; all who have it see every change at their next model call, and only
   * `default` memories may change it. Throws `conflict` where the agent has one of its label, and `invalid_request` for
   * a template that is offered to new agents, which copy it instead.
   */
  attach(principal: Principal, agentId: string, blockId: string): Promise<void>;
  /** Takes a block from an agent. Nothing happens where the agent does not have it. */
  detach(principal: Principal, agentId: string, blockId: string): Promise<void>;
  /** The ids of the agents that have a block. */
  holders(principal: Principal, blockId: string): Promise<string[]>;
}

/** Makes the verbs by which agents share blocks. */
export function createSharedBlockService({ store, clock }: { store: Store; clock: Clock }): SharedBlockService {
  return {
    attach: (principal, agentId, blockId) =>
      store.transaction(async (tx) => {
        const agent = await tx.agents.get(principal.userId, agentId);
        const memory = agent === null ? null : await tx.memories.findByKey(agent.id, defaultMemoryKey);
        if (memory === null) throw notFound('agent', agentId);
        const blocks = await tx.memories.blocks(memory.id);
        if (blocks.some((block) => block.id === blockId)) return;
        if (blocks.length >= limits.blocksPerMemory) {
          const fault = { reason: 'too-many-blocks', limit: limits.blocksPerMemory } as const;
          throw new AppError('invalid_request', describeFault(fault));
        }
        await putIn(tx, principal, memory.id, blockId, clock.now());
        await tx.memories.spreadBlock(blockId, agentId, clock.now());
      }),
    detach: (principal, agentId, blockId) =>
      store.transaction(async (tx) => {
        if ((await tx.agents.get(principal.userId, agentId)) === null) throw notFound('agent', agentId);
        const block = await tx.memories.ownedBlock(principal.userId, blockId);
        if (block === null) throw notFound('block', blockId);
        if ((await tx.memories.detachBlock(blockId, { agentId })) === 0) await layAside(tx, principal, block);
      }),
    holders: async (principal, blockId) => {
      const block = await store.memories.ownedBlock(principal.userId, blockId);
      if (block === null) throw notFound('block', blockId);
      return store.memories.agentsWithBlock(blockId);
    },
  };
}

async function putIn(tx: Repositories, principal: Principal, memoryId: string, id: string, at: number): Promise<void> {
  const block = await tx.memories.ownedBlock(principal.userId, id);
  const template = block === null ? await tx.templates.get(principal.userId, id) : null;
  if (template?.offered === true) {
    const message =
      'This text is offered to new agents, which copy it. To share one, create it with "template": false.';
    throw new AppError('invalid_request', message, { param: 'block_id' });
  }
  const label = block?.label ?? template?.label;
  if (label === undefined) throw notFound('block', id);
  const isThere =
    template === null
      ? await tx.memories.attachBlock({ blockId: id, memoryId, readOnly: false, at })
      : await tx.memories.insertBlock(toBlock(template, memoryId, at), 'user', null);
  if (!isThere) throw new AppError('conflict', describeFault({ reason: 'label-taken', label }), { param: 'label' });
  if (template !== null) await tx.templates.delete(principal.userId, id);
}

async function layAside(tx: Repositories, { userId }: Principal, block: Block): Promise<void> {
  const { id, label, value, charsMax, description, createdAt, updatedAt } = block;
  await tx.memories.deleteBlock(id);
  const shape = { label, value, charsMax, description, createdAt, updatedAt };
  await tx.templates.insert({ id, ownerId: userId, name: null, offered: false, metadata: {}, ...shape });
}

function toBlock({ id, label, value, charsMax, description }: Template, memoryId: string, at: number): Block {
  const shape = { label, value, charsMax, description: description ?? '', readOnly: false };
  return { id, memoryId, ...shape, version: 1, createdAt: at, updatedAt: at };
}
