import type { Agent } from '../domain/agent.js';
import { AppError, notFound } from '../domain/errors.js';
import type { Message, MessagePart } from '../domain/message.js';
import type { Principal } from '../domain/user.js';
import { isRecord, readLenientJson } from '../engine/lenient-json.js';
import { speakingTool } from '../engine/protocol.js';
import type { Repositories, Store } from '../store/store.js';
import { editedMessage, withThought, type MessageEdit } from './edited-message.js';

/**
 * The verbs that change what was said in an agent's main conversation. While a run is active there, they are refused
 * with `conflict`. The messages an agent was born with stay.
 */
export interface MessageEditService {
  /** Takes back the newest messages; how many. Words said through a tool go with their call, as one. */
  pop(principal: Principal, agentId: string, count: number): Promise<number>;
  /** Takes back whatever came after the newest words of a person. Throws `conflict` where nobody has spoken. */
  popAnswer(principal: Principal, agentId: string): Promise<void>;
  /** Gives the agent's newest message another thought. */
  rethink(principal: Principal, agentId: string, thought: string): Promise<void>;
  /** Changes the words the agent said last. */
  rewrite(principal: Principal, agentId: string, text: string): Promise<void>;
  edit(principal: Principal, agentId: string, messageId: string, edit: MessageEdit): Promise<Message>;
}

/** Rows looked at for the newest message of a kind. */
const depth = 200;

interface Tail {
  agent: Agent;
  conversationId: string;
  /** Newest first, without the messages the agent was born with. */
  messages: Message[];
}

/** Makes the verbs. */
export function createMessageEditService({ store }: { store: Store }): MessageEditService {
  const edit = <T>(principal: Principal, agentId: string, work: (tx: Repositories, tail: Tail) => Promise<T>) =>
    store.transaction(async (tx) => work(tx, await openTail(tx, principal, agentId)));

  return {
    pop: (principal, agentId, count) =>
      edit(principal, agentId, async (tx, tail) => {
        const shown = tail.messages.filter((message) => !isEcho(message)).slice(0, count);
        const oldest = shown.at(-1);
        if (oldest !== undefined) await dropFrom(tx, tail, oldest.seq);
        return shown.length;
      }),
    popAnswer: (principal, agentId) =>
      edit(principal, agentId, async (tx, tail) => {
        const said = tail.messages.find((message) => message.role === 'user' && message.kind === 'said');
        if (said === undefined)
          throw new AppError('conflict', 'Nobody has said anything that could be answered again.');
        await dropFrom(tx, tail, said.seq + 1);
      }),
    rethink: (principal, agentId, thought) =>
      edit(principal, agentId, async (tx, { messages }) => {
        const newest = messages.find((message) => message.role === 'assistant' && !isEcho(message));
        if (newest === undefined) throw new AppError('conflict', 'The agent has not answered anything yet.');
        await tx.messages.update({ ...newest, parts: withThought(newest, thought) });
      }),
    rewrite: (principal, agentId, text) =>
      edit(principal, agentId, async (tx, tail) => {
        const said = tail.messages.find((message) => message.role === 'assistant' && message.visible);
        if (said === undefined) throw new AppError('conflict', 'The agent has not said anything yet.');
        await rewriteSpeech(tx, tail, said, text);
      }),
    edit: (principal, agentId, messageId, request) =>
      edit(principal, agentId, async (tx, tail) => {
        const message = await tx.messages.get(tail.conversationId, messageId);
        if (message === null) throw notFound('message', messageId);
        return editMessage(tx, tail, message, request);
      }),
  };
}

async function openTail(tx: Repositories, principal: Principal, agentId: string): Promise<Tail> {
  const agent = await tx.agents.get(principal.userId, agentId);
  if (agent === null) throw notFound('agent', agentId);
  const conversationId = agent.mainConversationId;
  if (conversationId === null) throw new AppError('conflict', 'Nobody has spoken to this agent yet.');
  await tx.conversations.lock(conversationId);
  const active = await tx.runs.active(conversationId);
  if (active !== null) throw new AppError('conflict', 'The agent is answering right now; try again when it has.');
  const request = { limit: depth, order: 'desc', visibleOnly: false } as const;
  const { items } = await tx.messages.page(conversationId, request);
  return { agent, conversationId, messages: items.filter((message) => !isOpening(message)) };
}

/** Deletes the messages from a number on, and the words that a call among them said before it was written down. */
async function dropFrom(tx: Repositories, tail: Tail, fromSeq: number): Promise<void> {
  const dropped = tail.messages.filter((message) => message.seq >= fromSeq);
  for (const message of dropped) await tx.messages.delete(tail.conversationId, message.id);
  await dropEchoes(tx, tail, dropped.flatMap(callsOf));
}

/** Deletes the words that calls said before they were written down. */
async function dropEchoes(tx: Repositories, tail: Tail, calls: readonly { callId: string }[]): Promise<void> {
  const ids = new Set(calls.map((call) => call.callId));
  const echoes = tail.messages.filter((message) => isEcho(message) && ids.has(message.callId ?? ''));
  for (const echo of echoes) await tx.messages.delete(tail.conversationId, echo.id);
}

async function editMessage(tx: Repositories, tail: Tail, message: Message, request: MessageEdit): Promise<Message> {
  const next = editedMessage(tail.agent.id, message, request);
  await tx.messages.update(next);
  if (next.role !== message.role) await dropEchoes(tx, tail, callsOf(message));
  if (next.role === 'assistant' && next.visible && request.text !== undefined) {
    await rewriteSpeech(tx, tail, next, request.text);
  }
  return next;
}

/** Words said through a tool stand twice: in the message that was seen, and in the call that said them. */
async function rewriteSpeech(tx: Repositories, { messages }: Tail, said: Message, text: string): Promise<void> {
  await tx.messages.update({
    ...said,
    parts: [...said.parts.filter((part) => part.type !== 'text'), { type: 'text', text }],
  });
  for (const message of messages) {
    const call = callsOf(message).find((part) => part.callId === said.callId && part.name === speakingTool);
    if (said.callId === null || call === undefined) continue;
    const given = readLenientJson(call.arguments);
    const rewritten = JSON.stringify({ ...(isRecord(given) ? given : {}), message: text });
    const parts = message.parts.map((part) => (part === call ? { ...call, arguments: rewritten } : part));
    await tx.messages.update({ ...message, parts });
  }
}

function callsOf(message: Message): Extract<MessagePart, { type: 'tool-call' }>[] {
  return message.parts.filter((part) => part.type === 'tool-call');
}

/** True for words that a call of the same agent said. */
function isEcho(message: Message): boolean {
  return message.role === 'assistant' && message.callId !== null;
}

function isOpening(message: Message): boolean {
  return message.kind === 'boot' || message.kind === 'login';
}
