import { citationsIn, markersOf, type Citation } from '../domain/citation.js';
import { readFileSearchResults } from '../domain/file-search.js';
import type { Repositories } from '../store/store.js';

/** The places of a text that rest on what the run found in files. */
export async function citationsOf(tx: Repositories, runId: string, text: string): Promise<Citation[]> {
  if (!text.includes('【')) return [];
  const steps = await tx.runs.steps(runId);
  const searches = steps.flatMap(({ calls }) =>
    calls.filter((call) => call.name === 'file_search' && call.where === 'here'),
  );
  return citationsIn(text, markersOf(searches.flatMap(({ output }) => readFileSearchResults(output ?? '') ?? [])));
}
