import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporarySqlite, type TemporaryDatabase } from '../support/databases.js';

let database: TemporaryDatabase;
beforeEach(async () => {
  database = await temporarySqlite();
});
afterEach(() => database.close());

/** How often the event loop comes round while some work is done. */
async function roundsDuring(work: Promise<unknown>): Promise<number> {
  let rounds = 0;
  let isDone = false;
  const count = (): void => {
    rounds += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await work;
  isDone = true;
  return rounds;
}

it('a transaction of many statements lets the event loop have its own turns, and stays one transaction', async () => {
  const { store } = database;
  let statements = 0;
  const work = store.transaction(async (tx) => {
    const endAt = performance.now() + 200;
    while (performance.now() < endAt) {
      statements += 1;
      await tx.users.insert({ id: `user-${statements}`, name: null, organisationId: null, createdAt: 1 });
    }
    throw new Error('Taken back.');
  });
  const rounds = await roundsDuring(work.catch(() => undefined));
  expect(statements).toBeGreaterThan(10);
  expect(rounds).toBeGreaterThan(5);
  expect(await store.users.get('user-1')).toBeNull();
});
