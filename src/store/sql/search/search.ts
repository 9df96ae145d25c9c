import { sql } from 'kysely';
import type { ScoredPassage } from '../../../domain/library.js';
import type { Search, SearchResult, TextToEmbed } from '../../store.js';
import { librariesOf } from '../libraries.js';
import { passagesByIds } from '../library-passages.js';
import { libraryFileFromRow } from '../library-files.js';
import { messageFromRow } from '../messages.js';
import { passageFromRow } from '../passages.js';
import type { Session } from '../session.js';
import { countWithoutVector, putTextVector } from '../text-vectors.js';
import {
  libraryQuery,
  messageQuery,
  passageQuery,
  type LibraryAnswer,
  type SearchAnswer,
  type Searcher,
} from './query.js';

/** Searching over a session; the looking itself is done by the searcher. */
export function openSearch(session: Session, searcher: Searcher): Search {
  const { db } = session;
  return {
    messages: async (request) => {
      const answer = await searcher.find(messageQuery(request));
      if (answer.ids.length === 0) return { hits: [], total: answer.total };
      const rows = await db.selectFrom('messages').selectAll().where('id', 'in', answer.ids).execute();
      return inOrder(answer, rows.map(messageFromRow));
    },
    passages: async (request) => {
      const answer = await searcher.find(passageQuery(request));
      if (answer.ids.length === 0) return { hits: [], total: answer.total };
      const rows = await db.selectFrom('passages').selectAll().where('id', 'in', answer.ids).execute();
      return inOrder(answer, rows.map(passageFromRow));
    },
    libraries: async (request) => {
      if (request.libraryIds.length === 0) return { hits: [], total: 0 };
      const answer = await searcher.findInLibraries(libraryQuery(request));
      if (request.usedAt !== undefined) await touch(session, request.libraryIds, request.usedAt);
      return { hits: await scoredPassages(session, answer), total: answer.total };
    },
    attachedLibraries: async (agentId, conversationId) => {
      const attached = [
        ...(await librariesOf(session, 'agent', agentId)),
        ...(await librariesOf(session, 'conversation', conversationId)),
      ];
      return [...new Map(attached.map((library) => [library.id, library])).values()];
    },
    countWithoutVector: (model) => countWithoutVector(session, model),
    withoutVector: (model, limit) => withoutVector(session, model, limit),
    putVectors: (model, vectors) =>
      session.atomic(async (inner) => {
        for (const entry of vectors) await putTextVector(inner, model, entry);
      }),
  };
}

/** Uses nearer to one another than this are one. */
const momentMs = 1_000;

function inOrder<T extends { id: string }>(answer: SearchAnswer, items: T[]): SearchResult<T> {
  const byId = new Map(items.map((item) => [item.id, item]));
  return { hits: answer.ids.flatMap((id) => byId.get(id) ?? []), total: answer.total };
}

/** Writes down a use, unless one of the same moment is there. */
async function touch(session: Session, libraryIds: readonly string[], at: number): Promise<void> {
  await session.db
    .updateTable('libraries')
    .set({ last_active_at: at })
    .where('id', 'in', [...libraryIds])
    .where('last_active_at', '<', at - momentMs)
    .execute();
}

async function scoredPassages(session: Session, { found }: LibraryAnswer): Promise<ScoredPassage[]> {
  if (found.length === 0) return [];
  const passages = await passagesByIds(
    session,
    found.map(({ id }) => id),
  );
  const byId = new Map(passages.map((passage) => [passage.id, passage]));
  const fileIds = [...new Set(passages.map((passage) => passage.libraryFileId))];
  const rows =
    fileIds.length === 0
      ? []
      : await session.db.selectFrom('library_files').selectAll().where('id', 'in', fileIds).execute();
  const attributes = new Map(rows.map((row) => [row.id, libraryFileFromRow(row).attributes]));
  return found.flatMap(({ id, score }) => {
    const passage = byId.get(id);
    // What was deleted since it was found is found no longer.
    return passage === undefined
      ? []
      : [{ ...passage, score, attributes: attributes.get(passage.libraryFileId) ?? {} }];
  });
}

/** Asks for one model after the other, so that nothing is read of the texts that have their vector. */
async function withoutVector(session: Session, model: string, limit: number): Promise<TextToEmbed[]> {
  const found: (TextToEmbed & { key: number; createdAt: number })[] = [];
  for (const other of await modelsInUse(session)) {
    if (other === model) continue;
    const rows = await session.db
      .selectFrom('texts')
      .select(['key', 'message_id', 'passage_id', 'library_passage_id', 'created_at', 'text'])
      .where('embedded_by', '=', other)
      .orderBy('created_at')
      .orderBy('key')
      .limit(limit)
      .execute();
    for (const { key, message_id, passage_id, library_passage_id, created_at, text } of rows) {
      if (message_id !== null) found.push({ kind: 'message', id: message_id, text, key, createdAt: created_at });
      if (passage_id !== null) found.push({ kind: 'passage', id: passage_id, text, key, createdAt: created_at });
      if (library_passage_id !== null) {
        found.push({ kind: 'library-passage', id: library_passage_id, text, key, createdAt: created_at });
      }
    }
  }
  found.sort((left, right) => left.createdAt - right.createdAt || left.key - right.key);
  return found.slice(0, limit).map(({ kind, id, text }) => ({ kind, id, text }));
}

async function modelsInUse(session: Session): Promise<string[]> {
  const models: string[] = [];
  for (let last: string | null = null; ;) {
    let query = session.db.selectFrom('texts').select('embedded_by').orderBy('embedded_by').limit(1);
    if (last !== null) query = query.where('embedded_by', '>', last);
    const row: { embedded_by: string } | undefined = await query.executeTakeFirst();
    if (row === undefined) return models;
    models.push(row.embedded_by);
    last = row.embedded_by;
  }
}

/** The statement by which a store shows that its database answers. */
export const ping = sql`select 1`;
