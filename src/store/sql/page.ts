import { sql, type RawBuilder } from 'kysely';
import { AppError } from '../../domain/errors.js';
import { toPage, type Page, type PageRequest } from '../../domain/page.js';
import type { Session } from './session.js';

/** A list that can be read in parts. */
export interface Listing {
  table: string;
  /** What belongs to the list. Its constants are written out where an index depends on them. */
  where: RawBuilder<unknown>;
  /** Columns that together tell every row from every other; an index has them in this order. */
  order: string[];
}

/**
 * Reads a part of a list by its place and not by counting, so a page costs the same wherever it stands. With `before`
 * alone it holds the rows nearest the cursor, still in the order asked for, and `hasMore` tells of rows ahead of them.
 */
export async function readPage<Row>(session: Session, listing: Listing, request: PageRequest): Promise<Page<Row>> {
  const columns = sql.join(listing.order.map((column) => sql.ref(column)));
  const bounds = [listing.where];
  const beyond = request.order === 'asc' ? sql`>` : sql`<`;
  const ahead = request.order === 'asc' ? sql`<` : sql`>`;
  if (request.after !== undefined) {
    bounds.push(sql`(${columns}) ${beyond} (${await place(session, listing, request.after, 'after')})`);
  }
  if (request.before !== undefined) {
    bounds.push(sql`(${columns}) ${ahead} (${await place(session, listing, request.before, 'before')})`);
  }
  const backwards = request.before !== undefined && request.after === undefined;
  const descending = (request.order === 'desc') !== backwards;
  const order = sql.join(listing.order.map((column) => sql`${sql.ref(column)} ${descending ? sql`desc` : sql`asc`}`));
  const { rows } = await sql<Row>`
    select * from ${sql.table(listing.table)} where ${sql.join(bounds, sql` and `)}
    order by ${order} limit ${request.limit + 1}`.execute(session.db);
  const page = toPage(rows, request.limit);
  return backwards ? { items: page.items.reverse(), hasMore: page.hasMore } : page;
}

/** The same page with its rows mapped. */
export function mapPage<Row, T>(page: Page<Row>, map: (row: Row) => T): Page<T> {
  return { items: page.items.map(map), hasMore: page.hasMore };
}

async function place(
  session: Session,
  listing: Listing,
  id: string,
  param: 'after' | 'before',
): Promise<RawBuilder<unknown>> {
  const columns = sql.join(listing.order.map((column) => sql.ref(column)));
  const { rows } = await sql<Record<string, unknown>>`
    select ${columns} from ${sql.table(listing.table)} where ${listing.where} and id = ${id}`.execute(session.db);
  const [row] = rows;
  if (row === undefined) {
    throw new AppError('invalid_request', `The cursor '${id}' names nothing in this list.`, { param });
  }
  return sql.join(listing.order.map((column) => sql`${row[column]}`));
}
