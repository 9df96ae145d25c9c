import { sql, type Kysely } from 'kysely';
import type { Dialect } from '../dialect.js';
import type { Database } from '../schema.js';

/** What was said is found with what stands around it and by who said it. */
export async function textPlaces(db: Kysely<Database>, { types: { text } }: Dialect): Promise<void> {
  const statements = [
    sql`alter table texts add column speaker ${text}`,
    sql`update texts set
      position = (select seq from messages where messages.id = texts.message_id),
      speaker = (select name from messages where messages.id = texts.message_id)
      where message_id is not null`,
    sql`create index texts_place on texts (scope_id, position) where message_id is not null`,
  ];
  for (const statement of statements) await statement.execute(db);
}
