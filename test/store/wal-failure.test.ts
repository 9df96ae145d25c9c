import { writeFile } from 'node:fs/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { WalKeeper } from '../../src/store/wal-keeper.js';

it('a keeper whose thread fails leaves the log to SQLite, once, and throws nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'threadkeeper-wal-'));
  const file = join(folder, 'no-database.db');
  await writeFile(file, 'This is no database at all. '.repeat(1_000));
  await writeFile(`${file}-wal`, Buffer.alloc(5 * 1024 * 1024));
  let left = 0;
  const leaveToSqlite = (): void => {
    left += 1;
    throw new Error('The connection is closed.');
  };
  const keeper = new WalKeeper({ file, whileNobodyWrites: (work) => work(), leaveToSqlite });
  await keeper.look();
  await keeper.look();
  await keeper.close();
  expect(left).toBe(1);
  await rm(folder, { recursive: true, force: true });
}, 30_000);
