import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Dialect } from '../dialect.js';
import type { Database } from '../schema.js';

/** Files, and the libraries they are read into. */
export async function libraries(db: Kysely<Database>, dialect: Dialect): Promise<void> {
  const statements = [
    ...files(dialect),
    ...libraryTables(dialect),
    ...libraryFileTables(dialect),
    ...attachments(dialect),
    ...passages(dialect),
  ];
  for (const statement of statements) await statement.execute(db);
}

function files({ types: { text, integer, bytes } }: Dialect): RawBuilder<unknown>[] {
  return [
    sql`create table files (
      id ${text} primary key,
      owner_id ${text} not null references users (id) on delete cascade,
      name ${text} not null,
      mime_type ${text},
      purpose ${text} not null,
      bytes ${integer} not null,
      sha256 ${text} not null,
      created_at ${integer} not null,
      expires_at ${integer},
      face_data ${text} not null)`,
    sql`create index files_page on files (owner_id, created_at, id)`,
    sql`create index files_purpose on files (owner_id, purpose, created_at, id)`,
    sql`create index files_content on files (sha256)`,
    sql`create index files_expiring on files (expires_at) where expires_at is not null`,
    sql`create table blobs (
      sha256 ${text} primary key,
      bytes ${integer} not null,
      nobodys_since ${integer},
      doomed ${integer} not null default 0)`,
    sql`create index blobs_nobodys on blobs (nobodys_since) where nobodys_since is not null`,
    sql`create table blob_parts (
      sha256 ${text} not null,
      position ${integer} not null,
      bytes ${bytes} not null,
      primary key (sha256, position))`,
  ];
}

function countColumns({ types: { integer } }: Dialect): RawBuilder<unknown> {
  return sql`in_progress ${integer} not null default 0,
      completed ${integer} not null default 0,
      failed ${integer} not null default 0,
      cancelled ${integer} not null default 0`;
}

function libraryTables(dialect: Dialect): RawBuilder<unknown>[] {
  const { text, integer } = dialect.types;
  const counts = countColumns(dialect);
  return [
    sql`create table libraries (
      id ${text} primary key,
      owner_id ${text} not null references users (id) on delete cascade,
      kind ${text} not null,
      name ${text} not null,
      description ${text},
      metadata ${text} not null,
      expires_after_days ${integer},
      last_active_at ${integer} not null,
      ${counts},
      usage_bytes ${integer} not null default 0,
      passage_count ${integer} not null default 0,
      face_data ${text} not null,
      created_at ${integer} not null,
      updated_at ${integer} not null,
      removed ${integer} not null default 0)`,
    sql`create index libraries_page on libraries (owner_id, created_at, id) where removed = 0`,
    sql`create index libraries_named on libraries (owner_id, name) where removed = 0`,
    sql`create index libraries_removed on libraries (id) where removed = 1`,
    sql`create table library_batches (
      id ${text} primary key,
      library_id ${text} not null references libraries (id) on delete cascade,
      ${counts},
      cancelled_at ${integer},
      created_at ${integer} not null)`,
    sql`create index library_batches_library on library_batches (library_id)`,
  ];
}

function libraryFileTables({ types: { text, integer } }: Dialect): RawBuilder<unknown>[] {
  return [
    sql`create table library_files (
      id ${text} primary key,
      library_id ${text} not null references libraries (id) on delete cascade,
      file_id ${text} not null,
      owner_id ${text} not null,
      batch_id ${text},
      status ${text} not null,
      error ${text},
      attributes ${text} not null,
      chunking ${text} not null,
      usage_bytes ${integer} not null default 0,
      passage_count ${integer} not null default 0,
      progress ${text} not null,
      note ${text},
      attempt ${integer} not null default 0,
      lease_owner ${text},
      lease_until ${integer},
      created_at ${integer} not null,
      ended_at ${integer},
      removed ${integer} not null default 0,
      stale ${integer} not null default 0)`,
    sql`create unique index library_files_file on library_files (library_id, file_id) where removed = 0`,
    sql`create index library_files_page on library_files (library_id, created_at, id) where removed = 0`,
    sql`create index library_files_batch on library_files (batch_id, created_at, id) where batch_id is not null`,
    sql`create index library_files_jobs on library_files (owner_id, created_at, id) where removed = 0`,
    sql`create index library_files_queue on library_files (owner_id, created_at, id)
      where status = 'in_progress' and removed = 0`,
    sql`create index library_files_of_file on library_files (file_id)`,
    sql`create index library_files_removed on library_files (library_id) where removed = 1`,
    sql`create index library_files_stale on library_files (id) where removed = 1 or stale = 1`,
    sql`create table library_attributes (
      library_file_id ${text} not null references library_files (id) on delete cascade,
      name ${text} not null,
      text_value ${text},
      number_value double precision,
      flag_value ${integer},
      primary key (library_file_id, name))`,
  ];
}

function attachments({ types: { text, integer } }: Dialect): RawBuilder<unknown>[] {
  return (['agent', 'conversation'] as const).flatMap((holder) => {
    const table = sql.table(`${holder}_libraries`);
    const column = sql.ref(`${holder}_id`);
    return [
      sql`create table ${table} (
        ${column} ${text} not null references ${sql.table(`${holder}s`)} (id) on delete cascade,
        library_id ${text} not null references libraries (id) on delete cascade,
        created_at ${integer} not null,
        primary key (${column}, library_id))`,
      sql`create index ${sql.ref(`${holder}_libraries_library`)} on ${table} (library_id)`,
    ];
  });
}

/** A passage of a file is a text like the others, and nothing else. */
function passages({ types: { text, integer } }: Dialect): RawBuilder<unknown>[] {
  return [
    sql`alter table texts add column library_passage_id ${text}`,
    sql`alter table texts add column library_file_id ${text} references library_files (id) on delete cascade`,
    sql`alter table texts add column position ${integer}`,
    sql`create unique index texts_library_passage on texts (library_passage_id) where library_passage_id is not null`,
    sql`create unique index texts_library_file on texts (library_file_id, position) where library_file_id is not null`,
  ];
}
