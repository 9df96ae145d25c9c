import { sql, type RawBuilder } from 'kysely';
import type { StoredTool } from '../../domain/stored-tool.js';
import type { JsonSchema } from '../../domain/tool.js';
import type { ToolRepository } from '../store.js';
import { falseWhereTaken } from './conflicts.js';
import { mapPage, readPage } from './page.js';
import type { ToolRow } from './schema.js';
import type { Session } from './session.js';
import { fromJson, toJson } from './values.js';

/** Tools that are kept as source text. */
export function toolRepository(session: Session): ToolRepository {
  const { db } = session;
  return {
    insert: async (tool) => {
      const row = await db
        .insertInto('tools')
        .values(toRow(tool))
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    get: async (ownerId, id) => {
      const row = await db
        .selectFrom('tools')
        .selectAll()
        .where('id', '=', id)
        .where(ownedBy(ownerId))
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    findByName: async (ownerId, name) => {
      const row = await db
        .selectFrom('tools')
        .selectAll()
        .where('name', '=', name)
        .where(ownedBy(ownerId))
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    update: (tool) => {
      const { id, owner_id: owner, created_at: _created, ...columns } = toRow(tool);
      return falseWhereTaken(() =>
        db.updateTable('tools').set(columns).where('id', '=', id).where(ownedBy(owner)).execute(),
      );
    },
    delete: async (ownerId, id) => {
      const row = await db
        .deleteFrom('tools')
        .where('id', '=', id)
        .where(ownedBy(ownerId))
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    page: async (ownerId, request) => {
      const listing = { table: 'tools', where: ownedBy(ownerId), order: ['created_at', 'id'] };
      return mapPage(await readPage<ToolRow>(session, listing, request), fromRow);
    },
  };
}

function ownedBy(ownerId: string | null): RawBuilder<boolean> {
  return ownerId === null ? sql<boolean>`owner_id is null` : sql<boolean>`owner_id = ${ownerId}`;
}

function toRow(tool: StoredTool): ToolRow {
  return {
    id: tool.id,
    owner_id: tool.ownerId,
    name: tool.name,
    description: tool.description,
    source_type: tool.sourceType,
    module: tool.module,
    tags: toJson(tool.tags),
    created_at: tool.createdAt,
    updated_at: tool.updatedAt,
    json_schema: toJson(tool.jsonSchema),
    source_code: tool.sourceCode,
  };
}

function fromRow(row: ToolRow): StoredTool {
  return {
    id: row.id,
    ownerId: row.owner_id,
    name: row.name,
    description: row.description,
    sourceCode: row.source_code,
    sourceType: row.source_type,
    jsonSchema: fromJson<JsonSchema>(row.json_schema),
    tags: fromJson<string[]>(row.tags),
    module: row.module,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
