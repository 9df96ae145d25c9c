import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sentenceChunking, windowChunking, type Chunking } from '../../src/domain/chunk.js';
import type { ExtractedPart, Extractor } from '../../src/domain/extraction.js';
import { limits } from '../../src/domain/limits.js';
import { createExtractor } from '../../src/extract/extractor.js';
import { docxOf, pdfOf, pptxOf, zipOf } from '../support/documents.js';

let folder: string;
let extractor: Extractor;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'extract-'));
  extractor = createExtractor();
});
afterAll(async () => {
  await extractor.close();
  await rm(folder, { recursive: true });
});

const quiet = new AbortController().signal;

async function partsOf(
  name: string,
  bytes: Buffer | string,
  options: { chunking?: Chunking; extractor?: Extractor; signal?: AbortSignal; mimeType?: string } = {},
): Promise<ExtractedPart[]> {
  const path = join(folder, 'document');
  await writeFile(path, bytes);
  const parts: ExtractedPart[] = [];
  const chunking = options.chunking ?? windowChunking;
  const request = { path, name, mimeType: options.mimeType ?? null, chunking };
  for await (const part of (options.extractor ?? extractor).extract(request, options.signal ?? quiet)) {
    parts.push(part);
  }
  return parts;
}

async function textOf(name: string, bytes: Buffer | string, mimeType?: string): Promise<string> {
  const parts = await partsOf(name, bytes, { mimeType });
  return parts.flatMap((part) => part.passages).join('\n');
}

describe('the text of a file', () => {
  it('comes out of a PDF page by page, with the pages counted', async () => {
    const parts = await partsOf('report.pdf', pdfOf(['The falcon nests in June.', 'The owl hunts at night.']));
    const text = parts.flatMap((part) => part.passages).join('\n');
    expect(text).toContain('The falcon nests in June.');
    expect(text).toContain('The owl hunts at night.');
    expect(parts.at(-1)?.progress).toEqual({ unit: 'pages', done: 2, total: 2 });
  });

  it('comes out of a Word document, special characters and all', async () => {
    expect(await textOf('letter.docx', docxOf(['Dear Ada,', 'salt & pepper < sugar']))).toMatch(
      /Dear Ada,\s+salt & pepper < sugar/,
    );
  });

  it('comes out of a PowerPoint file in the order of its slides', async () => {
    const slides = Array.from({ length: 11 }, (_none, index) => `Slide number ${index + 1}.`);
    const text = await textOf('talk.pptx', pptxOf(slides));
    expect(text.match(/number (\d+)/g)).toEqual(slides.map((_slide, index) => `number ${index + 1}`));
  });

  it('comes out of a page without scripts and styles', async () => {
    const page = '<html><style>p{}</style><script>let x = 1</script><body><p>Tea &amp; cake</p><p>at five</p></body>';
    expect(await textOf('page.html', page)).toBe('Tea & cake\nat five');
    expect(await textOf('page', page, 'text/html; charset=utf-8')).toBe('Tea & cake\nat five');
  });

  it.each([
    ['notes.md', '# Title\n\nSome *words*.'],
    ['data.json', '{"name": "Ada", "age": 36}'],
    ['rows.csv', 'name,age\nAda,36'],
    ['program.py', 'def run():\n    return 1'],
  ])('is kept as it is in %s', async (name, text) => {
    expect(await textOf(name, text)).toBe(text);
  });

  it('is read as UTF-16 where its mark says so', async () => {
    const little = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('Grüße aus Köln', 'utf16le')]);
    expect(await textOf('a.txt', little)).toBe('Grüße aus Köln');
    expect(await textOf('b.txt', Buffer.from(little).swap16())).toBe('Grüße aus Köln');
  });

  it('is read as Windows-1252 where it is no valid UTF-8, and a note says so', async () => {
    const parts = await partsOf('old.txt', Buffer.from('Caf\xe9 cr\xe8me', 'latin1'));
    expect(parts[0]?.passages).toEqual(['Café crème']);
    expect(parts[0]?.note).toContain('Windows-1252');
  });

  it('is whole where a character lies across two reads', async () => {
    const text = `${'a'.repeat(64 * 1024 - 1)}é end`;
    expect(await textOf('long.txt', text)).toContain('é end');
  });

  it('is cut as it is asked for', async () => {
    const sentences = Array.from({ length: 200 }, (_none, index) => `This is sentence number ${index}.`).join(' ');
    const parts = await partsOf('a.txt', sentences, { chunking: sentenceChunking });
    const passages = parts.flatMap((part) => part.passages);
    expect(passages.length).toBeGreaterThan(3);
    expect(passages.every((passage) => /^This is .*\.$/su.test(passage))).toBe(true);
  });
});

describe('a file that cannot be read', () => {
  const fault = (code: string, message: RegExp) => ({
    fault: { code, message: expect.stringMatching(message) as string },
  });

  it.each([
    ['an empty file', 'a.txt', '', 'invalid_file', /empty/],
    ['a file of blanks', 'a.txt', ' \n\n\t ', 'invalid_file', /no text/],
    ['a text that calls itself a PDF', 'a.pdf', 'hello', 'invalid_file', /it is none/],
    ['a text that calls itself a Word document', 'a.docx', 'hello', 'invalid_file', /it is none/],
    ['a picture', 'a.png', Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'), 'unsupported_file', /no text/],
    ['a packed file of something else', 'a.zip', zipOf({ 'a.txt': 'hello' }), 'unsupported_file', /neither/],
    ['a document of the old format', 'a.doc', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'unsupported_file', /old format/],
    ['half a Word document', 'a.docx', docxOf(['hello']).subarray(0, 200), 'invalid_file', /damaged/],
    ['half a PDF', 'a.pdf', Buffer.from('%PDF-1.4\n1 0 obj\n<< /Type'), 'invalid_file', /damaged|no text/],
    ['a PDF without text', 'a.pdf', pdfOf(['']), 'invalid_file', /no text/],
    ['nulls in the middle of a text', 'a.txt', `${'word '.repeat(2_000)}\0`, 'invalid_file', /null/],
  ])('is refused with a sentence: %s', async (_what, name, bytes, code, message) => {
    await expect(partsOf(name, bytes)).rejects.toMatchObject(fault(code, message));
  });

  it('is a PDF of ten thousand pages', async () => {
    const pages = Array.from({ length: 10_000 }, () => 'x');
    await expect(partsOf('long.pdf', pdfOf(pages))).rejects.toMatchObject(
      fault('invalid_file', new RegExp(`10000 pages; at most ${limits.documentPagesMax}`)),
    );
  });

  it('is a small one that unfolds to an endless one', async () => {
    const bomb = zipOf({ 'word/document.xml': Buffer.alloc(limits.unpackedBytesMax + 1, 0x20) });
    expect(bomb.length).toBeLessThan(1024 * 1024);
    await expect(partsOf('bomb.docx', bomb)).rejects.toMatchObject(fault('invalid_file', /unfolds to more than/));
  });

  it('leaves the next one as readable as ever', async () => {
    await expect(partsOf('a.pdf', 'hello')).rejects.toThrow();
    expect(await textOf('a.txt', 'hello')).toBe('hello');
  });
});

describe('reading', () => {
  const others: Extractor[] = [];
  afterEach(async () => {
    await Promise.all(others.splice(0).map((other) => other.close()));
  });

  it('ends where it takes longer than it may', async () => {
    const impatient = createExtractor({ totalMs: 1, silenceMs: 60_000 });
    others.push(impatient);
    const parts = partsOf('a.pdf', pdfOf(Array.from({ length: 500 }, () => 'x')), { extractor: impatient });
    await expect(parts).rejects.toMatchObject({ fault: { code: 'invalid_file' } });
  });

  it('ends where it is called off', async () => {
    const abort = new AbortController();
    const parts = partsOf('a.pdf', pdfOf(Array.from({ length: 500 }, () => 'x')), { signal: abort.signal });
    abort.abort(new Error('called off'));
    await expect(parts).rejects.toThrow('called off');
  });

  it('waits for whoever takes the parts', async () => {
    const path = join(folder, 'slow.txt');
    await writeFile(path, 'some words. '.repeat(200_000));
    const request = { path, name: 'slow.txt', mimeType: null, chunking: windowChunking };
    const progress: number[] = [];
    for await (const part of extractor.extract(request, quiet)) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      progress.push(part.progress.done);
    }
    expect(progress.length).toBeGreaterThan(10);
    expect(progress).toEqual([...progress].sort((left, right) => left - right));
  });
});
