import { z } from 'zod';

/*
 * What answers look like, for the generated documents.
 */

const time = z.int().describe('Seconds since 1970.');
const pairs = z.record(z.string(), z.string()).nullable();
const resources = z.record(z.string(), z.unknown()).nullable();

/** An assistant. */
export const assistantReply = z
  .object({
    id: z.string(),
    object: z.literal('assistant'),
    created_at: time,
    name: z.string().nullable(),
    description: z.string().nullable(),
    model: z.string(),
    instructions: z.string().nullable(),
    tools: z.array(z.record(z.string(), z.unknown())),
    tool_resources: resources,
    metadata: pairs,
    temperature: z.number().nullable(),
    top_p: z.number().nullable(),
    response_format: z.unknown(),
    reasoning_effort: z.string().nullable(),
  })
  .meta({ id: 'Assistant' });

/** A thread. */
export const threadReply = z
  .object({
    id: z.string(),
    object: z.literal('thread'),
    created_at: time,
    metadata: pairs,
    tool_resources: resources,
  })
  .meta({ id: 'Thread' });

/** A message. */
export const messageReply = z
  .object({
    id: z.string(),
    object: z.literal('thread.message'),
    created_at: time,
    thread_id: z.string(),
    assistant_id: z.string().nullable(),
    run_id: z.string().nullable(),
    status: z.enum(['in_progress', 'incomplete', 'completed']),
    incomplete_details: z.object({ reason: z.string() }).nullable(),
    incomplete_at: time.nullable(),
    completed_at: time.nullable(),
    role: z.enum(['user', 'assistant']),
    content: z.array(z.record(z.string(), z.unknown())),
    attachments: z.array(z.record(z.string(), z.unknown())).nullable(),
    metadata: pairs,
  })
  .meta({ id: 'ThreadMessage' });

/** The confirmation that something is gone. */
export const deletedReply = z
  .object({ id: z.string(), object: z.string(), deleted: z.literal(true) })
  .meta({ id: 'Deleted' });

/** A page of a list. */
export function listOf(item: z.ZodType) {
  return z.object({
    object: z.literal('list'),
    data: z.array(item),
    first_id: z.string().nullable(),
    last_id: z.string().nullable(),
    has_more: z.boolean(),
  });
}
