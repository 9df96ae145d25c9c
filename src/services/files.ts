import type { Clock } from '../domain/clock.js';
import { AppError, notFound } from '../domain/errors.js';
import { cleanFileName, noContent, type StoredFile } from '../domain/file.js';
import { newId } from '../domain/ids.js';
import { limits } from '../domain/limits.js';
import type { Page } from '../domain/page.js';
import type { Principal } from '../domain/user.js';
import type { FilePageRequest, StagedBlob } from '../store/library.js';
import type { Repositories, Store } from '../store/store.js';

/** Bytes that were received before it is known what they are. Keep them or discard them; they are nobody's file. */
export type ReceivedFile = StagedBlob;

/** What a received file is to be. */
export interface FileDetails {
  /** As the caller sent it, with or without a path. */
  name: string;
  mimeType: string | null;
  purpose: string;
  /** Milliseconds after which it is deleted; null for never. */
  expiresAfterMs?: number | null;
  faceData?: Record<string, unknown>;
}

/** What part of the caller's files is asked for. */
export type FileList = FilePageRequest;

/** The verbs of files. Somebody else's file is `not_found`. */
export interface FileService {
  /** The most bytes of one file. */
  readonly bytesMax: number;
  /**
   * Receives bytes as they arrive, none of them held in memory. Throws `too_large` past `bytesMax`, or past the lower
   * limit that is given.
   */
  receive(content: AsyncIterable<Uint8Array>, bytesMax?: number): Promise<ReceivedFile>;
  /** Throws received bytes away. */
  discard(received: ReceivedFile): Promise<void>;
  /**
   * Makes a file of what was received. What it returns is on disk for good. What is given to be done `along` happens
   * in the transaction that makes the file: both or neither.
   */
  keep(
    principal: Principal,
    received: ReceivedFile,
    details: FileDetails,
    along?: (tx: Repositories, file: StoredFile) => Promise<unknown>,
  ): Promise<StoredFile>;
  get(principal: Principal, id: string): Promise<StoredFile>;
  page(principal: Principal, request: FileList): Promise<Page<StoredFile>>;
  /** The bytes. Throws `not_found` before it returns where there is no such file. */
  content(principal: Principal, id: string): Promise<{ file: StoredFile; content: AsyncIterable<Uint8Array> }>;
  /** Deletes the file, and takes it out of every library. */
  delete(principal: Principal, id: string): Promise<void>;
}

/** What the service is made from. */
export interface FileServiceParts {
  store: Store;
  clock: Clock;
  /** The most bytes of one file; the house's limit where absent. */
  fileBytesMax?: number;
}

/** How often, and how long apart, bytes that are just being deleted are asked for again. */
const reserveAttempts = 100;
const reserveWaitMs = 50;

/** Makes the verbs of files. */
export function createFileService({ store, clock, fileBytesMax }: FileServiceParts): FileService {
  const bytesMax = fileBytesMax ?? limits.fileBytesMax;
  const owned = async (principal: Principal, id: string): Promise<StoredFile> => {
    const file = await store.files.get(principal.userId, id);
    if (file === null || (file.expiresAt !== null && file.expiresAt <= clock.now())) throw notFound('file', id);
    return file;
  };
  return {
    bytesMax,
    receive: (content, lower) => store.blobs.stage(content, Math.min(bytesMax, lower ?? bytesMax)),
    discard: (received) => store.blobs.discard(received),
    keep: async (principal, received, details, along) => {
      await keepBytes(store, received, clock);
      const now = clock.now();
      const lifeMs = details.expiresAfterMs ?? null;
      const file: StoredFile = {
        id: newId(),
        ownerId: principal.userId,
        name: cleanFileName(details.name),
        mimeType: details.mimeType,
        purpose: details.purpose,
        bytes: received.bytes,
        sha256: received.sha256,
        createdAt: now,
        expiresAt: lifeMs === null ? null : now + lifeMs,
        faceData: details.faceData ?? {},
      };
      await store.transaction(async (tx) => {
        await tx.files.insert(file);
        await along?.(tx, file);
      });
      return file;
    },
    get: owned,
    page: (principal, request) => store.files.page(principal.userId, request),
    content: async (principal, id) => {
      const file = await owned(principal, id);
      if (file.sha256 === noContent) {
        throw new AppError('not_found', 'The bytes of this file are not here: it was imported without them.');
      }
      return { file, content: store.blobs.read(file.sha256) };
    },
    delete: async (principal, id) => {
      const deleted = await store.transaction((tx) => tx.files.delete(principal.userId, id, clock.now()));
      if (!deleted) throw notFound('file', id);
    },
  };
}

/** Puts received bytes into their place; they are nobody's until a file is made of them. */
export async function keepBytes(store: Store, received: ReceivedFile, clock: Clock): Promise<void> {
  await reserve(store, received, clock);
  await store.blobs.keep(received);
}

/** Keeps bytes of this hash from being deleted while they are put into their place. */
async function reserve(store: Store, received: ReceivedFile, clock: Clock): Promise<void> {
  for (let attempt = 0; attempt < reserveAttempts; attempt += 1) {
    const reserved = await store.transaction((tx) =>
      tx.files.reserveBlob(received.sha256, received.bytes, clock.now()),
    );
    if (reserved) return;
    await new Promise((resolve) => setTimeout(resolve, reserveWaitMs));
  }
  throw new AppError('unavailable', 'The same bytes are just being deleted. Try again in a moment.');
}
