import { sql } from 'kysely';
import type { Agent, AgentSettings, AgentTool } from '../../domain/agent.js';
import { AppError } from '../../domain/errors.js';
import type { AgentRepository } from '../store.js';
import { deleteBlocksOf } from './block-places.js';
import { mapPage, readPage } from './page.js';
import type { AgentRow } from './schema.js';
import type { Session } from './session.js';
import { fromJson, toJson } from './values.js';

/** Agents. */
export function agentRepository(session: Session): AgentRepository {
  const { db } = session;
  return {
    insert: async (agent) => {
      await named(agent, () => db.insertInto('agents').values(toRow(agent)).execute());
    },
    get: async (ownerId, id) => {
      const row = await db
        .selectFrom('agents')
        .selectAll()
        .where('id', '=', id)
        .where('owner_id', '=', ownerId)
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    find: async (id) => {
      const row = await db.selectFrom('agents').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    findByName: async (ownerId, name, origin) => {
      const row = await db
        .selectFrom('agents')
        .selectAll()
        .where('owner_id', '=', ownerId)
        .where('name', '=', name)
        .where('origin', '=', origin)
        .orderBy('created_at')
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    update: async (agent) => {
      const { id, owner_id: _owner, created_at: _created, ...columns } = toRow(agent);
      await named(agent, () => db.updateTable('agents').set(columns).where('id', '=', id).execute());
    },
    delete: (ownerId, id) =>
      session.atomic(async (inner) => {
        await deleteBlocksOf(
          inner,
          sql`select memories.id from memories join agents on agents.id = memories.agent_id
            where agents.id = ${id} and agents.owner_id = ${ownerId}`,
        );
        const row = await inner.db
          .deleteFrom('agents')
          .where('id', '=', id)
          .where('owner_id', '=', ownerId)
          .returning('id')
          .executeTakeFirst();
        return row !== undefined;
      }),
    page: async (ownerId, request) => {
      const listing = { table: 'agents', where: sql`owner_id = ${ownerId}`, order: ['created_at', 'id'] };
      return mapPage(await readPage<AgentRow>(session, listing, request), fromRow);
    },
  };
}

/** Says which name is taken where the database only says that one is. */
async function named(agent: Agent, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'conflict' || agent.name === null) throw error;
    throw new AppError('conflict', `There is already an agent named '${agent.name}'.`, { param: 'name', cause: error });
  }
}

function toRow(agent: Agent): AgentRow {
  return {
    id: agent.id,
    owner_id: agent.ownerId,
    name: agent.name,
    description: agent.description,
    instructions: agent.instructions,
    model: agent.model,
    protocol: agent.protocol,
    origin: agent.origin,
    envelope: agent.envelope,
    settings: toJson(agent.settings),
    tools: toJson(agent.tools),
    metadata: toJson(agent.metadata),
    face_data: toJson(agent.faceData),
    main_conversation_id: agent.mainConversationId,
    created_at: agent.createdAt,
    updated_at: agent.updatedAt,
  };
}

function fromRow(row: AgentRow): Agent {
  return {
    id: row.id,
    ownerId: row.owner_id,
    name: row.name,
    description: row.description,
    instructions: row.instructions,
    model: row.model,
    protocol: row.protocol,
    origin: row.origin,
    envelope: row.envelope,
    settings: fromJson<AgentSettings>(row.settings),
    tools: fromJson<AgentTool[]>(row.tools),
    metadata: fromJson<Record<string, string>>(row.metadata),
    faceData: fromJson<Record<string, unknown>>(row.face_data),
    mainConversationId: row.main_conversation_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
