import { sql, type RawBuilder } from 'kysely';
import { AppError } from '../../domain/errors.js';
import type { LibraryPassage } from '../../domain/library.js';
import { toPage, type Page } from '../../domain/page.js';
import type { LibraryPassagePageRequest, LibraryRepository } from '../library.js';
import type { Session } from './session.js';

type LibraryPassageQueries = Pick<LibraryRepository, 'passages' | 'passage' | 'filePassages' | 'clearPassages'>;

/** What a passage is read from. */
interface PassageRow {
  id: string;
  library_id: string;
  library_file_id: string;
  file_id: string;
  file_name: string;
  position: number;
  text: string;
  created_at: number;
}

/** The passages of libraries. */
export function libraryPassageQueries(session: Session): LibraryPassageQueries {
  return {
    passages: (libraryId, request) => pageOfPassages(session, libraryId, request),
    passage: async (libraryId, id) => {
      const where = [sql`t.scope_id = ${libraryId}`, sql`t.library_passage_id = ${id}`];
      return (await readPassages(session, where, sql``))[0] ?? null;
    },
    filePassages: (libraryFileId, fromPosition, limit) =>
      readPassages(
        session,
        [sql`t.library_file_id = ${libraryFileId}`, sql`t.position >= ${fromPosition}`],
        sql`order by t.position limit ${limit}`,
      ),
    clearPassages: (libraryFileId, limit) => clearPassages(session, libraryFileId, limit),
  };
}

/** A part of a library's passages, after the rules of `readPage`. */
async function pageOfPassages(
  session: Session,
  libraryId: string,
  { limit, order = 'asc', after, before }: LibraryPassagePageRequest,
): Promise<Page<LibraryPassage>> {
  const where = [sql`t.scope_id = ${libraryId}`];
  const [beyond, ahead] = order === 'asc' ? [sql`>`, sql`<`] : [sql`<`, sql`>`];
  if (after !== undefined) {
    where.push(sql`(t.created_at, t.key) ${beyond} (${await placeOf(session, libraryId, after, 'after')})`);
  }
  if (before !== undefined) {
    where.push(sql`(t.created_at, t.key) ${ahead} (${await placeOf(session, libraryId, before, 'before')})`);
  }
  const backwards = before !== undefined && after === undefined;
  const way = (order === 'desc') === backwards ? sql`asc` : sql`desc`;
  const cut = sql`order by t.created_at ${way}, t.key ${way} limit ${limit + 1}`;
  const page = toPage(await readPassages(session, where, cut), limit);
  return backwards ? { items: page.items.reverse(), hasMore: page.hasMore } : page;
}

/** Passages by their ids, in no order. */
export function passagesByIds(session: Session, ids: readonly string[]): Promise<LibraryPassage[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return readPassages(session, [sql`t.library_passage_id in (${sql.join(ids)})`], sql``);
}

/** Deletes the first passages of a file; how many there were. */
export async function clearPassages(session: Session, libraryFileId: string, limit: number): Promise<number> {
  const { rows } = await sql<{ key: number }>`delete from texts where key in (
    select key from texts where library_file_id = ${libraryFileId} order by position limit ${limit})
    returning key`.execute(session.db);
  return rows.length;
}

async function readPassages(
  session: Session,
  where: RawBuilder<unknown>[],
  order: RawBuilder<unknown>,
): Promise<LibraryPassage[]> {
  const { rows } = await sql<PassageRow>`
    select t.library_passage_id as id, t.scope_id as library_id, t.library_file_id as library_file_id,
      held.file_id as file_id, coalesce(files.name, '') as file_name, t.position as position, t.text as text,
      t.created_at as created_at
    from texts as t
    join library_files as held on held.id = t.library_file_id
    left join files on files.id = held.file_id
    where ${sql.join([...where, sql`held.removed = 0`], sql` and `)} ${order}`.execute(session.db);
  return rows.map((row) => ({
    id: row.id,
    libraryId: row.library_id,
    libraryFileId: row.library_file_id,
    fileId: row.file_id,
    fileName: row.file_name,
    position: row.position,
    text: row.text,
    createdAt: row.created_at,
  }));
}

async function placeOf(
  session: Session,
  libraryId: string,
  id: string,
  param: 'after' | 'before',
): Promise<RawBuilder<unknown>> {
  const row = await session.db
    .selectFrom('texts')
    .select(['created_at', 'key'])
    .where('library_passage_id', '=', id)
    .where('scope_id', '=', libraryId)
    .executeTakeFirst();
  if (row !== undefined) return sql`${row.created_at}, ${row.key}`;
  throw new AppError('invalid_request', `The cursor '${id}' names nothing in this list.`, { param });
}
