import type { SourceFile } from '../reader.js';
import { readDocuments } from './documents.js';
import { isAmongContents, isDocument } from './gathering.js';
import { findObjects } from './walk.js';

/** The first file in which there is an object of the API, if any. */
export async function recognisesExport(files: readonly SourceFile[]): Promise<string[]> {
  for (const file of files) {
    if (isAmongContents(file) || !(await isDocument(file, files.length === 1))) continue;
    if (await holdsObject(file)) return [file.name];
  }
  return [];
}

async function holdsObject(file: SourceFile): Promise<boolean> {
  for await (const document of readDocuments(file)) {
    if (document.kind === 'problem') continue;
    for (const find of findObjects(document.value, { expected: null, parentId: null, at: '$' })) {
      if (find.type === 'object') return true;
    }
  }
  return false;
}
