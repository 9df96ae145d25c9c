import type { Agent } from '../domain/agent.js';
import type { Conversation, Window } from '../domain/conversation.js';
import { newId } from '../domain/ids.js';
import { defaultMemoryKey, type Memory } from '../domain/memory.js';
import type { Repositories } from '../store/store.js';

/** What a conversation remembers where neither it nor its agent says so: only itself, or all its agent knows. */
export type MemoryScope = 'thread' | 'shared';

/** The key of the memory that belongs to one conversation alone and goes when it goes. */
export function privateMemoryKey(conversationId: string): string {
  return `conversation:${conversationId}`;
}

/**
 * The key of the memory an agent opens in a conversation: the one the conversation names; `default` for an agent that
 * shares or was made through the native face; else one of the conversation's own.
 */
export function memoryKeyOf(agent: Agent, conversation: Conversation, scope: MemoryScope): string {
  if (conversation.memoryKey !== null) return conversation.memoryKey;
  const isShared = agent.metadata['memory_scope'] === 'shared' || agent.origin === 'native' || scope === 'shared';
  return isShared ? defaultMemoryKey : privateMemoryKey(conversation.id);
}

/** Finds the window of an agent on a conversation, or opens it and binds it to its memory for good. */
export async function openWindow(
  tx: Repositories,
  agent: Agent,
  conversation: Conversation,
  scope: MemoryScope,
  at: number,
): Promise<Window> {
  const open = await tx.conversations.window(agent.id, conversation.id);
  if (open !== null) return open;
  const memory = await openMemory(tx, agent, memoryKeyOf(agent, conversation, scope), at);
  return tx.conversations.openWindow({
    agentId: agent.id,
    conversationId: conversation.id,
    memoryId: memory.id,
    summary: null,
    liveFromSeq: 1,
    revision: 1,
    pressureNoticed: false,
    updatedAt: at,
  });
}

/**
 * The memory of a key. Its first use copies the blocks of `default`, and from then on the two live apart. A block that
 * other agents have too stays one: it is seen here as it changes, and cannot be changed from here, where one person's
 * words would reach everybody else.
 */
async function openMemory(tx: Repositories, agent: Agent, key: string, at: number): Promise<Memory> {
  const known = await tx.memories.findByKey(agent.id, key);
  if (known !== null) return known;
  const id = newId();
  const memory = await tx.memories.insert({ id, agentId: agent.id, key, passageCount: 0, createdAt: at });
  const template = key === defaultMemoryKey ? null : await tx.memories.findByKey(agent.id, defaultMemoryKey);
  if (template === null || memory.id !== id) return memory;
  const shared = await tx.memories.sharedBlockIds(template.id);
  for (const block of await tx.memories.blocks(template.id)) {
    if (shared.includes(block.id)) {
      await tx.memories.attachBlock({ blockId: block.id, memoryId: id, readOnly: true, at });
      continue;
    }
    const copy = { ...block, id: newId(), memoryId: id, version: 1, createdAt: at, updatedAt: at };
    await tx.memories.insertBlock(copy, 'system', null);
  }
  return memory;
}
