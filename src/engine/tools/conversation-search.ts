import { z } from 'zod';
import { hitLimit, page, query, rangeInOrder, roles, time } from './arguments.js';
import { define, listParameter, numberParameter, searchTool, textParameter } from './make-tool.js';
import { searchPage } from './search-work.js';
import { timeForms } from './time-range.js';

/** MemGPT's `conversation_search`, with the filters that Letta gave it. */
export const conversationSearch = searchTool(
  define(
    'conversation_search',
    'Search what was said before, in this conversation and in earlier ones that share your memory. Filters combine; ' +
      'an empty query lists the newest messages. ' +
      'Example: {"query": "cello lesson", "start_date": "2025-03-01"}. ' +
      'When nothing is found, use other words for the same thing. It fails when a date is not ' +
      `${timeForms}.`,
    {
      query: textParameter('Words to look for.'),
      page: numberParameter('Page of the results, from 0, the default.'),
      roles: listParameter('Whose messages: "user" and "assistant" unless given.', ['user', 'assistant']),
      limit: numberParameter('Results on a page; 5 unless given.'),
      start_date: textParameter(`The earliest time: ${timeForms}.`),
      end_date: textParameter('The latest time; a date takes in its whole day.'),
    },
    ['query'],
  ),
  (moment) =>
    z
      .object({ query, page, roles, limit: hitLimit, start_date: time('from', moment), end_date: time('to', moment) })
      .superRefine(rangeInOrder('start_date', 'end_date')),
  async (access, context, wanted) =>
    searchPage(access, context, {
      kinds: ['recall'],
      query: wanted.query,
      roles: wanted.roles,
      from: wanted.start_date,
      to: wanted.end_date,
      page: wanted.page,
      size: wanted.limit,
    }),
);
