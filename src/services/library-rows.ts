import { AppError, notFound } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import { limits } from '../domain/limits.js';
import { hasExpired, type Library } from '../domain/library.js';
import { ingestTopic } from '../domain/topics.js';
import type { Principal } from '../domain/user.js';
import type { Repositories } from '../store/store.js';
import type { LibraryChanges, LibraryService, LibraryServiceParts, NewLibrary } from './libraries.js';
import { insertFiles } from './library-files.js';

type LibraryRowVerbs = Pick<LibraryService, 'create' | 'get' | 'findByName' | 'page' | 'update' | 'delete'>;

/** The verbs of libraries themselves. */
export function libraryRowVerbs(parts: LibraryServiceParts): LibraryRowVerbs {
  const { store, clock } = parts;
  return {
    create: (principal, wanted) => createLibrary(parts, principal, wanted),
    get: (principal, id) => ownLibrary(store, principal, id),
    findByName: async (principal, name) => {
      const library = await store.libraries.findByName(principal.userId, name);
      if (library === null) throw notFound('library', name);
      return library;
    },
    page: (principal, request) => store.libraries.page(principal.userId, request),
    update: (principal, id, changes) =>
      store.transaction(async (tx) => {
        const library = await ownLibrary(tx, principal, id);
        const { uniqueName, ...fields } = changes;
        if (uniqueName === true) await requireFreeName(tx, principal, changes, id);
        const now = clock.now();
        const next: Library = { ...library, ...fields, updatedAt: now, lastActiveAt: now };
        await tx.libraries.update(next);
        return next;
      }),
    delete: (principal, id) =>
      store.transaction(async (tx) => {
        await ownLibrary(tx, principal, id);
        await deleteOwnFiles(tx, principal, id, clock.now());
        await tx.libraries.delete(principal.userId, id);
      }),
  };
}

/** Somebody's own library. Somebody else's is not there. */
export async function ownLibrary(reader: Repositories, principal: Principal, id: string): Promise<Library> {
  const library = await reader.libraries.get(principal.userId, id);
  if (library === null) throw notFound('library', id);
  return library;
}

/** The same, where it must not have expired. */
export async function liveLibrary(
  reader: Repositories,
  principal: Principal,
  id: string,
  now: number,
): Promise<Library> {
  const library = await ownLibrary(reader, principal, id);
  if (!hasExpired(library, now)) return library;
  const message = `The library '${id}' has expired. Give it a new expiry, or make another one.`;
  throw new AppError('conflict', message, { subject: { kind: 'expired-library', libraryId: id } });
}

async function createLibrary(parts: LibraryServiceParts, principal: Principal, wanted: NewLibrary): Promise<Library> {
  const { store, clock, notifier } = parts;
  const files = wanted.files ?? [];
  const created = await store.transaction(async (tx) => {
    if (wanted.uniqueName === true) await requireFreeName(tx, principal, wanted, null);
    const now = clock.now();
    const library: Library = {
      id: newId(),
      ownerId: principal.userId,
      kind: wanted.kind,
      name: wanted.name,
      description: wanted.description ?? null,
      metadata: wanted.metadata ?? {},
      expiresAfterDays: wanted.expiresAfterDays ?? null,
      lastActiveAt: now,
      counts: { inProgress: 0, completed: 0, failed: 0, cancelled: 0 },
      usageBytes: 0,
      passageCount: 0,
      faceData: wanted.faceData ?? {},
      createdAt: now,
      updatedAt: now,
    };
    await tx.libraries.insert(library);
    await insertFiles(tx, principal, library, { files, batchId: null, now });
    return ownLibrary(tx, principal, library.id);
  });
  if (files.length > 0) notifier.ring(ingestTopic);
  return created;
}

async function requireFreeName(
  tx: Repositories,
  principal: Principal,
  { name }: Pick<LibraryChanges, 'name'>,
  ownId: string | null,
): Promise<void> {
  const other = name === undefined ? null : await tx.libraries.findByName(principal.userId, name);
  if (other === null || other.id === ownId) return;
  throw new AppError('conflict', `There is already a source named '${name}'.`, { param: 'name' });
}

/** Files that were uploaded into a library, and are in no other one, have nobody left who could want them. */
async function deleteOwnFiles(tx: Repositories, principal: Principal, libraryId: string, at: number): Promise<void> {
  let after: string | undefined;
  do {
    const page = await tx.libraries.files(libraryId, { limit: limits.pageItemsMax, order: 'asc', after });
    after = page.hasMore ? page.items.at(-1)?.fileId : undefined;
    for (const { fileId } of page.items) {
      const file = await tx.files.get(principal.userId, fileId);
      if (file === null || file.faceData['libraryId'] !== libraryId) continue;
      if ((await tx.libraries.countWith(fileId)) > 1) continue;
      await tx.files.delete(principal.userId, fileId, at);
    }
  } while (after !== undefined);
}
