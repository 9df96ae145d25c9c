import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Dialect } from '../dialect.js';
import type { Database } from '../schema.js';

/** A block belongs to its owner and lies in any number of memories; its history tells who restored what. */
export async function sharedBlocks(db: Kysely<Database>, dialect: Dialect): Promise<void> {
  for (const statement of [...newTables(dialect), ...moves()]) await statement.execute(db);
}

function newTables({ types: { text, integer }, byPrimaryKey }: Dialect): RawBuilder<unknown>[] {
  return [
    sql`create table new_blocks (
      id ${text} primary key,
      owner_id ${text} not null references users (id) on delete cascade,
      label ${text} not null,
      description ${text} not null,
      value ${text} not null,
      chars_max ${integer} not null,
      read_only ${integer} not null,
      version ${integer} not null,
      created_at ${integer} not null,
      updated_at ${integer} not null)`,
    sql`create index blocks_owner on new_blocks (owner_id, created_at, id)`,
    sql`create table new_block_versions (
      block_id ${text} not null references new_blocks (id) on delete cascade,
      version ${integer} not null,
      value ${text} not null,
      actor ${text} not null,
      run_id ${text},
      step_id ${text},
      parent ${integer},
      restores ${integer},
      created_at ${integer} not null,
      primary key (block_id, version)) ${byPrimaryKey}`,
    sql`create index block_versions_parent on new_block_versions (block_id, parent, version) where parent is not null`,
    // The label once more, so that no memory can come to have two blocks of one label.
    sql`create table memory_blocks (
      memory_id ${text} not null references memories (id) on delete cascade,
      block_id ${text} not null references new_blocks (id) on delete cascade,
      label ${text} not null,
      read_only ${integer} not null,
      created_at ${integer} not null,
      primary key (memory_id, block_id),
      unique (memory_id, label)) ${byPrimaryKey}`,
    sql`create index memory_blocks_block on memory_blocks (block_id, created_at, memory_id)`,
  ];
}

function moves(): RawBuilder<unknown>[] {
  return [
    sql`insert into new_blocks
      select blocks.id, agents.owner_id, label, blocks.description, value, chars_max, read_only, version,
        blocks.created_at, blocks.updated_at
      from blocks join memories on memories.id = blocks.memory_id join agents on agents.id = memories.agent_id`,
    sql`insert into new_block_versions
      select block_id, version, value, actor, run_id, null, case when version > 1 then version - 1 end, null, created_at
      from block_versions`,
    sql`insert into memory_blocks select memory_id, id, label, 0, created_at from blocks`,
    sql`drop table block_versions`,
    sql`drop table blocks`,
    sql`alter table new_blocks rename to blocks`,
    sql`alter table new_block_versions rename to block_versions`,
  ];
}
