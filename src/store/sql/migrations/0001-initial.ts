import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Dialect } from '../dialect.js';
import type { Database } from '../schema.js';

/** The tables the program began with. */
export async function initial(db: Kysely<Database>, dialect: Dialect): Promise<void> {
  const statements = [
    ...owners(dialect),
    ...memories(dialect),
    ...conversations(dialect),
    ...runs(dialect),
    ...texts(dialect),
  ];
  for (const statement of statements) await statement.execute(db);
  for (const definition of dialect.wordIndex.definition) await sql.raw(definition).execute(db);
}

/** Everything belongs to a user and goes with its user. */
function owners({ types: { text, integer } }: Dialect): RawBuilder<unknown>[] {
  return [
    sql`create table users (id ${text} primary key, name ${text}, created_at ${integer} not null)`,
    sql`create index users_page on users (created_at, id)`,
    sql`create table api_keys (
      id ${text} primary key,
      user_id ${text} not null references users (id) on delete cascade,
      hash ${text} not null unique,
      hint ${text} not null,
      name ${text},
      created_at ${integer} not null)`,
    sql`create index api_keys_user on api_keys (user_id, created_at, id)`,
    sql`create table agents (
      id ${text} primary key,
      owner_id ${text} not null references users (id) on delete cascade,
      name ${text},
      description ${text},
      instructions ${text},
      model ${text} not null,
      protocol ${text} not null,
      origin ${text} not null,
      envelope ${text} not null,
      settings ${text} not null,
      tools ${text} not null,
      metadata ${text} not null,
      face_data ${text} not null,
      main_conversation_id ${text},
      created_at ${integer} not null,
      updated_at ${integer} not null)`,
    sql`create index agents_page on agents (owner_id, created_at, id)`,
    sql`create index agents_named on agents (owner_id, name)`,
    sql`create unique index agents_native_name on agents (owner_id, name) where origin = 'native'`,
  ];
}

function memories({ types: { text, integer }, byPrimaryKey }: Dialect): RawBuilder<unknown>[] {
  return [
    sql`create table memories (
      id ${text} primary key,
      agent_id ${text} not null references agents (id) on delete cascade,
      key ${text} not null,
      passage_count ${integer} not null,
      created_at ${integer} not null,
      unique (agent_id, key))`,
    sql`create table blocks (
      id ${text} primary key,
      memory_id ${text} not null references memories (id) on delete cascade,
      label ${text} not null,
      description ${text} not null,
      value ${text} not null,
      chars_max ${integer} not null,
      read_only ${integer} not null,
      version ${integer} not null,
      created_at ${integer} not null,
      updated_at ${integer} not null,
      unique (memory_id, label))`,
    sql`create table block_versions (
      block_id ${text} not null references blocks (id) on delete cascade,
      version ${integer} not null,
      value ${text} not null,
      actor ${text} not null,
      run_id ${text},
      created_at ${integer} not null,
      primary key (block_id, version)) ${byPrimaryKey}`,
    sql`create table passages (
      id ${text} primary key,
      memory_id ${text} not null references memories (id) on delete cascade,
      text ${text} not null,
      tags ${text} not null,
      digest ${text},
      created_at ${integer} not null,
      unique (memory_id, digest))`,
    sql`create index passages_page on passages (memory_id, created_at, id)`,
    sql`create table passage_tags (
      passage_id ${text} not null references passages (id) on delete cascade,
      tag ${text} not null,
      primary key (passage_id, tag)) ${byPrimaryKey}`,
  ];
}

function conversations({ types: { text, integer } }: Dialect): RawBuilder<unknown>[] {
  return [
    sql`create table conversations (
      id ${text} primary key,
      owner_id ${text} not null references users (id) on delete cascade,
      memory_key ${text},
      metadata ${text} not null,
      last_seq ${integer} not null,
      created_at ${integer} not null)`,
    sql`create index conversations_page on conversations (owner_id, created_at, id)`,
    sql`create index conversations_keyed on conversations (owner_id, memory_key, created_at, id)
      where memory_key is not null`,
    sql`create table windows (
      agent_id ${text} not null references agents (id) on delete cascade,
      conversation_id ${text} not null references conversations (id) on delete cascade,
      memory_id ${text} not null references memories (id) on delete cascade,
      summary ${text},
      live_from_seq ${integer} not null,
      revision ${integer} not null,
      pressure_noticed ${integer} not null,
      updated_at ${integer} not null,
      primary key (agent_id, conversation_id))`,
    sql`create index windows_conversation on windows (conversation_id)`,
    sql`create index windows_memory on windows (memory_id, conversation_id)`,
    // An agent's messages outlive it, and so do a run's: neither is a reference.
    sql`create table messages (
      id ${text} primary key,
      conversation_id ${text} not null references conversations (id) on delete cascade,
      seq ${integer} not null,
      role ${text} not null,
      kind ${text} not null,
      visible ${integer} not null,
      status ${text} not null,
      agent_id ${text},
      run_id ${text},
      step_id ${text},
      call_id ${text},
      name ${text},
      metadata ${text} not null,
      face_data ${text} not null,
      created_at ${integer} not null,
      parts ${text} not null,
      unique (conversation_id, seq))`,
    sql`create index messages_visible on messages (conversation_id, seq) where visible = 1`,
    sql`create index messages_run on messages (run_id, seq) where run_id is not null`,
  ];
}

function runs({ types: { text, integer }, byPrimaryKey }: Dialect): RawBuilder<unknown>[] {
  return [
    sql`create table runs (
      id ${text} primary key,
      owner_id ${text} not null,
      conversation_id ${text} not null references conversations (id) on delete cascade,
      agent_id ${text} not null,
      status ${text} not null,
      waiting ${integer} not null,
      turn ${integer} not null,
      attempt ${integer} not null,
      losses ${integer} not null,
      lease_owner ${text},
      lease_until ${integer},
      last_seq ${integer} not null,
      log_kept ${integer} not null default 1,
      created_at ${integer} not null,
      started_at ${integer},
      expires_at ${integer},
      ended_at ${integer},
      incomplete_reason ${text},
      error ${text},
      usage ${text},
      metadata ${text} not null,
      face_data ${text} not null,
      pending_calls ${text} not null,
      overrides ${text} not null,
      input ${text})`,
    sql`create unique index runs_active on runs (conversation_id)
      where waiting = 0 and status in ('queued', 'in_progress', 'requires_action', 'cancelling')`,
    sql`create index runs_queue on runs (created_at, id) where status = 'queued' and waiting = 0`,
    sql`create index runs_leases on runs (lease_until) where status in ('in_progress', 'cancelling')`,
    sql`create index runs_waiting on runs (conversation_id, created_at, id) where waiting = 1 and status = 'queued'`,
    sql`create index runs_overdue on runs (expires_at) where status in ('queued', 'requires_action')`,
    sql`create index runs_prunable on runs (ended_at) where log_kept = 1`,
    sql`create index runs_page on runs (conversation_id, created_at, id)`,
    sql`create table steps (
      id ${text} primary key,
      run_id ${text} not null references runs (id) on delete cascade,
      conversation_id ${text} not null,
      turn ${integer} not null,
      kind ${text} not null,
      status ${text} not null,
      message_id ${text},
      calls ${text} not null,
      usage ${text},
      error ${text},
      started_at ${integer} not null,
      ended_at ${integer})`,
    sql`create index steps_page on steps (run_id, turn, started_at, id)`,
    sql`create table events (
      run_id ${text} not null references runs (id) on delete cascade,
      seq ${integer} not null,
      at ${integer} not null,
      type ${text} not null,
      fact ${text} not null,
      primary key (run_id, seq)) ${byPrimaryKey}`,
  ];
}

/** What search reads. The long columns come last, so that the others are read without them. */
function texts({ types: { text, integer, bytes, counter } }: Dialect): RawBuilder<unknown>[] {
  return [
    sql`create table texts (
      key ${counter},
      message_id ${text} unique references messages (id) on delete cascade,
      passage_id ${text} unique references passages (id) on delete cascade,
      scope_id ${text} not null,
      role ${text},
      chars ${integer} not null,
      created_at ${integer} not null,
      embedded_by ${text} not null default '',
      scope ${text} not null,
      text ${text} not null)`,
    sql`create index texts_scope on texts (scope_id, created_at, key)`,
    sql`create index texts_embedded on texts (embedded_by, created_at, key)`,
    sql`create table vectors (
      text_key ${integer} primary key references texts (key) on delete cascade,
      scope_id ${text} not null,
      model ${text} not null,
      dimensions ${integer} not null,
      bytes ${bytes} not null)`,
    sql`create index vectors_scope on vectors (scope_id, model)`,
  ];
}
