import { z } from 'zod';
import { hitLimit, page, query, rangeInOrder, tagMatch, tags, time, wholeNumber } from './arguments.js';
import { define, listParameter, numberParameter, searchTool, textParameter, wordParameter } from './make-tool.js';
import { searchPage } from './search-work.js';
import { timeForms } from './time-range.js';

/** MemGPT's `archival_memory_search`, with the filters that Letta gave it. */
export const archivalMemorySearch = searchTool(
  define(
    'archival_memory_search',
    'Search your archive: texts that you put there, and files that you were given to read. ' +
      'Example: {"query": "Mia visits Bergen", "tags": ["family"]}. ' +
      'When nothing is found, use fewer or other words. It fails when page is not a whole number or a time is not ' +
      `${timeForms}.`,
    {
      query: textParameter('Words or a sentence like the text you look for.'),
      page: numberParameter('Page of the results, from 0, the default.'),
      start: numberParameter('Results to pass over before the first page; 0 unless given.'),
      top_k: numberParameter('Results on a page; 5 unless given.'),
      tags: listParameter('Only texts with these tags.'),
      tag_match_mode: wordParameter('Whether one tag is enough ("any", the default) or "all" are needed.', [
        'any',
        'all',
      ]),
      start_datetime: textParameter(`The earliest time: ${timeForms}.`),
      end_datetime: textParameter('The latest time; a date takes in its whole day.'),
    },
    ['query'],
  ),
  (moment) =>
    z
      .object({
        query,
        page,
        start: wholeNumber(0, 0),
        top_k: hitLimit,
        tags,
        tag_match_mode: tagMatch,
        start_datetime: time('from', moment),
        end_datetime: time('to', moment),
      })
      .superRefine(rangeInOrder('start_datetime', 'end_datetime')),
  async (access, context, wanted) =>
    searchPage(access, context, {
      kinds: ['archival', 'file'],
      query: wanted.query,
      tags: wanted.tags,
      tagMatch: wanted.tag_match_mode,
      from: wanted.start_datetime,
      to: wanted.end_datetime,
      page: wanted.page,
      size: wanted.top_k,
      start: wanted.start,
    }),
);
