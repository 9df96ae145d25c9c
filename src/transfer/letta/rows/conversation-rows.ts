import { defaultMemoryKey } from '../../../domain/memory.js';
import type { RecordOf } from '../../record.js';
import type { LettaAgent } from '../agent.js';
import { flagIn, idIn, timeIn } from '../cells.js';
import type { LettaDatabase } from '../database.js';
import type { PlaceOf } from './passage-rows.js';

/** A conversation of an agent besides its main one, and the messages that the agent has in view there. */
export interface LettaConversation {
  record: RecordOf<'conversation'>;
  inView: string[];
}

/** The conversations that the latest releases know besides an agent's own. */
export async function* conversationsOf(
  database: LettaDatabase,
  agent: LettaAgent,
  placeOf: PlaceOf,
): AsyncGenerator<LettaConversation> {
  const table = 'conversations';
  if (!database.has(table, 'agent_id')) return;
  const columns = ['id', 'created_at', 'is_deleted'];
  for await (const row of database.rows({ table, columns, where: { agent_id: agent.id }, order: ['id'] })) {
    const id = idIn(row['id']);
    if (id === null || flagIn(row['is_deleted'])) continue;
    const createdAt = timeIn(row['created_at']) ?? agent.createdAt;
    const value = { id, memoryKey: defaultMemoryKey, metadata: {}, lastSeq: 0, faceData: {}, createdAt };
    const record = { kind: 'conversation' as const, place: placeOf(table, id), ownerId: agent.ownerId, value };
    yield { record, inView: await inViewOf(database, id) };
  }
}

async function inViewOf(database: LettaDatabase, conversationId: string): Promise<string[]> {
  const table = 'conversation_messages';
  if (!database.has(table, 'conversation_id')) return [];
  const columns = ['message_id', 'in_context', 'is_deleted'];
  const ids: string[] = [];
  const query = { table, columns, where: { conversation_id: conversationId }, order: ['position'] };
  for await (const row of database.rows(query)) {
    const id = idIn(row['message_id']);
    if (id !== null && flagIn(row['in_context']) && !flagIn(row['is_deleted'])) ids.push(id);
  }
  return ids;
}
