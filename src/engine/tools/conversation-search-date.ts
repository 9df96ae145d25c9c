import { z } from 'zod';
import { limits } from '../../domain/limits.js';
import { page, rangeInOrder, requiredTime } from './arguments.js';
import { define, numberParameter, searchTool, textParameter } from './make-tool.js';
import { searchPage } from './search-work.js';
import { timeForms } from './time-range.js';

/** MemGPT's `conversation_search_date`: what was said in a time, newest first. Unlike there, the end day counts. */
export const conversationSearchDate = searchTool(
  define(
    'conversation_search_date',
    'List what was said between two dates, both days included. ' +
      'Example: {"start_date": "2025-03-01", "end_date": "2025-03-31"}. ' +
      `It fails when a date is not ${timeForms}.`,
    {
      start_date: textParameter('The first day, as YYYY-MM-DD or in words.'),
      end_date: textParameter('The last day, as YYYY-MM-DD or in words.'),
      page: numberParameter('Page of the results, from 0, the default.'),
    },
    ['start_date', 'end_date'],
  ),
  (moment) =>
    z
      .object({ start_date: requiredTime('from', moment), end_date: requiredTime('to', moment), page })
      .superRefine(rangeInOrder('start_date', 'end_date')),
  async (access, context, wanted) =>
    searchPage(access, context, {
      kinds: ['recall'],
      query: null,
      roles: ['user', 'assistant'],
      from: wanted.start_date,
      to: wanted.end_date,
      page: wanted.page,
      size: limits.searchPage,
    }),
);
