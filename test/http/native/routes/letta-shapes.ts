import { z } from 'zod';

/*
 * The replies of Letta 0.4, as the schemas of its client have them, which refuse a member too many.
 */

const text = z.string();
const textOrNull = text.nullable();
const anyObject = z.record(text, z.unknown());
const time = text.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/u);
const idOf = (kind: string): z.ZodString =>
  z.string().regex(new RegExp(`^${kind}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`, 'u'));

/** A labelled text. */
export const block = z.strictObject({
  id: idOf('block'),
  value: text,
  limit: z.int(),
  name: textOrNull,
  template: z.boolean(),
  label: textOrNull,
  description: textOrNull,
  metadata_: anyObject.nullable(),
  user_id: idOf('user').nullable(),
});
/** What an agent has in mind. */
export const memory = z.strictObject({ memory: z.record(text, block), prompt_template: text });
/** A model. */
export const llmConfig = z.strictObject({
  model: text,
  model_endpoint_type: text,
  model_endpoint: text,
  model_wrapper: textOrNull,
  context_window: z.int(),
});
/** A maker of vectors. */
export const embeddingConfig = z.strictObject({
  embedding_endpoint_type: text,
  embedding_endpoint: textOrNull,
  embedding_model: text,
  embedding_dim: z.int(),
  embedding_chunk_size: z.int().nullable(),
  azure_endpoint: textOrNull,
  azure_version: textOrNull,
  azure_deployment: textOrNull,
});
/** An agent. */
export const agent = z.strictObject({
  id: idOf('agent'),
  name: text,
  description: textOrNull,
  metadata_: anyObject.nullable(),
  user_id: idOf('user').nullable(),
  created_at: time,
  message_ids: z.array(idOf('message')).nullable(),
  memory,
  tools: z.array(text),
  system: text,
  llm_config: llmConfig,
  embedding_config: embeddingConfig,
});
/** How much there is. */
export const size = z.strictObject({ size: z.int() });
/** A sentence. */
export const confirmation = z.strictObject({ message: text });
/** A text of an archive, or of a source. */
export const passage = z.strictObject({
  id: idOf('passage'),
  text,
  embedding: z.array(z.number()).nullable(),
  embedding_config: embeddingConfig.nullable(),
  created_at: time,
  user_id: idOf('user').nullable(),
  agent_id: idOf('agent').nullable(),
  source_id: idOf('source').nullable(),
  doc_id: idOf('doc').nullable(),
  metadata_: anyObject,
});
/** A message as it is stored. */
export const storedMessage = z.strictObject({
  id: idOf('message'),
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  text: textOrNull,
  user_id: idOf('user').nullable(),
  agent_id: idOf('agent').nullable(),
  model: textOrNull,
  name: textOrNull,
  created_at: time,
  tool_calls: z
    .array(
      z.strictObject({
        id: text,
        type: z.literal('function'),
        function: z.strictObject({ name: text, arguments: text }),
      }),
    )
    .nullable(),
  tool_call_id: textOrNull,
});

const head = { id: idOf('message'), date: text.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/u) };
const thought = z.strictObject({ ...head, message_type: z.literal('internal_monologue'), internal_monologue: text });
const returned = z.strictObject({
  ...head,
  message_type: z.literal('function_return'),
  function_return: text,
  status: z.enum(['success', 'error']),
});
const callOf = (members: z.ZodRawShape) =>
  z.strictObject({ ...head, message_type: z.literal('function_call'), function_call: z.strictObject(members) });
const sentinel = z.enum(['[DONE_GEN]', '[DONE_STEP]', '[DONE]']);
const call = callOf({ name: text, arguments: text });

/** A message as it is told. */
export const toldMessage = z.union([
  thought,
  call,
  returned,
  z.strictObject({ ...head, message_type: z.literal('system_message'), message: text }),
  z.strictObject({ ...head, message_type: z.literal('user_message'), message: text }),
]);
/** The payloads of a stream of steps. */
export const stepEvents = z.array(z.union([thought, call, returned, sentinel]));
/** The payloads of a stream of fragments. */
export const tokenEvents = z.array(
  z.union([thought, callOf({ name: text.optional(), arguments: text.optional() }), returned, sentinel]),
);
const usage = z.strictObject({
  completion_tokens: z.int(),
  prompt_tokens: z.int(),
  total_tokens: z.int(),
  step_count: z.int(),
});
/** A reply of typed messages. */
export const typedReply = z.strictObject({ messages: z.array(z.union([thought, call, returned])), usage });
/** A reply of stored messages. */
export const storedReply = z.strictObject({ messages: z.array(storedMessage), usage });

/** A source. */
export const source = z.strictObject({
  id: idOf('source'),
  name: text,
  embedding_config: embeddingConfig,
  created_at: time,
  user_id: idOf('user'),
  description: textOrNull,
  metadata_: anyObject.nullable(),
});
/** A file on its way into a source. */
export const job = z.strictObject({
  id: idOf('job'),
  status: z.enum(['created', 'running', 'completed', 'failed', 'pending']),
  created_at: time,
  completed_at: time.nullable(),
  user_id: idOf('user'),
  metadata_: z.looseObject({ type: z.literal('embedding'), filename: text, source_id: idOf('source') }),
});
/** A document of a source. */
export const document = z.strictObject({
  id: idOf('doc'),
  text,
  source_id: idOf('source'),
  user_id: idOf('user'),
  metadata_: anyObject,
});
/** A tool. */
export const tool = z.strictObject({
  id: idOf('tool'),
  name: text,
  tags: z.array(text),
  source_code: text,
  json_schema: z.looseObject({ name: text }),
  description: textOrNull,
  source_type: textOrNull,
  module: textOrNull,
  user_id: idOf('user').nullable(),
});
/** A user. */
export const user = z.strictObject({ id: idOf('user'), name: text, created_at: time, org_id: idOf('org').nullable() });
/** A key. */
export const key = z.strictObject({ id: idOf('sk'), user_id: idOf('user'), key: text, name: text });
/** An organization. */
export const organization = z.strictObject({ id: idOf('org'), name: text, created_at: time });
