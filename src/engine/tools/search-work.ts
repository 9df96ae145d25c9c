import type { Role } from '../../domain/message.js';
import type { ToolResult } from '../../domain/tool.js';
import { searchMemory, type MemoryFindings, type MemoryKind } from '../search-memory.js';
import { hitCharsFor, hitPageResult, showHit, showHitWithId } from './search-text.js';
import type { SearchAccess, ToolContext } from './tool.js';

/** What is searched for in the open memory, and from which of the hits on. */
export interface SearchFor {
  kinds: readonly MemoryKind[];
  query: string | null;
  from: number | null;
  to: number | null;
  /** Whose messages; absent where none are searched. */
  roles?: readonly Role[];
  tags?: readonly string[];
  tagMatch?: 'any' | 'all';
  limit: number;
  offset: number;
}

/** Which hits are shown, in pages. */
export interface PageWanted {
  /** Counted from 0. */
  page: number;
  /** Hits on a page. */
  size: number;
  /** Hits passed over before the first page. */
  start?: number;
}

/** Searches the memory that is open in this conversation, and the files that go with it. */
export function searchOpenMemory(
  access: SearchAccess,
  { memory, agent, run, clock, zone }: ToolContext,
  wanted: SearchFor,
): Promise<MemoryFindings> {
  return searchMemory(access, {
    roles: [],
    tags: [],
    tagMatch: 'any',
    ...wanted,
    memoryId: memory.id,
    agentId: agent.id,
    conversationId: run.conversationId,
    now: clock.now(),
    zone,
  });
}

/** A page of what is found in the open memory, in MemGPT's form; with ids for an agent that has a use for them. */
export async function searchPage(
  access: SearchAccess,
  context: ToolContext,
  wanted: Omit<SearchFor, 'limit' | 'offset'> & PageWanted,
): Promise<ToolResult> {
  const { page, size, start = 0, ...search } = wanted;
  const found = await searchOpenMemory(access, context, { ...search, limit: size, offset: start + page * size });
  const charsMax = hitCharsFor(found.hits.length, context.resultCharsMax);
  const show = changesArchive(context) ? showHitWithId : showHit;
  return hitPageResult({
    hits: found.hits.map((hit) => show(hit, charsMax, context.zone)),
    total: found.total,
    page,
    size,
  });
}

/** True for an agent that can change or remove what it archived. */
function changesArchive({ agent }: ToolContext): boolean {
  return agent.tools.some(({ type, name }) => type === 'builtin' && archiveChanges.has(name));
}

const archiveChanges: ReadonlySet<string> = new Set(['archival_update', 'archival_delete']);
