import { readFile } from 'node:fs/promises';
import { Parser } from 'htmlparser2';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { ExtractionFault } from '../domain/extraction.js';
import { limits } from '../domain/limits.js';
import { invalid, unsupported } from './formats.js';
import type { TextPieces } from './piece.js';

/** Entries of a packed document that are looked at. */
const entriesMax = 20_000;
const slideForm = /^ppt\/slides\/slide(\d+)\.xml$/u;
const partForm = /\.(?:xml|rels)$/u;

/**
 * Reads a Word document or a PowerPoint file. Everything in it that can be unfolded is unfolded once under a limit,
 * before anybody reads it whole: a small file can hold an endless one.
 */
export async function* readPacked(path: string): TextPieces {
  const entries = await listEntries(path);
  const names = new Set(entries.keys());
  if (names.has('word/document.xml')) {
    await measure(path);
    yield* readWord(path);
    return;
  }
  const slides = [...names].filter((name) => slideForm.test(name));
  if (slides.length === 0) throw unsupported('The file is packed, and neither a Word document nor a PowerPoint file.');
  if (slides.length > limits.documentPagesMax) {
    throw invalid(`The file has ${slides.length} slides; at most ${limits.documentPagesMax} are read.`);
  }
  const texts = await readSlides(path, new Set(slides));
  const order = slides.sort((left, right) => numberOf(left) - numberOf(right));
  let done = 0;
  for (const name of order) {
    done += 1;
    yield { text: `${texts.get(name) ?? ''}\n\n`, progress: { unit: 'pages', done, total: order.length } };
  }
}

async function* readWord(path: string): TextPieces {
  const { default: mammoth } = await import('mammoth');
  const buffer = await readFile(path);
  const total = buffer.length;
  try {
    const { value } = await mammoth.extractRawText({ buffer });
    yield { text: value, progress: { unit: 'bytes', done: total, total } };
  } catch (error) {
    throw invalid('The document is damaged and cannot be read.', error);
  }
}

function numberOf(slide: string): number {
  return Number(slideForm.exec(slide)?.[1] ?? 0);
}

async function listEntries(path: string): Promise<Map<string, number>> {
  const entries = new Map<string, number>();
  await walk(path, async (entry) => {
    entries.set(entry.fileName, entry.uncompressedSize);
  });
  return entries;
}

/** Unfolds every part of a document and throws it away, to see that it is not endless. */
async function measure(path: string): Promise<void> {
  let bytes = 0;
  await walk(path, async (entry, open) => {
    if (!partForm.test(entry.fileName)) return;
    for await (const piece of await open()) {
      bytes += piece.length;
      if (bytes > limits.unpackedBytesMax) throw unfoldsTooFar();
    }
  });
}

async function readSlides(path: string, names: ReadonlySet<string>): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  let bytes = 0;
  await walk(path, async (entry, open) => {
    if (!names.has(entry.fileName)) return;
    const reader = createSlideReader();
    for await (const piece of await open()) {
      bytes += piece.length;
      if (bytes > limits.unpackedBytesMax) throw unfoldsTooFar();
      reader.write(piece.toString('utf8'));
    }
    texts.set(entry.fileName, reader.end());
  });
  return texts;
}

function createSlideReader(): { write(text: string): void; end(): string } {
  let out = '';
  let inText = false;
  const parser = new Parser(
    {
      onopentag: (name) => {
        if (name === 'a:t') inText = true;
      },
      ontext: (text) => {
        if (inText) out += text;
      },
      onclosetag: (name) => {
        if (name === 'a:t') inText = false;
        if (name === 'a:p' || name === 'a:br') out += '\n';
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  return {
    write: (text) => parser.write(text),
    end: () => {
      parser.end();
      return out;
    },
  };
}

type OpenEntry = () => Promise<AsyncIterable<Buffer>>;

/** Visits the entries of a packed file one by one. */
async function walk(path: string, visit: (entry: Entry, open: OpenEntry) => Promise<void>): Promise<void> {
  const zip = await openZip(path);
  try {
    if (zip.entryCount > entriesMax) throw invalid(`The file holds more than ${entriesMax} entries.`);
    for (;;) {
      const entry = await nextEntry(zip);
      if (entry === null) return;
      await visit(entry, () => openEntry(zip, entry));
    }
  } catch (error) {
    throw error instanceof ExtractionFault ? error : damaged(error);
  } finally {
    zip.close();
  }
}

function openZip(path: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    yauzl.open(path, { lazyEntries: true, autoClose: false }, (error, zip) => {
      if (error !== null) reject(damaged(error));
      else resolve(zip);
    });
  });
}

function nextEntry(zip: ZipFile): Promise<Entry | null> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => (): void => {
      zip.removeAllListeners();
      act();
    };
    zip.once('entry', (entry: Entry) => settle(() => resolve(entry))());
    zip.once(
      'end',
      settle(() => resolve(null)),
    );
    zip.once('error', (error: unknown) => settle(() => reject(damaged(error)))());
    zip.readEntry();
  });
}

function openEntry(zip: ZipFile, entry: Entry): Promise<AsyncIterable<Buffer>> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => {
      if (error !== null) reject(damaged(error));
      else resolve(stream as AsyncIterable<Buffer>);
    });
  });
}

function unfoldsTooFar(): Error {
  const megabytes = limits.unpackedBytesMax / 1024 / 1024;
  return invalid(`The file unfolds to more than ${megabytes} MB.`);
}

function damaged(cause: unknown): Error {
  return invalid('The file is damaged and cannot be unpacked.', cause);
}
