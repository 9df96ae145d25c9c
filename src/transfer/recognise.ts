import { AppError } from '../domain/errors.js';
import { readerOf, transferFormats, type TransferFormat } from './formats.js';
import type { ReaderSource } from './reader.js';

/** What can be read, for whoever brought something else. */
const readable = [
  'a bundle of this program',
  'a database of MemGPT or Letta (sqlite.db, the folder it lies in, or an address like postgresql://…)',
  'folders of agents from before MemGPT 0.3',
  'agent files (.af)',
  'what was saved of the Assistants API (JSON, JSON lines, YAML, CSV; a file, a folder, a zip or tar archive)',
].join('; ');

/**
 * Finds out by itself in which format a source is. What one format knows for its own is not shown to the next, since a
 * message looks alike in several. Throws `invalid_request` where no format is found, or more than one.
 */
export async function recogniseFormat(source: ReaderSource): Promise<TransferFormat> {
  const found: { format: TransferFormat; files: string[] }[] = [];
  let rest = source;
  for (const format of transferFormats) {
    const files = await (await readerOf(format)).recognises(rest);
    if (files.length === 0) continue;
    found.push({ format, files });
    rest = { ...rest, files: rest.files.filter(({ name }) => !files.includes(name)) };
  }
  const [first, second] = found;
  if (first === undefined) {
    throw new AppError('invalid_request', `Nothing here is of a format that is known. What can be read: ${readable}.`);
  }
  if (second === undefined) return first.format;
  const told = found.map(({ format, files }) => `${format} (${files[0] ?? ''})`).join(', ');
  const words = `Several formats are here: ${told}. Name the one that is meant, or bring one source at a time.`;
  throw new AppError('invalid_request', words);
}
