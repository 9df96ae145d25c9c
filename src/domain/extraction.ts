import type { Chunking } from './chunk.js';
import type { LibraryFileError, ReadingProgress } from './library.js';

/** A file whose text is wanted. */
export interface ExtractionRequest {
  /** Where its bytes lie on this machine. */
  path: string;
  name: string;
  mimeType: string | null;
  chunking: Chunking;
}

/** A part of a file's text, cut into passages. */
export interface ExtractedPart {
  passages: string[];
  progress: ReadingProgress;
  /** Something worth telling of how it was read. */
  note: string | null;
}

/** Why a file gave no text. */
export class ExtractionFault extends Error {
  constructor(
    readonly fault: LibraryFileError,
    options?: { cause?: unknown },
  ) {
    super(fault.message, options);
    this.name = 'ExtractionFault';
  }
}

/**
 * Reads files out of the way of requests, within limits of time and memory. Parts come no faster than they are taken.
 * Throws an ExtractionFault with a sentence where a file cannot be read, and the signal's reason where it aborts.
 */
export interface Extractor {
  extract(request: ExtractionRequest, signal: AbortSignal): AsyncIterable<ExtractedPart>;
  close(): Promise<void>;
}
