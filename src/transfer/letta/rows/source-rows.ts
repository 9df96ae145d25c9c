import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { derivedId } from '../../../domain/derived-id.js';
import { cleanText } from '../../../domain/storable-text.js';
import type { TransferRecord } from '../../record.js';
import { flagIn, idIn, objectIn, textIn, timeIn, type Row } from '../cells.js';
import { firstRow, type LettaDatabase, type RowQuery } from '../database.js';
import { fileRecord, libraryFileRecord, libraryRecord, type LettaDocument } from '../documents.js';
import { vectorColumns, vectorIn } from '../vectors.js';
import type { Owners } from './owners.js';
import type { PlaceOf } from './passage-rows.js';

/** What the records of documents are made from. */
export interface SourceParts {
  database: LettaDatabase;
  owners: Owners;
  placeOf: PlaceOf;
  /** A folder for the texts of documents. */
  workspace: string;
  /** The plain name of the model whose vectors are wanted; null where none are. */
  vectorModel: string | null;
}

/** A source of the old server. */
interface LettaSource {
  id: string;
  name: string;
  ownerId: string | null;
  createdAt: number;
  /** What it says of its vectors. */
  embedding: Record<string, unknown>;
}

/** Pieces of documents: how a table names the source of each, and its document. */
interface PieceTable {
  table: string;
  where: Record<string, string | null>;
  document: string | null;
}

/** Sources with their documents, and the pieces into which those were cut. */
export async function* sourceRecords(parts: SourceParts): AsyncGenerator<TransferRecord> {
  const { database, owners, placeOf } = parts;
  const columns = [
    ...['id', 'user_id', '_created_by_id', 'name', 'description', 'created_at', 'updated_at', 'is_deleted'],
    ...['embedding_model', 'embedding_dim', 'embedding_config'],
  ];
  if (!database.has('sources')) return;
  for await (const row of database.rows({ table: 'sources', columns, order: ['id'] })) {
    const id = idIn(row['id']);
    if (id === null || flagIn(row['is_deleted'])) continue;
    const createdAt = timeIn(row['created_at']) ?? 0;
    const { embedding_model, embedding_dim } = row;
    const embedding = { embedding_model, embedding_dim, ...objectIn(row['embedding_config']) };
    const source = { id, name: textIn(row['name']) ?? id, ownerId: owners.of(row), createdAt, embedding };
    yield libraryRecord(row, { ...source, place: placeOf('sources', id) });
    yield* documentRecords(parts, source, idIn(row['user_id']));
  }
}

async function* documentRecords(
  parts: SourceParts,
  source: LettaSource,
  userId: string | null,
): AsyncGenerator<TransferRecord> {
  const pieces = pieceTableOf(parts.database, source, userId);
  const told = new Set<string | null>();
  for await (const file of filesOf(parts.database, source.id)) {
    const key = idIn(file['id']);
    if (key === null) continue;
    told.add(key);
    yield* oneDocument(parts, source, { key, file, pieces });
  }
  if (pieces === null) return;
  for (const key of await documentKeys(parts.database, pieces)) {
    if (!told.has(key)) yield* oneDocument(parts, source, { key, file: {}, pieces });
  }
}

/** The table that holds the pieces of a source; null where there is none. */
function pieceTableOf(database: LettaDatabase, source: LettaSource, userId: string | null): PieceTable | null {
  const documentIn = (table: string): string | null =>
    ['file_id', 'doc_id'].find((column) => database.has(table, column)) ?? null;
  if (database.has('source_passages', 'source_id')) {
    return { table: 'source_passages', where: { source_id: source.id }, document: documentIn('source_passages') };
  }
  if (database.has('passages', 'source_id')) {
    const where = { source_id: source.id, agent_id: null };
    return { table: 'passages', where, document: documentIn('passages') };
  }
  if (!database.has('memgpt_passages', 'data_source')) return null;
  const where = { data_source: source.name, ...(userId === null ? {} : { user_id: userId }) };
  return { table: 'memgpt_passages', where, document: documentIn('memgpt_passages') };
}

async function* filesOf(database: LettaDatabase, sourceId: string): AsyncGenerator<Row> {
  if (!database.has('files', 'source_id')) return;
  const columns = ['id', 'file_name', 'original_file_name', 'created_at', 'is_deleted'];
  const query = { table: 'files', columns, where: { source_id: sourceId }, order: ['id'] };
  for await (const row of database.rows(query)) if (!flagIn(row['is_deleted'])) yield row;
}

async function documentKeys(database: LettaDatabase, pieces: PieceTable): Promise<Set<string | null>> {
  const keys = new Set<string | null>();
  const { table, where, document } = pieces;
  for await (const row of database.rows({ table, columns: document === null ? ['id'] : [document], where })) {
    keys.add(document === null ? null : idIn(row[document]));
  }
  return keys;
}

interface Document {
  /** Its id in the source; null for pieces that name none. */
  key: string | null;
  /** Its row, empty where there is none. */
  file: Row;
  pieces: PieceTable | null;
}

/** A document as a file of text, with its pieces; without any it is read again where it arrives. */
async function* oneDocument(
  parts: SourceParts,
  source: LettaSource,
  document: Document,
): AsyncGenerator<TransferRecord> {
  const { database, placeOf, workspace } = parts;
  const id = document.key ?? derivedId('letta file', source.id);
  const whole = await wholeText(database, document.key);
  const query = piecesQuery(document);
  const content = join(workspace, derivedId('content', source.id, id));
  const texts = whole === null ? joined(database, query) : [cleanText(whole)];
  await pipeline(Readable.from(texts), createWriteStream(content));
  const filed: LettaDocument = {
    id,
    libraryId: source.id,
    name: textIn(document.file['original_file_name'] ?? document.file['file_name']) ?? source.name,
    content,
    ownerId: source.ownerId,
    createdAt: timeIn(document.file['created_at']) ?? source.createdAt,
    place: placeOf(document.key === null ? 'sources' : 'files', id),
  };
  yield fileRecord(filed);
  const isCut = query !== null && (await firstRow(database, query)) !== null;
  const inLibrary = libraryFileRecord(filed, isCut ? 'completed' : 'in_progress');
  yield inLibrary;
  if (query !== null) yield* pieceRecords(parts, source, inLibrary.value.id, query);
}

async function* pieceRecords(
  { database, placeOf, vectorModel }: SourceParts,
  source: LettaSource,
  libraryFileId: string,
  query: RowQuery,
): AsyncGenerator<TransferRecord> {
  let position = 0;
  const wanted = { model: vectorModel, config: source.embedding };
  const columns = vectorModel === null ? query.columns : [...query.columns, ...vectorColumns];
  for await (const row of database.rows({ ...query, columns })) {
    const id = idIn(row['id']);
    const text = textIn(row['text']);
    if (id === null || text === null || flagIn(row['is_deleted'])) continue;
    const createdAt = timeIn(row['created_at']) ?? source.createdAt;
    const value = { id, libraryId: source.id, libraryFileId, position, text, createdAt, ...vectorIn(row, wanted) };
    yield { kind: 'library-passage', place: placeOf(query.table, id), ownerId: source.ownerId, value };
    position += 1;
  }
}

function piecesQuery({ key, pieces }: Document): RowQuery | null {
  if (pieces === null) return null;
  const where = { ...pieces.where, ...(pieces.document === null ? {} : { [pieces.document]: key }) };
  const columns = ['id', 'text', 'created_at', 'is_deleted'];
  return { table: pieces.table, columns, where, order: ['created_at', 'id'] };
}

/** The text of a document, which late releases keep whole. */
async function wholeText(database: LettaDatabase, fileId: string | null): Promise<string | null> {
  if (fileId === null || !database.has('file_contents', 'file_id')) return null;
  const row = await firstRow(database, { table: 'file_contents', columns: ['text'], where: { file_id: fileId } });
  return row === null ? null : textIn(row['text']);
}

async function* joined(database: LettaDatabase, query: RowQuery | null): AsyncGenerator<string> {
  if (query === null) return;
  for await (const row of database.rows(query)) yield `${cleanText(textIn(row['text']) ?? '')}\n\n`;
}
