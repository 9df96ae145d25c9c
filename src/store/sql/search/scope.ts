import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Database } from '../schema.js';
import type { SearchQuery } from './query.js';
import { scopeToken } from './words.js';

/** Where a search looks. */
export interface Scope {
  /** True for the ids of conversations or memories that belong to it: what stands after `scope_id`. */
  ids: RawBuilder<unknown>;
  /** One of these tokens is in the word index of each of its texts. */
  tokens: string[];
  /** What a text `t` with one of the tokens must still be to belong to it. */
  conditions: RawBuilder<unknown>[];
  /** About how many texts it holds; never fewer. */
  size: number;
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
    return { ids: sql`= ${memoryId}`, tokens, conditions: [], size: memory.passage_count };
  }
  const conversations = await db
    .selectFrom('windows')
    .innerJoin('conversations', 'conversations.id', 'windows.conversation_id')
    .select(['conversations.id', 'conversations.last_seq'])
    .distinct()
    .where('windows.memory_id', '=', memoryId)
    .execute();
  if (conversations.length === 0) return null;
  const size = conversations.reduce((sum, conversation) => sum + conversation.last_seq, 0);
  const ids = conversations.map((conversation) => conversation.id);
  if (ids.length <= conversationsNamed) {
    const tokens = ids.map((id) => scopeToken('conversation', id));
    return { ids: sql`in (${sql.join(ids)})`, tokens, conditions: [], size };
  }
  const open = sql`in (select conversation_id from windows where memory_id = ${memoryId})`;
  return { ids: open, tokens: [scopeToken('owner', memory.owner_id)], conditions: [sql`t.scope_id ${open}`], size };
}

/** What the caller asked for beside words and meaning, as conditions on a text `t`. */
export function bounds(query: SearchQuery): RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = [];
  if (query.from !== null) conditions.push(sql`t.created_at >= ${query.from}`);
  if (query.to !== null) conditions.push(sql`t.created_at <= ${query.to}`);
  if (query.roles !== null) {
    conditions.push(query.roles.length === 0 ? sql`1 = 0` : sql`t.role in (${sql.join(query.roles)})`);
  }
  const tags = [...new Set(query.tags ?? [])];
  if (tags.length > 0) {
    conditions.push(sql`(select count(*) from passage_tags where passage_tags.passage_id = t.passage_id
      and passage_tags.tag in (${sql.join(tags)})) >= ${query.tagMatch === 'all' ? tags.length : 1}`);
  }
  return conditions;
}
