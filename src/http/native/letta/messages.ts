import type { z } from 'zod';
import { AppError } from '../../../domain/errors.js';
import { toLettaId } from '../../../domain/ids.js';
import type { MessageEdit } from '../../../services/edited-message.js';
import type { IncomingMessage } from '../../../services/run-commands.js';
import { callerOf, defineRoute, type Call, type Reply, type Route } from '../../route.js';
import { statusOf } from '../errors.js';
import { brokenOff, faultOf } from '../events.js';
import { usageToWire } from '../wire.js';
import { noSuchLettaAgent } from './agents.js';
import { toTypedFrames, toTypedReply, typedLastWords } from './events.js';
import { historyReply, sendReply, storedMessageReply } from './replies.js';
import { agentPath, historyQuery, messagePath, sendBody, updateMessageBody, type SendBody } from './schemas.js';
import { storedMessagesToWire, toldMessagesToWire } from './wire.js';

const path = '/v1/agents/{agent_id}/messages';
const missing = ({ params }: { params: { agent_id: string } }): string => noSuchLettaAgent(params.agent_id);
const head = { tag: 'letta messages', access: 'user' } as const;

const history = defineRoute({
  ...head,
  method: 'get',
  path,
  summary: 'Read messages, newest first',
  params: agentPath,
  query: historyQuery,
  response: historyReply,
  missing,
  handle: async (call) => {
    const { msg_object: isStored, ...request } = call.query;
    const found = await call.services.messages.history(callerOf(call), call.params.agent_id, request);
    return { json: isStored ? storedMessagesToWire(found) : toldMessagesToWire(found) };
  },
});

const send = defineRoute({
  ...head,
  method: 'post',
  path,
  summary: 'Send messages and read the reply',
  params: agentPath,
  body: sendBody,
  response: sendReply,
  streams: true,
  missing,
  handle: (call) => sendMessages(call, call.params.agent_id, call.body),
});

const update = defineRoute({
  ...head,
  method: 'patch',
  path: `${path}/{message_id}`,
  summary: 'Write a message anew',
  params: messagePath,
  body: updateMessageBody,
  response: storedMessageReply,
  missing: ({ params }) =>
    `Message message_id=${toLettaId('message', params.message_id)} of agent ` +
    `agent_id=${toLettaId('agent', params.agent_id)} not found.`,
  handle: async (call) => {
    const principal = callerOf(call);
    const { agent_id: agentId, message_id: id } = call.params;
    if (call.body.id !== id) {
      throw new AppError('invalid_request', 'The id in the body is not the id in the path.', { param: 'id' });
    }
    await call.services.messageEdits.edit(principal, agentId, id, toEdit(call.body));
    const [message] = storedMessagesToWire(await call.services.messages.get(principal, agentId, id));
    return { json: message };
  },
});

/** The routes of messages. */
export const lettaMessageRoutes: readonly Route[] = [history, send, update];

/** Starts a run with the messages and reads its log, in the form that was asked for. */
async function sendMessages(call: Call<unknown, unknown, unknown>, agentId: string, body: SendBody): Promise<Reply> {
  const principal = callerOf(call);
  checkFlags(body);
  const input = body.messages.map(toIncoming);
  const { agents, messages, runs } = call.services;
  const conversationId = await agents.mainConversation(principal, agentId);
  const run = await runs.start(principal, { agentId, conversationId, input, whenActive: 'queue' });
  const log = runs.follow(principal, run.id, { afterSeq: 0, signal: call.signal });
  if (body.stream_steps) {
    return { frames: toTypedFrames(log, body.stream_tokens ? 'tokens' : 'steps'), lastWords: typedLastWords };
  }
  const reply = await toTypedReply(log);
  if (reply.run === null) throw new AppError('unavailable', brokenOff);
  const fault = faultOf(reply.run);
  if (fault !== null) return { status: statusOf(fault.code), json: { detail: fault.message } };
  const told = body.return_message_object
    ? storedMessagesToWire(await messages.ofRun(principal, agentId, run.id))
    : reply.events;
  return { json: { messages: told, usage: usageToWire(reply.run) } };
}

function checkFlags(body: SendBody): void {
  if (body.stream_tokens && !body.stream_steps) {
    const message = "stream_steps must be 'true' if stream_tokens is 'true'";
    throw new AppError('invalid_request', message, { param: 'stream_tokens' });
  }
  if (!body.stream_steps || !body.return_message_object) return;
  const message = "return_message_object must be 'false' if stream_steps is 'true'";
  throw new AppError('invalid_request', message, { param: 'return_message_object' });
}

function toIncoming({ role, text, name }: SendBody['messages'][number]): IncomingMessage {
  if (role !== 'user' && role !== 'system') {
    throw new AppError('invalid_request', `Bad role ${role}`, { param: 'messages' });
  }
  const words = text ?? '';
  // A slash began a command of the old servers; taken for speech it would surprise whoever typed it.
  if (words.trim() === '' || words.startsWith('/')) {
    throw new AppError('invalid_request', `Invalid input: '${words}'`, { param: 'messages' });
  }
  return {
    role: 'user',
    kind: role === 'system' ? 'alert' : 'said',
    parts: [{ type: 'text', text: words }],
    name: name ?? undefined,
  };
}

function toEdit(body: z.infer<typeof updateMessageBody>): MessageEdit {
  return {
    role: body.role ?? undefined,
    callId: body.tool_call_id ?? undefined,
    text: body.text ?? undefined,
    name: body.name ?? undefined,
    calls: body.tool_calls?.map((call) => ({ id: call.id, ...call.function })),
  };
}
