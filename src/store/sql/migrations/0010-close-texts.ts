import { sql, type Kysely } from 'kysely';
import type { Dialect } from '../dialect.js';
import type { Database } from '../schema.js';

/** What was said stands side by side: places are counted among the texts, not among all that an agent did between. */
export async function closeTexts(db: Kysely<Database>, { wordIndex }: Dialect): Promise<void> {
  await sql`update texts set position = counted.place
    from (select key, row_number() over (partition by scope_id order by position, key) as place
      from texts where message_id is not null) as counted
    where counted.key = texts.key`.execute(db);
  // Written down as if they had gone; but nobody has looked at them yet.
  if (wordIndex.growing !== null) await sql`delete from text_removals`.execute(db);
}
