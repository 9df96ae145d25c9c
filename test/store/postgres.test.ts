import { describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/open.js';
import { temporaryPostgres, type TemporaryDatabase } from '../support/databases.js';
import { describeStore } from './contract.js';
import { makeScene, makeUser } from './rows.js';

const offered = await temporaryPostgres();
await offered?.close();

if (offered === null) {
  describe.skip('the store on PostgreSQL, which no server was offered for (TEST_PG_URL names one)', () => {
    it('keeps the contract', () => undefined);
  });
} else {
  describeStore('the store on PostgreSQL', open);
  describe('the store on PostgreSQL, between processes', () => {
    it('carries a ring to every store that listens, on commit and not before', async () => {
      const first = await open();
      const second = await openStore(first.url);
      const heard: string[] = [];
      const stop = await second.listen((topic) => heard.push(topic));
      await expect(
        first.store.transaction(async (tx) => {
          await tx.bell.ring('rolled back');
          throw new Error('no');
        }),
      ).rejects.toThrow('no');
      await first.store.transaction((tx) => tx.bell.ring('run 1'));
      await first.store.bell.ring('run 2');
      await until(() => heard.length === 2);
      expect(heard).toEqual(['run 1', 'run 2']);
      await stop();
      await second.close();
      await first.close();
    });

    it('hears again after its connections were cut, and answers after one failed query at most', async () => {
      const first = await open();
      const second = await openStore(first.url);
      const heard: string[] = [];
      await second.listen((topic) => heard.push(topic));
      await cutAll(first.url);
      await first.store.check().catch(() => undefined);
      await second.check().catch(() => undefined);
      await expect(second.check()).resolves.toBeUndefined();
      await until(async () => {
        await first.store.bell.ring('back').catch(() => undefined);
        return heard.includes('back');
      });
      await second.close();
      await first.close();
    });

    it('is migrated by one of several that open it at once', async () => {
      const first = await open();
      const others = await Promise.all(Array.from({ length: 4 }, () => openStore(first.url)));
      const { user } = await makeScene(first.store);
      for (const other of others) {
        expect(await other.users.get(user.id)).toEqual(user);
        await other.close();
      }
      await first.close();
    });

    it('says that the server cannot be reached where nobody listens', async () => {
      const opening = openStore('postgres://nobody@127.0.0.1:1/nothing');
      await expect(opening).rejects.toMatchObject({ code: 'unavailable', message: expect.stringMatching(/reached/) });
    });

    it('refuses every verb once it is closed', async () => {
      const { store, close } = await open();
      await close();
      await expect(store.users.insert(makeUser())).rejects.toThrow();
    });
  });
}

async function open(): Promise<TemporaryDatabase> {
  const database = await temporaryPostgres();
  if (database === null) throw new Error('The server has gone away.');
  return database;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function cutAll(url: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`);
  await client.end();
}
