import type { CutReason, Message, MessageEnd, MessagePart } from '../../domain/message.js';
import type { Problem, TransferRecord } from '../record.js';
import { readContent } from './content.js';
import { hasOtherThanText, pairsOf, savedFields, toSeconds } from './fields.js';
import { isJson, listOf, plainText, readTime, textOf, type Json } from './json.js';
import { speakerFields } from './shapes.js';
import type { Writing } from './writing.js';

/** Words for who speaks, besides the API's own two. */
const speakers: ReadonlyMap<string, 'user' | 'assistant' | 'tool' | 'system'> = new Map([
  ...(['user', 'human', 'person'] as const).map((word) => [word, 'user'] as const),
  ...(['assistant', 'ai', 'bot', 'model'] as const).map((word) => [word, 'assistant'] as const),
  // How .NET writes its words where nobody told it to write them out.
  ['0', 'user'],
  ['1', 'assistant'],
  ['tool', 'tool'],
  ['function', 'tool'],
  ['system', 'system'],
  ['developer', 'system'],
]);

const cuts: ReadonlyMap<unknown, CutReason> = new Map([
  ['max_tokens', 'max_output_tokens'],
  ['content_filter', 'content_filter'],
  ['run_cancelled', 'cancelled'],
  ['run_expired', 'expired'],
  ['run_failed', 'failed'],
]);

/** A message, at its place in its thread. */
export function* messageRecords(
  writing: Writing,
  { threadId, seq }: { threadId: string; seq: number },
): Generator<TransferRecord | Problem> {
  const { object, record, problem } = writing;
  const named = speakerFields.map((name) => object[name]).find((value) => value !== undefined && value !== null);
  const speaker = speakers.get(plainText(named).toLowerCase());
  if (speaker === undefined) yield problem('changed', 'Nobody is named as the speaker of a message; it became a user.');
  if (speaker === 'system') yield problem('changed', 'A message of the role "system" became a user\'s.');
  if (hasOtherThanText(object['metadata']))
    yield problem('changed', 'Values of metadata that were no text became text.');
  const place = { conversationId: threadId, seq };
  const hidden = hiddenParts(object, speaker ?? 'user');
  yield record('message', hidden === null ? spoken(writing, place, speaker) : { ...inner(writing, place), ...hidden });
}

type Spot = Pick<Message, 'conversationId' | 'seq'>;

function spoken(writing: Writing, spot: Spot, speaker: string | undefined): Message {
  const { object, createdAt, mention } = writing;
  const role = speaker === 'assistant' ? speaker : 'user';
  const named = (kind: 'agent' | 'run', id: string | null): string | null => (id === null ? null : mention(kind, id));
  const agentId = named('agent', role === 'assistant' ? textOf(object['assistant_id']) : null);
  const runId = named('run', agentId === null ? null : textOf(object['run_id']));
  const end = endOf(object, createdAt);
  const content = readContent(object['content'] ?? object['text'] ?? object['message'], mention);
  const attachments = attachmentsOf(object, mention);
  const metadata = pairsOf(object['metadata']);
  const status = end.cut === null ? 'completed' : 'incomplete';
  const endedAt = toSeconds(end.at);
  const shown = {
    ...{ assistant_id: agentId, run_id: runId, status, role, metadata, thread_id: spot.conversationId },
    incomplete_details: status === 'incomplete' ? cutShown(object['incomplete_details']) : null,
    incomplete_at: status === 'incomplete' ? endedAt : null,
    completed_at: status === 'completed' ? endedAt : null,
    content: content.isWhole ? object['content'] : undefined,
    attachments: attachments.map(({ fileId, tools }) => ({ file_id: fileId, tools: tools.map((type) => ({ type })) })),
  };
  return {
    ...blank(writing, spot),
    ...{ role, kind: 'said', parts: content.parts, visible: true, status, metadata },
    agentId,
    runId,
    faceData: {
      ...(attachments.length === 0 ? {} : { attachments }),
      ...(end.at === createdAt && end.cut === null ? {} : { end }),
      ...savedFields(object, { shown, changeable: ['metadata'], skipped: skippedOf(object) }),
    },
  };
}

/** Fields that tell how a message ended, and those that a row has a place for or that became others. */
const endFields = ['status', 'incomplete_details', 'incomplete_at', 'completed_at'];
const ownFields = ['id', 'object', 'created_at', 'thread_id', 'role', 'file_ids'];

/** Only what the API said itself is given back as it was: not what a script made of it, and not what was under way. */
function skippedOf(object: Json): string[] {
  const isApiObject =
    object['object'] === 'thread.message' || ('thread_id' in object && Array.isArray(object['content']));
  const isOpen = object['status'] === 'in_progress';
  if (!isApiObject) return Object.keys(object).filter((name) => name !== 'metadata' || hasOtherThanText(object[name]));
  const unkept = hasOtherThanText(object['metadata']) ? ['metadata'] : [];
  const listed = Array.isArray(object['content']) ? [] : ['content'];
  return [...ownFields, ...unkept, ...listed, ...(isOpen ? endFields : [])];
}

/** When a message was whole, or what cut it short. What was under way when it was saved never went on. */
function endOf(object: Json, createdAt: number): MessageEnd {
  const { status, incomplete_details: details } = object;
  if (status === 'in_progress') return { at: createdAt, cut: 'expired' };
  if (status === 'incomplete') {
    const cut = cuts.get(isJson(details) ? details['reason'] : null) ?? 'failed';
    return { at: readTime(object['incomplete_at']) ?? createdAt, cut };
  }
  return { at: readTime(object['completed_at']) ?? createdAt, cut: null };
}

function cutShown(details: unknown): unknown {
  return isJson(details) && cuts.has(details['reason']) ? details : { reason: 'run_failed' };
}

/** The files beside a message. Those of the first version were open to both hosted tools. */
function attachmentsOf(object: Json, mention: Writing['mention']): { fileId: string; tools: string[] }[] {
  const given = listOf(object['attachments']).filter(isJson);
  const early = listOf(object['file_ids']).flatMap((id) => textOf(id) ?? []);
  return [
    ...given.flatMap(({ file_id: id, tools }) => {
      const fileId = textOf(id);
      const types = listOf(tools).flatMap((tool) => (isJson(tool) ? (textOf(tool['type']) ?? []) : []));
      return fileId === null ? [] : [{ fileId: mention('file', fileId), tools: types }];
    }),
    ...early.map((fileId) => ({ fileId: mention('file', fileId), tools: ['file_search', 'code_interpreter'] })),
  ];
}

/** What a script kept of a call or its result, which are nothing that anybody said; null for everything else. */
function hiddenParts(object: Json, speaker: string): { role: Message['role']; parts: MessagePart[] } | null {
  const name = plainText(object['toolName'] ?? object['tool_name']);
  const callId = plainText(object['callId'] ?? object['call_id'] ?? object['tool_call_id'] ?? object['id']);
  if (object['type'] === 'tool_call') {
    const parameters = plainText(object['parameters'] ?? {});
    return { role: 'assistant', parts: [{ type: 'tool-call', callId, name, arguments: parameters }] };
  }
  if (speaker !== 'tool') return null;
  const output = plainText(object['content'] ?? object['text']);
  return { role: 'tool', parts: [{ type: 'tool-result', callId, name, output, failed: false }] };
}

function inner(writing: Writing, spot: Spot): Message {
  return { ...blank(writing, spot), kind: 'inner', visible: false };
}

function blank({ id, createdAt }: Writing, spot: Spot): Message {
  return {
    ...{ ...spot, id, role: 'user', kind: 'said', parts: [], visible: true, status: 'completed', agentId: null },
    ...{ runId: null, stepId: null, callId: null, name: null, metadata: {}, faceData: {}, createdAt },
  };
}
