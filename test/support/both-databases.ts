import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { temporaryPostgres, temporarySqlite, type TemporaryDatabase } from './databases.js';
import { openRoom, type EngineRoom, type RoomOptions } from './engine-room.js';

/** Opens a room over the database at hand; it is closed when the test ends. */
export type OpenRoom = (options: Omit<RoomOptions, 'store'>) => Promise<EngineRoom>;

const databases: [string, () => Promise<TemporaryDatabase | null>][] = [
  ['SQLite', temporarySqlite],
  ['PostgreSQL', temporaryPostgres],
];

/** The same tests on both databases. Those of PostgreSQL are skipped, by name, where no server can be had. */
export function describeOnBothDatabases(group: string, tell: (open: OpenRoom) => void): void {
  describe.each(databases)(`${group}, on %s`, (name, openDatabase) => {
    let database: TemporaryDatabase | null = null;
    let rooms: EngineRoom[] = [];
    beforeAll(async () => {
      database = await openDatabase();
    });
    beforeEach(({ skip }) => {
      if (database === null) skip(`${name} is not offered on this machine`);
    });
    afterEach(async () => {
      const left = rooms;
      rooms = [];
      for (const room of left) await room.close();
    });
    afterAll(() => database?.close());

    tell(async (options) => {
      if (database === null) throw new Error(`${name} is not offered on this machine.`);
      const room = await openRoom({ ...options, store: database.store });
      rooms.push(room);
      return room;
    });
  });
}
