import { sql, type Kysely } from 'kysely';
import type { Dialect } from '../dialect.js';
import type { Database } from '../schema.js';

/** Files that are sent in parts, and what a face must give back of a conversation. */
export async function uploads(db: Kysely<Database>, { types: { text, integer } }: Dialect): Promise<void> {
  const statements = [
    sql`create table uploads (
      id ${text} primary key,
      owner_id ${text} not null references users (id) on delete cascade,
      name ${text} not null,
      mime_type ${text},
      purpose ${text} not null,
      bytes ${integer} not null,
      status ${text} not null,
      file_life_ms ${integer},
      file_id ${text},
      created_at ${integer} not null,
      expires_at ${integer} not null)`,
    sql`create index uploads_expiry on uploads (expires_at)`,
    sql`create index uploads_owner on uploads (owner_id)`,
    sql`alter table conversations add column face_data ${text} not null default '{}'`,
  ];
  for (const statement of statements) await statement.execute(db);
}
