import type { ToolDefinition } from '../../domain/tool.js';
import type { ModelRequest, RequestMessage } from '../provider.js';

/** A labelled text of the prompt's memory section. */
export interface BlockView {
  label: string;
  value: string;
}

/** A call made in answer to what was said last, with its result where it has come. */
export interface DoneCall {
  name: string;
  arguments: Record<string, unknown>;
  result: string | null;
  failed: boolean;
}

/** What woke the agent: somebody spoke, signed in, or an administrator left a note. */
export type Trigger = 'message' | 'login' | 'alert' | 'nothing';

/** A request as the stand-in reads it. */
export interface RequestView {
  request: ModelRequest;
  /** Heartbeat where a speaking tool is offered. */
  speech: ToolDefinition | null;
  system: string;
  blocks: BlockView[];
  trigger: Trigger;
  /** What was said last, envelopes and context tails taken off. */
  said: string;
  /** What people said before, oldest first. */
  earlier: string[];
  /** What was told of earlier times: summaries and alerts. */
  notes: string[];
  /** True where the agent has not spoken in this conversation, the boot example aside. */
  firstAnswer: boolean;
  done: DoneCall[];
}

/** How the engine begins what it tells besides the conversation. */
const contextTail = /^\s*\[context\][^\S\n]*(?:\n|$)/;

interface Heard {
  kind: 'message' | 'login' | 'alert' | 'heartbeat' | 'context';
  text: string;
}

/** Reads a request: who says what, what is in memory, what was already tried. */
export function readRequest(request: ModelRequest): RequestView {
  const { messages } = request;
  const system = messages.flatMap((message) => (message.role === 'system' ? [message.text] : [])).join('\n\n');
  const start = turnStart(messages);
  const heard = messages.slice(start).flatMap((message) => (message.role === 'user' ? [hear(message)] : []));
  const before = messages.slice(0, start);
  const heardBefore = before.flatMap((message) => (message.role === 'user' ? [hear(message)] : []));
  const earlier = heardBefore.filter((one) => one.kind === 'message').map((one) => one.text);
  const notes = [...heardBefore, ...heard].filter((one) => one.kind === 'alert' || one.kind === 'context');
  const trigger = triggerOf(heard);
  const wanted = heard.filter((one) => one.kind === trigger);
  return {
    request,
    speech: request.tools.find((tool) => tool.name === 'send_message') ?? null,
    system,
    blocks: readBlocks(system),
    trigger,
    said: wanted
      .map((one) => one.text)
      .join('\n')
      .trim(),
    earlier,
    notes: notes.map((one) => one.text),
    firstAnswer: earlier.length === 0 && !notes.some((one) => /\bsummary\b/i.test(one.text)),
    done: readCalls(messages.slice(start)),
  };
}

/** Where the present turn begins: after the newest answer that a message of somebody's came behind. */
function turnStart(messages: RequestMessage[]): number {
  let spoken = -1;
  let heard = -1;
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const message = messages[at];
    if (message === undefined) continue;
    if (message.role === 'user' && isTrigger(hear(message))) heard = at;
    else if (message.role === 'assistant' && spokenBy(message).length > 0 && heard >= 0) {
      spoken = at;
      break;
    }
  }
  if (heard < 0) return messages.length;
  return messages[spoken]?.role === 'assistant' ? spoken + 1 : 0;
}

function spokenBy(message: RequestMessage): string[] {
  if (message.role !== 'assistant') return [];
  const said = message.calls.filter((call) => call.name === 'send_message');
  if (said.length > 0) return said.map((call) => String(parseObject(call.arguments)?.['message'] ?? ''));
  return message.calls.length === 0 && message.text !== null && message.text !== '' ? [message.text] : [];
}

function isTrigger(heard: Heard): boolean {
  return heard.kind === 'message' || heard.kind === 'login' || heard.kind === 'alert';
}

function triggerOf(heard: Heard[]): Trigger {
  for (const kind of ['message', 'login', 'alert'] as const) {
    if (heard.some((one) => one.kind === kind)) return kind;
  }
  return 'nothing';
}

function hear(message: Extract<RequestMessage, { role: 'user' }>): Heard {
  const texts = message.parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const kept = texts.filter((text) => !contextTail.test(text));
  if (kept.length === 0 && texts.length > 0)
    return { kind: 'context', text: texts.join('\n').replace(contextTail, '') };
  return unwrap(kept.join('\n'));
}

function unwrap(text: string): Heard {
  const envelope = text.trimStart().startsWith('{') ? parseObject(text) : null;
  switch (envelope?.['type']) {
    case 'user_message':
      return { kind: 'message', text: String(envelope['message'] ?? '') };
    case 'login':
      return { kind: 'login', text: '' };
    case 'heartbeat':
      return { kind: 'heartbeat', text: '' };
    case 'system_alert':
      return { kind: 'alert', text: String(envelope['message'] ?? '') };
    default:
      return { kind: 'message', text };
  }
}

function readCalls(messages: RequestMessage[]): DoneCall[] {
  const results = new Map<string, string>();
  for (const message of messages) if (message.role === 'tool') results.set(message.callId, message.text);
  return messages.flatMap((message) => {
    if (message.role !== 'assistant') return [];
    return message.calls.map((call) => {
      const raw = results.get(call.id) ?? null;
      return { name: call.name, arguments: parseObject(call.arguments) ?? {}, ...readResult(call.name, raw) };
    });
  });
}

/**
 * A result may come bare or in the envelope that says whether it went well. A bare one of a memory tool says `ok`, or
 * what is wrong.
 */
function readResult(name: string, raw: string | null): { result: string | null; failed: boolean } {
  if (raw === null) return { result: null, failed: false };
  const envelope = parseObject(raw);
  if (envelope !== null && typeof envelope['status'] === 'string' && 'message' in envelope) {
    const message = envelope['message'];
    const result = typeof message === 'string' ? message : JSON.stringify(message);
    return { result, failed: envelope['status'] !== 'OK' };
  }
  const isEdit = /^(?:core_memory|memory|archival)_(?!.*search)/.test(name);
  const failed = isEdit
    ? !/^\s*(?:ok|none|null|done)\b/i.test(raw)
    : /^\s*(?:error|failed)\b/i.test(raw) || typeof envelope?.['error'] === 'string';
  return { result: raw, failed };
}

/** The memory section of a system prompt, in either of its usual spellings. */
function readBlocks(system: string): BlockView[] {
  const blocks = new Map<string, string>();
  for (const match of system.matchAll(/<([\w.-]+)>(?:(?!<\/\1>)[\s\S])*?<value>([\s\S]*?)<\/value>\s*<\/\1>/g)) {
    blocks.set(match[1] ?? '', (match[2] ?? '').trim());
  }
  for (const match of system.matchAll(/<([\w.-]+)\s[^>]*?\bcharacters="[^"]*"[^>]*>([\s\S]*?)<\/\1>/g)) {
    blocks.set(match[1] ?? '', (match[2] ?? '').trim());
  }
  if (blocks.size === 0) {
    for (const match of system.matchAll(/<(persona|human)>([\s\S]*?)<\/\1>/g)) {
      blocks.set(match[1] ?? '', (match[2] ?? '').trim());
    }
  }
  return [...blocks].map(([label, value]) => ({ label, value }));
}

/** The object a text spells, or null. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
