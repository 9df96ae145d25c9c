import { sql } from 'kysely';
import { notFound } from '../../domain/errors.js';
import type { Message, MessagePart, NewMessage } from '../../domain/message.js';
import { cleanText } from '../../domain/storable-text.js';
import type { MessagePageRequest, MessageRepository, ViewRequest } from '../store.js';
import { mapPage, readPage } from './page.js';
import type { MessageRow } from './schema.js';
import type { Session } from './session.js';
import { indexMessages, reindexMessage } from './texts.js';
import { chunksOf, fromJson, toFlag, toJson } from './values.js';

const rowsPerStatement = 200;

/** Messages. */
export function messageRepository(session: Session): MessageRepository {
  const { db } = session;
  return {
    append: (conversationId, messages) =>
      messages.length === 0 ? Promise.resolve([]) : session.atomic((inner) => append(inner, conversationId, messages)),
    get: async (conversationId, id) => {
      const row = await db
        .selectFrom('messages')
        .selectAll()
        .where('id', '=', id)
        .where('conversation_id', '=', conversationId)
        .executeTakeFirst();
      return row === undefined ? null : messageFromRow(row);
    },
    update: (message) => session.atomic((inner) => update(inner, message)),
    delete: async (conversationId, id) => {
      const row = await db
        .deleteFrom('messages')
        .where('id', '=', id)
        .where('conversation_id', '=', conversationId)
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    countTold: async (conversationId) => {
      const row = await db
        .selectFrom('messages')
        .select(sql<number>`count(*)`.as('count'))
        .where('conversation_id', '=', conversationId)
        .where(sql<boolean>`not (role = 'assistant' and status = 'completed' and call_id is not null)`)
        .executeTakeFirstOrThrow();
      return Number(row.count);
    },
    view: (request) => view(session, request),
    page: async (conversationId, request) => {
      const listing = { table: 'messages', where: pageScope(conversationId, request), order: ['seq'] };
      return mapPage(await readPage<MessageRow>(session, listing, request), messageFromRow);
    },
  };
}

/** A row of a conversation as the rest of the program knows it. */
export function messageFromRow(row: MessageRow): Message {
  return {
    id: row.id,
    conversationId: row.conversation_id,
    seq: row.seq,
    role: row.role,
    kind: row.kind,
    parts: fromJson<MessagePart[]>(row.parts),
    visible: row.visible === 1,
    status: row.status,
    agentId: row.agent_id,
    runId: row.run_id,
    stepId: row.step_id,
    callId: row.call_id,
    name: row.name,
    metadata: fromJson<Record<string, string>>(row.metadata),
    faceData: fromJson<Record<string, unknown>>(row.face_data),
    createdAt: row.created_at,
  };
}

async function append(session: Session, conversationId: string, messages: readonly NewMessage[]): Promise<Message[]> {
  const conversation = await session.db
    .updateTable('conversations')
    .set({ last_seq: sql`last_seq + ${messages.length}` })
    .where('id', '=', conversationId)
    .returning(['last_seq', 'owner_id'])
    .executeTakeFirst();
  if (conversation === undefined) throw notFound('conversation', conversationId);
  const first = conversation.last_seq - messages.length + 1;
  const rows = messages.map((message, index) => toRow({ ...message, conversationId, seq: first + index }));
  for (const chunk of chunksOf(rows, rowsPerStatement)) {
    await session.db.insertInto('messages').values(chunk).execute();
  }
  // Read back from what was written, so that nobody goes on with characters the store has dropped.
  const stored = rows.map(messageFromRow);
  await indexMessages(session, conversation.owner_id, stored);
  return stored;
}

async function update(session: Session, message: Message): Promise<void> {
  const { role, kind, parts, status, visible, agent_id, call_id, name, metadata, face_data } = toRow(message);
  const row = await session.db
    .updateTable('messages')
    .set({ role, kind, parts, status, visible, agent_id, call_id, name, metadata, face_data })
    .where('id', '=', message.id)
    .where('conversation_id', '=', message.conversationId)
    .returningAll()
    .executeTakeFirst();
  if (row === undefined) return;
  const owner = await session.db
    .selectFrom('conversations')
    .select('owner_id')
    .where('id', '=', row.conversation_id)
    .executeTakeFirstOrThrow();
  await reindexMessage(session, owner.owner_id, messageFromRow(row));
}

async function view(session: Session, request: ViewRequest): Promise<Message[]> {
  let query = session.db
    .selectFrom('messages')
    .selectAll()
    .where('conversation_id', '=', request.conversationId)
    .where('seq', '>=', request.fromSeq)
    .where(
      sql<boolean>`role <> 'system' and case when visible = 1 then status <> 'in_progress'
        else agent_id = ${request.agentId} end`,
    );
  if (request.toSeq !== null) query = query.where('seq', '<=', request.toSeq);
  if (request.newest === undefined) return (await query.orderBy('seq').execute()).map(messageFromRow);
  const rows = await query.orderBy('seq', 'desc').limit(request.newest).execute();
  return rows.reverse().map(messageFromRow);
}

function pageScope(conversationId: string, request: MessagePageRequest) {
  const bounds = [sql`conversation_id = ${conversationId}`];
  if (request.visibleOnly) bounds.push(sql`visible = 1`);
  if (request.runId !== undefined) bounds.push(sql`run_id = ${request.runId}`);
  if (request.madeByAgents === true) bounds.push(sql`agent_id is not null`);
  if (request.agentId !== undefined) bounds.push(sql`(visible = 1 or agent_id = ${request.agentId})`);
  return sql.join(bounds, sql` and `);
}

function toRow(message: Message): MessageRow {
  return {
    id: message.id,
    conversation_id: message.conversationId,
    seq: message.seq,
    role: message.role,
    kind: message.kind,
    visible: toFlag(message.visible),
    status: message.status,
    agent_id: message.agentId,
    run_id: message.runId,
    step_id: message.stepId,
    call_id: message.callId,
    // Cleaned here too, since a new message is handed back from this row.
    name: message.name === null ? null : cleanText(message.name),
    metadata: toJson(message.metadata),
    face_data: toJson(message.faceData),
    created_at: message.createdAt,
    parts: toJson(message.parts),
  };
}
