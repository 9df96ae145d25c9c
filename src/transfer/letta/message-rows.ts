import type { Protocol } from '../../domain/agent.js';
import { derivedId } from '../../domain/derived-id.js';
import type { Message, MessageKind, MessagePart } from '../../domain/message.js';
import { spokenText, type LettaMessage, type LettaPiece } from './message.js';
import { unpackText } from './packed-text.js';

/** In whose conversation a message stands. */
export interface Setting {
  /** Whose it is, as records say it. */
  ownerId: string | null;
  agentId: string;
  conversationId: string;
  protocol: Protocol;
  /** True where words that stand beside calls were shown to people. */
  isHeardBesideCalls: boolean;
}

/** A message before it has its number. */
export type Unnumbered = Omit<Message, 'seq'>;

/** The tool by which agents of the heartbeat protocol speak. */
const speakingTool = 'send_message';

/**
 * A message as the house keeps it: one row, and before it one for each thing that it says through a call, as the engine
 * itself writes them. `isOpening` is a message of the example that every MemGPT agent is born with, which nobody heard.
 */
export function toRows(message: LettaMessage, setting: Setting, isOpening: boolean): Unnumbered[] {
  const row = rowMaker(message, setting);
  if (message.verdict !== null) return [row('system', 'inner', [{ type: 'text', text: message.verdict }])];
  switch (message.role) {
    case 'user':
    case 'summary':
      return [userRow(message, row)];
    case 'tool':
    case 'function':
      return [row('tool', isOpening ? 'boot' : 'inner', resultParts(message), { name: null })];
    case 'assistant':
    case 'approval':
      return assistantRows(message, setting, row, isOpening);
    default:
      return [row('system', 'boot', partsOf(message.pieces))];
  }
}

type RowMaker = (
  role: Message['role'],
  kind: MessageKind,
  parts: MessagePart[],
  fields?: Partial<Unnumbered>,
) => Unnumbered;

function rowMaker(message: LettaMessage, { agentId, conversationId }: Setting): RowMaker {
  return (role, kind, parts, fields = {}) => ({
    id: message.id,
    conversationId,
    role,
    kind,
    parts,
    visible: false,
    status: 'completed',
    agentId,
    runId: null,
    stepId: null,
    callId: null,
    name: message.name,
    metadata: {},
    faceData: {},
    createdAt: message.createdAt,
    ...fields,
  });
}

/** What people said is kept as they said it; what a machine said in their place stays packed. */
function userRow(message: LettaMessage, row: RowMaker): Unnumbered {
  const packed = unpackText(spokenText(message));
  if (message.role === 'summary') return row('user', 'alert', partsOf(message.pieces));
  switch (packed?.type) {
    case 'heartbeat':
    case 'login':
      return row('user', packed.type, partsOf(message.pieces));
    case 'system_alert':
      return row('user', 'alert', partsOf(message.pieces));
    case 'user_message': {
      const images = partsOf(message.pieces.filter((piece) => piece.type === 'image'));
      const parts: MessagePart[] = [{ type: 'text', text: packed.message }, ...images];
      return row('user', 'said', parts, { visible: true, agentId: null, name: packed.name ?? message.name });
    }
    default:
      return row('user', 'said', partsOf(message.pieces), { visible: true, agentId: null });
  }
}

function assistantRows(message: LettaMessage, setting: Setting, row: RowMaker, isOpening: boolean): Unnumbered[] {
  const { protocol, isHeardBesideCalls } = setting;
  if (message.calls.length === 0) {
    // In the heartbeat protocol only a call is heard; plain text is a thought.
    const isSaid = protocol === 'native' && spokenText(message) !== '';
    return [row('assistant', isSaid ? 'said' : 'inner', partsOf(message.pieces), { visible: isSaid })];
  }
  const calls = message.calls.map((call): MessagePart => {
    return { type: 'tool-call', callId: call.id, name: call.name, arguments: call.arguments };
  });
  const isHeard = isHeardBesideCalls && !isOpening && spokenText(message).trim() !== '';
  const heard = message.pieces.filter((piece) => isHeard && piece.type === 'text');
  const unheard = message.pieces.filter((piece) => !heard.includes(piece));
  const held = row('assistant', isOpening ? 'boot' : 'inner', [...partsOf(unheard), ...calls]);
  if (isOpening) return [held];
  const beside = heard.length === 0 ? [] : [saidBeside(message, row, heard)];
  const said = message.calls.flatMap((call, index): Unnumbered[] => {
    const text = call.name === speakingTool ? saidThrough(call.arguments) : null;
    if (text === null) return [];
    const id = derivedId('said', message.id, index);
    return [row('assistant', 'said', [{ type: 'text', text }], { id, visible: true, callId: call.id })];
  });
  return [...beside, ...said, held];
}

/** Words that people heard while the agent went on: a row of their own, since the row with the calls is not shown. */
function saidBeside(message: LettaMessage, row: RowMaker, heard: readonly LettaPiece[]): Unnumbered {
  return row('assistant', 'said', partsOf(heard), { id: derivedId('said beside', message.id), visible: true });
}

/** The words of a call that speaks; null where its arguments cannot be read. */
function saidThrough(argumentsText: string): string | null {
  try {
    const { message } = JSON.parse(argumentsText) as { message?: unknown };
    return typeof message === 'string' && message !== '' ? message : null;
  } catch {
    return null;
  }
}

function resultParts(message: LettaMessage): MessagePart[] {
  return message.results.map(({ callId, text, failed }): MessagePart => {
    const packed = unpackText(text);
    const isPacked = packed?.type === 'tool_result';
    return {
      type: 'tool-result',
      callId,
      name: message.name ?? '',
      output: isPacked ? packed.message : text,
      failed: failed || (isPacked && packed.failed),
    };
  });
}

function partsOf(pieces: readonly LettaPiece[]): MessagePart[] {
  return pieces.map((piece): MessagePart => (piece.type === 'image' ? { ...piece, fileId: null } : piece));
}
