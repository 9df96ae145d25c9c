import { sql } from 'kysely';
import type { StoredPreset } from '../../domain/preset.js';
import type { ToolDefinition } from '../../domain/tool.js';
import type { PresetRepository } from '../store.js';
import { mapPage, readPage } from './page.js';
import type { PresetRow } from './schema.js';
import type { Session } from './session.js';
import { fromJson, toJson } from './values.js';

/** Presets of users' own. */
export function presetRepository(session: Session): PresetRepository {
  const { db } = session;
  return {
    insert: async (preset) => {
      const row = await db
        .insertInto('presets')
        .values(toRow(preset))
        .onConflict((conflict) => conflict.columns(['owner_id', 'name']).doNothing())
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    findByName: async (ownerId, name) => {
      const row = await db
        .selectFrom('presets')
        .selectAll()
        .where('owner_id', '=', ownerId)
        .where('name', '=', name)
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    delete: async (ownerId, id) => {
      const row = await db
        .deleteFrom('presets')
        .where('id', '=', id)
        .where('owner_id', '=', ownerId)
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    page: async (ownerId, request) => {
      const listing = { table: 'presets', where: sql`owner_id = ${ownerId}`, order: ['created_at', 'id'] };
      return mapPage(await readPage<PresetRow>(session, listing, request), fromRow);
    },
  };
}

function toRow(preset: StoredPreset): PresetRow {
  return {
    id: preset.id,
    owner_id: preset.ownerId,
    name: preset.name,
    description: preset.description,
    system_name: preset.systemName,
    persona_name: preset.personaName,
    human_name: preset.humanName,
    created_at: preset.createdAt,
    system: preset.system,
    persona: preset.persona,
    human: preset.human,
    functions: toJson(preset.functions),
  };
}

function fromRow(row: PresetRow): StoredPreset {
  return {
    id: row.id,
    ownerId: row.owner_id,
    name: row.name,
    description: row.description,
    system: row.system,
    systemName: row.system_name,
    persona: row.persona,
    personaName: row.persona_name,
    human: row.human,
    humanName: row.human_name,
    functions: fromJson<ToolDefinition[]>(row.functions),
    createdAt: row.created_at,
  };
}
