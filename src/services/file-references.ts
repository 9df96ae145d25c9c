import { AppError, notFound } from '../domain/errors.js';
import type { IncomingMessage } from './run-commands.js';

/** Names of files and vector stores that a request wants to use. */
export interface FileReferences {
  fileIds: string[];
  vectorStoreIds: string[];
  /** Vector stores that were to be made along with something else. */
  newVectorStores: number;
}

/** A file beside a message, and the tools that may read it. */
export interface Attachment {
  fileId: string;
  tools: string[];
}

/**
 * Throws `not_found` for the first file or store that the owner does not have. This server keeps neither, so every name
 * is one of a thing that is not there.
 */
export function requireFiles(references: FileReferences | undefined): void {
  if (references === undefined) return;
  const { fileIds, vectorStoreIds, newVectorStores } = references;
  if (fileIds[0] !== undefined) throw notFound('file', fileIds[0]);
  if (vectorStoreIds[0] !== undefined) throw notFound('vector store', vectorStoreIds[0]);
  if (newVectorStores === 0) return;
  throw new AppError('invalid_request', 'This server keeps no vector stores, so none can be made along the way.', {
    param: 'tool_resources.file_search.vector_stores',
  });
}

/** The same for what messages show or have attached. */
export function requireFilesOf(messages: readonly IncomingMessage[]): void {
  const fileIds = messages.flatMap((message) => [
    ...message.parts.flatMap((part) => (part.type === 'image' && part.fileId !== null ? [part.fileId] : [])),
    ...attachmentsOf(message).map((attachment) => attachment.fileId),
  ]);
  requireFiles({ fileIds, vectorStoreIds: [], newVectorStores: 0 });
}

/** The files beside a message. */
export function attachmentsOf(message: { faceData?: Record<string, unknown> }): Attachment[] {
  return (message.faceData?.['attachments'] as Attachment[] | undefined) ?? [];
}
