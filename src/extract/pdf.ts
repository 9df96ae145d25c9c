import { readFile } from 'node:fs/promises';
import { limits } from '../domain/limits.js';
import { invalid } from './formats.js';
import type { TextPieces } from './piece.js';

/** Reads a PDF page by page. Throws where it is encrypted, damaged, too long, or made of pictures alone. */
export async function* readPdf(path: string): TextPieces {
  const { getDocumentProxy } = await import('unpdf');
  const bytes = new Uint8Array(await readFile(path));
  const document = await getDocumentProxy(bytes, { verbosity: 0 }).catch((error: unknown) => {
    throw toFault(error);
  });
  const total = document.numPages;
  if (total > limits.documentPagesMax) {
    throw invalid(`The document has ${total} pages; at most ${limits.documentPagesMax} are read.`);
  }
  let hasText = false;
  for (let number = 1; number <= total; number += 1) {
    const text = await pageText(document, number);
    hasText ||= text.trim() !== '';
    yield { text: `${text}\n\n`, progress: { unit: 'pages', done: number, total } };
  }
  if (!hasText) throw invalid('The document has no text; pictures of pages cannot be read.');
  await document.cleanup();
}

interface PdfPage {
  getTextContent(): Promise<{ items: unknown[] }>;
  cleanup(): unknown;
}

async function pageText(document: { getPage(number: number): Promise<PdfPage> }, number: number): Promise<string> {
  try {
    const page = await document.getPage(number);
    const { items } = await page.getTextContent();
    const text = items.map(itemText).join('');
    page.cleanup();
    return text;
  } catch (error) {
    throw toFault(error);
  }
}

function itemText(item: unknown): string {
  if (typeof item !== 'object' || item === null || !('str' in item) || typeof item.str !== 'string') return '';
  return 'hasEOL' in item && item.hasEOL === true ? `${item.str}\n` : item.str;
}

function toFault(error: unknown): Error {
  const name = error instanceof Error ? error.name : '';
  if (name === 'PasswordException') return invalid('The document is protected by a password.', error);
  return invalid('The document is damaged and cannot be read.', error);
}
