import { sql } from 'kysely';
import type { FileCounts, LibraryFileStatus } from '../../domain/library.js';
import type { Session } from './session.js';

/** What changes of the counts of a library, and of a batch, when a file moves. */
export interface CountChange {
  libraryId: string;
  /** The batch that the move counts for, or null. */
  batchId: string | null;
  /** Files less in a state, or more. */
  files: Partial<Record<LibraryFileStatus, number>>;
  usageBytes?: number;
  passages?: number;
}

/** Changes the counts of a library and of the batch a file came in, as one with the move itself. */
export async function addToCounts(session: Session, change: CountChange): Promise<void> {
  const { files, usageBytes = 0, passages = 0 } = change;
  await session.db
    .updateTable('libraries')
    .set({
      ...raised(files),
      usage_bytes: sql`usage_bytes + ${usageBytes}`,
      passage_count: sql`passage_count + ${passages}`,
    })
    .where('id', '=', change.libraryId)
    .execute();
  if (change.batchId !== null) await addToBatch(session, change.batchId, files);
}

/** Changes the counts of a batch alone. */
export async function addToBatch(session: Session, batchId: string, files: CountChange['files']): Promise<void> {
  if (Object.keys(files).length === 0) return;
  await session.db.updateTable('library_batches').set(raised(files)).where('id', '=', batchId).execute();
}

function raised(files: CountChange['files']) {
  return {
    in_progress: sql<number>`in_progress + ${files.in_progress ?? 0}`,
    completed: sql<number>`completed + ${files.completed ?? 0}`,
    failed: sql<number>`failed + ${files.failed ?? 0}`,
    cancelled: sql<number>`cancelled + ${files.cancelled ?? 0}`,
  };
}

/** The counts of a row. */
export function countsFromRow(row: {
  in_progress: number;
  completed: number;
  failed: number;
  cancelled: number;
}): FileCounts {
  return { inProgress: row.in_progress, completed: row.completed, failed: row.failed, cancelled: row.cancelled };
}
