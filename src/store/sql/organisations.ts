import { sql } from 'kysely';
import type { Organisation } from '../../domain/organisation.js';
import type { OrganisationRepository } from '../store.js';
import { mapPage, readPage } from './page.js';
import type { OrganisationRow } from './schema.js';
import type { Session } from './session.js';

/** Groups of users. */
export function organisationRepository(session: Session): OrganisationRepository {
  const { db } = session;
  return {
    insert: async ({ id, name, createdAt }) => {
      const row = await db
        .insertInto('organisations')
        .values({ id, name, created_at: createdAt })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    get: async (id) => {
      const row = await db.selectFrom('organisations').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    delete: async (id) => {
      const row = await db.deleteFrom('organisations').where('id', '=', id).returning('id').executeTakeFirst();
      return row !== undefined;
    },
    page: async (request) => {
      const listing = { table: 'organisations', where: sql`1 = 1`, order: ['created_at', 'id'] };
      return mapPage(await readPage<OrganisationRow>(session, listing, request), fromRow);
    },
  };
}

function fromRow(row: OrganisationRow): Organisation {
  return { id: row.id, name: row.name, createdAt: row.created_at };
}
