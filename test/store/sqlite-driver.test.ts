import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openSqlite } from '../../src/store/sqlite-driver.js';
import { garbageCollector } from '../support/garbage.js';

it('Rows that are read one by one outlive a collection of garbage among them', async () => {
  const collect = garbageCollector();
  const connection = openSqlite(':memory:');
  connection.exec('create table things (name)');
  const names = Array.from({ length: 200 }, (_each, index) => `thing ${index}`);
  for (const name of names) connection.run('insert into things values (?)', [name]);
  const read: unknown[] = [];
  for (const row of connection.iterate('select name from things order by rowid')) {
    if (read.length % 20 === 0) collect();
    // What was collected is freed between two turns.
    await setImmediate();
    read.push((row as { name: string }).name);
  }
  connection.close();
  expect(read).toEqual(names);
});
