import { z } from 'zod';
import type { IdKind } from '../../domain/ids.js';
import { limits } from '../../domain/limits.js';
import { textOf, type Message } from '../../domain/message.js';
import type { MemorySearchAnswer, MemorySearchHit } from '../../services/memory-search.js';
import { callerOf, defineRoute, type Route } from '../route.js';
import { idText, lenientInteger } from './schemas.js';
import { toIsoTime } from './wire.js';

/** What differs between the two places at which the search is served. */
export interface MemorySearchPlace {
  path: string;
  tag: string;
  params: z.ZodType<{ agent_id: string }>;
  /** An id as clients of that place know it. */
  spell(kind: IdKind, id: string): string;
}

/** A list in a query: one value, several, or one with commas. */
function listOf<T>(item: z.ZodType<T>): z.ZodType<T[]> {
  return z
    .preprocess((value) => {
      const given = (Array.isArray(value) ? value : [value]) as unknown[];
      return given.flatMap((part) => (typeof part === 'string' ? part.split(',') : part)).filter((part) => part !== '');
    }, z.array(item))
    .meta({ type: 'array', items: { type: 'string' } });
}

const kindsByScope = { recall: 'recall', archival: 'archival', files: 'file', all: 'all' } as const;

const searchQuery = z.object({
  query: z
    .string()
    .default('')
    .transform((words) => (words.trim() === '' ? null : words.trim().slice(0, limits.searchQueryCharsMax)))
    .meta({ description: 'Words to look for. Without them everything is listed, the newest first.' }),
  scope: z.enum(['recall', 'archival', 'files', 'all']).default('all'),
  limit: lenientInteger(1, limits.pageItemsMax).default(10),
  offset: lenientInteger(0, 1_000_000_000).default(0).meta({ description: 'Results to pass over.' }),
  from: z.string().optional().meta({ description: 'The earliest time.' }),
  to: z.string().optional().meta({ description: 'The latest time; a date takes in its whole day.' }),
  tags: listOf(z.string()).default([]).meta({ description: 'Only archived texts with any of these tags.' }),
  roles: listOf(z.enum(['user', 'assistant'])).default(['user', 'assistant']),
  memory: z.string().optional().meta({ description: "Whose memory, as threads name it: a user's id." }),
  conversation_id: idText('conversation')
    .optional()
    .meta({ description: 'The memory that the agent has open in this conversation or thread.' }),
  neighbours: lenientInteger(0, 5)
    .default(0)
    .meta({ description: 'Messages shown before and after each message that was found.' }),
});

const messageReply = z.object({
  id: z.string(),
  role: z.enum(['user', 'assistant', 'tool', 'system']),
  name: z.string().nullable(),
  text: z.string(),
  created_at: z.string(),
});

const searchReply = z
  .object({
    query: z.string().nullable(),
    scope: z.enum(['recall', 'archival', 'files', 'all']),
    total: z.int(),
    totals: z.object({ recall: z.int(), archival: z.int(), files: z.int() }),
    results: z.array(
      z.object({
        kind: z.enum(['recall', 'archival', 'file']),
        id: z.string(),
        text: z.string(),
        created_at: z.string(),
        role: z.string().optional(),
        name: z.string().nullable().optional(),
        conversation_id: z.string().optional(),
        neighbours: z.array(messageReply).optional(),
        tags: z.array(z.string()).optional(),
        file_id: z.string().optional(),
        filename: z.string().optional(),
        score: z.number().optional().meta({ description: 'Of files: how well it fits, from 0 to 1.' }),
      }),
    ),
  })
  .meta({ id: 'MemorySearchResult' });

/** The route of the search, in one of its places. */
export function memorySearchRoute({ path, tag, params, spell }: MemorySearchPlace): Route {
  return defineRoute({
    method: 'get',
    path,
    tag,
    access: 'user',
    summary: 'Search what was said, the archive and the files of an agent',
    params,
    query: searchQuery,
    response: searchReply,
    handle: async (call) => {
      const { scope, memory: key, conversation_id: conversationId, ...rest } = call.query;
      const command = { ...rest, key, conversationId, kind: kindsByScope[scope] };
      const answer = await call.services.memorySearch.search(callerOf(call), call.params.agent_id, command);
      return { json: { query: rest.query, scope, ...answerToWire(answer, rest.neighbours > 0, spell) } };
    },
  });
}

function answerToWire(
  { hits, total, totals }: MemorySearchAnswer,
  withNeighbours: boolean,
  spell: MemorySearchPlace['spell'],
): Record<string, unknown> {
  return {
    total,
    totals: { recall: totals.recall, archival: totals.archival, files: totals.file },
    results: hits.map((found) => hitToWire(found, withNeighbours, spell)),
  };
}

function hitToWire(
  { hit, neighbours }: MemorySearchHit,
  withNeighbours: boolean,
  spell: MemorySearchPlace['spell'],
): Record<string, unknown> {
  switch (hit.kind) {
    case 'recall':
      return {
        kind: hit.kind,
        ...messageToWire(hit.message, spell),
        conversation_id: spell('conversation', hit.message.conversationId),
        ...(withNeighbours ? { neighbours: neighbours.map((message) => messageToWire(message, spell)) } : {}),
      };
    case 'archival': {
      const { id, text, tags, createdAt } = hit.passage;
      return { kind: hit.kind, id: spell('passage', id), text, created_at: toIsoTime(createdAt), tags };
    }
    case 'file': {
      const { id, text, fileId, fileName, score, createdAt } = hit.passage;
      const file = { file_id: spell('file', fileId), filename: fileName };
      return { kind: hit.kind, id: spell('passage', id), text, created_at: toIsoTime(createdAt), ...file, score };
    }
    default:
      return hit satisfies never;
  }
}

function messageToWire(message: Message, spell: MemorySearchPlace['spell']): Record<string, unknown> {
  const { id, role, name, createdAt } = message;
  return { id: spell('message', id), role, name, text: textOf(message), created_at: toIsoTime(createdAt) };
}
