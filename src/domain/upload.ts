import type { StoredFile } from './file.js';

/** How far an upload has come. One that nobody completes in time is expired. */
export type UploadStatus = 'pending' | 'completed' | 'cancelled' | 'expired';

/** A file that is sent in parts. */
export interface Upload {
  id: string;
  ownerId: string;
  name: string;
  mimeType: string | null;
  purpose: string;
  /** What the parts must come to together. */
  bytes: number;
  status: UploadStatus;
  /** Milliseconds that the file lives after it was made; null is for ever. */
  fileLifeMs: number | null;
  /** The file that the parts were made into. */
  fileId: string | null;
  createdAt: number;
  /** When the upload must be complete. */
  expiresAt: number;
}

/** A part that has arrived: its bytes are kept as a file of a purpose that no list shows. */
export interface UploadPart {
  id: string;
  uploadId: string;
  bytes: number;
  createdAt: number;
}

/** The purpose under which parts are kept. */
export const partPurpose = 'upload_part';

/** True for a file that is a part of an upload. */
export function isUploadPart(file: Pick<StoredFile, 'purpose'>): boolean {
  return file.purpose === partPurpose;
}
