import type { z } from 'zod';
import { windowChunking, type Chunking } from '../../domain/chunk.js';
import type { NewLibraryFile } from '../../services/libraries.js';
import type { chunkingField } from './fields.js';
import type { addBatchBody, addFileBody } from './store-schemas.js';

type WireChunking = z.output<typeof chunkingField>;

/** How files are to be cut; undefined leaves it to the store. */
export function readChunking(strategy: WireChunking): Chunking | undefined {
  if (strategy === undefined || strategy === null) return undefined;
  switch (strategy.type) {
    case 'auto':
      return windowChunking;
    case 'static': {
      const { max_chunk_size_tokens, chunk_overlap_tokens } = strategy.static;
      return { kind: 'window', maxTokens: max_chunk_size_tokens, overlapTokens: chunk_overlap_tokens };
    }
    default:
      return strategy satisfies never;
  }
}

/** Files that are cut alike. */
export function readFileIds(fileIds: readonly string[] | null | undefined, strategy: WireChunking): NewLibraryFile[] {
  const chunking = readChunking(strategy);
  return [...new Set(fileIds ?? [])].map((fileId) => ({ fileId, ...(chunking === undefined ? {} : { chunking }) }));
}

/** A file with what is said of it. */
export function readStoreFile(body: z.output<typeof addFileBody>): NewLibraryFile {
  const chunking = readChunking(body.chunking_strategy);
  return {
    fileId: body.file_id,
    ...(body.attributes === undefined ? {} : { attributes: body.attributes ?? {} }),
    ...(chunking === undefined ? {} : { chunking }),
  };
}

/** The files of a batch. What is said of all holds for those that are given by name alone. */
export function readBatch(body: z.output<typeof addBatchBody>): NewLibraryFile[] {
  if (body.files !== undefined && body.files !== null) return body.files.map(readStoreFile);
  const { attributes } = body;
  return readFileIds(body.file_ids, body.chunking_strategy).map((file) =>
    attributes === undefined || attributes === null ? file : { ...file, attributes },
  );
}
