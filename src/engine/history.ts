import type { Envelope, Protocol } from '../domain/agent.js';
import { textOf, type Message, type MessagePart } from '../domain/message.js';
import { hiddenImage } from '../domain/request-message.js';
import type { RequestCall, RequestMessage, RequestPart } from '../providers/provider.js';
import { cutMiddle, cutToTokens } from './cut-text.js';
import { packAlert, packToolResult, packUserMessage, timeFormat, unpack, type TimeFormat } from './envelope.js';
import { showThoughtsInCalls } from './protocol-arguments.js';

export { missingResult, normaliseHistory } from './valid-history.js';

/** How rows are turned into a request. */
export interface HistoryOptions {
  /** Whose view it is. */
  agentId: string;
  protocol: Protocol;
  envelope: Envelope;
  /** IANA name of the zone that times are shown in; UTC where absent. */
  timezone?: string;
  /** Characters of one tool result. */
  toolResultCharsMax: number;
  /** About how many tokens the texts of one message of any other kind may have. */
  messageTokensMax: number;
}

/** What every conversion needs. */
interface View {
  options: HistoryOptions;
  formatTime: TimeFormat;
  /** Ids of the calls that inner rows of this agent hold. */
  heldCalls: ReadonlySet<string>;
}

/** An assistant's message, and the run it belongs to as long as it may grow. */
interface Grown {
  message: RequestMessage;
  growsWith: string | null;
}

/**
 * A conversation as one agent's model reads it. Records of prompts, unfinished rows and the inner rows of other agents
 * are left out. What the agent said through a call stands in the row that holds the call, and is not repeated; what
 * another agent said is an assistant's text. Rows of one reply become one message. Texts over a limit are shortened in
 * the middle; the rows themselves are never changed. The result still needs `normaliseHistory`.
 */
export function toRequestMessages(messages: Message[], options: HistoryOptions): RequestMessage[] {
  const seen = messages.filter((message) => isInView(message, options.agentId));
  const own = seen.filter((message) => message.agentId === options.agentId);
  const calls = own.flatMap((message) => message.parts.flatMap((part) => (part.type === 'tool-call' ? [part] : [])));
  const view: View = {
    options,
    formatTime: timeFormat(options.timezone ?? 'UTC'),
    heldCalls: new Set(calls.map((call) => call.callId)),
  };
  const grown: Grown[] = [];
  for (const message of seen) for (const next of convert(message, view)) add(grown, next, message);
  const history = grown.map(({ message }) => message);
  return options.protocol === 'heartbeat' ? showThoughtsInCalls(history) : history;
}

function isInView(message: Message, agentId: string): boolean {
  if (message.role === 'system' || message.status === 'in_progress') return false;
  return message.visible || message.agentId === null || message.agentId === agentId;
}

function convert(message: Message, view: View): RequestMessage[] {
  switch (message.role) {
    case 'system':
      return [];
    case 'user':
      return toUserMessages(message, view);
    case 'assistant':
      return toAssistantMessages(message, view);
    case 'tool':
      return toToolMessages(message, view);
    default:
      return message.role satisfies never;
  }
}

/**
 * Joins a row to the one before it where both are pieces of one reply. Words said next to a call stand in the row that
 * was said and in the row that holds the call; they are shown once.
 */
function add(grown: Grown[], next: RequestMessage, row: Message): void {
  const last = grown.at(-1);
  const runId = next.role === 'assistant' ? row.runId : null;
  if (last?.message.role === 'assistant' && next.role === 'assistant' && runId !== null && last.growsWith === runId) {
    const texts = new Set([last.message.text, next.text].filter((text) => text !== null));
    last.message = {
      role: 'assistant',
      text: texts.size === 0 ? null : [...texts].join('\n\n'),
      calls: [...last.message.calls, ...next.calls],
    };
  } else {
    grown.push({ message: next, growsWith: runId });
  }
}

function toUserMessages(message: Message, view: View): RequestMessage[] {
  const parts = toUserParts(message, view);
  if (parts.length === 0) return [];
  const name = message.name === null ? '' : wireName(message.name);
  return [name === '' ? { role: 'user', parts } : { role: 'user', parts, name }];
}

/** Providers allow few characters in a speaker's name. */
function wireName(name: string): string {
  return name
    .trim()
    .replace(/[^\w-]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 64);
}

function toUserParts(message: Message, view: View): RequestPart[] {
  const tokensMax = view.options.messageTokensMax;
  if (message.kind !== 'said') {
    const text = packedText(message, view);
    return text === '' ? [] : [{ type: 'text', text }];
  }
  const images = message.parts.flatMap(toImage);
  if (view.options.envelope === 'json') {
    const text = cutToTokens(textOf(message), tokensMax);
    if (text === '' && images.length === 0) return [];
    const packed = packUserMessage(text, message.createdAt, { name: message.name, formatTime: view.formatTime });
    return [{ type: 'text', text: packed }, ...images];
  }
  // Each text keeps its share, so that a long one does not push the others out.
  const total = textOf(message).length;
  return message.parts.flatMap((part): RequestPart[] => {
    if (part.type !== 'text') return toImage(part);
    const share = (tokensMax * part.text.length) / total;
    return part.text === '' ? [] : [{ type: 'text', text: cutToTokens(part.text, share) }];
  });
}

/** A packed text stays a whole envelope even where what it says is shortened. */
function packedText(message: Message, { options, formatTime }: View): string {
  const text = textOf(message);
  const opened = unpack(text);
  if (opened === null) {
    const short = cutToTokens(text, options.messageTokensMax);
    const isBare = message.kind === 'alert' && options.envelope === 'json' && short !== '';
    return isBare ? packAlert(short, message.createdAt, formatTime) : short;
  }
  const short = cutToTokens(opened.message, options.messageTokensMax);
  if (short === opened.message) return text;
  return opened.type === 'system_alert' ? packAlert(short, message.createdAt, formatTime) : short;
}

function toImage(part: MessagePart): RequestPart[] {
  if (part.type !== 'image') return [];
  if (part.url !== null) return [{ type: 'image', url: part.url, detail: part.detail }];
  if (part.fileId !== null) return [{ type: 'image-file', fileId: part.fileId, detail: part.detail }];
  return [{ type: 'text', text: hiddenImage }];
}

function toAssistantMessages(message: Message, view: View): RequestMessage[] {
  const isOwn = message.agentId === view.options.agentId;
  if (isOwn && message.visible && message.callId !== null && view.heldCalls.has(message.callId)) return [];
  const calls = isOwn ? message.parts.flatMap(toCall) : [];
  const text = cutToTokens(assistantText(message, view.options.protocol), view.options.messageTokensMax);
  if (text === '' && calls.length === 0) return [];
  return [{ role: 'assistant', text: text === '' ? null : text, calls }];
}

/** In the heartbeat protocol a model's reasoning is its inner monologue, and it may read it again. */
function assistantText(message: Message, protocol: Protocol): string {
  const text = textOf(message);
  if (text !== '' || protocol === 'native' || message.visible) return text;
  return message.parts.flatMap((part) => (part.type === 'reasoning' ? [part.text] : [])).join('\n\n');
}

function toCall(part: MessagePart): RequestCall[] {
  return part.type === 'tool-call' ? [{ id: part.callId, name: part.name, arguments: part.arguments }] : [];
}

function toToolMessages(message: Message, { options, formatTime }: View): RequestMessage[] {
  return message.parts.flatMap((part): RequestMessage[] => {
    if (part.type !== 'tool-result') return [];
    const output = cutMiddle(part.output, options.toolResultCharsMax);
    const text =
      options.protocol === 'heartbeat'
        ? packToolResult({ output, failed: part.failed }, message.createdAt, formatTime)
        : output;
    return [{ role: 'tool', callId: part.callId, name: part.name, text }];
  });
}
