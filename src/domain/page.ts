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

/** Cuts a list read one item too long into a page. */
export function toPage<T>(items: T[], limit: number): Page<T> {
  return { items: items.slice(0, limit), hasMore: items.length > limit };
}
