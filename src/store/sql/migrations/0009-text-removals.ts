import { sql, type Kysely } from 'kysely';
import type { Dialect } from '../dialect.js';
import type { Database } from '../schema.js';

/** What goes from the texts that are searched is written down, where searches keep what they know of the others. */
export async function textRemovals(db: Kysely<Database>, { wordIndex }: Dialect): Promise<void> {
  for (const statement of wordIndex.growing?.definition ?? []) await sql.raw(statement).execute(db);
}
