import { z } from 'zod';

/*
 * What goes out on the routes of Letta 0.4. Its client refuses members it does not know, so these are whole: no key is
 * missing and none is added.
 */

const text = z.string();
const textOrNull = z.string().nullable();
const anyObject = z.record(text, z.unknown());
const time = text.meta({ format: 'date-time' });
const idOf = (kind: string): z.ZodString => z.string().regex(new RegExp(`^${kind}-[a-fA-F0-9]{8}`));

/** A labelled text. */
export const blockReply = z
  .strictObject({
    id: idOf('block'),
    value: text,
    limit: z.int(),
    name: textOrNull,
    template: z.boolean(),
    label: textOrNull,
    description: textOrNull,
    metadata_: anyObject.nullable(),
    user_id: textOrNull,
  })
  .meta({ id: 'Block' });

/** What an agent always has in mind. */
export const memoryReply = z
  .strictObject({ memory: z.record(text, blockReply), prompt_template: text })
  .meta({ id: 'Memory' });

/** A model. */
export const llmConfigReply = z
  .strictObject({
    model: text,
    model_endpoint_type: text,
    model_endpoint: text,
    model_wrapper: textOrNull,
    context_window: z.int(),
  })
  .meta({ id: 'LettaLLMConfig' });

/** A maker of vectors. */
export const embeddingConfigReply = z
  .strictObject({
    embedding_endpoint_type: text,
    embedding_endpoint: textOrNull,
    embedding_model: text,
    embedding_dim: z.int(),
    embedding_chunk_size: z.int().nullable(),
    azure_endpoint: textOrNull,
    azure_version: textOrNull,
    azure_deployment: textOrNull,
  })
  .meta({ id: 'LettaEmbeddingConfig' });

/** An agent. */
export const agentReply = z
  .strictObject({
    id: idOf('agent'),
    name: text,
    description: textOrNull,
    metadata_: anyObject.nullable(),
    user_id: idOf('user').nullable(),
    created_at: time,
    message_ids: z.array(idOf('message')).nullable(),
    memory: memoryReply,
    tools: z.array(text),
    system: text,
    agent_type: text.optional().meta({ description: 'Where it was named when the agent was made.' }),
    llm_config: llmConfigReply,
    embedding_config: embeddingConfigReply,
  })
  .meta({ id: 'LettaAgentState' });

/** How much there is. */
export const sizeReply = z.strictObject({ size: z.int() }).meta({ id: 'MemorySummary' });

/** A text of an archive. */
export const passageReply = z
  .strictObject({
    id: idOf('passage'),
    text,
    embedding: z.null(),
    embedding_config: z.null(),
    created_at: time,
    user_id: textOrNull,
    agent_id: textOrNull,
    source_id: textOrNull,
    doc_id: textOrNull,
    metadata_: anyObject,
  })
  .meta({ id: 'Passage' });

/** A message as it is stored. */
export const storedMessageReply = z
  .strictObject({
    id: idOf('message'),
    role: z.enum(['system', 'user', 'assistant', 'tool']),
    text: textOrNull,
    user_id: textOrNull,
    agent_id: textOrNull,
    model: textOrNull,
    name: textOrNull,
    created_at: time,
    tool_calls: z
      .array(z.strictObject({ id: text, type: text, function: z.strictObject({ name: text, arguments: text }) }))
      .nullable(),
    tool_call_id: textOrNull,
  })
  .meta({ id: 'Message' });

const head = { id: text, date: time };
/** A message as it is told. */
export const toldMessageReply = z
  .discriminatedUnion('message_type', [
    z.strictObject({ ...head, message_type: z.literal('internal_monologue'), internal_monologue: text }),
    z.strictObject({
      ...head,
      message_type: z.literal('function_call'),
      function_call: z.strictObject({ name: text, arguments: text }),
    }),
    z.strictObject({
      ...head,
      message_type: z.literal('function_return'),
      function_return: text,
      status: z.enum(['success', 'error']),
    }),
    z.strictObject({ ...head, message_type: z.literal('system_message'), message: text }),
    z.strictObject({ ...head, message_type: z.literal('user_message'), message: text }),
  ])
  .meta({ id: 'LettaMessage' });

/** A part of a history, in one form or the other. */
export const historyReply = z.union([z.array(storedMessageReply), z.array(toldMessageReply)]);
/** An answer that was waited for. */
export const sendReply = z
  .strictObject({
    messages: historyReply,
    usage: z.strictObject({
      completion_tokens: z.int(),
      prompt_tokens: z.int(),
      total_tokens: z.int(),
      step_count: z.int(),
    }),
  })
  .meta({ id: 'LettaResponse' });

/** A tool. */
export const toolReply = z
  .strictObject({
    id: idOf('tool'),
    name: text,
    tags: z.array(text),
    source_code: text,
    json_schema: anyObject,
    description: textOrNull,
    source_type: textOrNull,
    module: textOrNull,
    user_id: textOrNull,
  })
  .meta({ id: 'Tool' });

/** A user. */
export const userReply = z
  .strictObject({ id: idOf('user'), name: text, created_at: time, org_id: textOrNull })
  .meta({ id: 'User' });
/** A key. */
export const keyReply = z
  .strictObject({
    id: idOf('sk'),
    user_id: idOf('user'),
    key: text.meta({ description: 'Whole when it is made; afterwards its first and last characters.' }),
    name: text,
  })
  .meta({ id: 'APIKey' });
/** An organisation. */
export const organisationReply = z
  .strictObject({ id: idOf('org'), name: text, created_at: time })
  .meta({ id: 'Organization' });
/** A sentence that says what was done. */
export const confirmation = z.strictObject({ message: text });
