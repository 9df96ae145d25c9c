import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from '../schema.js';
import { common, readKeys, unionOf } from './keys.js';
import type { KnownScope } from './known-scopes.js';
import type { SearchQuery } from './query.js';
import { rolesAsked, tagged, within, type Scope } from './scope.js';

/** What is known of a scope, as far as it is within the bounds that a query sets beside its words. */
export async function narrowed(
  db: Kysely<Database>,
  known: KnownScope,
  scope: Scope,
  query: SearchQuery,
): Promise<KnownScope> {
  const lists = await inBounds(db, known, scope, query);
  const [first, ...others] = lists;
  if (first === undefined) return known;
  const allowed = others.reduce(common, first);
  return { ...known, holdersOf: async (word) => common(await known.holdersOf(word), allowed) };
}

/** For each of the bounds, the keys of the texts that are within it. */
async function inBounds(
  db: Kysely<Database>,
  known: KnownScope,
  scope: Scope,
  query: SearchQuery,
): Promise<Uint32Array[]> {
  const read = (conditions: readonly RawBuilder<unknown>[]): Promise<Uint32Array> => {
    const where = sql.join([sql`t.scope_id ${scope.ids}`, ...conditions], sql` and `);
    return readKeys(db, sql`select t.key as key from texts as t where ${where}`, (keys) => Uint32Array.from(keys));
  };
  const lists: Uint32Array[] = [];
  const roles = rolesAsked(query);
  if (roles !== null) lists.push(unionOf(await Promise.all(roles.map((role) => known.saidBy(role)))));
  for (const conditions of [within(query), tagged(query)])
    if (conditions.length > 0) lists.push(await read(conditions));
  return lists;
}
