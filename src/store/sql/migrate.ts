import { sql, type Kysely } from 'kysely';
import { AppError } from '../../domain/errors.js';
import type { Clock } from '../../domain/clock.js';
import type { Dialect } from './dialect.js';
import { initial } from './migrations/0001-initial.js';
import { libraries } from './migrations/0002-libraries.js';
import { catalogue } from './migrations/0003-catalogue.js';
import { uploads } from './migrations/0004-uploads.js';
import { sharedBlocks } from './migrations/0005-shared-blocks.js';
import { textPlaces } from './migrations/0006-text-places.js';
import { sleepTime } from './migrations/0007-sleep-time.js';
import { transfers } from './migrations/0008-transfers.js';
import { textRemovals } from './migrations/0009-text-removals.js';
import { closeTexts } from './migrations/0010-close-texts.js';
import type { Database } from './schema.js';
import { inTransaction } from './session.js';

/** A step from one shape of the database to the next. Its number never changes once it has been released. */
interface Migration {
  number: number;
  name: string;
  up(db: Kysely<Database>, dialect: Dialect): Promise<void>;
}

const migrations: readonly Migration[] = [
  { number: 1, name: 'initial', up: initial },
  { number: 2, name: 'libraries', up: libraries },
  { number: 3, name: 'catalogue', up: catalogue },
  { number: 4, name: 'uploads', up: uploads },
  { number: 5, name: 'shared-blocks', up: sharedBlocks },
  { number: 6, name: 'text-places', up: textPlaces },
  { number: 7, name: 'sleep-time', up: sleepTime },
  { number: 8, name: 'transfers', up: transfers },
  { number: 9, name: 'text-removals', up: textRemovals },
  { number: 10, name: 'close-texts', up: closeTexts },
];

/**
 * Brings the database to the shape this program knows, all of it or nothing, one process at a time; returns how many
 * steps it took. Throws `unavailable` where a newer program has changed the database: what that one wrote, this one
 * could spoil.
 */
export async function migrate(db: Kysely<Database>, dialect: Dialect, clock: Clock): Promise<number> {
  return inTransaction(db, dialect, async ({ db: held }) => {
    await dialect.lockMigrations(held);
    const { text, integer } = dialect.types;
    await sql`create table if not exists migrations (
      number ${integer} primary key, name ${text} not null, applied_at ${integer} not null)`.execute(held);
    const newest = migrations.at(-1)?.number ?? 0;
    const row = await held
      .selectFrom('migrations')
      .select(sql<number | null>`max(number)`.as('number'))
      .executeTakeFirst();
    const present = row?.number ?? 0;
    if (present > newest) {
      throw new AppError(
        'unavailable',
        `This database was written by a newer version of the program (its schema is number ${present}, this version knows ${newest}). Start the newer version, or restore a backup from before the update.`,
      );
    }
    const missing = migrations.filter((migration) => migration.number > present);
    for (const migration of missing) {
      await migration.up(held, dialect);
      const applied = { number: migration.number, name: migration.name, applied_at: clock.now() };
      await held.insertInto('migrations').values(applied).execute();
    }
    return missing.length;
  });
}
