import type { TransferVector } from '../../../domain/transfer.js';
import { flagIn, idIn, textIn, timeIn } from '../cells.js';
import { documentKey, entriesWith, type ChromaEntry } from '../chroma.js';
import { firstRow, type LettaDatabase, type RowQuery } from '../database.js';
import { vectorColumns, vectorIn, type VectorsWanted } from '../vectors.js';

/** A piece into which a document was cut. */
export interface Piece {
  id: string;
  text: string;
  /** Milliseconds; null where nothing tells. */
  createdAt: number | null;
  /** What reports call the place where it lies. */
  table: string;
  vector?: TransferVector;
}

/** The pieces of a source's documents, wherever they lie. */
export interface Pieces {
  /** The documents that they are of; null stands for those that name none. */
  documents(): Promise<Set<string | null>>;
  /** The pieces of a document, in order. */
  of(document: string | null): AsyncIterable<Piece>;
}

/** A source, as pieces name it. */
export interface PieceOwner {
  id: string;
  name: string;
  /** Null where the release has no such column. */
  userId: string | null;
}

/** The pieces of a source: in a table, or, where that holds none of them, in the folder of Chroma's; null for neither. */
export async function piecesOf(
  database: LettaDatabase,
  chroma: LettaDatabase | null,
  owner: PieceOwner,
  wanted: VectorsWanted,
): Promise<Pieces | null> {
  const table = tableOf(database, owner);
  const isHere = table !== null && (await firstRow(database, { ...table, columns: ['id'] })) !== null;
  if (chroma !== null && !isHere) return inChroma(chroma, owner);
  return table === null ? null : inTable(database, table, wanted);
}

/** How a table names the source of each piece, and its document. */
interface PieceTable {
  table: string;
  where: Record<string, string | null>;
  document: string | null;
}

function tableOf(database: LettaDatabase, { id, name, userId }: PieceOwner): PieceTable | null {
  const of = (table: string, where: PieceTable['where']): PieceTable => {
    const document = ['file_id', 'doc_id'].find((column) => database.has(table, column)) ?? null;
    return { table, where, document };
  };
  if (database.has('source_passages', 'source_id')) return of('source_passages', { source_id: id });
  if (database.has('passages', 'source_id')) return of('passages', { source_id: id, agent_id: null });
  if (!database.has('memgpt_passages', 'data_source')) return null;
  return of('memgpt_passages', { data_source: name, ...(userId === null ? {} : { user_id: userId }) });
}

function inTable(database: LettaDatabase, { table, where, document }: PieceTable, wanted: VectorsWanted): Pieces {
  return {
    documents: async () => {
      const keys = new Set<string | null>();
      for await (const row of database.rows({ table, columns: [document ?? 'id', 'is_deleted'], where })) {
        if (!flagIn(row['is_deleted'])) keys.add(document === null ? null : idIn(row[document]));
      }
      return keys;
    },
    of: async function* (key) {
      const columns = ['id', 'text', 'created_at', 'is_deleted', ...(wanted.model === null ? [] : vectorColumns)];
      const own = document === null ? {} : { [document]: key };
      const query: RowQuery = { table, columns, where: { ...where, ...own }, order: ['created_at', 'id'] };
      for await (const row of database.rows(query)) {
        const id = idIn(row['id']);
        const text = textIn(row['text']);
        if (id === null || text === null || flagIn(row['is_deleted'])) continue;
        yield { id, text, createdAt: timeIn(row['created_at']), table, ...vectorIn(row, wanted) };
      }
    },
  };
}

/** Early releases named a source by its name. What names an agent besides is a copy made for it. */
function inChroma(chroma: LettaDatabase, { id, name, userId }: PieceOwner): Pieces {
  const isOwn = ({ members }: ChromaEntry): boolean => {
    if ('agent_id' in members || textIn(members[documentKey]) === null) return false;
    if ('source_id' in members) return members['source_id'] === id;
    return (
      members['data_source'] === name &&
      (userId === null || [undefined, userId].includes(textIn(members['user_id']) ?? undefined))
    );
  };
  const documentOf = ({ members }: ChromaEntry): string | null => idIn(members['doc_id'] ?? members['file_id']);
  const all = async function* (): AsyncGenerator<ChromaEntry> {
    for (const [key, value] of [
      ['source_id', id],
      ['data_source', name],
    ] as const) {
      for await (const entry of entriesWith(chroma, key, value)) if (isOwn(entry)) yield entry;
    }
  };
  const ofDocument = async function* (document: string): AsyncGenerator<ChromaEntry> {
    for (const key of ['doc_id', 'file_id']) {
      for await (const entry of entriesWith(chroma, key, document)) if (isOwn(entry)) yield entry;
    }
  };
  return {
    documents: async () => {
      const keys = new Set<string | null>();
      for await (const entry of all()) keys.add(documentOf(entry));
      return keys;
    },
    of: async function* (document) {
      const told = new Set<string>();
      for await (const entry of document === null ? all() : ofDocument(document)) {
        if (documentOf(entry) !== document || told.has(entry.id)) continue;
        told.add(entry.id);
        const text = textIn(entry.members[documentKey]) ?? '';
        yield { id: entry.id, text, createdAt: timeIn(entry.members['created_at']), table: 'embeddings' };
      }
    },
  };
}
