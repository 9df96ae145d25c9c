import type { Role } from '../../../domain/message.js';
import type { AttributeFilter } from '../../../domain/library.js';
import type { LibrarySearchRequest } from '../../library.js';
import type { Embedding, MessageSearchRequest, PassageSearchRequest, SearchRequest, TimeSpan } from '../../store.js';

/** A search as it travels to the thread that carries it out. */
export interface SearchQuery {
  kind: 'message' | 'passage';
  memoryId: string;
  query: string | null;
  embedding: Embedding | null;
  from: number | null;
  to: number | null;
  roles: Role[] | null;
  tags: string[] | null;
  tagMatch: 'any' | 'all';
  times: readonly TimeSpan[];
  limit: number;
  offset: number;
}

/** What was found: ids of messages or passages, in order of rank. */
export interface SearchAnswer {
  ids: string[];
  total: number;
}

/** A search of libraries as it travels to that thread. */
export interface LibraryQuery {
  kind: 'library-passage';
  libraryIds: string[];
  query: string;
  embedding: Embedding | null;
  filter: AttributeFilter | null;
  scoreMin: number;
  limit: number;
  offset: number;
}

/** What was found in libraries: ids of passages with their scores, best first. */
export interface LibraryAnswer {
  found: { id: string; score: number }[];
  total: number;
}

/** Carries out searches somewhere out of the way of requests. */
export interface Searcher {
  find(query: SearchQuery): Promise<SearchAnswer>;
  findInLibraries(query: LibraryQuery): Promise<LibraryAnswer>;
  close(): Promise<void>;
}

/** The query for a search of what was said. */
export function messageQuery(request: MessageSearchRequest): SearchQuery {
  const { roles } = request;
  return { ...common(request), kind: 'message', roles, tags: null, tagMatch: 'any' };
}

/** The query for a search of the archive. */
export function passageQuery(request: PassageSearchRequest): SearchQuery {
  const { tags, tagMatch } = request;
  return { ...common(request), kind: 'passage', roles: null, tags, tagMatch };
}

/** Named one by one, so that only what was asked travels. */
function common(request: SearchRequest): Omit<SearchQuery, 'kind' | 'roles' | 'tags' | 'tagMatch'> {
  const { memoryId, query, embedding, from, to, times = [], limit, offset } = request;
  return { memoryId, query, embedding, from, to, times, limit, offset };
}

/** The query for a search of libraries. */
export function libraryQuery(request: LibrarySearchRequest): LibraryQuery {
  const { libraryIds, query, embedding, filter, scoreMin, limit, offset } = request;
  return { kind: 'library-passage', libraryIds, query, embedding, filter, scoreMin, limit, offset };
}
