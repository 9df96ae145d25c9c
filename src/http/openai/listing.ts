import { AppError } from '../../domain/errors.js';
import type { Page, PageRequest } from '../../domain/page.js';

/** Items of a page where the query does not say. */
const usualLimit = 20;

/** The fields of a query that say which part of a list is wanted. */
export interface ListQuery {
  limit?: number;
  order?: 'asc' | 'desc';
  after?: string;
  before?: string;
}

/** A list as the original wraps it. */
export interface WireList<T> {
  object: 'list';
  data: T[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

/** The part of a list that a query asks for: newest first and twenty items where it does not say. */
export function toPageRequest({ limit, order, after, before }: ListQuery): PageRequest {
  return { limit: limit ?? usualLimit, order: order ?? 'desc', after, before };
}

/** Reads a page. A cursor that is not in the list is refused in words that do not show how ids look inside. */
export async function readList<T>(read: Promise<Page<T>>): Promise<Page<T>> {
  try {
    return await read;
  } catch (error) {
    const isCursor = error instanceof AppError && (error.param === 'after' || error.param === 'before');
    if (!isCursor) throw error;
    const message = `Invalid '${error.param ?? ''}': the list has no object with this ID.`;
    throw new AppError('invalid_request', message, { param: error.param ?? undefined, cause: error });
  }
}

/** A page in the original's wrapping. An empty one has no first and no last. */
export function listToWire<T extends { id: string }>(data: T[], hasMore: boolean): WireList<T> {
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  };
}
