import { sql } from 'kysely';
import { systemClock } from '../../domain/clock.js';
import type { ApiKey, User } from '../../domain/user.js';
import type { UserRepository } from '../store.js';
import { disownFilesOf } from './files.js';
import { mapPage, readPage } from './page.js';
import type { KeyRow, UserRow } from './schema.js';
import type { Session } from './session.js';

/** Users and their keys. */
export function userRepository(session: Session): UserRepository {
  const { db } = session;
  return {
    insert: async (user) => {
      const row = await db
        .insertInto('users')
        .values({
          id: user.id,
          name: user.name,
          organisation_id: user.organisationId,
          created_at: user.createdAt,
        })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst();
      return row !== undefined;
    },
    get: async (id) => {
      const row = await db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    page: async (request) => {
      const listing = { table: 'users', where: sql`1 = 1`, order: ['created_at', 'id'] };
      return mapPage(await readPage<UserRow>(session, listing, request), fromRow);
    },
    delete: (id) =>
      session.atomic(async (inner) => {
        await disownFilesOf(inner, id, systemClock.now());
        const row = await inner.db.deleteFrom('users').where('id', '=', id).returning('id').executeTakeFirst();
        return row !== undefined;
      }),
    insertKey: async (key) => {
      await db.insertInto('api_keys').values(toKeyRow(key)).execute();
    },
    findKey: async (hash) => {
      const row = await db.selectFrom('api_keys').selectAll().where('hash', '=', hash).executeTakeFirst();
      return row === undefined ? null : fromKeyRow(row);
    },
    findKeyById: async (id) => {
      const row = await db.selectFrom('api_keys').selectAll().where('id', '=', id).executeTakeFirst();
      return row === undefined ? null : fromKeyRow(row);
    },
    keysByHint: async (hint) => {
      const rows = await db.selectFrom('api_keys').selectAll().where('hint', '=', hint).limit(2).execute();
      return rows.map(fromKeyRow);
    },
    keys: async (userId) => {
      const rows = await db
        .selectFrom('api_keys')
        .selectAll()
        .where('user_id', '=', userId)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(fromKeyRow);
    },
    deleteKey: async (hash) => {
      const row = await db.deleteFrom('api_keys').where('hash', '=', hash).returning('id').executeTakeFirst();
      return row !== undefined;
    },
  };
}

function fromRow(row: UserRow): User {
  return { id: row.id, name: row.name, organisationId: row.organisation_id, createdAt: row.created_at };
}

function toKeyRow(key: ApiKey): KeyRow {
  return {
    id: key.id,
    user_id: key.userId,
    hash: key.hash,
    hint: key.hint,
    name: key.name,
    created_at: key.createdAt,
  };
}

function fromKeyRow(row: KeyRow): ApiKey {
  return {
    id: row.id,
    userId: row.user_id,
    hash: row.hash,
    hint: row.hint,
    name: row.name,
    createdAt: row.created_at,
  };
}
