import { Kysely } from 'kysely';
import { describe, expect, it } from 'vitest';
import { sqliteDialect } from '../../src/store/sql/dialect.js';
import { migrate } from '../../src/store/sql/migrate.js';
import { initial } from '../../src/store/sql/migrations/0001-initial.js';
import { sharedBlocks } from '../../src/store/sql/migrations/0005-shared-blocks.js';
import { closeTexts } from '../../src/store/sql/migrations/0010-close-texts.js';
import type { Database } from '../../src/store/sql/schema.js';
import { sqliteWords } from '../../src/store/sql/search/sqlite-words.js';
import { openSqlite } from '../../src/store/sqlite-driver.js';
import { sqliteKysely } from '../../src/store/sqlite-kysely.js';

const dialect = sqliteDialect(sqliteWords);

describe('an older database', () => {
  it('keeps its blocks with their history when they come to lie in several memories', async () => {
    const connection = openSqlite(':memory:');
    connection.exec('pragma foreign_keys = on');
    const db = new Kysely<Database>({ dialect: sqliteKysely(connection) });
    await initial(db, dialect);
    connection.exec(`
      insert into users (id, name, created_at) values ('u', 'Ada', 1);
      insert into agents (id, owner_id, model, protocol, origin, envelope, settings, tools, metadata, face_data,
        created_at, updated_at) values ('a', 'u', '', 'native', 'native', 'plain', '{}', '[]', '{}', '{}', 1, 1);
      insert into memories (id, agent_id, key, passage_count, created_at) values ('m', 'a', 'default', 0, 1);
      insert into blocks values ('b', 'm', 'human', 'who', 'Likes tea.', 500, 1, 2, 3, 4);
      insert into block_versions values ('b', 1, '', 'system', null, 3), ('b', 2, 'Likes tea.', 'agent', 'r', 4);`);
    await sharedBlocks(db, dialect);
    expect(await db.selectFrom('blocks').selectAll().execute()).toEqual([
      {
        ...{ id: 'b', owner_id: 'u', label: 'human', description: 'who', value: 'Likes tea.', chars_max: 500 },
        ...{ read_only: 1, version: 2, created_at: 3, updated_at: 4 },
      },
    ]);
    expect(await db.selectFrom('memory_blocks').selectAll().execute()).toEqual([
      { memory_id: 'm', block_id: 'b', label: 'human', read_only: 0, created_at: 3 },
    ]);
    const versions = await db.selectFrom('block_versions').selectAll().orderBy('version').execute();
    expect(versions.map(({ value, actor, run_id, parent }) => [value, actor, run_id, parent])).toEqual([
      ['', 'system', null, null],
      ['Likes tea.', 'agent', 'r', 1],
    ]);
    await db.deleteFrom('users').execute();
    expect(await db.selectFrom('blocks').selectAll().execute()).toEqual([]);
    expect(await db.selectFrom('block_versions').selectAll().execute()).toEqual([]);
    await db.destroy();
  });

  it('counts the places of what was said among the texts of their conversation', async () => {
    const connection = openSqlite(':memory:');
    const db = new Kysely<Database>({ dialect: sqliteKysely(connection) });
    await migrate(db, dialect, { now: () => 1 });
    connection.exec(`pragma foreign_keys = off;
      insert into texts (key, message_id, passage_id, scope_id, scope, role, chars, created_at, text, position) values
        (1, 'a', null, 'c', '', 'user', 1, 1, 'x', 9), (2, 'b', null, 'c', '', 'user', 1, 1, 'x', 5),
        (3, 'c', null, 'd', '', 'user', 1, 1, 'x', 7), (4, null, 'p', 'c', '', null, 1, 1, 'x', null)`);
    await closeTexts(db, dialect);
    const rows = await db.selectFrom('texts').select(['key', 'position']).orderBy('key').execute();
    expect(rows.map(({ position }) => position)).toEqual([2, 1, 1, null]);
    await db.destroy();
  });
});
