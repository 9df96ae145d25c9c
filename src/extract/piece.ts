import type { ReadingProgress } from '../domain/library.js';

/** A piece of a document's text, as its reader comes upon it. */
export interface TextPiece {
  text: string;
  progress: ReadingProgress;
  note?: string;
}

/** The pieces of a document. */
export type TextPieces = AsyncIterable<TextPiece>;
