import type { Agent } from '../domain/agent.js';
import { notFound } from '../domain/errors.js';
import { textOf, type Message } from '../domain/message.js';
import type { Principal } from '../domain/user.js';
import { packAlert, packToolResult, packUserMessage } from '../engine/envelope.js';
import type { Store } from '../store/store.js';

/** A message of an agent's history, with its text as the model reads it. */
export interface HistoryEntry {
  message: Message;
  /** The packaged text of what users and tools said; null for the agent's own messages. */
  packedText: string | null;
  /** True where it is in the prompt word for word. */
  inContext: boolean;
}

/** A part of an agent's history, newest first. */
export interface HistoryRequest {
  limit: number;
  /** Newest entries to pass over. */
  skip?: number;
  /** The id of a message: only what is older. */
  before?: string;
}

/** An agent and its history. */
export interface History {
  agent: Agent;
  entries: HistoryEntry[];
}

/** The verbs of messages. */
export interface MessageService {
  /**
   * The history of an agent's main conversation, inner messages included. What was said through a speaking tool is
   * told once, by the call. Throws `invalid_request` where `before` is no message of it.
   */
  history(principal: Principal, agentId: string, request: HistoryRequest): Promise<History>;
}

/** Rows read at a time. */
const chunkRows = 1_000;

/** Makes the verbs of messages. */
export function createMessageService({ store }: { store: Store }): MessageService {
  return {
    history: async (principal, agentId, request) => {
      const agent = await store.agents.get(principal.userId, agentId);
      if (agent === null) throw notFound('agent', agentId);
      const conversationId = agent.mainConversationId;
      if (conversationId === null) return { agent, entries: [] };
      const window = await store.conversations.window(agent.id, conversationId);
      const messages = await newestFirst(store, conversationId, request);
      return {
        agent,
        entries: messages.map((message) => ({
          message,
          packedText: packed(agent, message),
          inContext: window !== null && message.seq >= window.liveFromSeq,
        })),
      };
    },
  };
}

async function newestFirst(store: Store, conversationId: string, request: HistoryRequest): Promise<Message[]> {
  const skip = request.skip ?? 0;
  const wanted = skip + request.limit;
  const found: Message[] = [];
  let after = request.before;
  let more = wanted > 0;
  while (more && found.length < wanted) {
    const limit = Math.min(chunkRows, wanted - found.length);
    const page = await store.messages.page(conversationId, { limit, order: 'desc', after, visibleOnly: false });
    for (const message of page.items) if (await isTold(store, message)) found.push(message);
    after = page.items.at(-1)?.id;
    more = page.hasMore && after !== undefined;
  }
  return found.slice(skip, wanted);
}

/** False for words that a call on record tells, and for those still being said or taken back half said. */
async function isTold(store: Store, message: Message): Promise<boolean> {
  if (message.role !== 'assistant') return true;
  if (message.status === 'completed') return message.callId === null;
  if (!message.visible || textOf(message) === '') return false;
  return message.callId === null || !(await isCallOnRecord(store, message, message.callId));
}

/** A call that was cut short is not on record where its arguments were cut; the words it said before are. */
async function isCallOnRecord(store: Store, said: Message, callId: string): Promise<boolean> {
  const request = { limit: chunkRows, order: 'desc', visibleOnly: false, runId: said.runId ?? undefined } as const;
  const page = await store.messages.page(said.conversationId, request);
  return page.items.some(
    (message) => message.seq > said.seq && message.parts.some((p) => p.type === 'tool-call' && p.callId === callId),
  );
}

function packed(agent: Agent, message: Message): string | null {
  switch (message.role) {
    case 'user':
      return packedWords(agent, message);
    case 'tool': {
      const result = message.parts.find((part) => part.type === 'tool-result');
      return result === undefined ? textOf(message) : packToolResult(result, message.createdAt);
    }
    case 'system':
      return textOf(message);
    case 'assistant':
      return null;
    default:
      return message.role satisfies never;
  }
}

function packedWords(agent: Agent, message: Message): string {
  const text = textOf(message);
  if (agent.envelope !== 'json') return text;
  if (message.kind === 'said') return packUserMessage(text, message.createdAt, { name: message.name });
  return message.kind === 'alert' ? packAlert(text, message.createdAt) : text;
}
