import type { Role } from '../../domain/message.js';
import type { ToolResult } from '../../domain/tool.js';
import type { SearchRequest } from '../../store/store.js';
import { searchArchive } from './archive.js';
import { hitCharsFor, hitPageResult, messageHit, passageHit } from './search-text.js';
import type { SearchAccess, ToolContext } from './tool.js';

/** What is searched for, and which part of the hits is shown. */
export interface SearchFor {
  query: string | null;
  from: number | null;
  to: number | null;
  /** Counted from 0. */
  page: number;
  /** Hits on a page. */
  size: number;
  /** Hits passed over before the first page. */
  start?: number;
}

/** The request of a search over the open memory, with the vector of its query where there is one. */
export async function toRequest(
  access: SearchAccess,
  context: ToolContext,
  wanted: Omit<SearchFor, 'page' | 'size'> & { limit: number; offset: number },
): Promise<SearchRequest> {
  const { query, from, to, limit, offset } = wanted;
  const embedding = query === null ? null : await access.embed(query);
  return { memoryId: context.memory.id, query, embedding, from, to, limit, offset };
}

/** A page of what was said in the conversations of the open memory, in MemGPT's form. */
export async function searchMessages(
  access: SearchAccess,
  context: ToolContext,
  wanted: SearchFor & { roles: readonly Role[] },
): Promise<ToolResult> {
  const request = await toRequest(access, context, pageOf(wanted));
  const { hits, total } = await access.search.messages({ ...request, roles: [...wanted.roles] });
  const charsMax = hitCharsFor(hits.length, context.resultCharsMax);
  return hitPageResult({ ...wanted, hits: hits.map((hit) => messageHit(hit, charsMax)), total });
}

/** A page of the archive of the open memory and of the files attached to it, in MemGPT's form. */
export async function searchPassages(
  access: SearchAccess,
  context: ToolContext,
  wanted: SearchFor & { tags: string[]; tagMatch: 'any' | 'all' },
): Promise<ToolResult> {
  const request = await toRequest(access, context, pageOf(wanted));
  const tags = wanted.tags.length === 0 ? null : wanted.tags;
  const { hits, total } = await searchArchive(access, context, { ...request, tags, tagMatch: wanted.tagMatch });
  const charsMax = hitCharsFor(hits.length, context.resultCharsMax);
  return hitPageResult({ ...wanted, hits: hits.map((hit) => passageHit(hit, charsMax)), total });
}

function pageOf(wanted: SearchFor): SearchFor & { limit: number; offset: number } {
  return { ...wanted, limit: wanted.size, offset: (wanted.start ?? 0) + wanted.page * wanted.size };
}
