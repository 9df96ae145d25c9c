import { z } from 'zod';
import { limits } from '../../domain/limits.js';
import type { Passage } from '../../domain/memory.js';
import type { Message, Role } from '../../domain/message.js';
import type { ToolResult } from '../../domain/tool.js';
import type { SearchResult } from '../../store/store.js';
import { searchArchive } from './archive.js';
import { hitLimit, optionalText, query, rangeInOrder, roles, scope, tags, time, withOtherNames } from './arguments.js';
import { define, listParameter, numberParameter, searchTool, textParameter, wordParameter } from './make-tool.js';
import { hitCharsFor, messageHit, passageHit } from './search-text.js';
import { toRequest } from './search-work.js';
import { timeForms } from './time-range.js';
import type { SearchAccess, ToolContext } from './tool.js';

interface Wanted {
  query: string | null;
  scope: 'conversations' | 'archive' | 'all';
  from: number | null;
  to: number | null;
  tags: string[];
  roles: readonly Role[];
  limit: number;
  cursor: Place;
}

/** How many hits of each kind were shown before. */
interface Place {
  messages: number;
  passages: number;
}

type Hit = { kind: 'message'; message: Message } | { kind: 'passage'; passage: Passage };

const cursorForm = /^(\d{1,9})\.(\d{1,9})$/u;

const cursor = optionalText.transform((value, context): Place => {
  if (value === null) return { messages: 0, passages: 0 };
  const match = cursorForm.exec(value.trim());
  if (match === null) {
    context.addIssue({ code: 'custom', message: 'it must be the cursor that an earlier search gave' });
    return z.NEVER;
  }
  return { messages: Number(match[1]), passages: Number(match[2]) };
});

/** One search over what was said and what was archived, best hits of both in turn, continued by a cursor. */
export const memorySearch = searchTool(
  define(
    'memory_search',
    'Search everything you remember: what was said before and what is in the archive. Filters combine; without a ' +
      'query the newest entries are listed. Example: {"query": "Mia Bergen", "scope": "archive", "tags": ["family"]}. ' +
      `When nothing is found, use other words. It fails when a time is not ${timeForms}.`,
    {
      query: textParameter('Words to look for.'),
      scope: wordParameter('Where to look; "all" unless given.', ['conversations', 'archive', 'all']),
      from: textParameter(`The earliest time: ${timeForms}.`),
      to: textParameter('The latest time; a date takes in its whole day.'),
      tags: listParameter('Only archived texts with any of these tags.'),
      roles: listParameter('Whose messages: "user" and "assistant" unless given.', ['user', 'assistant']),
      limit: numberParameter(`Results at a time; ${limits.searchPage} unless given.`),
      cursor: textParameter('Where to go on: the cursor that an earlier search gave.'),
    },
    [],
  ),
  withOtherNames(
    { start_date: 'from', end_date: 'to', start_datetime: 'from', end_datetime: 'to' },
    z
      .object({ query, scope, from: time('from'), to: time('to'), tags, roles, limit: hitLimit, cursor })
      .superRefine(rangeInOrder('from', 'to')),
  ),
  searchBoth,
);

async function searchBoth(access: SearchAccess, context: ToolContext, wanted: Wanted): Promise<ToolResult> {
  const request = await toRequest(access, context, { ...wanted, offset: 0 });
  const none = { hits: [], total: 0 };
  const messages: SearchResult<Message> =
    wanted.scope === 'archive'
      ? none
      : await access.search.messages({ ...request, offset: wanted.cursor.messages, roles: [...wanted.roles] });
  const passages: SearchResult<Passage> =
    wanted.scope === 'conversations'
      ? none
      : await searchArchive(access, context, {
          ...request,
          offset: wanted.cursor.passages,
          tags: wanted.tags.length === 0 ? null : wanted.tags,
          tagMatch: 'any',
        });
  const hits = inTurn(messages.hits, passages.hits).slice(0, wanted.limit);
  return { output: describeHits(hits, messages.total, passages.total, wanted, context.resultCharsMax), failed: false };
}

function inTurn(messages: Message[], passages: Passage[]): Hit[] {
  const hits: Hit[] = [];
  for (let rank = 0; rank < Math.max(messages.length, passages.length); rank += 1) {
    const message = messages[rank];
    const passage = passages[rank];
    if (message !== undefined) hits.push({ kind: 'message', message });
    if (passage !== undefined) hits.push({ kind: 'passage', passage });
  }
  return hits;
}

function describeHits(hits: Hit[], messages: number, passages: number, wanted: Wanted, charsMax: number): string {
  const total = messages + passages;
  if (total === 0) return 'No results found.';
  const next: Place = {
    messages: wanted.cursor.messages + hits.filter((hit) => hit.kind === 'message').length,
    passages: wanted.cursor.passages + hits.filter((hit) => hit.kind === 'passage').length,
  };
  const left = Math.max(0, messages - next.messages) + Math.max(0, passages - next.passages);
  const hitChars = hitCharsFor(hits.length, charsMax);
  const lines = hits.map((hit) =>
    hit.kind === 'message'
      ? messageHit(hit.message, hitChars)
      : `${passageHit(hit.passage, hitChars)} [passage ${hit.passage.id}]`,
  );
  const more = left > 0 && hits.length > 0 ? ` Go on with cursor "${next.messages}.${next.passages}".` : '';
  return `Showing ${hits.length} of ${total} results (${messages} said, ${passages} archived).${more} ${JSON.stringify(lines)}`;
}
