import { createReadStream } from 'node:fs';
import { Parser } from 'htmlparser2';
import { invalid } from './formats.js';
import type { TextPieces } from './piece.js';

const readBytes = 64 * 1024;

/** What a text is written in, found by reading it once. */
interface Encoding {
  name: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
  note: string | null;
}

/** Reads plain text: UTF-8, UTF-16 with its mark, and whatever else there is as Windows-1252, which cannot fail. */
export async function* readText(path: string, bytes: number): TextPieces {
  const encoding = await encodingOf(path);
  const decoder = new TextDecoder(encoding.name);
  let done = 0;
  let note = encoding.note;
  for await (const piece of createReadStream(path, { highWaterMark: readBytes }) as AsyncIterable<Buffer>) {
    done += piece.length;
    const text = decoder.decode(piece, { stream: true });
    yield {
      text,
      progress: { unit: 'bytes', done, total: bytes },
      ...(note === null ? {} : { note }),
    };
    note = null;
  }
  yield { text: decoder.decode(), progress: { unit: 'bytes', done: bytes, total: bytes } };
}

/** Reads the text of a page as a browser shows it, without what is behind the scenes. */
export async function* readHtml(path: string, bytes: number): TextPieces {
  const reader = createHtmlReader();
  for await (const piece of readText(path, bytes)) {
    yield { ...piece, text: reader.write(piece.text) };
  }
  yield { text: reader.end(), progress: { unit: 'bytes', done: bytes, total: bytes } };
}

const hidden = new Set(['script', 'style', 'noscript', 'template', 'svg', 'iframe', 'object']);
const lines = new Set(
  `address article aside blockquote body br dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header
  hr li main nav ol option p pre section table tbody td tfoot th thead title tr ul`.split(/\s+/u),
);

/** Turns markup into text as it arrives. */
function createHtmlReader(): { write(text: string): string; end(): string } {
  let out = '';
  let depth = 0;
  const parser = new Parser({
    onopentag: (name) => {
      if (hidden.has(name)) depth += 1;
      if (depth === 0 && lines.has(name)) out += '\n';
    },
    ontext: (text) => {
      if (depth === 0) out += text;
    },
    onclosetag: (name) => {
      if (hidden.has(name)) depth = Math.max(0, depth - 1);
      if (depth === 0 && lines.has(name)) out += '\n';
    },
  });
  const take = (): string => {
    const text = out.replace(/[^\S\n]+/gu, ' ').replace(/ ?\n[ \n]*/gu, '\n');
    out = '';
    return text;
  };
  return {
    write: (text) => {
      parser.write(text);
      return take();
    },
    end: () => {
      parser.end();
      return take();
    },
  };
}

async function encodingOf(path: string): Promise<Encoding> {
  const strict = new TextDecoder('utf-8', { fatal: true });
  let first = true;
  let isUtf8 = true;
  for await (const piece of createReadStream(path, { highWaterMark: readBytes }) as AsyncIterable<Buffer>) {
    if (first && piece[0] === 0xff && piece[1] === 0xfe) return { name: 'utf-16le', note: null };
    if (first && piece[0] === 0xfe && piece[1] === 0xff) return { name: 'utf-16be', note: null };
    first = false;
    if (piece.includes(0)) throw invalid('The file holds null characters, which no text does.');
    if (isUtf8) isUtf8 = decodes(strict, piece);
  }
  if (isUtf8 && decodes(strict, null)) return { name: 'utf-8', note: null };
  return { name: 'windows-1252', note: 'The file is no valid UTF-8 and was read as Windows-1252.' };
}

function decodes(decoder: InstanceType<typeof TextDecoder>, piece: Buffer | null): boolean {
  try {
    if (piece === null) decoder.decode();
    else decoder.decode(piece, { stream: true });
    return true;
  } catch {
    return false;
  }
}
