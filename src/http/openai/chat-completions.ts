import { z } from 'zod';
import { callerOf, defineRoute, type CallBase, type Route, type StreamReply } from '../route.js';
import { collectAnswer } from '../../services/chat-answers.js';
import { readChat } from './chat-requests.js';
import { chatBody, chatReply } from './chat-schemas.js';
import { chatFrames, chatLastWords, chatToWire, type ChatForm } from './chat-wire.js';

/** What an agent's stream is opened with again where its request is repeated. */
const streamToken = z.object({
  runId: z.string(),
  afterSeq: z.int(),
  model: z.string(),
  withUsage: z.boolean(),
});

const createChatCompletion = defineRoute({
  method: 'post',
  path: '/v1/chat/completions',
  summary: 'Go on with a chat: a model does, or an agent with its memory',
  tag: 'chat',
  access: 'user',
  body: chatBody,
  response: chatReply,
  streams: true,
  reopen: reopenChat,
  handle: async (call) => {
    const { chatCompletions } = call.services;
    const command = readChat(call.body);
    const form: ChatForm = { model: command.model, withUsage: call.body.stream_options?.include_usage === true };
    const answer = await chatCompletions.start(callerOf(call), command, call.signal);
    if (call.body.stream !== true) return { json: chatToWire(answer, await collectAnswer(answer.events), form) };
    const token = answer.token === null ? undefined : { ...answer.token, ...form };
    return { frames: chatFrames(answer, form), lastWords: chatLastWords, ...(token === undefined ? {} : { token }) };
  },
});

async function reopenChat(base: CallBase, token: unknown): Promise<StreamReply> {
  const { runId, afterSeq, ...form } = streamToken.parse(token);
  const answer = await base.services.chatCompletions.reopen(callerOf(base), { runId, afterSeq }, base.signal);
  return { frames: chatFrames(answer, form), lastWords: chatLastWords, token };
}

/** The routes of chats. */
export const chatRoutes: readonly Route[] = [createChatCompletion];
