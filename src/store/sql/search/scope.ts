import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Role } from '../../../domain/message.js';
import type { Database } from '../schema.js';
import type { SearchQuery } from './query.js';
import { scopeToken } from './words.js';

/** Where a search looks. */
export interface Scope {
  /** The ids of conversations or memories that belong to it. */
  parts: readonly string[];
  /** True for those ids: what stands after `scope_id`. */
  ids: RawBuilder<unknown>;
  /** One of these tokens is in the word index of each of its texts. */
  tokens: string[];
  /** What a text `t` with one of the tokens must still be to belong to it. */
  conditions: RawBuilder<unknown>[];
  /** About how many texts it holds; never fewer. */
  size: number;
  /** Whether its texts stand beside one another, as what was said does. */
  isPlaced: boolean;
}

/** How much a word counts: the more, the fewer texts of the scope hold it. */
export function rarityOf(scope: Scope, holders: number): number {
  return Math.log(1 + (Math.max(scope.size - holders, 0) + 0.5) / (holders + 0.5));
}

/** Conversations named one by one to the word index; beyond them it is asked for all of their owner's. */
const conversationsNamed = 200;

/** The texts of one memory: its archive, or what was said in the conversations that have it open. Null for none. */
export async function scopeOf(db: Kysely<Database>, query: SearchQuery): Promise<Scope | null> {
  const { memoryId } = query;
  const memory = await db
    .selectFrom('memories')
    .innerJoin('agents', 'agents.id', 'memories.agent_id')
    .select(['memories.passage_count', 'agents.owner_id'])
    .where('memories.id', '=', memoryId)
    .executeTakeFirst();
  if (memory === undefined) return null;
  if (query.kind === 'passage') {
    const tokens = [scopeToken('memory', memoryId)];
    const size = memory.passage_count;
    return { parts: [memoryId], ids: sql`= ${memoryId}`, tokens, conditions: [], size, isPlaced: false };
  }
  const told = await conversationsOf(db, memoryId);
  if (told === null) return null;
  const { parts, size } = told;
  const common = { parts, size, isPlaced: true };
  if (parts.length <= conversationsNamed) {
    const tokens = parts.map((id) => scopeToken('conversation', id));
    return { ...common, ids: sql`in (${sql.join(parts)})`, tokens, conditions: [] };
  }
  const open = sql`in (select conversation_id from windows where memory_id = ${memoryId})`;
  const tokens = [scopeToken('owner', memory.owner_id)];
  return { ...common, ids: open, tokens, conditions: [sql`t.scope_id ${open}`] };
}

/** The conversations that have a memory open, and how many messages they hold together. Null where there is none. */
async function conversationsOf(
  db: Kysely<Database>,
  memoryId: string,
): Promise<{ parts: string[]; size: number } | null> {
  // In one value, for there may be thousands, and a row for each would take several times as long.
  const { rows } = await sql<{ ids: string | null; size: number | null }>`
    select string_agg(id, ${separator}) as ids, cast(sum(last_seq) as bigint) as size from conversations
    where id in (select conversation_id from windows where memory_id = ${memoryId})`.execute(db);
  const { ids, size } = rows[0] ?? { ids: null, size: null };
  return ids === null ? null : { parts: ids.split(separator), size: size ?? 0 };
}

/** A character that is in no id. */
const separator = '\n';

/** Whoever says something that is searched: whoever asks for all of them has asked for nothing. */
const spokenRoles: readonly Role[] = ['user', 'assistant'];

/** What the caller asked for beside words and meaning, as conditions on a text `t`. */
export function bounds(query: SearchQuery): RawBuilder<unknown>[] {
  return [...within(query), ...saidBy(query), ...tagged(query)];
}

/** Between which times. */
export function within({ from, to }: SearchQuery): RawBuilder<unknown>[] {
  return [
    ...(from === null ? [] : [sql`t.created_at >= ${from}`]),
    ...(to === null ? [] : [sql`t.created_at <= ${to}`]),
  ];
}

/** In which roles. Null for all of them. */
export function rolesAsked({ roles }: SearchQuery): Role[] | null {
  if (roles === null) return null;
  const asked = spokenRoles.filter((role) => roles.includes(role));
  return asked.length === spokenRoles.length ? null : asked;
}

function saidBy(query: SearchQuery): RawBuilder<unknown>[] {
  const roles = rolesAsked(query);
  if (roles === null) return [];
  return [roles.length === 0 ? sql`1 = 0` : sql`t.role in (${sql.join(roles)})`];
}

/** With which tags. */
export function tagged({ tags, tagMatch }: SearchQuery): RawBuilder<unknown>[] {
  const asked = [...new Set(tags ?? [])];
  if (asked.length === 0) return [];
  return [
    sql`(select count(*) from passage_tags where passage_tags.passage_id = t.passage_id
      and passage_tags.tag in (${sql.join(asked)})) >= ${tagMatch === 'all' ? asked.length : 1}`,
  ];
}
