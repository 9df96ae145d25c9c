import type { Clock } from '../domain/clock.js';
import type { Chunking } from '../domain/chunk.js';
import type {
  AttributeFilter,
  AttributeValue,
  Library,
  LibraryBatch,
  LibraryFile,
  LibraryKind,
  LibraryPassage,
  ScoredPassage,
} from '../domain/library.js';
import type { Page } from '../domain/page.js';
import type { Principal } from '../domain/user.js';
import type { SearchAccess } from '../engine/tools/tool.js';
import type { Notifier } from '../runs/notifier.js';
import type { JobPageRequest, LibraryFilePageRequest, LibraryPageRequest } from '../store/library.js';
import type { Store } from '../store/store.js';
import type { FileService } from './files.js';
import { attachmentVerbs } from './library-attachments.js';
import { libraryFileVerbs } from './library-files.js';
import { libraryRowVerbs } from './library-rows.js';
import { searchLibraries } from './library-search.js';
import { libraryViews, type LibraryViews } from './library-views.js';

/** A library that somebody wants. */
export interface NewLibrary {
  kind: LibraryKind;
  name: string;
  description?: string | null;
  metadata?: Record<string, string>;
  expiresAfterDays?: number | null;
  faceData?: Record<string, unknown>;
  /** Refuses with `conflict` where the owner has one of this name, as the native face does. */
  uniqueName?: boolean;
  /** Files it begins with. */
  files?: NewLibraryFile[];
}

/** What may be changed of a library; what is absent stays. */
export interface LibraryChanges {
  name?: string;
  description?: string | null;
  metadata?: Record<string, string>;
  /** Null takes the expiry away. */
  expiresAfterDays?: number | null;
  faceData?: Record<string, unknown>;
  uniqueName?: boolean;
}

/** A file that is to be read into a library. */
export interface NewLibraryFile {
  fileId: string;
  attributes?: Record<string, AttributeValue>;
  /** The library's own way where absent. */
  chunking?: Chunking;
}

/** A search that somebody asks for. */
export interface LibrarySearch {
  query: string;
  /**
   * Whether what the words find and what the meaning finds is weighed together, as is usual, or passages stand in the
   * order of one alone: of the meaning where vectors are made, else of the words.
   */
  ranking?: 'together' | 'one';
  filter?: AttributeFilter | null;
  scoreMin?: number;
  limit?: number;
  offset?: number;
}

/** An agent that may search a library. */
export interface AttachedAgent {
  id: string;
  name: string | null;
}

/**
 * The verbs of libraries: a *source* of the native face and a *vector store* of the other are the same thing, and each
 * face sees what the other made. Somebody else's library, file or agent is `not_found`.
 */
export interface LibraryService extends LibraryViews {
  create(principal: Principal, library: NewLibrary): Promise<Library>;
  /** Also a library that has expired; see `hasExpired`. */
  get(principal: Principal, id: string): Promise<Library>;
  /** The one that was made first, where several have this name. */
  findByName(principal: Principal, name: string): Promise<Library>;
  page(principal: Principal, request: LibraryPageRequest): Promise<Page<Library>>;
  update(principal: Principal, id: string, changes: LibraryChanges): Promise<Library>;
  /** Deletes it with its passages and detaches it from everybody. Files stay, but those that came with it alone. */
  delete(principal: Principal, id: string): Promise<void>;

  /**
   * Lets a file be read into the library. A file that is in it already stays as it is, unless it has failed or was
   * cancelled: then it is read again. Throws `conflict` where the library has expired.
   */
  addFile(principal: Principal, libraryId: string, file: NewLibraryFile): Promise<LibraryFile>;
  file(principal: Principal, libraryId: string, fileId: string): Promise<LibraryFile>;
  files(principal: Principal, libraryId: string, request: LibraryFilePageRequest): Promise<Page<LibraryFile>>;
  setAttributes(
    principal: Principal,
    libraryId: string,
    fileId: string,
    attributes: Record<string, AttributeValue>,
  ): Promise<LibraryFile>;
  /** Takes the file out of the library; the file itself stays. */
  removeFile(principal: Principal, libraryId: string, fileId: string): Promise<void>;
  /** The text of a file, passage by passage, from a position on. */
  fileText(
    principal: Principal,
    libraryId: string,
    fileId: string,
    request: { fromPosition: number; limit: number },
  ): Promise<Page<LibraryPassage>>;

  /** Puts several files in together. All of them must be the caller's, or nothing is done. */
  addBatch(principal: Principal, libraryId: string, files: NewLibraryFile[]): Promise<LibraryBatch>;
  batch(principal: Principal, libraryId: string, id: string): Promise<LibraryBatch>;
  /** What is read already stays; the rest is cancelled. */
  cancelBatch(principal: Principal, libraryId: string, id: string): Promise<LibraryBatch>;

  /** A file on its way by the row's own id, which the native face calls a job's. */
  job(principal: Principal, id: string): Promise<LibraryFile>;
  jobs(principal: Principal, request: JobPageRequest): Promise<Page<LibraryFile>>;
  passages(
    principal: Principal,
    libraryId: string,
    request: { limit: number; after?: string },
  ): Promise<Page<LibraryPassage>>;

  /** Best first. Counts as a use of the library. Throws `conflict` where one of them has expired. */
  search(
    principal: Principal,
    libraryIds: string[],
    search: LibrarySearch,
  ): Promise<{ hits: ScoredPassage[]; hasMore: boolean }>;

  /** Lets an agent search a library. Doing it twice does no harm. */
  attach(principal: Principal, libraryId: string, agentId: string): Promise<Library>;
  /** Throws `conflict` where it is not attached. */
  detach(principal: Principal, libraryId: string, agentId: string): Promise<Library>;
  /** Attaches exactly these. */
  setForAgent(principal: Principal, agentId: string, libraryIds: string[]): Promise<void>;
  setForConversation(principal: Principal, conversationId: string, libraryIds: string[]): Promise<void>;
  ofAgent(principal: Principal, agentId: string): Promise<Library[]>;
  ofConversation(principal: Principal, conversationId: string): Promise<Library[]>;
  agentsOf(principal: Principal, libraryId: string): Promise<AttachedAgent[]>;
}

/** What the service is made from. */
export interface LibraryServiceParts {
  store: Store;
  clock: Clock;
  notifier: Pick<Notifier, 'ring'>;
  files: FileService;
  /** Makes the vector of a query, or null where nobody does. */
  embed: SearchAccess['embed'];
}

/** Makes the verbs of libraries. */
export function createLibraryService(parts: LibraryServiceParts): LibraryService {
  const files = libraryFileVerbs(parts);
  return {
    ...libraryRowVerbs(parts),
    ...files,
    ...libraryViews(parts, files, parts.files),
    ...attachmentVerbs(parts),
    search: (principal, libraryIds, search) => searchLibraries(parts, principal, libraryIds, search),
  };
}
