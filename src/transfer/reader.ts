import type { Problem, TransferRecord } from './record.js';

/** A file of an export that lies on this machine. What was packed has been unpacked, inside its bounds. */
export interface SourceFile {
  /** Its path inside the export, with `/` between folders: the name that reports use. */
  name: string;
  /** Where it lies. */
  path: string;
  bytes: number;
  /** When it was last written, in milliseconds; for what was packed, as the package says. */
  changedAt: number;
}

/** What a reader reads. */
export interface ReaderSource {
  /** The files of the export, sorted by name. A single file is an export of one file. Empty for a database's address. */
  files: readonly SourceFile[];
  /** The address of a database, where the source is one. */
  url: string | null;
  /** The plain name of the model whose vectors are wanted; absent where none are. */
  vectorModel?: string;
  /** An empty folder for whatever the reader has to put aside; it goes when the import ends. */
  workspace: string;
}

/**
 * Reads one format. It runs in a thread of its own, twice: the first time everything is checked and nothing written,
 * the second time it is imported. Both times it yields the same in the same order, holding only a bounded part.
 *
 * The order is:
 * - nothing before what it belongs to: a block, then its versions; agents, then their memories, then the places of
 *   blocks in them and their passages; conversations, then windows (after the memory they open), messages, runs, and
 *   their steps; libraries, then their files, then the passages of those;
 * - the messages of one conversation one after another, by `seq`, which the reader counts from 1 without a gap (only
 *   a bundle may have gaps, which deleted messages leave);
 * - everything else in any order: a message may name a run, a file or an agent that comes later, or never.
 *
 * Faults of the source are yielded as problems; the reader goes on wherever that makes sense. It throws only an
 * AppError whose message tells why nothing can be read at all.
 */
export interface Reader {
  /**
   * The names of files that are plainly of this format, or the first of them where one is enough; for an address, the
   * words `the address`. Empty where nothing is. It looks no further than it must.
   */
  recognises(source: ReaderSource): Promise<string[]>;
  read(source: ReaderSource, signal: AbortSignal): AsyncIterable<TransferRecord | Problem>;
}
