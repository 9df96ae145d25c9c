import { limits } from '../domain/limits.js';
import type { Page, PageRequest } from '../domain/page.js';

/** The most that a list shows that old clients know no pages of. */
const itemsMax = 10_000;

/** A whole list, read page by page, for old clients that ask for everything at once. It ends at ten thousand. */
export async function allPages<T extends { id: string }>(
  order: PageRequest['order'],
  read: (request: PageRequest) => Promise<Page<T>>,
): Promise<T[]> {
  const items: T[] = [];
  let after: string | undefined;
  do {
    const page = await read({ limit: limits.pageItemsMax, order, after });
    items.push(...page.items);
    after = page.hasMore ? page.items.at(-1)?.id : undefined;
  } while (after !== undefined && items.length < itemsMax);
  return items;
}
