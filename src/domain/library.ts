import type { Chunking } from './chunk.js';

/** The face that made a library, and with it how its files are cut unless somebody says otherwise. */
export type LibraryKind = 'source' | 'vector_store';

/** How many files of a library, or of a batch, are in each state. */
export interface FileCounts {
  inProgress: number;
  completed: number;
  failed: number;
  cancelled: number;
}

/** Texts that agents may search and not change: a *source* of the native face, a *vector store* of the other. */
export interface Library {
  id: string;
  ownerId: string;
  kind: LibraryKind;
  name: string;
  description: string | null;
  metadata: Record<string, string>;
  /** How long after its last use it expires; null is never. */
  expiresAfterDays: number | null;
  /** When it was last searched or changed. */
  lastActiveAt: number;
  counts: FileCounts;
  /** Bytes of all its passages. */
  usageBytes: number;
  passageCount: number;
  faceData: Record<string, unknown>;
  createdAt: number;
  updatedAt: number;
}

/** How far a file has come on its way into a library. */
export type LibraryFileStatus = 'in_progress' | 'completed' | 'failed' | 'cancelled';

/** Why a file could not be read: what it holds, what kind it is, or a fault of ours. */
export interface LibraryFileError {
  code: 'invalid_file' | 'unsupported_file' | 'server_error';
  message: string;
}

/** A value by which files are told apart in a search. */
export type AttributeValue = string | number | boolean;

/** How much of a file has been read: pages of a PDF, bytes of anything else. `total` 0 is not known yet. */
export interface ReadingProgress {
  unit: 'bytes' | 'pages';
  done: number;
  total: number;
}

/** A file in a library. The native face shows it as a job. */
export interface LibraryFile {
  /** Its own id, which the native face calls a job's. */
  id: string;
  libraryId: string;
  fileId: string;
  ownerId: string;
  batchId: string | null;
  status: LibraryFileStatus;
  error: LibraryFileError | null;
  attributes: Record<string, AttributeValue>;
  chunking: Chunking;
  /** Bytes of its passages. */
  usageBytes: number;
  passageCount: number;
  progress: ReadingProgress;
  /** Something worth telling of a file that could be read all the same, such as a guessed encoding. */
  note: string | null;
  /** True once somebody has begun to read it. */
  started: boolean;
  /** Raised by one with every claim. */
  attempt: number;
  createdAt: number;
  endedAt: number | null;
}

/** Files that were put into a library together. */
export interface LibraryBatch {
  id: string;
  libraryId: string;
  counts: FileCounts;
  /** Null while nobody has cancelled it. */
  cancelledAt: number | null;
  createdAt: number;
}

/** A piece of a file's text, as it is searched. */
export interface LibraryPassage {
  id: string;
  libraryId: string;
  libraryFileId: string;
  fileId: string;
  fileName: string;
  /** Its place in the file, from 0. */
  position: number;
  text: string;
  createdAt: number;
}

/** A passage that was found. */
export interface ScoredPassage extends LibraryPassage {
  /** How well it fits the query, from 0 to 1. */
  score: number;
  attributes: Record<string, AttributeValue>;
}

/** A condition on the attributes of files. */
export type AttributeFilter =
  | { type: 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte'; key: string; value: AttributeValue }
  | { type: 'in' | 'nin'; key: string; value: AttributeValue[] }
  | { type: 'and' | 'or'; filters: AttributeFilter[] };

const dayMs = 24 * 3_600_000;

/** When a library expires if nobody uses it, or null. */
export function expiryOf(library: Pick<Library, 'expiresAfterDays' | 'lastActiveAt'>): number | null {
  return library.expiresAfterDays === null ? null : library.lastActiveAt + library.expiresAfterDays * dayMs;
}

/** True where a library has expired. */
export function hasExpired(library: Pick<Library, 'expiresAfterDays' | 'lastActiveAt'>, now: number): boolean {
  const at = expiryOf(library);
  return at !== null && at <= now;
}

/** The number of all files. */
export function totalOf(counts: FileCounts): number {
  return counts.inProgress + counts.completed + counts.failed + counts.cancelled;
}
