import { sentenceChunking } from '../../domain/chunk.js';
import { derivedId } from '../../domain/derived-id.js';
import { cleanFileName, endingOf } from '../../domain/file.js';
import type { LibraryFile } from '../../domain/library.js';
import type { Place, RecordOf } from '../record.js';
import { objectIn, textIn, timeIn } from './cells.js';

/** The record of a source, by the members that it has everywhere. */
export function libraryRecord(
  members: Readonly<Record<string, unknown>>,
  { id, ownerId, createdAt, place }: { id: string; ownerId: string | null; createdAt: number; place: Place },
): RecordOf<'library'> {
  const updatedAt = timeIn(members['updated_at']) ?? createdAt;
  const text = { name: textIn(members['name']) ?? id, description: textIn(members['description']) };
  // What later releases told their agents of a source has no place of its own here.
  const instructions = textIn(members['instructions']);
  const told = objectIn(members['metadata_'] ?? members['metadata']);
  const metadata = { ...told, ...(instructions === null ? {} : { instructions }) };
  const faceData = Object.keys(metadata).length === 0 ? {} : { metadata };
  const rest = { metadata: {}, expiresAfterDays: null, faceData, lastActiveAt: updatedAt };
  const value = { id, kind: 'source' as const, ...text, ...rest, createdAt, updatedAt };
  return { kind: 'library', place, ownerId, value };
}

/** A document of a source, of which the text is kept. */
export interface LettaDocument {
  id: string;
  libraryId: string;
  /** As it was called; whatever it was once, what is kept is text. */
  name: string;
  /** Where its text lies while the import lasts. */
  content: string;
  ownerId: string | null;
  createdAt: number;
  place: Place;
}

/** The record of a document's text. */
export function fileRecord({ id, name, content, ownerId, createdAt, place }: LettaDocument): RecordOf<'file'> {
  const clean = cleanFileName(name);
  const textName = ['txt', 'md'].includes(endingOf(clean)) ? clean : `${clean}.txt`;
  const rest = { mimeType: 'text/plain', purpose: 'assistants', createdAt, expiresAt: null, faceData: {} };
  return { kind: 'file', place, ownerId, value: { id, name: textName, ...rest, content } };
}

/** The record of a document's place in its source. In progress it is cut into pieces again where it arrives. */
export function libraryFileRecord(
  { id, libraryId, ownerId, createdAt, place }: LettaDocument,
  status: Extract<LibraryFile['status'], 'in_progress' | 'completed'>,
): RecordOf<'library-file'> {
  const endedAt = status === 'completed' ? createdAt : null;
  const progress = { unit: 'bytes' as const, done: 0, total: 0 };
  const rest = { error: null, attributes: {}, chunking: sentenceChunking, progress, note: null, createdAt, endedAt };
  const value = { id: derivedId('letta document', libraryId, id), libraryId, fileId: id, status, ...rest };
  return { kind: 'library-file', place, ownerId, value };
}
