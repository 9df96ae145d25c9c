import { AppError } from './errors.js';

/** What part of a list is asked for. Cursors are ids; `after` continues in the order given, `before` ends there. */
export interface PageRequest {
  limit: number;
  order: 'asc' | 'desc';
  after?: string;
  before?: string;
}

/** A part of a list. */
export interface Page<T> {
  items: T[];
  /** True where the list goes on past the last item. */
  hasMore: boolean;
}

/**
 * The part of a whole list that is asked for; the list is given oldest first. With `before` alone it holds the items
 * nearest the cursor. Throws `invalid_request` where a cursor names nothing in the list.
 */
export function pageOf<T extends { id: string }>(items: readonly T[], request: PageRequest): Page<T> {
  const ordered = request.order === 'asc' ? items : items.toReversed();
  const place = (param: 'after' | 'before'): number | null => {
    const id = request[param];
    if (id === undefined) return null;
    const index = ordered.findIndex((item) => item.id === id);
    if (index >= 0) return index;
    throw new AppError('invalid_request', `The cursor '${id}' names nothing in this list.`, { param });
  };
  const first = place('after');
  const last = place('before');
  const within = ordered.slice(first === null ? 0 : first + 1, last ?? ordered.length);
  if (last === null || first !== null) return toPage(within, request.limit);
  return { items: within.slice(-request.limit), hasMore: within.length > request.limit };
}

/** Cuts a list read one item too long into a page. */
export function toPage<T>(items: T[], limit: number): Page<T> {
  return { items: items.slice(0, limit), hasMore: items.length > limit };
}
