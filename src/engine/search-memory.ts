import { hasExpired, type ScoredPassage } from '../domain/library.js';
import { limits } from '../domain/limits.js';
import type { Passage } from '../domain/memory.js';
import type { Message, Role } from '../domain/message.js';
import type { Zone } from '../domain/zone.js';
import type { Embedding } from '../store/store.js';
import { spokenTimes } from './tools/spoken-times.js';
import type { SearchAccess } from './tools/tool.js';

/** Where something is remembered: in what was said, in the archive, or in the files that may be searched. */
export type MemoryKind = 'recall' | 'archival' | 'file';

/** All kinds, in the order in which hits of one rank stand. */
export const memoryKinds: readonly MemoryKind[] = ['recall', 'archival', 'file'];

/** A search over all that an agent remembers in one memory. */
export interface MemoryQuery {
  memoryId: string;
  agentId: string;
  /** The conversation whose files are searched beside the agent's own; null for none. */
  conversationId: string | null;
  kinds: readonly MemoryKind[];
  /** Words to look for; null lists by time, newest first. */
  query: string | null;
  /** Milliseconds, both included. */
  from: number | null;
  to: number | null;
  tags: readonly string[];
  tagMatch: 'any' | 'all';
  /** Whose messages are looked at. */
  roles: readonly Role[];
  limit: number;
  offset: number;
  now: number;
  /** Where the times are read that the query speaks of. */
  zone: Zone;
}

/** One thing that was found. */
export type MemoryHit =
  | { kind: 'recall'; message: Message }
  | { kind: 'archival'; passage: Passage }
  | { kind: 'file'; passage: ScoredPassage };

/** A part of what was found, with the exact number of all of it. */
export interface MemoryFindings {
  hits: MemoryHit[];
  total: number;
  totals: Record<MemoryKind, number>;
}

/** One of the places that are searched together. */
interface Place {
  kind: MemoryKind;
  find(limit: number, offset: number): Promise<{ hits: MemoryHit[]; total: number }>;
}

/**
 * Searches all kinds together. Each kind is ranked by itself and the rankings are fused by rank: since no text is of two
 * kinds, reciprocal rank fusion gives the best of each, then the second of each, and so on. Without a query, by time.
 *
 * What has no tags is left out where tags are asked for; files have no times of their own either, so they are left out
 * where a time is asked for, and of a list by time. Of several kinds together no more than `limits.mergedHitsMax` hits
 * can be paged through; a single kind has no such end.
 */
export async function searchMemory(access: SearchAccess, wanted: MemoryQuery): Promise<MemoryFindings> {
  const places = await placesOf(access, wanted);
  const alone = places.length === 1;
  const depth = Math.min(limits.mergedHitsMax, wanted.offset + wanted.limit);
  const found = await Promise.all(
    places.map((place) => (alone ? place.find(wanted.limit, wanted.offset) : place.find(depth, 0))),
  );
  const totals: Record<MemoryKind, number> = { recall: 0, archival: 0, file: 0 };
  places.forEach(({ kind }, index) => {
    totals[kind] = found[index]?.total ?? 0;
  });
  const rankings = found.map(({ hits }) => hits);
  const merged = wanted.query === null ? newestFirst(rankings) : bestFirst(rankings);
  return {
    hits: alone ? merged : merged.slice(wanted.offset, depth),
    total: totals.recall + totals.archival + totals.file,
    totals,
  };
}

/** When what was found came into the world. */
export function timeOf(hit: MemoryHit): number {
  return hit.kind === 'recall' ? hit.message.createdAt : hit.passage.createdAt;
}

async function placesOf(access: SearchAccess, wanted: MemoryQuery): Promise<Place[]> {
  const embedding = wanted.query === null ? null : await access.embed(wanted.query);
  const { memoryId, query, from, to } = wanted;
  const times = query === null ? [] : spokenTimes(query, wanted);
  const common = { memoryId, query, embedding, from, to, times };
  const tags = wanted.tags.length === 0 ? null : [...wanted.tags];
  const places: (Place | null)[] = [
    {
      kind: 'recall',
      find: async (limit, offset) => {
        const request = { ...common, roles: [...wanted.roles], limit, offset };
        const { hits, total } = await access.search.messages(request);
        return { hits: hits.map((message) => ({ kind: 'recall', message })), total };
      },
    },
    {
      kind: 'archival',
      find: async (limit, offset) => {
        const request = { ...common, tags, tagMatch: wanted.tagMatch, limit, offset };
        const { hits, total } = await access.search.passages(request);
        return { hits: hits.map((passage) => ({ kind: 'archival', passage })), total };
      },
    },
    await files(access, wanted, embedding),
  ];
  const kinds = tags === null ? wanted.kinds : wanted.kinds.filter((kind) => kind === 'archival');
  return places.flatMap((place) => (place !== null && kinds.includes(place.kind) ? [place] : []));
}

/** The files that may be searched; null where there are none, or none that the query fits. */
async function files(access: SearchAccess, wanted: MemoryQuery, embedding: Embedding | null): Promise<Place | null> {
  const { query, from, to, tags, now } = wanted;
  if (query === null || from !== null || to !== null || tags.length > 0 || !wanted.kinds.includes('file')) return null;
  const attached = await access.search.attachedLibraries(wanted.agentId, wanted.conversationId ?? '');
  const live = attached.filter((library) => !hasExpired(library, now)).slice(0, limits.librariesPerSearch);
  if (live.length === 0) return null;
  const request = { libraryIds: live.map(({ id }) => id), query, embedding, filter: null, scoreMin: 0, usedAt: now };
  return {
    kind: 'file',
    find: async (limit, offset) => {
      const { hits, total } = await access.search.libraries({ ...request, limit, offset });
      return { hits: hits.map((passage) => ({ kind: 'file', passage })), total };
    },
  };
}

function bestFirst(rankings: readonly MemoryHit[][]): MemoryHit[] {
  const longest = Math.max(0, ...rankings.map((hits) => hits.length));
  return Array.from({ length: longest }, (_none, rank) =>
    rankings.flatMap((hits) => hits.slice(rank, rank + 1)),
  ).flat();
}

/** Each list is in order already, and a sort that is stable keeps what is of one moment as it stood. */
function newestFirst(lists: readonly MemoryHit[][]): MemoryHit[] {
  return lists.flat().sort((left, right) => timeOf(right) - timeOf(left));
}
