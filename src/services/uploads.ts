import { createHash } from 'node:crypto';
import type { Clock } from '../domain/clock.js';
import { AppError, notFound } from '../domain/errors.js';
import type { StoredFile } from '../domain/file.js';
import { newId } from '../domain/ids.js';
import { limits } from '../domain/limits.js';
import { isUploadPart, partPurpose, type Upload, type UploadPart } from '../domain/upload.js';
import type { Principal } from '../domain/user.js';
import type { Store } from '../store/store.js';
import type { FileService, ReceivedFile } from './files.js';

/** A file that somebody wants to send in parts. */
export interface NewUpload {
  name: string;
  mimeType: string | null;
  purpose: string;
  bytes: number;
  fileLifeMs: number | null;
}

/** An upload, and the file it came to where it is complete. */
export interface UploadView {
  upload: Upload;
  file: StoredFile | null;
}

/** The verbs of files that are sent in parts. Somebody else's upload is `not_found`; one that is over is `conflict`. */
export interface UploadService {
  /** Throws `too_large` where the whole would be larger than a file may be. */
  create(principal: Principal, wanted: NewUpload): Promise<Upload>;
  /** Throws `conflict` where nothing more can be added. */
  requirePending(principal: Principal, id: string): Promise<Upload>;
  /** Keeps a part that was received. Parts may come in any order and side by side. */
  addPart(principal: Principal, id: string, received: ReceivedFile): Promise<UploadPart>;
  /**
   * Makes a file of the parts, in the order in which they are named. Throws `invalid_request` where one is none of this
   * upload's, or they do not come to the size or the MD5 that was told; the upload stays open then.
   */
  complete(principal: Principal, id: string, partIds: readonly string[], md5: string | null): Promise<UploadView>;
  cancel(principal: Principal, id: string): Promise<Upload>;
}

/** What the service is made from. */
export interface UploadServiceParts {
  store: Store;
  clock: Clock;
  files: FileService;
}

/** Makes the verbs of uploads. */
export function createUploadService(parts: UploadServiceParts): UploadService {
  const { store, clock, files } = parts;
  const pending = (principal: Principal, id: string): Promise<Upload> => pendingUpload(parts, principal, id);
  return {
    create: async (principal, wanted) => {
      if (wanted.bytes > files.bytesMax) {
        const message = `A file has at most ${files.bytesMax} bytes on this server.`;
        throw new AppError('too_large', message, { param: 'bytes' });
      }
      const now = clock.now();
      const upload: Upload = {
        ...wanted,
        id: newId(),
        ownerId: principal.userId,
        status: 'pending',
        fileId: null,
        createdAt: now,
        expiresAt: now + limits.uploadMs,
      };
      await store.transaction((tx) => tx.uploads.insert(upload));
      return upload;
    },
    requirePending: pending,
    addPart: async (principal, id, received) => {
      const upload = await pending(principal, id);
      const file = await files.keep(principal, received, {
        name: upload.name,
        mimeType: null,
        purpose: partPurpose,
        // What is not completed in time is cleared away with all other files that are over.
        expiresAfterMs: Math.max(1, upload.expiresAt - clock.now()),
        faceData: { uploadId: id },
      });
      return { id: file.id, uploadId: id, bytes: file.bytes, createdAt: file.createdAt };
    },
    complete: (principal, id, partIds, md5) => complete(parts, principal, { id, partIds, md5 }),
    cancel: async (principal, id) => {
      const upload = await pending(principal, id);
      if (!(await store.transaction((tx) => tx.uploads.end(id, 'cancelled', null)))) throw isOver(id);
      return { ...upload, status: 'cancelled' };
    },
  };
}

async function pendingUpload({ store, clock }: UploadServiceParts, principal: Principal, id: string): Promise<Upload> {
  const upload = await store.uploads.get(principal.userId, id);
  if (upload === null) throw notFound('upload', id);
  const status = upload.status === 'pending' && upload.expiresAt <= clock.now() ? 'expired' : upload.status;
  if (status !== 'pending') throw new AppError('conflict', `This upload is ${status}.`);
  return upload;
}

function isOver(id: string): AppError {
  return new AppError('conflict', `The upload ${id} has ended in the meantime.`);
}

async function complete(
  parts: UploadServiceParts,
  principal: Principal,
  wanted: { id: string; partIds: readonly string[]; md5: string | null },
): Promise<UploadView> {
  const { files, clock } = parts;
  const upload = await pendingUpload(parts, principal, wanted.id);
  const pieces = await piecesOf(parts, principal, upload, wanted.partIds);
  const hash = createHash('md5');
  const received = await files.receive(joined(files, principal, pieces, (bytes) => hash.update(bytes)));
  const digest = hash.digest('hex');
  if (wanted.md5 !== null && wanted.md5.toLowerCase() !== digest) {
    await files.discard(received);
    const message = `The parts have the MD5 ${digest}, which is not the one given.`;
    throw new AppError('invalid_request', message, { param: 'md5' });
  }
  const { name, mimeType, purpose, fileLifeMs: expiresAfterMs } = upload;
  const file = await files.keep(principal, received, { name, mimeType, purpose, expiresAfterMs }, async (tx, made) => {
    if (!(await tx.uploads.end(upload.id, 'completed', made.id))) throw isOver(upload.id);
    for (const piece of pieces) await tx.files.delete(principal.userId, piece.id, clock.now());
  });
  return { upload: { ...upload, status: 'completed', fileId: file.id }, file };
}

/** The parts in their order. */
async function piecesOf(
  { store }: UploadServiceParts,
  principal: Principal,
  upload: Upload,
  partIds: readonly string[],
): Promise<StoredFile[]> {
  const refuse = (message: string): never => {
    throw new AppError('invalid_request', message, { param: 'part_ids' });
  };
  if (new Set(partIds).size !== partIds.length) refuse('A part is named twice.');
  const pieces: StoredFile[] = [];
  for (const id of partIds) {
    const piece = await store.files.get(principal.userId, id);
    if (piece === null || !isUploadPart(piece) || piece.faceData['uploadId'] !== upload.id) throw notFound('part', id);
    pieces.push(piece);
  }
  const bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0);
  if (bytes !== upload.bytes) refuse(`The parts have ${bytes} bytes together; the upload was to have ${upload.bytes}.`);
  return pieces;
}

async function* joined(
  files: FileService,
  principal: Principal,
  pieces: readonly StoredFile[],
  note: (bytes: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    const { content } = await files.content(principal, piece.id);
    for await (const bytes of content) {
      note(bytes);
      yield bytes;
    }
  }
}
