import { sql } from 'kysely';
import type { Conversation, Summary, Window } from '../../domain/conversation.js';
import type { ConversationPageRequest, ConversationRepository, WindowCompaction } from '../store.js';
import { mapPage, readPage } from './page.js';
import type { ConversationRow, WindowRow } from './schema.js';
import type { Session } from './session.js';
import { fromJson, fromJsonOrNull, toFlag, toJson, toJsonOrNull } from './values.js';

type WindowQueries = Pick<
  ConversationRepository,
  'window' | 'openWindow' | 'compactWindow' | 'noticePressure' | 'countSharing'
>;

/** Conversations and the windows of agents on them. */
export function conversationRepository(session: Session): ConversationRepository {
  const { db } = session;
  return {
    insert: async (conversation) => {
      await db.insertInto('conversations').values(conversationToRow(conversation)).execute();
    },
    get: async (ownerId, id) => {
      const row = await db
        .selectFrom('conversations')
        .selectAll()
        .where('id', '=', id)
        .where('owner_id', '=', ownerId)
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    find: async (id) => {
      const row = await db.selectFrom('conversations').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    update: async (conversation) => {
      const { memory_key, metadata, face_data } = conversationToRow(conversation);
      await db
        .updateTable('conversations')
        .set({ memory_key, metadata, face_data })
        .where('id', '=', conversation.id)
        .execute();
    },
    delete: async (ownerId, id) => {
      const row = await db
        .deleteFrom('conversations')
        .where('id', '=', id)
        .where('owner_id', '=', ownerId)
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    page: async (ownerId, request) => {
      const listing = { table: 'conversations', where: pageScope(ownerId, request), order: ['created_at', 'id'] };
      return mapPage(await readPage<ConversationRow>(session, listing, request), fromRow);
    },
    lock: (id) => holdConversation(session, id),
    ...windowQueries(session),
  };
}

/**
 * Pairs are looked for in the JSON text as `toJson` writes it: no value can hold the quotation marks of a pair, since
 * its own are escaped. Taking a text out of another is how both databases compare with regard to case.
 */
function pageScope(ownerId: string, request: ConversationPageRequest) {
  const bounds = [sql`owner_id = ${ownerId}`, sql`tends_memory_id is null`];
  if (request.memoryKey !== undefined) bounds.push(sql`memory_key = ${request.memoryKey}`);
  if (request.agentId !== undefined) {
    bounds.push(sql`id in (select conversation_id from windows where agent_id = ${request.agentId})`);
  }
  for (const [key, value] of Object.entries(request.metadata ?? {})) {
    const pair = `${toJson(key)}:${toJson(value)}`;
    bounds.push(sql`replace(metadata, ${pair}, '') <> metadata`);
  }
  return sql.join(bounds, sql` and `);
}

/** Holds a conversation's row until the transaction ends; null where there is none. */
export async function holdConversation(session: Session, id: string): Promise<Conversation | null> {
  const row = await session.db
    .selectFrom('conversations')
    .selectAll()
    .where('id', '=', id)
    .modifyEnd(session.dialect.holdRows)
    .executeTakeFirst();
  return row === undefined ? null : fromRow(row);
}

function windowQueries(session: Session): WindowQueries {
  const { db } = session;
  const find = async (agentId: string, conversationId: string): Promise<Window | null> => {
    const row = await db
      .selectFrom('windows')
      .selectAll()
      .where('agent_id', '=', agentId)
      .where('conversation_id', '=', conversationId)
      .executeTakeFirst();
    return row === undefined ? null : fromWindowRow(row);
  };
  return {
    window: find,
    openWindow: async (window) => {
      const row = await db
        .insertInto('windows')
        .values(toWindowRow(window))
        .onConflict((conflict) => conflict.columns(['agent_id', 'conversation_id']).doNothing())
        .returningAll()
        .executeTakeFirst();
      if (row !== undefined) return fromWindowRow(row);
      return (await find(window.agentId, window.conversationId)) ?? window;
    },
    compactWindow: (compaction) => compactWindow(session, compaction),
    countSharing: async (memoryId, limit) => {
      const rows = await db
        .selectFrom('windows')
        .innerJoin('conversations', 'conversations.id', 'windows.conversation_id')
        .select('conversations.id')
        .where('windows.memory_id', '=', memoryId)
        .where('conversations.tends_memory_id', 'is', null)
        .limit(limit)
        .execute();
      return rows.length;
    },
    noticePressure: async (agentId, conversationId, at) => {
      await db
        .updateTable('windows')
        .set({ pressure_noticed: 1, updated_at: at })
        .where('agent_id', '=', agentId)
        .where('conversation_id', '=', conversationId)
        .execute();
    },
  };
}

async function compactWindow(session: Session, compaction: WindowCompaction): Promise<boolean> {
  const row = await session.db
    .updateTable('windows')
    .set({
      summary: toJsonOrNull(compaction.summary),
      live_from_seq: compaction.liveFromSeq,
      revision: sql`revision + 1`,
      pressure_noticed: 0,
      updated_at: compaction.at,
    })
    .where('agent_id', '=', compaction.agentId)
    .where('conversation_id', '=', compaction.conversationId)
    .where('revision', '=', compaction.expectedRevision)
    .returning('revision')
    .executeTakeFirst();
  return row !== undefined;
}

/** A conversation as its table keeps it. */
export function conversationToRow(conversation: Conversation): Omit<ConversationRow, 'tends_memory_id'> {
  return {
    id: conversation.id,
    owner_id: conversation.ownerId,
    memory_key: conversation.memoryKey,
    metadata: toJson(conversation.metadata),
    face_data: toJson(conversation.faceData ?? {}),
    last_seq: conversation.lastSeq,
    created_at: conversation.createdAt,
  };
}

/** Most conversations have none, and are given back as they were written. */
function faceDataOf({ face_data }: Pick<ConversationRow, 'face_data'>): Pick<Conversation, 'faceData'> {
  return face_data === '{}' ? {} : { faceData: fromJson<Record<string, unknown>>(face_data) };
}

function fromRow(row: Omit<ConversationRow, 'tends_memory_id'>): Conversation {
  return {
    id: row.id,
    ownerId: row.owner_id,
    memoryKey: row.memory_key,
    metadata: fromJson<Record<string, string>>(row.metadata),
    lastSeq: row.last_seq,
    ...faceDataOf(row),
    createdAt: row.created_at,
  };
}

function toWindowRow(window: Window): Omit<WindowRow, 'tidied_to_seq'> {
  return {
    agent_id: window.agentId,
    conversation_id: window.conversationId,
    memory_id: window.memoryId,
    summary: toJsonOrNull(window.summary),
    live_from_seq: window.liveFromSeq,
    revision: window.revision,
    pressure_noticed: toFlag(window.pressureNoticed),
    updated_at: window.updatedAt,
  };
}

function fromWindowRow(row: Omit<WindowRow, 'tidied_to_seq'>): Window {
  return {
    agentId: row.agent_id,
    conversationId: row.conversation_id,
    memoryId: row.memory_id,
    summary: fromJsonOrNull<Summary>(row.summary),
    liveFromSeq: row.live_from_seq,
    revision: row.revision,
    pressureNoticed: row.pressure_noticed === 1,
    updatedAt: row.updated_at,
  };
}
