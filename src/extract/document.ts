import { open, stat } from 'node:fs/promises';
import { createChunker } from '../domain/chunk.js';
import type { ExtractedPart, ExtractionRequest } from '../domain/extraction.js';
import { limits } from '../domain/limits.js';
import type { ReadingProgress } from '../domain/library.js';
import { formatOf, headBytes, invalid, type Format } from './formats.js';
import { readPacked } from './packed.js';
import { readPdf } from './pdf.js';
import type { TextPieces } from './piece.js';
import { readHtml, readText } from './text.js';

/** Characters of passages that are handed over together, and pieces after which progress is told in any case. */
const partChars = 48_000;
const piecesPerPart = 16;

/** Reads a file and cuts its text. Throws an ExtractionFault where there is nothing to read, or too much. */
export async function* readDocument(request: ExtractionRequest): AsyncGenerator<ExtractedPart> {
  const { size } = await stat(request.path);
  const format = formatOf(await headOf(request.path), request.name, request.mimeType);
  const chunker = createChunker(request.chunking);
  let passages: string[] = [];
  let note: string | null = null;
  let chars = 0;
  let pieces = 0;
  let textBytes = 0;
  let count = 0;
  let progress: ReadingProgress = { unit: 'bytes', done: 0, total: size };
  const part = (): ExtractedPart => {
    const full = { passages, progress, note };
    count += passages.length;
    passages = [];
    chars = 0;
    pieces = 0;
    note = null;
    return full;
  };
  const add = (more: readonly string[]): void => {
    passages.push(...more);
    for (const passage of more) chars += passage.length;
  };

  for await (const piece of piecesOf(format, request.path, size)) {
    textBytes += Buffer.byteLength(piece.text, 'utf8');
    if (textBytes > limits.documentTextBytesMax) throw tooMuchText();
    progress = piece.progress;
    note = piece.note ?? note;
    pieces += 1;
    // A long text comes in one piece from some readers; it is cut in slices all the same.
    for (const slice of slicesOf(piece.text)) {
      add(chunker.write(slice));
      if (chars >= partChars) yield part();
    }
    if (pieces >= piecesPerPart) yield part();
  }
  add(chunker.end());
  if (passages.length > 0 || note !== null) yield part();
  if (count === 0) throw invalid('The file holds no text.');
}

function piecesOf(format: Format, path: string, bytes: number): TextPieces {
  if ((format === 'pdf' || format === 'packed') && bytes > limits.documentBytesMax) {
    throw invalid(`Documents of this kind are read up to ${limits.documentBytesMax / 1024 / 1024} MB.`);
  }
  switch (format) {
    case 'pdf':
      return readPdf(path);
    case 'packed':
      return readPacked(path);
    case 'html':
      return readHtml(path, bytes);
    case 'text':
      return readText(path, bytes);
    default:
      return format satisfies never;
  }
}

/** Slices of a text, cut between characters. */
function* slicesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    let end = Math.min(text.length, start + partChars);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end -= 1;
    yield text.slice(start, end);
    start = end;
  }
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function tooMuchText(): Error {
  return invalid(`The file holds more than ${limits.documentTextBytesMax / 1024 / 1024} MB of text.`);
}
