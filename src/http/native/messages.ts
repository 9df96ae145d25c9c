import { AppError } from '../../domain/errors.js';
import type { IncomingMessage } from '../../services/run-commands.js';
import { callerOf, defineRoute, type Call, type Reply, type Route } from '../route.js';
import { noSuchAgent } from './agents.js';
import { statusOf } from './errors.js';
import { brokenOff, faultOf, lastWords, toFrames, toWholeReply, type ReplyForm } from './events.js';
import { historyReply, messageReply } from './replies.js';
import { historyToWire } from './history-wire.js';
import {
  agentPath,
  cursorQuery,
  earlyHistoryQuery,
  earlyMessageBody,
  historyQuery,
  messageBody,
  type MessageBody,
} from './schemas.js';
import { usageToWire } from './wire.js';

const tag = 'messages';
const sendRoute = { method: 'post', tag, access: 'user', response: messageReply, streams: true } as const;
const historyRoute = { method: 'get', tag, access: 'user', response: historyReply } as const;

const sendByPath = defineRoute({
  ...sendRoute,
  path: '/api/agents/{agent_id}/messages',
  summary: 'Send a message and read the reply',
  params: agentPath,
  body: messageBody,
  missing: ({ params }) => noSuchAgent(params.agent_id),
  handle: (call) => send(call, call.params.agent_id, call.body, 'steps'),
});

const sendByBody = defineRoute({
  ...sendRoute,
  path: '/api/agents/message',
  summary: 'Send a message and read the reply (early spelling)',
  body: earlyMessageBody,
  missing: ({ body }) => noSuchAgent(body.agent_id),
  handle: (call) => send(call, call.body.agent_id, call.body, 'legacy'),
});

const historyByPath = defineRoute({
  ...historyRoute,
  path: '/api/agents/{agent_id}/messages',
  summary: 'Read messages by position, newest first',
  params: agentPath,
  query: historyQuery,
  missing: ({ params }) => noSuchAgent(params.agent_id),
  handle: async (call) => {
    const request = { skip: call.query.start, limit: call.query.count };
    const history = await call.services.messages.history(callerOf(call), call.params.agent_id, request);
    return { json: { messages: historyToWire(history) } };
  },
});

const historyByQuery = defineRoute({
  ...historyRoute,
  path: '/api/agents/message',
  summary: 'Read messages by position, newest first (early spelling)',
  query: earlyHistoryQuery,
  missing: ({ query }) => noSuchAgent(query.agent_id),
  handle: async (call) => {
    const request = { skip: call.query.start, limit: call.query.count };
    const history = await call.services.messages.history(callerOf(call), call.query.agent_id, request);
    return { json: { messages: historyToWire(history) } };
  },
});

const historyByCursor = defineRoute({
  ...historyRoute,
  path: '/api/agents/{agent_id}/messages-cursor',
  summary: 'Read messages older or newer than one of them, newest first',
  params: agentPath,
  query: cursorQuery,
  missing: ({ params }) => noSuchAgent(params.agent_id),
  handle: async (call) => {
    const history = await call.services.messages.history(callerOf(call), call.params.agent_id, call.query);
    return { json: { messages: historyToWire(history) } };
  },
});

/** The routes of messages. */
export const messageRoutes: readonly Route[] = [sendByPath, sendByBody, historyByPath, historyByQuery, historyByCursor];

/**
 * Starts a run and reads its log. `whole` is the form of an answer that is waited for: the earliest clients read calls
 * as text, the later ones as objects, and the two sent them to different paths.
 */
async function send(
  call: Call<unknown, unknown, unknown>,
  agentId: string,
  body: MessageBody,
  whole: Exclude<ReplyForm, 'tokens'>,
): Promise<Reply> {
  const principal = callerOf(call);
  const message = toIncoming(body);
  const form = streamFormOf(body);
  const { agents, runs } = call.services;
  const conversationId = await agents.mainConversation(principal, agentId);
  const run = await runs.start(principal, { agentId, conversationId, input: [message], whenActive: 'queue' });
  const log = runs.follow(principal, run.id, { afterSeq: 0, signal: call.signal });
  if (form !== null) return { frames: toFrames(log, form), lastWords: (error) => lastWords(error, form) };
  const reply = await toWholeReply(log, whole);
  if (reply.run === null) throw new AppError('unavailable', brokenOff);
  const fault = faultOf(reply.run);
  if (fault !== null) return { status: statusOf(fault.code), json: { detail: fault.message } };
  return { json: { messages: reply.events, usage: usageToWire(reply.run) } };
}

function streamFormOf(body: MessageBody): ReplyForm | null {
  if (body.stream) return 'legacy';
  if (body.stream_steps) return body.stream_tokens ? 'tokens' : 'steps';
  if (!body.stream_tokens) return null;
  const message = "stream_steps must be 'true' if stream_tokens is 'true'";
  throw new AppError('invalid_request', message, { param: 'stream_tokens' });
}

function toIncoming(body: MessageBody): IncomingMessage {
  const text = body.message;
  // A slash began a command of the old servers; taken for speech it would surprise whoever typed it.
  if (text.trim() === '' || text.startsWith('/')) {
    throw new AppError('invalid_request', `Invalid input: '${text}'`, { param: 'message' });
  }
  return {
    role: 'user',
    kind: body.role === 'system' ? 'alert' : 'said',
    parts: [{ type: 'text', text }],
    createdAt: body.timestamp ?? undefined,
  };
}
