import type { Chunking } from '../domain/chunk.js';
import { notFound } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import { hasExpired, type Library } from '../domain/library.js';
import type { Principal } from '../domain/user.js';
import type { Repositories } from '../store/store.js';
import { insertFiles } from './library-files.js';
import { liveLibrary, ownLibrary } from './library-rows.js';
import type { IncomingMessage } from './run-commands.js';

/** A library that is made along with what is to search it. */
export interface NewToolLibrary {
  fileIds: string[];
  chunking?: Chunking;
  metadata?: Record<string, string>;
}

/** What the hosted tools of an agent or a conversation may read. What is absent stays as it is. */
export interface FileReferences {
  /** Files that were given for code. They are kept to be given back. */
  codeFileIds?: string[];
  libraryIds?: string[];
  newLibraries?: NewToolLibrary[];
}

/** The same, as it stands. */
export interface ToolResources {
  codeFileIds: string[];
  libraryIds: string[];
}

/** A file beside a message, and the tools that may read it. */
export interface Attachment {
  fileId: string;
  tools: string[];
}

/** Whose tools may read something. */
export type ResourceHolder = { kind: 'agent' | 'conversation'; id: string };

/** Days after its last use that a library lives which was made for a conversation, as the original had it. */
const conversationLibraryDays = 7;

/**
 * Attaches to a holder what its tools may read, and returns true where files now wait to be read. Throws `not_found`
 * for the first file or library that is not the caller's, and `conflict` for a library that has expired.
 */
export async function attachReferences(
  tx: Repositories,
  principal: Principal,
  holder: ResourceHolder,
  references: FileReferences | undefined,
  now: number,
): Promise<boolean> {
  if (references === undefined) return false;
  const { codeFileIds = [], libraryIds, newLibraries = [] } = references;
  await requireFiles(tx, principal, codeFileIds);
  if (libraryIds === undefined && newLibraries.length === 0) return false;
  const attached = await attachedTo(tx, holder);
  for (const id of libraryIds ?? []) {
    // One that expired where it is may stay: who sends the whole list again to change something else meant no harm.
    if (!attached.some((library) => library.id === id)) await liveLibrary(tx, principal, id, now);
  }
  const made: string[] = [];
  const days = holder.kind === 'conversation' ? conversationLibraryDays : null;
  for (const wanted of newLibraries) made.push(await makeLibrary(tx, principal, wanted, days, now));
  await attachExactly(tx, holder, [...(libraryIds ?? []), ...made], now);
  return newLibraries.some(({ fileIds }) => fileIds.length > 0);
}

/**
 * Puts the files beside messages that are meant to be searched into the conversation's own library, which is made where
 * there is none. True where files now wait to be read. Throws `not_found` for a file that is not the caller's.
 */
export async function attachFilesOf(
  tx: Repositories,
  principal: Principal,
  conversationId: string,
  messages: readonly Pick<IncomingMessage, 'parts' | 'faceData'>[],
  now: number,
): Promise<boolean> {
  await requireFilesOf(tx, principal, messages);
  const attachments = messages.flatMap(attachmentsOf);
  const searched = attachments.filter(({ tools }) => tools.includes('file_search')).map(({ fileId }) => fileId);
  if (searched.length === 0) return false;
  const library = await libraryOf(tx, principal, conversationId, now);
  const files = [...new Set(searched)].map((fileId) => ({ fileId }));
  await insertFiles(tx, principal, library, { files, batchId: null, now });
  return true;
}

/** Throws `not_found` for the first file that messages show or have beside them and that is not the caller's. */
export async function requireFilesOf(
  reader: Repositories,
  principal: Principal,
  messages: readonly Pick<IncomingMessage, 'parts' | 'faceData'>[],
): Promise<void> {
  const shown = messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === 'image' ? [part.fileId] : [])));
  const beside = messages.flatMap(attachmentsOf).map(({ fileId }) => fileId);
  await requireFiles(reader, principal, [...shown.filter((id) => id !== null), ...beside]);
}

/** The files beside a message. */
export function attachmentsOf(message: { faceData?: Record<string, unknown> }): Attachment[] {
  return (message.faceData?.['attachments'] as Attachment[] | undefined) ?? [];
}

/** The files that were given to a holder for code. */
export function codeFilesOf(holder: { faceData?: Record<string, unknown> }): string[] {
  return (holder.faceData?.['codeFileIds'] as string[] | undefined) ?? [];
}

async function requireFiles(reader: Repositories, principal: Principal, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    if ((await reader.files.get(principal.userId, id)) === null) throw notFound('file', id);
  }
}

/** The conversation's own library, or a new one that goes when nobody uses it any more. */
async function libraryOf(
  tx: Repositories,
  principal: Principal,
  conversationId: string,
  now: number,
): Promise<Library> {
  const attached = await tx.libraries.ofConversation(conversationId);
  const own = attached.find((library) => library.kind === 'vector_store' && !hasExpired(library, now));
  if (own !== undefined) return own;
  const id = await makeLibrary(tx, principal, { fileIds: [] }, conversationLibraryDays, now);
  await tx.libraries.attachToConversation(conversationId, id, now);
  return ownLibrary(tx, principal, id);
}

async function makeLibrary(
  tx: Repositories,
  principal: Principal,
  wanted: NewToolLibrary,
  expiresAfterDays: number | null,
  now: number,
): Promise<string> {
  const library: Library = {
    id: newId(),
    ownerId: principal.userId,
    kind: 'vector_store',
    name: '',
    description: null,
    metadata: wanted.metadata ?? {},
    expiresAfterDays,
    lastActiveAt: now,
    counts: { inProgress: 0, completed: 0, failed: 0, cancelled: 0 },
    usageBytes: 0,
    passageCount: 0,
    faceData: {},
    createdAt: now,
    updatedAt: now,
  };
  await tx.libraries.insert(library);
  const files = [...new Set(wanted.fileIds)].map((fileId) => ({ fileId, chunking: wanted.chunking }));
  await insertFiles(tx, principal, library, { files, batchId: null, now });
  return library.id;
}

function attachedTo({ libraries }: Repositories, { kind, id }: ResourceHolder): Promise<Library[]> {
  return kind === 'agent' ? libraries.ofAgent(id) : libraries.ofConversation(id);
}

async function attachExactly(tx: Repositories, holder: ResourceHolder, ids: string[], now: number): Promise<void> {
  const { libraries } = tx;
  const isAgent = holder.kind === 'agent';
  const attached = await attachedTo(tx, holder);
  for (const { id } of attached.filter((library) => !ids.includes(library.id))) {
    await (isAgent ? libraries.detachFromAgent(holder.id, id) : libraries.detachFromConversation(holder.id, id));
  }
  for (const id of ids) {
    await (isAgent ? libraries.attachToAgent(holder.id, id, now) : libraries.attachToConversation(holder.id, id, now));
  }
}
