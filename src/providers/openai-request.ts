import { createHash } from 'node:crypto';
import { hiddenImage } from '../domain/request-message.js';
import type { ToolDefinition } from '../domain/tool.js';
import type { ModelRequest, RequestMessage, RequestPart } from './provider.js';
import type { CallIdForm, Quirks } from './quirks.js';

/** The body of a chat request, as it goes over the wire. */
export type ChatBody = Record<string, unknown>;

const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Writes a request in the dialect of chat completions, as far as the server's quirks allow. */
export function toChatBody(request: ModelRequest, quirks: Quirks): ChatBody {
  const { settings } = request;
  const tools = offeredTools(request, quirks);
  const body: ChatBody = {
    model: request.model,
    messages: toMessages(request.messages, quirks),
    stream: true,
    stream_options: { include_usage: true },
    temperature: settings.temperature,
    top_p: settings.topP,
    [quirks.maxTokensField]: settings.maxOutputTokens,
    reasoning_effort: settings.reasoningEffort,
    response_format: settings.responseFormat === 'auto' ? undefined : settings.responseFormat,
    stop: settings.stop,
    seed: settings.seed,
    frequency_penalty: settings.frequencyPenalty,
    presence_penalty: settings.presencePenalty,
    logit_bias: settings.logitBias,
    user: request.user,
  };
  if (tools.length > 0) {
    body['tools'] = tools.map((tool) => toTool(tool, quirks));
    body['tool_choice'] = toToolChoice(request, quirks);
    body['parallel_tool_calls'] = request.parallelToolCalls;
  }
  return Object.fromEntries(
    Object.entries(body).filter(([name, value]) => value !== undefined && value !== null && !quirks.omit.has(name)),
  );
}

/** Where a server cannot be told to use a named tool, that tool is all it sees. */
function offeredTools(request: ModelRequest, quirks: Quirks): ToolDefinition[] {
  const { toolChoice, tools } = request;
  if (typeof toolChoice !== 'object' || quirks.toolChoice === 'full') return tools;
  const named = tools.filter((tool) => tool.name === toolChoice.name);
  return named.length > 0 ? named : tools;
}

/** `auto` is every server's default, so it is left out. */
function toToolChoice(request: ModelRequest, quirks: Quirks): unknown {
  const { toolChoice } = request;
  if (toolChoice === 'auto') return undefined;
  if (toolChoice === 'none') return 'none';
  if (quirks.toolChoice === 'auto') return undefined;
  if (toolChoice === 'required' || quirks.toolChoice === 'words') return 'required';
  return { type: 'function', function: { name: toolChoice.name } };
}

function toTool(tool: ToolDefinition, quirks: Quirks): unknown {
  const parameters = { type: 'object', properties: {}, ...tool.parameters };
  const strict = tool.strict === true && !quirks.omit.has('strict') ? { strict: true } : {};
  return { type: 'function', function: { name: tool.name, description: tool.description, parameters, ...strict } };
}

function toMessages(messages: RequestMessage[], quirks: Quirks): unknown[] {
  const toId = createIdWriter(quirks.callIds);
  const written = messages.map((message) => toMessage(message, toId, quirks));
  const first = messages.findIndex((message) => message.role !== 'system');
  if (quirks.userFirst && first >= 0 && messages[first]?.role !== 'user') {
    written.splice(first, 0, { role: 'user', content: '(The conversation goes on.)' });
  }
  return written;
}

function toMessage(message: RequestMessage, toId: (id: string) => string, quirks: Quirks): unknown {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.text };
    case 'user': {
      const name = quirks.omit.has('name') ? '' : toSpeakerName(message.name);
      return { role: 'user', content: toContent(message.parts), ...(name === '' ? {} : { name }) };
    }
    case 'assistant': {
      const calls = message.calls.map((call) => ({
        id: toId(call.id),
        type: 'function',
        function: { name: call.name, arguments: call.arguments },
      }));
      return calls.length > 0
        ? { role: 'assistant', content: message.text, tool_calls: calls }
        : { role: 'assistant', content: message.text ?? '' };
    }
    case 'tool':
      return { role: 'tool', tool_call_id: toId(message.callId), content: message.text };
  }
}

/** Several texts stay several parts only beside an image: many servers take nothing but a string. */
function toContent(parts: RequestPart[]): unknown {
  const texts = parts.flatMap((part) => (part.type === 'image' ? [] : [wordsOf(part)]));
  if (texts.length === parts.length) return texts.join('\n\n');
  return parts.map((part) => {
    if (part.type !== 'image') return { type: 'text', text: wordsOf(part) };
    return {
      type: 'image_url',
      image_url: { url: part.url, ...(part.detail === null ? {} : { detail: part.detail }) },
    };
  });
}

function wordsOf(part: Exclude<RequestPart, { type: 'image' }>): string {
  return part.type === 'text' ? part.text : hiddenImage;
}

/** OpenAI's alphabet and length for names. */
function toSpeakerName(name: string | undefined): string {
  return (name ?? '').replaceAll(/[^\w-]+/g, '_').slice(0, 64);
}

/** Writes ids in the form a server takes, the same for a call and its result, different for different calls. */
function createIdWriter(form: CallIdForm): (id: string) => string {
  const written = new Map<string, string>();
  return (id) => {
    const known = written.get(id);
    if (known !== undefined) return known;
    const fits = form.exact
      ? id.length === form.charsMax && /^[a-z\d]+$/i.test(id)
      : id !== '' && id.length <= form.charsMax;
    const made = fits ? id : digestOf(id, form.charsMax);
    written.set(id, made);
    return made;
  };
}

function digestOf(id: string, length: number): string {
  const bytes = createHash('sha256').update(id).digest();
  return [...bytes]
    .slice(0, length)
    .map((byte) => letters.charAt(byte % letters.length))
    .join('');
}
