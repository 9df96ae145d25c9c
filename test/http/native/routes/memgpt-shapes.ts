import { z } from 'zod';

/*
 * The replies of MemGPT, with the members of all its releases and no others.
 */

const text = z.string();
const textOrNull = text.nullable();
const anyObject = z.record(text, z.unknown());
const none = z.null();

/** A bare UUID, as its clients parse ids. */
export const uuid = z.string().regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/u);
/** A time with six digits of a second and an offset. */
export const time = text.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/u);
/** Seconds since 1970. */
const seconds = z.int().min(1_700_000_000).max(3_000_000_000);
/** A user's key. */
export const secretKey = text.regex(/^sk-[0-9a-zA-Z]{48}$/u);

/** A model. */
export const llmConfig = z.strictObject({
  model: text,
  model_endpoint_type: textOrNull,
  model_endpoint: textOrNull,
  model_wrapper: textOrNull,
  context_window: z.int(),
});

const embeddingConfig = z.strictObject({
  embedding_endpoint_type: textOrNull,
  embedding_endpoint: textOrNull,
  embedding_model: textOrNull,
  embedding_dim: z.int().nullable(),
  embedding_chunk_size: z.int().nullable(),
});

const schema = z.strictObject({ name: text, description: text, parameters: anyObject });
const core = z.strictObject({ human: textOrNull, persona: textOrNull });

const agentState = z.strictObject({
  id: uuid,
  name: text,
  description: textOrNull,
  user_id: uuid,
  created_at: seconds,
  preset: text,
  persona: text,
  human: text,
  functions_schema: z.array(schema),
  tools: z.array(text),
  system: text,
  llm_config: llmConfig,
  embedding_config: embeddingConfig,
  state: z.strictObject({
    persona: textOrNull,
    human: textOrNull,
    system: text,
    functions: z.array(schema),
    messages: z.array(uuid),
    memory: z.record(text, z.strictObject({ description: text, limit: z.int(), value: text })),
  }),
  metadata: z.looseObject({ human: textOrNull, persona: textOrNull }),
});

/** A preset. */
export const preset = z.strictObject({
  name: text,
  id: uuid,
  user_id: uuid.nullable(),
  description: textOrNull,
  created_at: time,
  system: text,
  system_name: textOrNull,
  persona: text,
  persona_name: textOrNull,
  human: text,
  human_name: textOrNull,
  functions_schema: z.array(schema),
});

/** The reply to the creation of an agent. */
export const createdAgent = z.strictObject({ agent_state: agentState, preset });
/** An agent. */
export const agent = z.strictObject({
  agent_state: agentState,
  last_run_at: seconds.nullable(),
  sources: z.array(uuid),
});

/** A tool. */
export const tool = z.strictObject({
  id: uuid,
  name: text,
  json_schema: z.looseObject({ name: text }),
  source_type: textOrNull,
  source_code: textOrNull,
  module: textOrNull,
  tags: z.array(text),
  user_id: uuid.nullable(),
});

/** An agent in a list. */
export const listedAgents = z.strictObject({
  num_agents: z.int(),
  agents: z.array(
    z.strictObject({
      id: uuid,
      name: text,
      created_at: time,
      human: textOrNull,
      persona: textOrNull,
      tools: z.array(tool),
      memory: z.strictObject({ core_memory: core, recall_memory: z.int(), archival_memory: z.int() }),
      last_run: time.nullable(),
      sources: z.array(
        z.strictObject({
          id: uuid,
          name: text,
          user_id: uuid,
          description: textOrNull,
          created_at: time,
          embedding_dim: none,
          embedding_model: none,
        }),
      ),
    }),
  ),
});

/** A sentence. */
export const confirmation = z.strictObject({ message: text });
/** What came of a command. */
export const commandResponse = z.strictObject({ response: text });
/** What an agent has in mind and in store. */
export const memory = z.strictObject({ core_memory: core, recall_memory: z.int(), archival_memory: z.int() });
/** Core memory before and after a change. */
export const memoryChange = z.strictObject({ old_core_memory: core, new_core_memory: core });
/** A part of an archive. */
export const archive = z.strictObject({ archival_memory: z.array(z.strictObject({ id: uuid, contents: text })) });
/** Passages that were stored. */
export const passageIds = z.strictObject({ ids: z.array(uuid) });

/** A human or a persona. */
export const profile = z.strictObject({ text, name: text, id: uuid, user_id: uuid.nullable() });

const storedMessage = z.strictObject({
  id: uuid,
  user_id: uuid,
  agent_id: uuid,
  text: textOrNull,
  model: textOrNull,
  created_at: time,
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  name: textOrNull,
  embedding: none,
  embedding_dim: none,
  embedding_model: none,
  tool_calls: z
    .array(
      z.strictObject({
        id: text,
        tool_call_type: z.literal('function'),
        function: z.strictObject({ name: text, arguments: text }),
      }),
    )
    .nullable(),
  tool_call_id: textOrNull,
  in_context: z.boolean(),
});
/** A part of a history. */
export const history = z.strictObject({ messages: z.array(storedMessage) });

const mark = { id: uuid, date: time };
const thought = z.strictObject({ internal_monologue: text, ...mark });
const said = z.strictObject({ assistant_message: text, ...mark });
const returned = z.strictObject({ function_return: text, status: z.enum(['success', 'error']), ...mark });
const callAsText = z.strictObject({ function_call: text, ...mark });
const callAsObject = z.strictObject({
  function_call: z.strictObject({ id: text, name: text, arguments: text }),
  ...mark,
});
const callInParts = z.strictObject({
  function_call: z.strictObject({ id: text.optional(), name: text.optional(), arguments: text.optional() }),
  ...mark,
});
const sentinel = z.enum(['[DONE_GEN]', '[DONE_STEP]', '[DONE]']);
const usage = z.strictObject({
  completion_tokens: z.int(),
  prompt_tokens: z.int(),
  total_tokens: z.int(),
  step_count: z.int(),
});

/** The payloads of an early stream. */
export const legacyEvents = z.array(z.union([thought, callAsText, said, returned]));
/** The payloads of a stream of steps. */
export const stepEvents = z.array(z.union([thought, callAsObject, returned, sentinel]));
/** The payloads of a stream of fragments. */
export const tokenEvents = z.array(z.union([thought, callInParts, returned, sentinel]));
/** An early reply that was waited for. */
export const earlyReply = z.strictObject({ messages: legacyEvents, usage });
/** A later one, with the words beside the call. */
export const lateReply = z.strictObject({
  messages: z.array(z.union([thought, callAsObject, said, returned])),
  usage,
});

const sourceMembers = {
  id: uuid,
  name: text,
  description: textOrNull,
  user_id: uuid,
  embedding_config: embeddingConfig,
  metadata_: none,
};
/** A source that was just made or changed. */
export const newSource = z.strictObject({ ...sourceMembers, created_at: z.number().min(1_700_000_000) });
/** A source. */
export const source = z.strictObject({ ...sourceMembers, created_at: time });
/** All sources, with what they hold. */
export const listedSources = z.strictObject({
  sources: z.array(
    z.strictObject({
      ...sourceMembers,
      created_at: time,
      metadata_: z.strictObject({
        num_documents: z.int(),
        num_passages: z.int(),
        attached_agents: z.array(z.strictObject({ id: uuid, name: text })),
      }),
    }),
  ),
});
const jobMembers = {
  id: uuid,
  status: z.enum(['created', 'running', 'completed', 'failed']),
  created_at: time,
  completed_at: time.nullable(),
  user_id: uuid,
  metadata_: z.looseObject({ type: z.literal('embedding'), filename: text, source_id: uuid }),
};
/** A file on its way into a source. */
export const job = z.strictObject(jobMembers);
const counts = { source, added_passages: z.int(), added_documents: z.int() };
/** What the earliest uploads came to. */
export const uploadCounts = z.strictObject(counts);
/** The reply to an upload, which readers of counts and readers of jobs both understand. */
export const upload = z.strictObject({ ...jobMembers, ...counts });
/** The passages of a source. */
export const passages = z.strictObject({
  passages: z.array(
    z.strictObject({
      id: uuid,
      user_id: uuid.nullable(),
      agent_id: none,
      text,
      embedding: none,
      embedding_config: none,
      data_source: text,
      doc_id: uuid,
      metadata: anyObject,
    }),
  ),
});
/** The documents of a source. */
export const documents = z.strictObject({
  documents: z.array(z.strictObject({ id: uuid, user_id: uuid, text, data_source: text, metadata: anyObject })),
});
