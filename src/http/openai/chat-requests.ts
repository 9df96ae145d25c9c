import type { z } from 'zod';
import type { ModelSettings } from '../../domain/agent.js';
import type { MessagePart } from '../../domain/message.js';
import type { ToolChoice } from '../../domain/run.js';
import type { ChatCommand, ChatMessage } from '../../services/chat-commands.js';
import type { chatBody, chatMessageField } from './chat-schemas.js';

type Body = z.output<typeof chatBody>;
type WireMessage = z.output<typeof chatMessageField>;

/** What a body asks for. Null means the same as nothing. */
export function readChat(body: Body): ChatCommand {
  return {
    model: body.model,
    messages: body.messages.map(readMessage),
    tools:
      body.tools?.map(({ function: { name, description, parameters, strict } }) => ({
        name,
        description: description ?? '',
        parameters: parameters ?? { type: 'object', properties: {} },
        strict: strict ?? null,
      })) ?? null,
    toolChoice: readChoice(body.tool_choice),
    parallelToolCalls: body.parallel_tool_calls ?? null,
    settings: readSettings(body),
    user: body.user ?? null,
    safetyIdentifier: body.safety_identifier ?? null,
    metadata: body.metadata ?? {},
    whole: body.stream !== true,
  };
}

function readSettings(body: Body): ModelSettings {
  const settings: ModelSettings = {
    temperature: body.temperature,
    topP: body.top_p,
    reasoningEffort: body.reasoning_effort,
    responseFormat: body.response_format,
    maxOutputTokens: body.max_completion_tokens ?? body.max_tokens,
    stop: typeof body.stop === 'string' ? [body.stop] : body.stop,
    seed: body.seed,
    frequencyPenalty: body.frequency_penalty,
    presencePenalty: body.presence_penalty,
    logitBias: body.logit_bias,
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined && value !== null));
}

function readChoice(choice: Body['tool_choice']): ToolChoice | null {
  if (choice === null || choice === undefined) return null;
  return typeof choice === 'string' ? choice : { name: choice.function.name };
}

function readMessage(message: WireMessage): ChatMessage {
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', text: readText(message.content) };
    case 'user':
      return { role: 'user', parts: readParts(message.content), name: message.name ?? null };
    case 'assistant':
      return {
        role: 'assistant',
        text: message.content === null || message.content === undefined ? null : readText(message.content),
        calls: (message.tool_calls ?? []).map((call) => ({ id: call.id, ...call.function })),
      };
    case 'tool':
      return { role: 'tool', callId: message.tool_call_id, text: readText(message.content) };
    default:
      return message satisfies never;
  }
}

type TextPart = { type: 'text'; text: string } | { type: 'refusal'; refusal: string };

function readText(content: string | TextPart[]): string {
  if (typeof content === 'string') return content;
  return content.map((part) => (part.type === 'text' ? part.text : part.refusal)).join('');
}

function readParts(content: Extract<WireMessage, { role: 'user' }>['content']): MessagePart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content, annotations: [] }];
  return content.map((part): MessagePart =>
    part.type === 'text'
      ? { type: 'text', text: part.text, annotations: [] }
      : { type: 'image', url: part.image_url.url, fileId: null, detail: part.image_url.detail ?? null },
  );
}
