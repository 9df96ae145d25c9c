import { isObject, listIn, objectIn, textIn } from './cells.js';

/** A message as MemGPT and Letta keep it, whichever release, from a database or from a file. */
export interface LettaMessage {
  id: string;
  /** `system`, `user`, `assistant`, `tool`, `function`, `approval` or `summary`. */
  role: string;
  /** What stands in it besides calls and results, in order. */
  pieces: LettaPiece[];
  calls: LettaCall[];
  /** What tools returned, each for one call. */
  results: LettaResult[];
  name: string | null;
  /** What somebody answered who was asked for approval; null where this is no such answer. */
  verdict: string | null;
  /** Milliseconds. */
  createdAt: number;
  /** What of it is not as it stood in the source, a sentence each. */
  changes: string[];
}

/** Something said, thought or shown. */
export type LettaPiece =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  | { type: 'image'; url: string | null; detail: string | null };

/** A call of a tool, its arguments as the model wrote them. */
export interface LettaCall {
  id: string;
  name: string;
  arguments: string;
}

/** What a tool returned, as it was packed. */
export interface LettaResult {
  callId: string;
  text: string;
  failed: boolean;
}

/** A message by the names that its members have in the original, JSON already read. */
export type LettaFields = Readonly<Record<string, unknown>>;

/** Reads a message from its members. What is absent, or null in whichever way, is passed over. */
export function readMessage(id: string, createdAt: number, fields: LettaFields): LettaMessage {
  const content = fields['content'];
  const parts = listOf(typeof content === 'string' ? [{ type: 'text', text: content }] : content);
  const ownText = textIn(fields['text']);
  const pieces = parts.flatMap(pieceOf);
  if (pieces.length === 0 && ownText !== null && ownText !== '') pieces.push({ type: 'text', text: ownText });
  const inContent = parts.flatMap(callOfPart);
  const calls = listOf(fields['tool_calls']).flatMap(callOf);
  return {
    id,
    role: textIn(fields['role']) ?? 'system',
    pieces,
    calls: calls.length > 0 ? calls : inContent,
    results: resultsOf(fields, parts, pieces),
    name: textIn(fields['name']),
    verdict: verdictOf(fields),
    createdAt,
    changes: [],
  };
}

/** The text of what was said. */
export function spokenText(message: Pick<LettaMessage, 'pieces'>): string {
  return message.pieces.flatMap((piece) => (piece.type === 'text' ? [piece.text] : [])).join('\n\n');
}

function pieceOf(part: Record<string, unknown>): LettaPiece[] {
  switch (part['type']) {
    case 'text':
      return textIn(part['text']) === null ? [] : [{ type: 'text', text: textIn(part['text']) ?? '' }];
    case 'reasoning':
      return part['reasoning'] === '' ? [] : [{ type: 'reasoning', text: textIn(part['reasoning']) ?? '' }];
    case 'summarized_reasoning': {
      const texts = listIn(part['summary']).flatMap((each) => (isObject(each) ? [textIn(each['text']) ?? ''] : []));
      return [{ type: 'reasoning', text: texts.join('\n\n') }];
    }
    case 'image':
      return [imageOf(objectIn(part['source']))];
    default:
      return [];
  }
}

function imageOf(source: Record<string, unknown>): LettaPiece {
  const data = textIn(source['data']);
  const type = textIn(source['media_type']) ?? 'image/png';
  const url = data === null ? textIn(source['url']) : `data:${type};base64,${data}`;
  return { type: 'image', url, detail: textIn(source['detail']) };
}

function callOf(call: Record<string, unknown>): LettaCall[] {
  const made = objectIn(call['function']);
  const name = textIn(made['name']);
  if (name === null) return [];
  return [{ id: textIn(call['id']) ?? '', name, arguments: argumentsIn(made['arguments']) }];
}

function callOfPart(part: Record<string, unknown>): LettaCall[] {
  const name = textIn(part['name']);
  if (part['type'] !== 'tool_call' || name === null) return [];
  return [{ id: textIn(part['id']) ?? '', name, arguments: argumentsIn(part['input']) }];
}

function argumentsIn(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? {});
}

/** Late releases list what several calls returned; earlier ones have one text and the id of its call. */
function resultsOf(fields: LettaFields, parts: Record<string, unknown>[], pieces: LettaPiece[]): LettaResult[] {
  const ownCall = textIn(fields['tool_call_id']);
  const text = spokenText({ pieces });
  const listed = listOf(fields['tool_returns']).map((result): LettaResult => {
    const returned = result['func_response'] ?? result['tool_return'];
    return {
      callId: textIn(result['tool_call_id']) ?? ownCall ?? '',
      text: returned === null || returned === undefined ? text : returnedText(returned),
      failed: result['status'] === 'error',
    };
  });
  if (listed.length > 0) return listed;
  const inContent = parts.flatMap((part): LettaResult[] => {
    if (part['type'] !== 'tool_return') return [];
    const failed = part['is_error'] === true;
    return [{ callId: textIn(part['tool_call_id']) ?? '', text: returnedText(part['content']), failed }];
  });
  if (inContent.length > 0) return inContent;
  const isResult = fields['role'] === 'tool' || fields['role'] === 'function';
  return isResult ? [{ callId: ownCall ?? '', text, failed: fields['is_err'] === true }] : [];
}

function returnedText(value: unknown): string {
  if (typeof value === 'string') return value;
  const texts = listOf(value).flatMap((part) => (part['type'] === 'text' ? [textIn(part['text']) ?? ''] : []));
  return texts.length > 0 ? texts.join('\n\n') : JSON.stringify(value ?? null);
}

function verdictOf(fields: LettaFields): string | null {
  if (fields['role'] !== 'approval') return null;
  const answers = listOf(fields['approvals']).filter((answer) => typeof answer['approve'] === 'boolean');
  const told = answers.map((answer) => verdictWords(answer['approve'] === true, textIn(answer['reason'])));
  if (told.length > 0) return told.join(' ');
  if (typeof fields['approve'] !== 'boolean') return null;
  return verdictWords(fields['approve'], textIn(fields['denial_reason']));
}

function verdictWords(isApproved: boolean, reason: string | null): string {
  const verdict = isApproved ? 'Approved' : 'Denied';
  return reason === null || reason === '' ? `${verdict}.` : `${verdict}: ${reason}`;
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
