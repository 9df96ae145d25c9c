import { sql, type Kysely } from 'kysely';
import type { Dialect } from '../dialect.js';
import type { Database } from '../schema.js';

/** How far imports have come. */
export async function transfers(db: Kysely<Database>, { types: { text, integer } }: Dialect): Promise<void> {
  await sql`create table transfers (
    id ${text} primary key,
    fingerprint ${text} not null,
    position ${integer} not null,
    started_at ${integer} not null,
    updated_at ${integer} not null,
    ended_at ${integer},
    report ${text} not null)`.execute(db);
  await sql`create index transfers_unfinished on transfers (fingerprint, started_at) where ended_at is null`.execute(
    db,
  );
}
