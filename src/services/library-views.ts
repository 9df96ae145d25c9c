import type { Library, LibraryFile } from '../domain/library.js';
import { limits } from '../domain/limits.js';
import type { Principal } from '../domain/user.js';
import type { AttachedAgent, LibraryService, LibraryServiceParts } from './libraries.js';
import { insertFiles } from './library-files.js';
import { liveLibrary, ownLibrary } from './library-rows.js';
import type { FileService, ReceivedFile } from './files.js';

/** A library with those who may search it. */
export interface LibraryOverview {
  library: Library;
  agents: AttachedAgent[];
}

/** A file on its way into a library, with its name. */
export interface UploadedFile {
  file: LibraryFile;
  name: string;
}

/** A file of a library with the beginning of its text. */
export interface LibraryDocument extends UploadedFile {
  text: string;
}

/** The verbs of libraries as the native face shows them. */
export interface LibraryViews {
  /** All libraries of the caller, the oldest first, at most a thousand. */
  overviews(principal: Principal): Promise<LibraryOverview[]>;
  /**
   * Keeps what was received and lets it be read into the library. The same bytes under any name are in a library only
   * once; where their reading has failed before, it is tried again.
   */
  upload(
    principal: Principal,
    libraryId: string,
    received: ReceivedFile,
    details: { name: string; mimeType: string | null },
  ): Promise<UploadedFile>;
  uploaded(principal: Principal, jobId: string): Promise<UploadedFile>;
  /** Jobs, the newest first, at most a thousand. */
  uploads(principal: Principal, filter: { libraryId?: string; activeOnly?: boolean }): Promise<UploadedFile[]>;
  /** The job when it has ended, or as it is when the signal aborts. */
  finished(principal: Principal, jobId: string, signal: AbortSignal): Promise<UploadedFile>;
  /** Files with the beginning of their text, the oldest first, at most a thousand. */
  documents(principal: Principal, libraryId: string): Promise<LibraryDocument[]>;
}

const shownMax = 1_000;
/** Characters of a document that are shown, and passages that are read for them. */
const documentCharsMax = 4_000;
const documentPassages = 8;
const lookMs = 100;

/** Makes these verbs from those of files and libraries. */
export function libraryViews(
  { store, clock }: LibraryServiceParts,
  libraries: Pick<LibraryService, 'addFile' | 'job'>,
  files: FileService,
): LibraryViews {
  const named = async (principal: Principal, file: LibraryFile): Promise<UploadedFile> => {
    const stored = await store.files.get(principal.userId, file.fileId);
    return { file, name: stored?.name ?? '' };
  };
  const uploaded = async (principal: Principal, jobId: string): Promise<UploadedFile> =>
    named(principal, await libraries.job(principal, jobId));
  return {
    overviews: async (principal) => {
      const all = await allOf((after) =>
        store.libraries.page(principal.userId, { limit: limits.pageItemsMax, order: 'asc', after }),
      );
      return Promise.all(all.map(async (library) => ({ library, agents: await store.libraries.agentsOf(library.id) })));
    },
    upload: async (principal, libraryId, received, details) => {
      try {
        await ownLibrary(store, principal, libraryId);
      } catch (error) {
        await files.discard(received);
        throw error;
      }
      const known = await store.libraries.fileWithContent(libraryId, received.sha256);
      if (known !== null) {
        await files.discard(received);
        return named(principal, await libraries.addFile(principal, libraryId, { fileId: known.fileId }));
      }
      const wanted = { ...details, purpose: 'assistants', faceData: { libraryId } };
      // Made and put in at once, or it would be left over where the process ends between the two.
      const file = await files.keep(principal, received, wanted, async (tx, { id }) => {
        const now = clock.now();
        const library = await liveLibrary(tx, principal, libraryId, now);
        await insertFiles(tx, principal, library, { files: [{ fileId: id }], batchId: null, now });
      });
      return named(principal, await libraries.addFile(principal, libraryId, { fileId: file.id }));
    },
    uploaded,
    uploads: async (principal, filter) => {
      const all = await allOf((after) =>
        store.libraries.jobs(principal.userId, { limit: limits.pageItemsMax, order: 'desc', after, ...filter }),
      );
      return Promise.all(all.map((file) => named(principal, file)));
    },
    finished: async (principal, jobId, signal) => {
      for (;;) {
        const job = await uploaded(principal, jobId);
        if (job.file.status !== 'in_progress' || signal.aborted) return job;
        await new Promise((resolve) => setTimeout(resolve, lookMs));
      }
    },
    documents: async (principal, libraryId) => {
      await ownLibrary(store, principal, libraryId);
      const all = await allOf(
        (after) => store.libraries.files(libraryId, { limit: limits.pageItemsMax, order: 'asc', after }),
        (file) => file.fileId,
      );
      return Promise.all(
        all.map(async (file) => {
          const passages = await store.libraries.filePassages(file.id, 0, documentPassages);
          const text = passages.map((passage) => passage.text).join('\n');
          return { ...(await named(principal, file)), text: text.slice(0, documentCharsMax) };
        }),
      );
    },
  };
}

/** The first thousand items of a list that is read in pages. */
async function allOf<T extends { id: string }>(
  read: (after: string | undefined) => Promise<{ items: T[]; hasMore: boolean }>,
  cursorOf: (item: T) => string = (item) => item.id,
): Promise<T[]> {
  const all: T[] = [];
  let after: string | undefined;
  do {
    const page = await read(after);
    all.push(...page.items);
    const last = page.items.at(-1);
    after = page.hasMore && last !== undefined ? cursorOf(last) : undefined;
  } while (after !== undefined && all.length < shownMax);
  return all;
}
