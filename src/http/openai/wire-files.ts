import type { StoredFile } from '../../domain/file.js';
import type { Upload, UploadPart } from '../../domain/upload.js';
import { purposes } from './file-schemas.js';
import { savedKey, withSaved } from '../../domain/saved-fields.js';
import { spellId } from './ids.js';
import { toSeconds, type WireObject } from './wire.js';

/** A file. One that the other face took in has no purpose of this face's: it is there for agents to read. */
export function fileToWire(file: StoredFile): WireObject {
  const wire = {
    id: spellId('file', file.id),
    object: 'file',
    bytes: file.bytes,
    created_at: toSeconds(file.createdAt),
    ...(file.expiresAt === null ? {} : { expires_at: toSeconds(file.expiresAt) }),
    filename: file.name,
    purpose: purposes.find((purpose) => purpose === file.purpose) ?? 'assistants',
    status: 'processed',
  };
  return withSaved(wire, file.faceData[savedKey]);
}

/** An upload, with the file it came to. */
export function uploadToWire(upload: Upload, file: StoredFile | null): WireObject {
  return {
    id: spellId('upload', upload.id),
    object: 'upload',
    bytes: upload.bytes,
    created_at: toSeconds(upload.createdAt),
    filename: upload.name,
    purpose: upload.purpose,
    status: upload.status,
    expires_at: toSeconds(upload.expiresAt),
    file: file === null ? null : fileToWire(file),
  };
}

/** A part of an upload. */
export function partToWire(part: UploadPart): WireObject {
  return {
    id: spellId('part', part.id),
    object: 'upload.part',
    created_at: toSeconds(part.createdAt),
    upload_id: spellId('upload', part.uploadId),
  };
}

/** A file's name as a header gives it, for browsers of any age. */
export function dispositionOf(name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/gu, '_');
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/gu, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
