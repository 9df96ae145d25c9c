import { z } from 'zod';
import { limits } from '../../domain/limits.js';
import type { ToolResult } from '../../domain/tool.js';
import type { MemoryFindings, MemoryKind } from '../search-memory.js';
import { hitLimit, query, rangeInOrder, roles, scope, tags, time, wholeNumber, withOtherNames } from './arguments.js';
import { define, listParameter, numberParameter, searchTool, textParameter, wordParameter } from './make-tool.js';
import { hitCharsFor, showHitWithId } from './search-text.js';
import { searchOpenMemory, type SearchFor } from './search-work.js';
import { timeForms } from './time-range.js';
import type { SearchAccess, ToolContext } from './tool.js';

type Wanted = Omit<SearchFor, 'kinds' | 'offset'> & { scope: readonly MemoryKind[]; cursor: number };

/** One search over what was said, what was archived and the files, the best of each in turn, continued by a cursor. */
export const memorySearch = searchTool(
  define(
    'memory_search',
    'Search everything you remember: what was said before, what is in the archive, and the files you were given. ' +
      'Filters combine; without a query the newest entries are listed. ' +
      'Example: {"query": "Mia Bergen", "scope": "archive", "tags": ["family"]}. ' +
      `When nothing is found, use other words. It fails when a time is not ${timeForms}.`,
    {
      query: textParameter('Words to look for.'),
      scope: wordParameter('Where to look; "all" unless given.', ['recall', 'archive', 'files', 'all']),
      from: textParameter(`The earliest time: ${timeForms}.`),
      to: textParameter('The latest time; a date takes in its whole day.'),
      tags: listParameter('Only archived texts with any of these tags.'),
      roles: listParameter('Whose messages: "user" and "assistant" unless given.', ['user', 'assistant']),
      limit: numberParameter(`Results at a time; ${limits.searchPage} unless given.`),
      cursor: textParameter('Where to go on: the cursor that an earlier search gave.'),
    },
    [],
  ),
  (moment) =>
    withOtherNames(
      { start_date: 'from', end_date: 'to', start_datetime: 'from', end_datetime: 'to' },
      z
        .object({
          query,
          scope,
          from: time('from', moment),
          to: time('to', moment),
          tags,
          roles,
          limit: hitLimit,
          cursor: wholeNumber(0, 0),
        })
        .superRefine(rangeInOrder('from', 'to')),
    ),
  search,
);

async function search(access: SearchAccess, context: ToolContext, wanted: Wanted): Promise<ToolResult> {
  const { scope: kinds, cursor: offset, ...rest } = wanted;
  const found = await searchOpenMemory(access, context, { ...rest, kinds, offset });
  return { output: describeFindings(found, offset, context), failed: false };
}

function describeFindings(
  { hits, total, totals }: MemoryFindings,
  offset: number,
  { resultCharsMax, zone }: ToolContext,
): string {
  if (total === 0) return 'No results found.';
  const next = offset + hits.length;
  const inFiles = totals.file === 0 ? '' : `, ${totals.file} in files`;
  const more = next < total && hits.length > 0 ? ` Go on with cursor "${next}".` : '';
  const hitChars = hitCharsFor(hits.length, resultCharsMax);
  const lines = hits.map((hit) => showHitWithId(hit, hitChars, zone));
  return (
    `Showing ${hits.length} of ${total} results (${totals.recall} said, ${totals.archival} archived${inFiles}).` +
    `${more} ${JSON.stringify(lines)}`
  );
}
