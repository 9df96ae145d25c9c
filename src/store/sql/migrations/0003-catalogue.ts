import { sql, type Kysely } from 'kysely';
import type { Dialect } from '../dialect.js';
import type { Database } from '../schema.js';

/** What users keep besides agents: templates, presets, tools as source text; and the organisations they are in. */
export async function catalogue(db: Kysely<Database>, { types: { text, integer } }: Dialect): Promise<void> {
  const owner = sql`${text} not null references users (id) on delete cascade`;
  const statements = [
    sql`create table organisations (id ${text} primary key, name ${text} not null, created_at ${integer} not null)`,
    sql`create index organisations_page on organisations (created_at, id)`,
    sql`alter table users add column organisation_id ${text} references organisations (id) on delete set null`,
    sql`create table templates (
      id ${text} primary key,
      owner_id ${owner},
      label ${text} not null,
      name ${text},
      chars_max ${integer} not null,
      description ${text},
      offered ${integer} not null,
      metadata ${text} not null,
      created_at ${integer} not null,
      updated_at ${integer} not null,
      value ${text} not null)`,
    sql`create index templates_page on templates (owner_id, created_at, id)`,
    sql`create unique index templates_name on templates (owner_id, label, name)`,
    sql`create table presets (
      id ${text} primary key,
      owner_id ${owner},
      name ${text} not null,
      description ${text},
      system_name ${text},
      persona_name ${text},
      human_name ${text},
      created_at ${integer} not null,
      system ${text} not null,
      persona ${text} not null,
      human ${text} not null,
      functions ${text} not null)`,
    sql`create index presets_page on presets (owner_id, created_at, id)`,
    sql`create unique index presets_name on presets (owner_id, name)`,
    sql`create table tools (
      id ${text} primary key,
      owner_id ${text} references users (id) on delete cascade,
      name ${text} not null,
      description ${text},
      source_type ${text},
      module ${text},
      tags ${text} not null,
      created_at ${integer} not null,
      updated_at ${integer} not null,
      json_schema ${text} not null,
      source_code ${text} not null)`,
    sql`create index tools_page on tools (owner_id, created_at, id)`,
    sql`create unique index tools_name on tools (owner_id, name) where owner_id is not null`,
    sql`create unique index tools_house_name on tools (name) where owner_id is null`,
  ];
  for (const statement of statements) await statement.execute(db);
}
