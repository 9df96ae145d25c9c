import type { Agent } from '../domain/agent.js';
import { memoryKeyFrom, userMemoryKey } from '../domain/memory-key.js';
import type { Clock } from '../domain/clock.js';
import type { Conversation } from '../domain/conversation.js';
import { derivedId } from '../domain/derived-id.js';
import { AppError } from '../domain/errors.js';
import type { Principal } from '../domain/user.js';
import type { Store } from '../store/store.js';
import type { AgentService } from './agents.js';
import type { ChatCommand } from './chat-commands.js';
import { newMessage } from './incoming-messages.js';
import { memoryKeyOf, privateMemoryKey, type MemoryScope } from './memory-scope.js';
import type { IncomingMessage } from './run-commands.js';
import type { ThreadService } from './threads.js';

/** Where a chat with an agent is kept. */
export interface ChatPlace {
  conversationId: string;
  /** True where it goes with the answer. */
  isPassing: boolean;
}

/** What finding the place needs. */
export interface ChatPlaceParts {
  store: Store;
  clock: Clock;
  agents: Pick<AgentService, 'mainConversation'>;
  threads: Pick<ThreadService, 'create'>;
  memoryScope: MemoryScope;
}

/** The pair that marks a conversation as made for chats, and what it says of one that goes with its answer. */
const markName = 'chat_completions';
const passingMark = 'passing';

/** True for a conversation that was made for one answer. */
export function isPassing({ metadata }: Conversation): boolean {
  return metadata[markName] === passingMark;
}

/**
 * Finds the conversation of a chat, or makes it with what was said `earlier`. Each memory of an agent has one: that of
 * the key which the client names, and the shared one where the agent shares (for an agent of the native face its main
 * conversation). Without a key an agent that keeps threads apart is given a conversation for this one answer: nothing
 * tells two clients with the same transcript from each other, and neither must learn of the other.
 */
export async function openChat(
  parts: ChatPlaceParts,
  principal: Principal,
  agent: Agent,
  command: ChatCommand,
  earlier: IncomingMessage[],
): Promise<ChatPlace> {
  const named = keyOf(command);
  if (named === null && agent.origin === 'native') {
    return { conversationId: await parts.agents.mainConversation(principal, agent.id), isPassing: false };
  }
  const memoryKey = named === null ? null : userMemoryKey(named);
  const conversation: Conversation = {
    id: derivedId('chat', agent.id, memoryKey ?? ''),
    ownerId: principal.userId,
    memoryKey,
    metadata: { [markName]: agent.id, ...(named === null ? {} : { memory: named }) },
    lastSeq: 0,
    createdAt: parts.clock.now(),
  };
  if (memoryKeyOf(agent, conversation, parts.memoryScope) === privateMemoryKey(conversation.id)) {
    const { id } = await parts.threads.create(principal, { metadata: { [markName]: passingMark }, messages: earlier });
    return { conversationId: id, isPassing: true };
  }
  if ((await parts.store.conversations.get(principal.userId, conversation.id)) === null) {
    await insertOnce(parts.store, conversation, earlier);
  }
  return { conversationId: conversation.id, isPassing: false };
}

/** Whose memory the client names: in the pairs as a thread does, or as the end user of the request. */
function keyOf({ metadata, safetyIdentifier, user }: ChatCommand): string | null {
  if (memoryKeyFrom(metadata) !== null) return metadata['memory'] || metadata['user_id'] || null;
  return [safetyIdentifier, user].find((name) => name !== null && name !== '') ?? null;
}

/** Two first requests at once make one conversation: the one that comes second finds it. */
async function insertOnce(store: Store, conversation: Conversation, earlier: IncomingMessage[]): Promise<void> {
  const rows = earlier.map((message) => newMessage(message, conversation.id, null, conversation.createdAt));
  try {
    await store.transaction(async (tx) => {
      await tx.conversations.insert(conversation);
      await tx.messages.append(conversation.id, rows);
    });
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'conflict')) throw error;
  }
}
