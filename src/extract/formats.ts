import { ExtractionFault } from '../domain/extraction.js';
import { endingOf } from '../domain/file.js';

/** How a file is read. */
export type Format = 'text' | 'html' | 'pdf' | 'packed';

/** The bytes of a file's beginning that tell what it is. */
export const headBytes = 4_096;

const oldOffice = Buffer.from([0xd0, 0xcf, 0x11, 0xe0]);
const packed = Buffer.from([0x50, 0x4b, 0x03, 0x04]);
const htmlEndings = new Set(['html', 'htm', 'xhtml']);
const packedEndings = new Set(['docx', 'pptx']);

/**
 * What a file is, by its bytes first and its name second: names lie more often. Throws where it is nothing that text
 * can be read from, or not what its name says.
 */
export function formatOf(head: Buffer, name: string, mimeType: string | null): Format {
  const ending = endingOf(name);
  if (head.length === 0) throw new ExtractionFault({ code: 'invalid_file', message: 'The file is empty.' });
  if (head.subarray(0, 1_024).includes('%PDF-')) return 'pdf';
  if (head.subarray(0, 4).equals(packed)) return 'packed';
  if (ending === 'pdf') throw notWhatItSays('a PDF document');
  if (packedEndings.has(ending)) throw notWhatItSays(ending === 'docx' ? 'a Word document' : 'a PowerPoint file');
  if (head.subarray(0, 4).equals(oldOffice)) {
    throw unsupported('This is an office document of the old format. Save it as .docx, .pptx or .pdf.');
  }
  if (isBinary(head)) throw unsupported('The file holds no text that could be read.');
  const isHtml = htmlEndings.has(ending) || /^text\/html\b|^application\/xhtml/iu.test(mimeType ?? '');
  return isHtml ? 'html' : 'text';
}

/** The fault of a kind of file that is not read. */
export function unsupported(message: string): ExtractionFault {
  return new ExtractionFault({ code: 'unsupported_file', message });
}

/** The fault of a file that is damaged, or against the limits. */
export function invalid(message: string, cause?: unknown): ExtractionFault {
  return new ExtractionFault({ code: 'invalid_file', message }, { cause });
}

function notWhatItSays(what: string): ExtractionFault {
  return invalid(`The file's name says that it is ${what}, and it is none.`);
}

function isBinary(head: Buffer): boolean {
  const marked = head[0] === 0xff && head[1] === 0xfe ? true : head[0] === 0xfe && head[1] === 0xff;
  if (marked) return false;
  // A null is in no text but UTF-16; other control characters are rare enough to be counted.
  if (head.includes(0)) return true;
  let odd = 0;
  for (const byte of head) if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) odd += 1;
  return odd > head.length / 20;
}
