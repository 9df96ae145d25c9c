import { existsSync, readFileSync } from 'node:fs';

/** The names of the generated documents, which are the names of their files. */
export const documentNames = [
  'openapi.json',
  'openapi_letta.json',
  'openapi_memgpt.json',
  'openapi_assistants.json',
] as const;

/** One of the names. */
export type DocumentName = (typeof documentNames)[number];

/** Where the build puts them: to generate them takes longer than all the rest of a start. */
const folder = new URL('./documents/', import.meta.url);

const generated = new Map<string, Promise<Record<DocumentName, object>>>();

/** A document as JSON: what the build made, or, run from source, what is generated with the first call. */
export async function documentText(name: DocumentName, version: string): Promise<string> {
  const file = new URL(name, folder);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  let documents = generated.get(version);
  if (documents === undefined) {
    documents = import('./openapi.js').then(({ openApiDocuments }) => openApiDocuments(version));
    generated.set(version, documents);
  }
  return JSON.stringify((await documents)[name]);
}
