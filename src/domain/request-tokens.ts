import type { RequestMessage, RequestPart } from './request-message.js';
import { estimateTokens } from './tokens.js';
import type { ToolDefinition } from './tool.js';

/** What the framing of one message, or of one call, costs in the usual chat formats. */
const framing = 4;

/** What OpenAI charges for an image of 1024 by 1024 pixels, and for any where little detail is asked for. */
const imageTokens = { usual: 765, low: 85 } as const;

/** About how many tokens a request is, tools and framing included. */
export function estimateRequest({
  messages,
  tools,
}: {
  messages: readonly RequestMessage[];
  tools: readonly ToolDefinition[];
}): number {
  return estimateMessages(messages) + estimateTools(tools);
}

/** The same of its messages alone. */
export function estimateMessages(messages: readonly RequestMessage[]): number {
  return messages.reduce((sum, message) => sum + framing + estimateMessage(message), 0);
}

/** The same of its tools alone. */
export function estimateTools(tools: readonly ToolDefinition[]): number {
  return tools.reduce((sum, tool) => sum + estimateTokens(JSON.stringify(tool)), 0);
}

function estimateMessage(message: RequestMessage): number {
  switch (message.role) {
    case 'system':
    case 'tool':
      return estimateTokens(message.text);
    case 'user':
      return message.parts.reduce((sum, part) => sum + estimatePart(part), 0);
    case 'assistant':
      return message.calls.reduce(
        (sum, call) => sum + framing + estimateTokens(call.name) + estimateTokens(call.arguments),
        estimateTokens(message.text ?? ''),
      );
    default:
      return message satisfies never;
  }
}

function estimatePart(part: RequestPart): number {
  if (part.type === 'text') return estimateTokens(part.text);
  return part.detail === 'low' ? imageTokens.low : imageTokens.usual;
}
