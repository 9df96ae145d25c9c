import { sql, type Kysely } from 'kysely';
import type { Dialect } from '../dialect.js';
import type { Database } from '../schema.js';

/** Memories that are tidied in the background: when, in which conversation, and how far the others have been read. */
export async function sleepTime(db: Kysely<Database>, { types: { text, integer } }: Dialect): Promise<void> {
  const statements = [
    sql`create table sleep_times (
      memory_id ${text} primary key references memories (id) on delete cascade,
      runs ${integer} not null,
      failures ${integer} not null,
      due_at ${integer})`,
    sql`create index sleep_times_due on sleep_times (due_at) where due_at is not null`,
    sql`alter table conversations add column tends_memory_id ${text} references memories (id) on delete cascade`,
    sql`create unique index conversations_tending on conversations (tends_memory_id)
      where tends_memory_id is not null`,
    sql`alter table windows add column tidied_to_seq ${integer} not null default 0`,
    sql`alter table runs add column background ${integer} not null default 0`,
    sql`drop index runs_queue`,
    sql`create index runs_queue on runs (background, created_at, id) where status = 'queued' and waiting = 0`,
  ];
  for (const statement of statements) await statement.execute(db);
}
