import type { ModelRequest } from '../../src/providers/provider.js';
import type { ScriptedReply } from '../../src/providers/scripted.js';

/** A reply of one call. */
export const call = (name: string, input: unknown, id?: string): ScriptedReply => ({
  calls: [{ name, arguments: input, ...(id === undefined ? {} : { id }) }],
});

/** What was last said by a person, as the model sees it. */
export function lastUserText(request: ModelRequest): string {
  const message = request.messages.findLast((candidate) => candidate.role === 'user');
  return message?.role === 'user'
    ? message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
    : '';
}

/** True where every call of a request has exactly one later result, and no result stands alone. */
export function isValidHistory(request: ModelRequest): boolean {
  const open = new Set<string>();
  const seen = new Set<string>();
  for (const message of request.messages) {
    if (message.role === 'tool') {
      if (!open.delete(message.callId)) return false;
    } else {
      if (open.size > 0) return false;
      if (message.role === 'assistant')
        for (const { id } of message.calls) {
          if (seen.has(id)) return false;
          seen.add(id);
          open.add(id);
        }
    }
  }
  return open.size === 0;
}
