import { z } from 'zod';

/*
 * What goes out on the native face, for the generated documents. Replies themselves are made in wire.ts and events.ts.
 */

const text = z.string();
const textOrNull = z.string().nullable();
const time = z.string().meta({ format: 'date-time' });
const uuid = z.string().meta({ format: 'uuid' });
const anyObject = z.record(text, z.unknown());

/** The model of an agent as it was resolved. */
const llmConfig = z
  .object({
    model: text,
    model_endpoint_type: textOrNull,
    model_endpoint: textOrNull,
    model_wrapper: textOrNull,
    context_window: z.int(),
  })
  .meta({ id: 'LLMConfig' });

const embeddingConfig = z
  .object({
    embedding_endpoint_type: textOrNull,
    embedding_endpoint: textOrNull,
    embedding_model: textOrNull,
    embedding_dim: z.int().nullable(),
    embedding_chunk_size: z.int().nullable(),
  })
  .meta({ id: 'EmbeddingConfig' });

const coreMemory = z.object({ human: textOrNull, persona: textOrNull }).meta({ id: 'CoreMemory' });

const agentState = z
  .object({
    id: uuid,
    name: text,
    description: textOrNull,
    user_id: uuid,
    created_at: z.int().meta({ description: 'Seconds since 1970.' }),
    preset: text,
    persona: text,
    human: text,
    functions_schema: z.array(anyObject),
    tools: z.array(text),
    system: text,
    llm_config: llmConfig,
    embedding_config: embeddingConfig,
    state: z.object({
      persona: textOrNull,
      human: textOrNull,
      system: text,
      functions: z.array(anyObject),
      messages: z.array(uuid),
      memory: z.record(text, z.object({ description: text, limit: z.int(), value: text })),
    }),
    metadata: anyObject,
  })
  .meta({ id: 'AgentState' });

const preset = z
  .object({
    name: text,
    id: uuid,
    user_id: uuid,
    description: textOrNull,
    created_at: time,
    system: text,
    system_name: textOrNull,
    persona: text,
    persona_name: textOrNull,
    human: text,
    human_name: textOrNull,
    functions_schema: z.array(anyObject),
  })
  .meta({ id: 'Preset' });

const memoryFigures = { recall_memory: z.int(), archival_memory: z.int() };

/** Replies of `/api/agents`. */
export const createAgentReply = z.object({ agent_state: agentState, preset }).meta({ id: 'CreateAgentResponse' });
export const agentReply = z
  .object({ agent_state: agentState, last_run_at: z.int().nullable(), sources: z.array(text) })
  .meta({ id: 'GetAgentResponse' });
export const agentListReply = z
  .object({
    num_agents: z.int(),
    agents: z.array(
      z.object({
        id: uuid,
        name: text,
        created_at: time,
        human: textOrNull,
        persona: textOrNull,
        tools: z.array(anyObject),
        memory: z.object({ core_memory: coreMemory, ...memoryFigures }),
        last_run: time.nullable(),
        sources: z.array(anyObject),
      }),
    ),
  })
  .meta({ id: 'ListAgentsResponse' });
export const confirmation = z.object({ message: text });

/** Replies of memory. */
export const memoryReply = z
  .object({ core_memory: coreMemory, ...memoryFigures })
  .meta({ id: 'GetAgentMemoryResponse' });
export const memoryChangeReply = z
  .object({ old_core_memory: coreMemory, new_core_memory: coreMemory })
  .meta({ id: 'UpdateAgentMemoryResponse' });

/** Replies of messages. */
export const historyReply = z.object({ messages: z.array(anyObject) }).meta({ id: 'GetAgentMessagesResponse' });
export const messageReply = z
  .object({
    messages: z.array(anyObject),
    usage: z.object({
      completion_tokens: z.int(),
      prompt_tokens: z.int(),
      total_tokens: z.int(),
      step_count: z.int(),
    }),
  })
  .meta({ id: 'UserMessageResponse' });

/** Replies of authentication, users and keys. */
export const authReply = z.object({ uuid, is_admin: z.boolean() }).meta({ id: 'AuthResponse' });
export const userListReply = z
  .object({ cursor: uuid.nullable(), user_list: z.array(z.object({ user_id: uuid })) })
  .meta({ id: 'GetAllUsersResponse' });
export const createUserReply = z.object({ user_id: uuid, api_key: text }).meta({ id: 'CreateUserResponse' });
export const deleteUserReply = z.object({ message: text, user_id_deleted: uuid }).meta({ id: 'DeleteUserResponse' });
export const createKeyReply = z.object({ api_key: text }).meta({ id: 'CreateAPIKeyResponse' });
export const keyListReply = z
  .object({ api_key_list: z.array(text).meta({ description: 'First and last characters of each key.' }) })
  .meta({ id: 'GetAPIKeysResponse' });
export const deleteKeyReply = z.object({ message: text, api_key_deleted: text }).meta({ id: 'DeleteAPIKeyResponse' });

/** A body of an error, and of input that does not fit. */
export const errorReply = z.object({ detail: text }).meta({ id: 'Error' });
export const inputFaultReply = z
  .object({
    detail: z.array(
      z.object({
        type: text,
        loc: z.array(z.union([text, z.int()])),
        msg: text,
        input: z.unknown(),
        url: text,
      }),
    ),
  })
  .meta({ id: 'HTTPValidationError' });
