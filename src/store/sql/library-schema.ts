import type { LibraryFileStatus, LibraryKind } from '../../domain/library.js';
import type { UploadStatus } from '../../domain/upload.js';

/*
 * The rows of files and libraries, by the rules of the other rows.
 */

/** A file. */
export interface FileRow {
  id: string;
  owner_id: string;
  name: string;
  mime_type: string | null;
  purpose: string;
  bytes: number;
  sha256: string;
  created_at: number;
  expires_at: number | null;
  face_data: string;
}

/** The bytes of files, each content once. */
export interface BlobRow {
  sha256: string;
  bytes: number;
  /** Since when no file has them; null while one does. */
  nobodys_since: number | null;
  /** 1 while they are being deleted. */
  doomed: number;
}

/** A piece of the bytes of a file, where the database holds them. */
export interface BlobPartRow {
  sha256: string;
  position: number;
  bytes: Uint8Array;
}

/** A library, with its counts. */
export interface LibraryRow {
  id: string;
  owner_id: string;
  kind: LibraryKind;
  name: string;
  description: string | null;
  metadata: string;
  expires_after_days: number | null;
  last_active_at: number;
  in_progress: number;
  completed: number;
  failed: number;
  cancelled: number;
  usage_bytes: number;
  passage_count: number;
  face_data: string;
  created_at: number;
  updated_at: number;
  /** 1 once it was deleted, while what it holds is being cleared away. */
  removed: number;
}

/** A file in a library, which is also the queue's entry for reading it. */
export interface LibraryFileRow {
  id: string;
  library_id: string;
  file_id: string;
  owner_id: string;
  batch_id: string | null;
  status: LibraryFileStatus;
  error: string | null;
  attributes: string;
  chunking: string;
  usage_bytes: number;
  passage_count: number;
  progress: string;
  note: string | null;
  attempt: number;
  lease_owner: string | null;
  lease_until: number | null;
  created_at: number;
  ended_at: number | null;
  /** 1 once it was taken out, while its passages are being cleared away. */
  removed: number;
  /** 1 while it has passages that must go before anything else happens. */
  stale: number;
}

/** An attribute of a file in a library, once more, where search can ask for it. */
export interface LibraryAttributeRow {
  library_file_id: string;
  name: string;
  text_value: string | null;
  number_value: number | null;
  flag_value: number | null;
}

/** Files that were put in together, with their counts. */
export interface LibraryBatchRow {
  id: string;
  library_id: string;
  in_progress: number;
  completed: number;
  failed: number;
  cancelled: number;
  cancelled_at: number | null;
  created_at: number;
}

/** A library that an agent may search. */
export interface AgentLibraryRow {
  agent_id: string;
  library_id: string;
  created_at: number;
}

/** A library that is searched in a conversation. */
export interface ConversationLibraryRow {
  conversation_id: string;
  library_id: string;
  created_at: number;
}

/** A file that is sent in parts. */
export interface UploadRow {
  id: string;
  owner_id: string;
  name: string;
  mime_type: string | null;
  purpose: string;
  bytes: number;
  status: UploadStatus;
  file_life_ms: number | null;
  file_id: string | null;
  created_at: number;
  expires_at: number;
}

/** These tables by their names. */
export interface LibraryTables {
  files: FileRow;
  blobs: BlobRow;
  uploads: UploadRow;
  blob_parts: BlobPartRow;
  libraries: LibraryRow;
  library_files: LibraryFileRow;
  library_attributes: LibraryAttributeRow;
  library_batches: LibraryBatchRow;
  agent_libraries: AgentLibraryRow;
  conversation_libraries: ConversationLibraryRow;
}
