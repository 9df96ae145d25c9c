import { AppError } from '../domain/errors.js';
import type { LibraryPassage } from '../domain/library.js';
import type { Passage } from '../domain/memory.js';
import type { Page, PageRequest } from '../domain/page.js';
import type { Repositories } from '../store/store.js';

/** A text of an archive as its owner sees it listed. */
export interface ArchivedText {
  id: string;
  text: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** Where it lies, for a text of a source that is attached; null for one that the agent archived itself. */
  source: { libraryId: string; fileId: string } | null;
}

/** One list in a row of lists that are read as one. */
interface Shelf {
  holds(id: string): Promise<boolean>;
  read(request: PageRequest): Promise<Page<ArchivedText>>;
}

/**
 * A part of what an agent can search as its archive, the oldest first: its own passages, then those of each source that
 * is attached. The old servers copied the passages of a source into the archive, so their clients look for them there.
 * Throws `invalid_request` for a cursor that names none of them.
 */
export async function archivePage(
  reader: Repositories,
  { agentId, memoryId }: { agentId: string; memoryId: string | null },
  request: Omit<PageRequest, 'order'>,
): Promise<Page<ArchivedText>> {
  const sources = await reader.libraries.ofAgent(agentId);
  const shelves = [
    ...(memoryId === null ? [] : [ownShelf(reader, memoryId)]),
    ...sources.map(({ id }) => sourceShelf(reader, id)),
  ];
  const { before, after } = request;
  return before !== undefined && after === undefined
    ? readBack(shelves, before, request.limit)
    : readOn(shelves, request);
}

/** The texts before a cursor that are nearest to it. */
async function readBack(shelves: readonly Shelf[], before: string, limit: number): Promise<Page<ArchivedText>> {
  const last = await placeOf(shelves, before, 'before');
  const items: ArchivedText[] = [];
  for (let place = last; place >= 0 && items.length <= limit; place -= 1) {
    const wanted = limit + 1 - items.length;
    const page = await shelves[place]?.read(
      place === last ? { limit: wanted, order: 'asc', before } : { limit: wanted, order: 'desc' },
    );
    const found = page?.items ?? [];
    items.unshift(...(place === last ? found : found.toReversed()));
  }
  return { items: items.slice(Math.max(0, items.length - limit)), hasMore: items.length > limit };
}

/** The texts from the beginning or a cursor on, to the end or another cursor. */
async function readOn(
  shelves: readonly Shelf[],
  { limit, after, before }: Omit<PageRequest, 'order'>,
): Promise<Page<ArchivedText>> {
  const first = after === undefined ? 0 : await placeOf(shelves, after, 'after');
  const last = before === undefined ? shelves.length - 1 : await placeOf(shelves, before, 'before');
  const items: ArchivedText[] = [];
  for (let place = first; place <= last && items.length <= limit; place += 1) {
    const wanted = limit + 1 - items.length;
    const page = await shelves[place]?.read({
      limit: wanted,
      order: 'asc',
      after: place === first ? after : undefined,
    });
    const found = page?.items ?? [];
    const end = place === last ? found.findIndex(({ id }) => id === before) : -1;
    items.push(...(end === -1 ? found : found.slice(0, end)));
  }
  return { items: items.slice(0, limit), hasMore: items.length > limit };
}

async function placeOf(shelves: readonly Shelf[], id: string, param: 'after' | 'before'): Promise<number> {
  for (const [place, shelf] of shelves.entries()) if (await shelf.holds(id)) return place;
  throw new AppError('invalid_request', `The cursor '${id}' names nothing in this list.`, { param });
}

function ownShelf({ memories }: Repositories, memoryId: string): Shelf {
  return {
    holds: async (id) => (await memories.passage(memoryId, id)) !== null,
    read: async (request) => mapped(await memories.passages(memoryId, request), fromPassage),
  };
}

function sourceShelf({ libraries }: Repositories, libraryId: string): Shelf {
  return {
    holds: async (id) => (await libraries.passage(libraryId, id)) !== null,
    read: async (request) => mapped(await libraries.passages(libraryId, request), fromSource),
  };
}

function mapped<T>({ items, hasMore }: Page<T>, show: (item: T) => ArchivedText): Page<ArchivedText> {
  return { items: items.map(show), hasMore };
}

/** A passage that an agent archived itself, as it is listed. */
export function fromPassage({ id, text, createdAt }: Passage): ArchivedText {
  return { id, text, createdAt, source: null };
}

function fromSource({ id, text, createdAt, libraryId, fileId }: LibraryPassage): ArchivedText {
  return { id, text, createdAt, source: { libraryId, fileId } };
}
