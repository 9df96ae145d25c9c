import type { StoredFile } from '../domain/file.js';
import type {
  AttributeFilter,
  AttributeValue,
  Library,
  LibraryBatch,
  LibraryFile,
  LibraryFileError,
  LibraryFileStatus,
  LibraryKind,
  LibraryPassage,
  ReadingProgress,
  ScoredPassage,
} from '../domain/library.js';
import type { Page, PageRequest } from '../domain/page.js';
import type { Upload } from '../domain/upload.js';
import type { Embedding } from './store.js';

/*
 * The part of the port that keeps files and libraries. It follows the rules of the rest: a finder that takes an owner
 * returns null for somebody else's row, those that take none are for the engine and the readers of files.
 */

/** Bytes that were received and belong to nobody yet. */
export interface StagedBlob {
  sha256: string;
  bytes: number;
  /** Where they lie until they are kept. */
  path: string;
}

/** The bytes of files, each content once, known by its hash. */
export interface Blobs {
  /** Receives bytes without holding them in memory. Throws `too_large` past the limit; nothing is left behind then. */
  stage(content: AsyncIterable<Uint8Array>, bytesMax: number): Promise<StagedBlob>;
  /** Puts staged bytes into their place, safe against a lost power supply. Doing it twice does no harm. */
  keep(staged: StagedBlob): Promise<void>;
  /** Throws staged bytes away. */
  discard(staged: StagedBlob): Promise<void>;
  /** Throws away what was staged or borrowed on this machine and last written before a time: its holder has died. */
  clearStaged(writtenBefore: number): Promise<void>;
  /** Throws `not_found` where there are none. */
  read(sha256: string): AsyncIterable<Uint8Array>;
  /** The bytes as a file of this machine, for as long as it is not released. */
  borrow(sha256: string): Promise<{ path: string; release(): Promise<void> }>;
  /** Deletes the bytes; nothing where there are none. */
  delete(sha256: string): Promise<void>;
}

/** What part of an owner's files a reader wants. */
export interface FilePageRequest extends PageRequest {
  purpose?: string;
}

/** Files, and which bytes are still somebody's. */
export interface FileRepository {
  insert(file: StoredFile): Promise<void>;
  get(ownerId: string, id: string): Promise<StoredFile | null>;
  find(id: string): Promise<StoredFile | null>;
  page(ownerId: string, request: FilePageRequest): Promise<Page<StoredFile>>;
  /** Deletes the row, takes the file out of every library, and marks its bytes where no other file has them. */
  delete(ownerId: string, id: string, at: number): Promise<boolean>;
  /** Files past their `expiresAt`. */
  expired(now: number, limit: number): Promise<StoredFile[]>;
  /** Says that bytes are about to be kept. False while they are being deleted: ask again in a moment. */
  reserveBlob(sha256: string, bytes: number, at: number): Promise<boolean>;
  /** Marks bytes that have been nobody's since a time as being deleted, and returns those so marked. */
  doomBlobs(nobodysSince: number, limit: number): Promise<string[]>;
  /** Forgets bytes that have been deleted. */
  forgetBlob(sha256: string): Promise<void>;
}

/** Files that are sent in parts. */
export interface UploadRepository {
  insert(upload: Upload): Promise<void>;
  get(ownerId: string, id: string): Promise<Upload | null>;
  /** Ends an upload that is still pending; false where it is not. */
  end(id: string, status: 'completed' | 'cancelled', fileId: string | null): Promise<boolean>;
}

/** What part of an owner's libraries a reader wants. */
export interface LibraryPageRequest extends PageRequest {
  kind?: LibraryKind;
}

/** What part of a library's files a reader wants. */
export interface LibraryFilePageRequest extends PageRequest {
  status?: LibraryFileStatus;
  batchId?: string;
}

/** What part of an owner's files on their way a reader wants. */
export interface JobPageRequest extends PageRequest {
  libraryId?: string;
  activeOnly?: boolean;
}

/** Who may write what was read of a file. */
export interface FileLease {
  id: string;
  owner: string;
  attempt: number;
}

/** A part of a file, as its reader hands it in. */
export interface ReadPart extends FileLease {
  /** The place of the first passage. */
  position: number;
  passages: { id: string; text: string }[];
  progress: ReadingProgress;
  note: string | null;
  leaseUntil: number;
  at: number;
}

/** How the reading of a file ended. */
export interface FileEnd extends FileLease {
  status: 'completed' | 'failed';
  error: LibraryFileError | null;
  at: number;
}

/** What part of a library's passages is asked for; the cursors are passages' ids. */
export type LibraryPassagePageRequest = Omit<PageRequest, 'order'> & Partial<Pick<PageRequest, 'order'>>;

/** Libraries, their files and passages, and who may search them. */
export interface LibraryRepository {
  insert(library: Library): Promise<void>;
  get(ownerId: string, id: string): Promise<Library | null>;
  findByName(ownerId: string, name: string): Promise<Library | null>;
  page(ownerId: string, request: LibraryPageRequest): Promise<Page<Library>>;
  /** Writes name, description, metadata, expiry, last use, face data and `updatedAt`. */
  update(library: Library): Promise<void>;
  touch(ids: string[], at: number): Promise<void>;
  /** Hides the library from everybody at once; what it holds is cleared away later. */
  delete(ownerId: string, id: string): Promise<boolean>;

  /** Inserts `in_progress`, or returns the row that this file already has in the library. */
  insertFile(file: LibraryFile): Promise<{ file: LibraryFile; existed: boolean }>;
  file(libraryId: string, fileId: string): Promise<LibraryFile | null>;
  /** By the row's own id. */
  job(ownerId: string, id: string): Promise<LibraryFile | null>;
  jobs(ownerId: string, request: JobPageRequest): Promise<Page<LibraryFile>>;
  /** The cursor is a file's id. */
  files(libraryId: string, request: LibraryFilePageRequest): Promise<Page<LibraryFile>>;
  /** A file of the library that has these bytes; the first, where there are several. */
  fileWithContent(libraryId: string, sha256: string): Promise<LibraryFile | null>;
  /** How many libraries a file is in. */
  countWith(fileId: string): Promise<number>;
  setAttributes(id: string, attributes: Record<string, AttributeValue>): Promise<void>;
  /** Sets a file that has failed or was cancelled to be read again. False where it has not. */
  restartFile(id: string): Promise<boolean>;
  /** Takes the file out of the library at once; its passages are cleared away later. */
  removeFile(libraryId: string, fileId: string): Promise<boolean>;

  insertBatch(batch: LibraryBatch): Promise<void>;
  batch(libraryId: string, id: string): Promise<LibraryBatch | null>;
  /** Cancels every file of the batch that is still in progress. */
  cancelBatch(libraryId: string, id: string, at: number): Promise<void>;

  /**
   * Takes a file that waits to be read or whose reader's lease has lapsed: the oldest of the owner that comes next
   * after `afterOwnerId`, so that owners take turns.
   */
  claimFile(claim: {
    owner: string;
    afterOwnerId: string;
    now: number;
    leaseUntil: number;
  }): Promise<LibraryFile | null>;
  renewFiles(owner: string, leaseUntil: number): Promise<void>;
  /** Hands a claimed file back, as if it had not been claimed. */
  releaseFile(lease: FileLease): Promise<void>;
  /** Writes a part. False where the lease is gone, or the file was cancelled or removed. */
  putPart(part: ReadPart): Promise<boolean>;
  /** Ends the reading. False where the lease is gone, or the file was cancelled or removed. */
  endFile(end: FileEnd): Promise<boolean>;
  /** Lets every lease lapse at once, for a store that only one process can open; how many. */
  lapseFileLeases(now: number): Promise<number>;
  /** Deletes passages of a file, the first so many; how many there were. */
  clearPassages(libraryFileId: string, limit: number): Promise<number>;
  /** Clears away some of what was removed, of what failed and of what was cancelled; how many rows. */
  clearRemoved(limit: number): Promise<number>;

  /** All passages of a library in the order they were written, where no other order is asked for. */
  passages(libraryId: string, request: LibraryPassagePageRequest): Promise<Page<LibraryPassage>>;
  /** A passage of a library. */
  passage(libraryId: string, id: string): Promise<LibraryPassage | null>;
  /** Passages of one file from a position on. */
  filePassages(libraryFileId: string, fromPosition: number, limit: number): Promise<LibraryPassage[]>;

  attachToAgent(agentId: string, libraryId: string, at: number): Promise<void>;
  /** False where it was not attached. */
  detachFromAgent(agentId: string, libraryId: string): Promise<boolean>;
  ofAgent(agentId: string): Promise<Library[]>;
  agentsOf(libraryId: string): Promise<{ id: string; name: string | null }[]>;
  attachToConversation(conversationId: string, libraryId: string, at: number): Promise<void>;
  detachFromConversation(conversationId: string, libraryId: string): Promise<boolean>;
  ofConversation(conversationId: string): Promise<Library[]>;
}

/** A search over libraries, all of them together. */
export interface LibrarySearchRequest {
  libraryIds: string[];
  /** Empty to search by the embedding alone. */
  query: string;
  embedding: Embedding | null;
  filter: AttributeFilter | null;
  /** Passages that fit less well are left out: 0 to 1. */
  scoreMin: number;
  limit: number;
  offset: number;
  /** Counts as a use of the libraries at this time, where it is given. */
  usedAt?: number;
}

/** What was found in libraries, best first, with the exact number of all hits. */
export interface LibrarySearchResult {
  hits: ScoredPassage[];
  total: number;
}
