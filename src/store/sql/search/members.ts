import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from '../schema.js';
import type { Holder } from './holders.js';
import { placeOf } from './keys.js';
import type { Scope } from './scope.js';

/** The texts of a scope in rising order of their keys, as columns: a text has the same row in each of them. */
export interface Members {
  keys: Uint32Array;
  positions: Int32Array;
  /** For each text, which of the parts of the scope it is in. */
  partsAt: Uint32Array;
  parts: readonly string[];
}

/** Bytes that one text takes. */
export const bytesPerMember = 12;

/** All texts of a scope, or those above a key. */
export async function readMembers(db: Kysely<Database>, scope: Scope, above: number | null): Promise<Members> {
  const part = partColumn(above);
  const { rows } = await sql<{ part: string; keys: string; positions: string }>`
    select t.scope_id as part, string_agg(cast(t.key as text), ',') as keys,
      string_agg(cast(coalesce(t.position, 0) as text), ',') as positions
    from texts as t where ${isMember(scope, above)} group by ${part}`.execute(db);
  const lists = rows.map(({ keys, positions }) => ({ keys: numbersOf(keys), positions: numbersOf(positions) }));
  const given = {
    keys: Uint32Array.from(lists.flatMap(({ keys }) => keys)),
    positions: Int32Array.from(lists.flatMap(({ positions }) => positions)),
    partsAt: Uint32Array.from(lists.flatMap(({ keys }, part) => keys.map(() => part))),
    parts: rows.map(({ part }) => part),
  };
  return rowsOf(given, risingOrder(given.keys));
}

/** True for a text `t` that belongs to a scope, and is above a key where one is given. */
export function isMember(scope: Scope, above: number | null): RawBuilder<unknown> {
  const later = above === null ? sql`` : sql`t.key > ${above} and`;
  return sql`${later} ${partColumn(above)} ${scope.ids} ${scope.isPlaced ? sql`and t.message_id is not null` : sql``}`;
}

/** The plus keeps from walking all of the scope in an index, where the table's last rows are all that is asked for. */
function partColumn(above: number | null): RawBuilder<unknown> {
  return above === null ? sql`t.scope_id` : sql`+t.scope_id`;
}

function numbersOf(list: string): number[] {
  return JSON.parse(`[${list}]`) as number[];
}

/** The rows of some keys, that of the lowest key first. */
function risingOrder(keys: Uint32Array): Uint32Array {
  // Key and row in one number, for numbers are sorted many times faster than what has to be compared.
  const both = Float64Array.from(keys, (key, row) => key * keys.length + row).sort();
  return Uint32Array.from(both, (value) => value % keys.length);
}

function rowsOf({ keys, positions, partsAt, parts }: Members, rows: Uint32Array): Members {
  return {
    keys: rows.map((row) => keys[row] ?? 0),
    positions: Int32Array.from(rows, (row) => positions[row] ?? 0),
    partsAt: rows.map((row) => partsAt[row] ?? 0),
    parts,
  };
}

/** Texts with others whose keys are all above theirs. */
export function withMore(members: Members, more: Members): Members {
  if (more.keys.length === 0) return members;
  const parts = [...members.parts];
  const renamed = more.parts.map((part) => {
    const known = parts.indexOf(part);
    return known < 0 ? parts.push(part) - 1 : known;
  });
  const { length } = members.keys;
  const keys = new Uint32Array(length + more.keys.length);
  const positions = new Int32Array(keys.length);
  const partsAt = new Uint32Array(keys.length);
  keys.set(members.keys);
  keys.set(more.keys, length);
  positions.set(members.positions);
  positions.set(more.positions, length);
  partsAt.set(members.partsAt);
  partsAt.set(
    more.partsAt.map((part) => renamed[part] ?? 0),
    length,
  );
  return { keys, positions, partsAt, parts };
}

/** The texts whose keys are below one and not among those that went. */
export function withoutMembers(members: Members, gone: ReadonlySet<number>, below: number): Members {
  const { keys } = members;
  const isWhole = (keys.at(-1) ?? 0) < below && ![...gone].some((key) => keys[placeOf(keys, key)] === key);
  if (isWhole) return members;
  const rows = Uint32Array.from(keys.keys());
  return rowsOf(
    members,
    rows.filter((row) => (keys[row] ?? 0) < below && !gone.has(keys[row] ?? 0)),
  );
}

/** Where texts stand, the lowest key first. Those that are not among the members are left out. */
export function holdersAt(
  { keys, positions, partsAt, parts }: Members,
  isPlaced: boolean,
  wanted: Iterable<number>,
): Holder[] {
  return [...wanted].flatMap((key) => {
    const row = placeOf(keys, key);
    if (keys[row] !== key) return [];
    return [{ key, place: isPlaced ? (parts[partsAt[row] ?? 0] ?? null) : null, position: positions[row] ?? 0 }];
  });
}
