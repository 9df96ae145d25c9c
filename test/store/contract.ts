import { afterAll, beforeAll, describe } from 'vitest';
import type { Store } from '../../src/store/store.js';
import type { TemporaryDatabase } from '../support/databases.js';
import { describeBlobs } from './contract/blobs.js';
import { describeCatalogue } from './contract/catalogue.js';
import { describeConversations } from './contract/conversations.js';
import { describeLibraries } from './contract/libraries.js';
import { describeMemories } from './contract/memories.js';
import { describeOwners } from './contract/owners.js';
import { describeRanking } from './contract/ranking.js';
import { describeRuns } from './contract/runs.js';
import { describeSearch } from './contract/search.js';
import { describeSleepTimes } from './contract/sleep-times.js';
import { describeTransactions } from './contract/transactions.js';
import { describeTransfers } from './contract/transfers.js';
import { describeUploads } from './contract/uploads.js';

/** A store that is open while tests run. */
export type OpenStore = () => Store;

/** What every store does, whatever it is made of. */
export function describeStore(name: string, open: () => Promise<TemporaryDatabase>): void {
  describe(name, () => {
    let database: TemporaryDatabase | null = null;
    beforeAll(async () => {
      database = await open();
    });
    afterAll(async () => {
      await database?.close();
    });
    const store: OpenStore = () => {
      if (database === null) throw new Error('The store is not open.');
      return database.store;
    };
    describeOwners(store);
    describeCatalogue(store);
    describeMemories(store);
    describeConversations(store);
    describeRuns(store);
    describeSleepTimes(store);
    describeTransactions(store);
    describeSearch(store);
    describeRanking(store);
    describeLibraries(store);
    describeTransfers(store);
    describeUploads(store);
    describeBlobs(store);
  });
}
