import type { Agent } from '../domain/agent.js';
import type { Window } from '../domain/conversation.js';
import { notFound } from '../domain/errors.js';
import { textOf, type Message } from '../domain/message.js';
import type { Principal } from '../domain/user.js';
import { packAlert, packToolResult, packUserMessage } from '../engine/envelope.js';
import type { Repositories, Store } from '../store/store.js';

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
  /** The id of a message: only what is newer. */
  after?: string;
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
  /** What is in the agent's prompt word for word, oldest first. */
  inContext(principal: Principal, agentId: string): Promise<History>;
  /** What the agent itself wrote in a run of its main conversation, oldest first: its messages and its tools' results. */
  ofRun(principal: Principal, agentId: string, runId: string): Promise<History>;
  /** One message of the agent's main conversation. */
  get(principal: Principal, agentId: string, id: string): Promise<History>;
}

type Reader = Pick<Repositories, 'messages'>;

/** Rows read at a time. */
const chunkRows = 1_000;

/** Makes the verbs of messages. */
export function createMessageService({ store }: { store: Store }): MessageService {
  /** The agent with some messages of its main conversation; of an agent that has none, with none. */
  const told = async (
    principal: Principal,
    agentId: string,
    read: (conversationId: string, window: Window | null) => Promise<Message[]>,
  ): Promise<History> => {
    const agent = await store.agents.get(principal.userId, agentId);
    if (agent === null) throw notFound('agent', agentId);
    const conversationId = agent.mainConversationId;
    if (conversationId === null) return { agent, entries: [] };
    const window = await store.conversations.window(agent.id, conversationId);
    const messages = await read(conversationId, window);
    const entries = messages.map((message) => ({
      message,
      packedText: packed(agent, message),
      inContext: window !== null && message.seq >= window.liveFromSeq,
    }));
    return { agent, entries };
  };

  return {
    history: (principal, agentId, request) =>
      told(principal, agentId, (conversationId) => newestFirst(store, conversationId, request)),
    inContext: (principal, agentId) =>
      told(principal, agentId, async (conversationId, window) => {
        if (window === null) return [];
        const request = { conversationId, agentId, fromSeq: window.liveFromSeq, toSeq: null, newest: chunkRows };
        return toldOf(store, await store.messages.view(request));
      }),
    ofRun: (principal, agentId, runId) =>
      told(principal, agentId, async (conversationId) => {
        const request = { limit: chunkRows, order: 'asc', visibleOnly: false, runId } as const;
        const { items } = await store.messages.page(conversationId, request);
        const own = items.filter((message) => message.role !== 'user');
        return toldOf(store, own);
      }),
    get: (principal, agentId, id) =>
      told(principal, agentId, async (conversationId) => {
        const message = await store.messages.get(conversationId, id);
        if (message === null) throw notFound('message', id);
        return [message];
      }),
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
    const end = page.items.findIndex((message) => message.id === request.after);
    found.push(...(await toldOf(store, end === -1 ? page.items : page.items.slice(0, end))));
    after = page.items.at(-1)?.id;
    more = page.hasMore && after !== undefined && end === -1;
  }
  return found.slice(skip, wanted);
}

/** The messages that a history tells, without words that a call among them has told already. */
export async function toldOf(store: Reader, messages: readonly Message[]): Promise<Message[]> {
  const told: Message[] = [];
  for (const message of messages) if (await isTold(store, message)) told.push(message);
  return told;
}

/** False for words that a call on record tells, and for those still being said or taken back half said. */
async function isTold(store: Reader, message: Message): Promise<boolean> {
  if (message.role !== 'assistant') return true;
  if (message.status === 'completed') return message.callId === null;
  if (!message.visible || textOf(message) === '') return false;
  return message.callId === null || !(await isCallOnRecord(store, message, message.callId));
}

/** A call that was cut short is not on record where its arguments were cut; the words it said before are. */
async function isCallOnRecord(store: Reader, said: Message, callId: string): Promise<boolean> {
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
