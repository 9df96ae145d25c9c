import { sql, type Kysely } from 'kysely';
import type { Database } from '../schema.js';

/** A text that went. */
interface Removal {
  /** Counts removals; none is left out. */
  number: number;
  key: number;
  /** One more than the highest key that was left. From it on, keys are given anew. */
  next: number;
}

/** How far the texts have come: while both numbers stay, nothing was added to them and nothing taken away. */
export interface Moment {
  /** The highest key; 0 where there is no text. */
  newest: number;
  /** The number of the last removal; 0 where there was none. */
  removed: number;
}

/** What went between two moments. */
export interface Change {
  /** Keys that are not there any more. */
  gone: ReadonlySet<number>;
  /** From this key on there may be other texts now: the last ones went, and their keys were free. */
  free: number;
  /** The number of the last removal. */
  removed: number;
}

/** The removals of late, as far as they have been read. */
export interface Removals {
  /** Reads those up to a number. */
  catchUp(db: Kysely<Database>, removed: number): Promise<void>;
  /** What went after a number. Null where not all of it is known any more. */
  since(number: number): Change | null;
}

/** Removals that are remembered, here and in the database. */
export const removalsKept = 4_096;

/** The moment of the snapshot that is read. */
export async function momentOf(db: Kysely<Database>): Promise<Moment> {
  const { rows } = await sql<Moment>`select coalesce((select max(key) from texts), 0) as newest,
    coalesce((select max(number) from text_removals), 0) as removed`.execute(db);
  return rows[0] ?? { newest: 0, removed: 0 };
}

/** Knows of none until it is told where to begin, with the first number. */
export function createRemovals(): Removals {
  let known: Removal[] = [];
  let last: number | null = null;
  return {
    catchUp: async (db, removed) => {
      if (last === null || removed < last) known = [];
      else if (removed > last) {
        const { rows } = await sql<Removal>`select number, key, next from text_removals
          where number > ${last} and number <= ${removed} order by number`.execute(db);
        // The database keeps as many: where some between are missing there, none of the former are left here.
        known = [...known, ...rows].slice(-removalsKept);
      }
      last = removed;
    },
    since: (number) => {
      const first = known[0]?.number ?? (last ?? 0) + 1;
      if (last === null || number > last || number + 1 < first) return null;
      const later = known.slice(number + 1 - first);
      const free = later.reduce((lowest, { key, next }) => (key < next ? lowest : Math.min(lowest, next)), Infinity);
      return { gone: new Set(later.map(({ key }) => key)), free, removed: last };
    },
  };
}
