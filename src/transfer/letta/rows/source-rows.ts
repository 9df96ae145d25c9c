import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { derivedId } from '../../../domain/derived-id.js';
import { cleanText } from '../../../domain/storable-text.js';
import type { TransferRecord } from '../../record.js';
import { flagIn, idIn, objectIn, textIn, timeIn, type Row } from '../cells.js';
import { firstRow, type LettaDatabase } from '../database.js';
import { fileRecord, libraryFileRecord, libraryRecord, type LettaDocument } from '../documents.js';
import type { Owners } from './owners.js';
import type { PlaceOf } from './passage-rows.js';
import { piecesOf, type Piece, type Pieces } from './pieces.js';

/** What the records of documents are made from. */
export interface SourceParts {
  database: LettaDatabase;
  /** What the earlier releases kept in Chroma; null where it did not come along. */
  chroma: LettaDatabase | null;
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

/** Sources with their documents, and the pieces into which those were cut. */
export async function* sourceRecords(parts: SourceParts): AsyncGenerator<TransferRecord> {
  const { database, owners, placeOf } = parts;
  const columns = [
    ...['id', 'user_id', '_created_by_id', 'name', 'description', 'created_at', 'updated_at', 'is_deleted'],
    ...['embedding_model', 'embedding_dim', 'embedding_config', 'metadata_', 'instructions'],
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
  const { id, name, embedding: config } = source;
  const wanted = { model: parts.vectorModel, config };
  const pieces = await piecesOf(parts.database, parts.chroma, { id, name, userId }, wanted);
  const told = new Set<string | null>();
  for await (const file of filesOf(parts.database, source.id)) {
    const key = idIn(file['id']);
    if (key === null) continue;
    told.add(key);
    yield* oneDocument(parts, source, { key, file, pieces });
  }
  if (pieces === null) return;
  for (const key of await pieces.documents()) {
    if (!told.has(key)) yield* oneDocument(parts, source, { key, file: {}, pieces });
  }
}

async function* filesOf(database: LettaDatabase, sourceId: string): AsyncGenerator<Row> {
  if (!database.has('files', 'source_id')) return;
  const columns = ['id', 'file_name', 'original_file_name', 'created_at', 'is_deleted'];
  const query = { table: 'files', columns, where: { source_id: sourceId }, order: ['id'] };
  for await (const row of database.rows(query)) if (!flagIn(row['is_deleted'])) yield row;
}

interface Document {
  /** Its id in the source; null for pieces that name none. */
  key: string | null;
  /** Its row, empty where there is none. */
  file: Row;
  pieces: Pieces | null;
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
  const pieces = (): AsyncIterable<Piece> => document.pieces?.of(document.key) ?? Readable.from([]);
  const content = join(workspace, derivedId('content', source.id, id));
  const texts = whole === null ? joined(pieces()) : [cleanText(whole)];
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
  const inLibrary = libraryFileRecord(filed, (await hasAny(pieces())) ? 'completed' : 'in_progress');
  yield inLibrary;
  yield* pieceRecords(parts, source, inLibrary.value.id, pieces());
}

async function hasAny(pieces: AsyncIterable<Piece>): Promise<boolean> {
  for await (const _piece of pieces) return true;
  return false;
}

async function* pieceRecords(
  { placeOf }: SourceParts,
  source: LettaSource,
  libraryFileId: string,
  pieces: AsyncIterable<Piece>,
): AsyncGenerator<TransferRecord> {
  let position = 0;
  for await (const { table, createdAt, ...piece } of pieces) {
    const place = { libraryId: source.id, libraryFileId, position, createdAt: createdAt ?? source.createdAt };
    yield {
      kind: 'library-passage',
      place: placeOf(table, piece.id),
      ownerId: source.ownerId,
      value: { ...piece, ...place },
    };
    position += 1;
  }
}

/** The text of a document, which late releases keep whole. */
async function wholeText(database: LettaDatabase, fileId: string | null): Promise<string | null> {
  if (fileId === null || !database.has('file_contents', 'file_id')) return null;
  const row = await firstRow(database, { table: 'file_contents', columns: ['text'], where: { file_id: fileId } });
  return row === null ? null : textIn(row['text']);
}

async function* joined(pieces: AsyncIterable<Piece>): AsyncGenerator<string> {
  for await (const { text } of pieces) yield `${cleanText(text)}\n\n`;
}
