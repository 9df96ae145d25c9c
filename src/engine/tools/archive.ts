import { hasExpired, type LibraryPassage } from '../../domain/library.js';
import { limits } from '../../domain/limits.js';
import type { Passage } from '../../domain/memory.js';
import type { PassageSearchRequest, SearchResult } from '../../store/store.js';
import type { SearchAccess, ToolContext } from './tool.js';

/** Hits of each place that are put in order together; pages beyond them hold what the agent archived itself. */
const mergedMax = 500;

/**
 * Searches what an agent calls its archive: the passages it put there, and the files of the sources attached to it.
 * Time and tags are of the agent's own passages alone, and so is a list without a query.
 */
export async function searchArchive(
  access: SearchAccess,
  context: ToolContext,
  request: PassageSearchRequest,
): Promise<SearchResult<Passage>> {
  const { query, offset, limit } = request;
  const narrowed = request.tags !== null || request.from !== null || request.to !== null;
  if (query === null || narrowed) return access.search.passages(request);
  const now = context.clock.now();
  const attached = await access.search.attachedLibraries(context.agent.id, context.run.conversationId);
  const live = attached.filter((library) => !hasExpired(library, now)).slice(0, limits.librariesPerSearch);
  if (live.length === 0) return access.search.passages(request);
  const depth = Math.min(mergedMax, offset + limit);
  const [own, read] = await Promise.all([
    access.search.passages({ ...request, offset: 0, limit: depth }),
    access.search.libraries({
      libraryIds: live.map((library) => library.id),
      query,
      embedding: request.embedding,
      filter: null,
      scoreMin: 0,
      limit: depth,
      offset: 0,
      usedAt: now,
    }),
  ]);
  const merged = inTurn(own.hits, read.hits.map(toPassage));
  return { hits: merged.slice(offset, offset + limit), total: own.total + read.total };
}

function toPassage(hit: LibraryPassage): Passage {
  return {
    id: hit.id,
    memoryId: hit.libraryId,
    text: `${hit.text}\n[from the file ${hit.fileName}]`,
    tags: [],
    createdAt: hit.createdAt,
  };
}

function inTurn<T>(first: readonly T[], second: readonly T[]): T[] {
  const all: T[] = [];
  for (let rank = 0; rank < Math.max(first.length, second.length); rank += 1) {
    all.push(...first.slice(rank, rank + 1), ...second.slice(rank, rank + 1));
  }
  return all;
}
