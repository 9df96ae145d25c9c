import { z } from 'zod';
import { citationMarker, writeFileSearchResults, type FileSearchResult } from '../../domain/file-search.js';
import { hasExpired, type ScoredPassage } from '../../domain/library.js';
import { limits } from '../../domain/limits.js';
import { estimateTokens } from '../../domain/tokens.js';
import type { ToolResult } from '../../domain/tool.js';
import { clipText } from './result.js';
import { query } from './arguments.js';
import { define, searchTool, textParameter } from './make-tool.js';
import type { SearchAccess, ToolContext } from './tool.js';

/** Of what a result may have, the share that the passages take; the rest is their names and marks. */
const resultShare = 0.9;
/** A passage of which less than this would fit is left out. */
const passageCharsMin = 200;

/** Searches the files of the libraries that the agent and the conversation have attached. */
export const fileSearch = searchTool(
  define(
    'file_search',
    'Search the files you were given, by their words and their meaning. Example: {"query": "warranty period"}. ' +
      'Search before you answer a question that the files may answer, and again with other words where nothing is ' +
      'found. Behind every sentence that rests on a result write its "cite_as" exactly as it stands. ' +
      'It fails when the query is empty or the files have expired.',
    { query: textParameter('What you look for, in words that the text would have.') },
    ['query'],
  ),
  z.object({ query }),
  async (access, context, wanted) => {
    if (wanted.query === null) return { output: 'file_search was not carried out: the query is empty.', failed: true };
    return searchFiles(access, context, wanted.query);
  },
);

async function searchFiles(access: SearchAccess, context: ToolContext, wanted: string): Promise<ToolResult> {
  const now = context.clock.now();
  const attached = await access.search.attachedLibraries(context.agent.id, context.run.conversationId);
  if (attached.length === 0) return { output: 'There are no files to search.', failed: false };
  const live = attached.filter((library) => !hasExpired(library, now)).slice(0, limits.librariesPerSearch);
  if (live.length === 0) return { output: 'The files have expired and cannot be searched any more.', failed: true };
  const options = optionsOf(context);
  const { hits } = await access.search.libraries({
    libraryIds: live.map((library) => library.id),
    query: wanted,
    embedding: await access.embed(wanted),
    filter: null,
    scoreMin: options.scoreMin ?? 0,
    limit: Math.min(limits.libraryHitsMax, options.maxResults ?? limits.libraryHits),
    offset: 0,
    usedAt: now,
  });
  if (hits.length > 0) return { output: writeFileSearchResults(fitting(hits, context)), failed: false };
  const waiting = live.reduce((sum, library) => sum + library.counts.inProgress, 0);
  const more = waiting === 0 ? '' : ` ${waiting} of the files are still being read.`;
  return { output: `No results found.${more}`, failed: false };
}

function optionsOf({ agent }: ToolContext): { maxResults?: number; scoreMin?: number } {
  const tool = agent.tools.find((given) => given.type === 'builtin' && given.name === 'file_search');
  return tool?.type === 'builtin' ? (tool.options ?? {}) : {};
}

/** As many passages as a result can hold whole, and the beginning of the next where there is much room left. */
function fitting(hits: readonly ScoredPassage[], context: ToolContext): FileSearchResult[] {
  let room = Math.floor(context.resultCharsMax * resultShare);
  let tokens: number = limits.libraryTokens;
  const results: FileSearchResult[] = [];
  for (const hit of hits) {
    const { fileId, fileName, score } = hit;
    const { message, place } = context.citedAs ?? { message: 0, place: 0 };
    const marker = citationMarker(message, place * limits.libraryHitsMax + results.length);
    const result = { fileId, fileName, score, marker, text: '' };
    const frame = JSON.stringify(result).length;
    const text = clipText(hit.text, Math.max(0, Math.floor((room - frame) / growthOf(hit.text))));
    if (text.length < Math.min(hit.text.length, passageCharsMin)) break;
    tokens -= estimateTokens(text);
    if (tokens < 0 && results.length > 0) break;
    results.push({ ...result, text });
    room -= frame + Math.ceil(text.length * growthOf(hit.text));
  }
  return results;
}

/** How much longer a text is once its quotes and line ends are written as JSON. */
function growthOf(text: string): number {
  return text === '' ? 1 : JSON.stringify(text).length / text.length;
}
