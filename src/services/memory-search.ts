import type { Agent } from '../domain/agent.js';
import type { Clock } from '../domain/clock.js';
import { AppError, notFound } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import { defaultMemoryKey, type Memory } from '../domain/memory.js';
import type { Message, Role } from '../domain/message.js';
import { userMemoryKey } from '../domain/memory-key.js';
import type { Principal } from '../domain/user.js';
import { memoryKinds, searchMemory, type MemoryHit, type MemoryKind } from '../engine/search-memory.js';
import { zoneOf } from '../domain/zone.js';
import { readTime, timeForms, type Moment } from '../engine/tools/time-range.js';
import type { SearchAccess } from '../engine/tools/tool.js';
import type { Store } from '../store/store.js';

/** Which of an agent's memories is meant: a user's, or the one it has open in a conversation; else `default`. */
export interface MemoryChoice {
  /** The user's name, as conversations give it, or the key itself. */
  key?: string;
  conversationId?: string;
}

/** What to look for in an agent's memory. */
export interface MemorySearchCommand extends MemoryChoice {
  /** Words to look for; null lists by time, newest first. */
  query: string | null;
  kind: MemoryKind | 'all';
  /** Times as somebody wrote them; the day of `to` is included. */
  from?: string;
  to?: string;
  tags: readonly string[];
  roles: readonly Role[];
  limit: number;
  offset: number;
  /** Messages shown before and after each message that was found. */
  neighbours: number;
}

/** A hit, and for a message what was said right before and after it, in order. */
export interface MemorySearchHit {
  hit: MemoryHit;
  neighbours: Message[];
}

/** A part of what was found, with the exact number of all of it. */
export interface MemorySearchAnswer {
  hits: MemorySearchHit[];
  total: number;
  totals: Record<MemoryKind, number>;
}

/** The search that agents have as a tool, for their owners. */
export interface MemorySearchService {
  /**
   * Searches one memory of an agent and the files that go with it. Throws `not_found` for somebody else's agent or
   * conversation and for a memory that is not there, `invalid_request` for a time that cannot be read and for an
   * `offset` beyond what several kinds can be paged through together.
   */
  search(principal: Principal, agentId: string, command: MemorySearchCommand): Promise<MemorySearchAnswer>;
}

/** Makes the search. */
export function createMemorySearchService({
  store,
  clock,
  embed,
  timezone = 'UTC',
}: {
  store: Store;
  clock: Clock;
  embed: SearchAccess['embed'];
  /** The IANA name of the zone of agents that name none. */
  timezone?: string;
}): MemorySearchService {
  return {
    search: async (principal, agentId, command) => {
      const agent = await store.agents.get(principal.userId, agentId);
      if (agent === null) throw notFound('agent', agentId);
      const memory = await chosenMemory(store, principal, agent, command);
      const moment = { zone: zoneOf(agent, timezone), now: clock.now() };
      const range = rangeOf(command, moment);
      if (command.kind === 'all' && command.offset >= limits.mergedHitsMax) {
        const message = `All kinds together can be paged through up to ${limits.mergedHitsMax}; ask for one of them.`;
        throw new AppError('invalid_request', message, { param: 'offset' });
      }
      if (memory === null) return { hits: [], total: 0, totals: { recall: 0, archival: 0, file: 0 } };
      const found = await searchMemory(
        { search: store.search, embed },
        {
          ...range,
          memoryId: memory.id,
          agentId: agent.id,
          conversationId: command.conversationId ?? agent.mainConversationId,
          kinds: command.kind === 'all' ? memoryKinds : [command.kind],
          query: command.query,
          tags: command.tags,
          tagMatch: 'any',
          roles: command.roles,
          limit: command.limit,
          offset: command.offset,
          ...moment,
        },
      );
      const hits = found.hits.map(async (hit) => ({
        hit,
        neighbours: hit.kind === 'recall' ? await around(store, hit.message, command.neighbours) : [],
      }));
      return { ...found, hits: await Promise.all(hits) };
    },
  };
}

/** The memory that is meant; null for an agent that has not remembered anything yet. */
async function chosenMemory(
  store: Store,
  principal: Principal,
  agent: Agent,
  { key, conversationId }: MemoryChoice,
): Promise<Memory | null> {
  if (key !== undefined && conversationId !== undefined) {
    throw new AppError('invalid_request', 'Name a memory or a conversation, not both.', { param: 'memory' });
  }
  if (conversationId !== undefined) {
    const conversation = await store.conversations.get(principal.userId, conversationId);
    const window = conversation === null ? null : await store.conversations.window(agent.id, conversation.id);
    if (window === null) throw notFound('conversation', conversationId);
    return store.memories.get(window.memoryId);
  }
  if (key === undefined) return store.memories.findByKey(agent.id, defaultMemoryKey);
  const ofUser = await store.memories.findByKey(agent.id, userMemoryKey(key));
  const memory = ofUser ?? (await store.memories.findByKey(agent.id, key));
  if (memory === null) throw notFound('memory', key);
  return memory;
}

function rangeOf(
  { from, to }: Pick<MemorySearchCommand, 'from' | 'to'>,
  moment: Moment,
): { from: number | null; to: number | null } {
  const range = { from: timeFrom('from', from, moment), to: timeFrom('to', to, moment) };
  if (range.from !== null && range.to !== null && range.from > range.to) {
    throw new AppError('invalid_request', '"from" is after "to".', { param: 'from' });
  }
  return range;
}

function timeFrom(edge: 'from' | 'to', text: string | undefined, moment: Moment): number | null {
  if (text === undefined) return null;
  const at = readTime(text, edge, moment);
  if (at === null) throw new AppError('invalid_request', `"${edge}" is no time; write ${timeForms}.`, { param: edge });
  return at;
}

/** What people said right before and after a message. */
async function around(store: Store, { id, conversationId }: Message, count: number): Promise<Message[]> {
  if (count === 0) return [];
  const request = { limit: count, after: id, visibleOnly: true };
  const [before, after] = await Promise.all([
    store.messages.page(conversationId, { ...request, order: 'desc' }),
    store.messages.page(conversationId, { ...request, order: 'asc' }),
  ]);
  return [...before.items.reverse(), ...after.items];
}
