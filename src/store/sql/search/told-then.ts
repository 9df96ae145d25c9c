import { sql } from 'kysely';
import type { TimeSpan } from '../../store.js';
import type { Field } from './holders.js';
import { readKeys } from './keys.js';

/** What happened is told about a third as often after so many milliseconds. */
const freshMs = 4 * 86_400_000;

/** Of longer times than these, too much was said for it to tell what is looked for. */
const spanMax = 62 * 86_400_000;
/** Texts of the times a query speaks of that are told apart from others before any is read, each time its share. */
const toldMax = 1_000;

/** How well a time goes with one of others, from 0 to 1: the less the longer ago that was, for it is told afterwards. */
export function timeliness(times: readonly TimeSpan[], at: number): number {
  return Math.max(0, ...times.map(({ from, to }) => (at < from ? 0 : Math.exp(-Math.max(0, at - to) / freshMs))));
}

/** The keys of texts that were told at one of the times or soon after it. None where the times are too long. */
export async function toldThen({ db, scope }: Field, times: readonly TimeSpan[]): Promise<ReadonlySet<number>> {
  const short = times.filter(({ from, to }) => to - from <= spanMax);
  if (short.length === 0) return new Set();
  const share = Math.ceil(toldMax / short.length);
  const each = short.map(
    ({ from, to }) => sql`select key from (select t.key as key from texts as t
      where t.scope_id ${scope.ids} and t.created_at between ${from} and ${to + freshMs} limit ${share}) as of_one`,
  );
  const select = sql.join(each, sql` union all `);
  return new Set(await readKeys(db, select, (keys) => Float64Array.from(keys)));
}
