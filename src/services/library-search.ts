import { AppError } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import type { AttributeFilter, ScoredPassage } from '../domain/library.js';
import type { Principal } from '../domain/user.js';
import type { LibrarySearch, LibraryServiceParts } from './libraries.js';
import { liveLibrary } from './library-rows.js';

/** Conditions of a filter, and how deep they may stand in one another. */
const filterPartsMax = 100;
const filterDepthMax = 8;
const hitsDefault = 10;

/** Searches some of the caller's libraries together. */
export async function searchLibraries(
  { store, clock, embed }: LibraryServiceParts,
  principal: Principal,
  libraryIds: readonly string[],
  search: LibrarySearch,
): Promise<{ hits: ScoredPassage[]; hasMore: boolean }> {
  const ids = [...new Set(libraryIds)];
  if (ids.length > limits.librariesPerSearch) {
    throw new AppError('invalid_request', `At most ${limits.librariesPerSearch} libraries are searched together.`);
  }
  const now = clock.now();
  for (const id of ids) await liveLibrary(store, principal, id, now);
  const filter = search.filter ?? null;
  if (filter !== null) checkFilter(filter);
  const query = search.query.slice(0, limits.searchQueryCharsMax);
  const offset = search.offset ?? 0;
  const limit = Math.min(limits.libraryHitsMax, search.limit ?? hitsDefault);
  const embedding = await embed(query);
  const { hits, total } = await store.search.libraries({
    libraryIds: ids,
    query: search.ranking === 'one' && embedding !== null ? '' : query,
    embedding,
    filter,
    scoreMin: search.scoreMin ?? 0,
    limit,
    offset,
    usedAt: now,
  });
  return { hits, hasMore: total > offset + limit };
}

function checkFilter(filter: AttributeFilter): void {
  let parts = 0;
  const walk = (part: AttributeFilter, depth: number): void => {
    parts += 1;
    if (parts > filterPartsMax || depth > filterDepthMax) {
      throw new AppError('invalid_request', 'The filter has too many conditions.', { param: 'filters' });
    }
    if (part.type === 'and' || part.type === 'or') part.filters.forEach((inner) => walk(inner, depth + 1));
    if ((part.type === 'in' || part.type === 'nin') && part.value.length > filterPartsMax) {
      throw new AppError('invalid_request', 'The filter names too many values.', { param: 'filters' });
    }
  };
  walk(filter, 1);
}
