import { estimateTokens } from '../domain/tokens.js';
import type { ModelRequest, RequestMessage } from './provider.js';

/** What the framing of one message costs in the usual chat formats. */
const tokensPerMessage = 4;
/** What an image costs where nobody says: one 512 pixel tile and the base of OpenAI's table. */
const tokensPerImage = 255;

/** About how many tokens a request is, tools and framing included; used where the provider reports no usage. */
export function estimateRequestTokens(request: Pick<ModelRequest, 'messages' | 'tools'>): number {
  const messages = request.messages.reduce((sum, message) => sum + tokensPerMessage + messageTokens(message), 0);
  const tools = request.tools.reduce((sum, tool) => {
    return sum + estimateTokens(tool.name + tool.description + JSON.stringify(tool.parameters));
  }, 0);
  return messages + tools;
}

function messageTokens(message: RequestMessage): number {
  switch (message.role) {
    case 'system':
    case 'tool':
      return estimateTokens(message.text);
    case 'assistant': {
      const calls = message.calls.map((call) => call.name + call.arguments).join('');
      return estimateTokens((message.text ?? '') + calls);
    }
    case 'user':
      return message.parts.reduce(
        (sum, part) => sum + (part.type === 'text' ? estimateTokens(part.text) : tokensPerImage),
        0,
      );
  }
}
