import type { HostedTool } from '../../domain/assistant.js';
import { readId } from '../../domain/ids.js';
import { isJson, listOf, textOf, type Json } from './json.js';
import type { Shelf } from './shelf.js';
import type { Writing } from './writing.js';

/** The files and vector stores that hosted tools may read, by their ids in the export. */
export interface Resources {
  codeFileIds: string[];
  libraryIds: string[];
}

/** Reads `tool_resources`. */
export function readResources(given: unknown, mention: Writing['mention']): Resources {
  const resources = isJson(given) ? given : {};
  const idsIn = (tool: string, field: string): string[] => {
    const named = resources[tool];
    return listOf(isJson(named) ? named[field] : null).flatMap((id) => textOf(id) ?? []);
  };
  const codeFileIds = idsIn('code_interpreter', 'file_ids').map((id) => readId('file', id) ?? mention('file', id));
  return { codeFileIds, libraryIds: idsIn('file_search', 'vector_store_ids') };
}

/**
 * What a row shows of resources. An assistant shows those of its hosted tools and those that are there; a thread, which
 * has no tools, shows all.
 */
export function resourcesShown(
  { codeFileIds, libraryIds }: Resources,
  shelf: Shelf,
  hosted: HostedTool[] | null,
): Json {
  const ids = libraryIds.filter((id) => shelf.has('store', id));
  const has = (type: string): boolean => hosted === null || hosted.some(({ tool }) => tool['type'] === type);
  return {
    ...(has('code_interpreter') || codeFileIds.length > 0 ? { code_interpreter: { file_ids: codeFileIds } } : {}),
    ...(has('file_search') || ids.length > 0 ? { file_search: { vector_store_ids: ids } } : {}),
  };
}
