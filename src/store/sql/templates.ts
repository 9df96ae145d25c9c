import { sql } from 'kysely';
import type { Template } from '../../domain/template.js';
import type { TemplateRepository } from '../store.js';
import { falseWhereTaken } from './conflicts.js';
import { mapPage, readPage } from './page.js';
import type { TemplateRow } from './schema.js';
import type { Session } from './session.js';
import { fromJson, toFlag, toJson } from './values.js';

/** Texts that blocks begin with. */
export function templateRepository(session: Session): TemplateRepository {
  const { db } = session;
  return {
    insert: async (template) => {
      const row = await db
        .insertInto('templates')
        .values(toRow(template))
        .onConflict((conflict) => conflict.columns(['owner_id', 'label', 'name']).doNothing())
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    get: async (ownerId, id) => {
      const row = await db
        .selectFrom('templates')
        .selectAll()
        .where('id', '=', id)
        .where('owner_id', '=', ownerId)
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    findByName: async (ownerId, label, name) => {
      const row = await db
        .selectFrom('templates')
        .selectAll()
        .where('owner_id', '=', ownerId)
        .where('label', '=', label)
        .where('name', '=', name)
        .executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    update: (template) => {
      const { id, owner_id: owner, created_at: _created, ...columns } = toRow(template);
      return falseWhereTaken(() =>
        db.updateTable('templates').set(columns).where('id', '=', id).where('owner_id', '=', owner).execute(),
      );
    },
    delete: async (ownerId, id) => {
      const row = await db
        .deleteFrom('templates')
        .where('id', '=', id)
        .where('owner_id', '=', ownerId)
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    page: async (ownerId, request) => {
      const label = request.label === undefined ? sql`` : sql` and label = ${request.label}`;
      const listing = { table: 'templates', where: sql`owner_id = ${ownerId}${label}`, order: ['created_at', 'id'] };
      return mapPage(await readPage<TemplateRow>(session, listing, request), fromRow);
    },
  };
}

function toRow(template: Template): TemplateRow {
  return {
    id: template.id,
    owner_id: template.ownerId,
    label: template.label,
    name: template.name,
    chars_max: template.charsMax,
    description: template.description,
    offered: toFlag(template.offered),
    metadata: toJson(template.metadata),
    created_at: template.createdAt,
    updated_at: template.updatedAt,
    value: template.value,
  };
}

function fromRow(row: TemplateRow): Template {
  return {
    id: row.id,
    ownerId: row.owner_id,
    label: row.label,
    name: row.name,
    value: row.value,
    charsMax: row.chars_max,
    description: row.description,
    offered: row.offered === 1,
    metadata: fromJson<Record<string, unknown>>(row.metadata),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
