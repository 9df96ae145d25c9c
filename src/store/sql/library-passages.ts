import { sql, type RawBuilder } from 'kysely';
import { AppError } from '../../domain/errors.js';
import type { LibraryPassage } from '../../domain/library.js';
import { toPage } from '../../domain/page.js';
import type { LibraryRepository } from '../library.js';
import type { Session } from './session.js';

type LibraryPassageQueries = Pick<LibraryRepository, 'passages' | 'filePassages' | 'clearPassages'>;

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
    passages: async (libraryId, request) => {
      const where = [sql`t.scope_id = ${libraryId}`];
      if (request.after !== undefined) {
        where.push(sql`(t.created_at, t.key) > (${await placeOf(session, libraryId, request.after)})`);
      }
      const order = sql`order by t.created_at, t.key limit ${request.limit + 1}`;
      return toPage(await readPassages(session, where, order), request.limit);
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

async function placeOf(session: Session, libraryId: string, id: string): Promise<RawBuilder<unknown>> {
  const row = await session.db
    .selectFrom('texts')
    .select(['created_at', 'key'])
    .where('library_passage_id', '=', id)
    .where('scope_id', '=', libraryId)
    .executeTakeFirst();
  if (row !== undefined) return sql`${row.created_at}, ${row.key}`;
  throw new AppError('invalid_request', `The cursor '${id}' names nothing in this list.`, { param: 'after' });
}
