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

/** A maker of vectors. */
export const embeddingConfig = z
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

/** The reply to the creation of an agent. */
export const createAgentReply = z.object({ agent_state: agentState, preset }).meta({ id: 'CreateAgentResponse' });
/** One agent. */
export const agentReply = z
  .object({ agent_state: agentState, last_run_at: z.int().nullable(), sources: z.array(text) })
  .meta({ id: 'GetAgentResponse' });
/** All agents of the caller. */
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
/** A sentence that says what was done. */
export const confirmation = z.object({ message: text });

/** What an agent has in mind and in store. */
export const memoryReply = z
  .object({ core_memory: coreMemory, ...memoryFigures })
  .meta({ id: 'GetAgentMemoryResponse' });
/** Core memory before and after a change. */
export const memoryChangeReply = z
  .object({ old_core_memory: coreMemory, new_core_memory: coreMemory })
  .meta({ id: 'UpdateAgentMemoryResponse' });

/** A part of an agent's history. */
export const historyReply = z.object({ messages: z.array(anyObject) }).meta({ id: 'GetAgentMessagesResponse' });
/** A reply that was waited for. */
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

/** Whose a credential is. */
export const authReply = z.object({ uuid, is_admin: z.boolean() }).meta({ id: 'AuthResponse' });
/** A page of users. */
export const userListReply = z
  .object({ cursor: uuid.nullable(), user_list: z.array(z.object({ user_id: uuid })) })
  .meta({ id: 'GetAllUsersResponse' });
/** A new user with a key. */
export const createUserReply = z.object({ user_id: uuid, api_key: text }).meta({ id: 'CreateUserResponse' });
/** A user who is gone. */
export const deleteUserReply = z.object({ message: text, user_id_deleted: uuid }).meta({ id: 'DeleteUserResponse' });
/** A new key. */
export const createKeyReply = z.object({ api_key: text }).meta({ id: 'CreateAPIKeyResponse' });
/** The keys of a user. */
export const keyListReply = z
  .object({ api_key_list: z.array(text).meta({ description: 'First and last characters of each key.' }) })
  .meta({ id: 'GetAPIKeysResponse' });
/** A key that is withdrawn. */
export const deleteKeyReply = z.object({ message: text, api_key_deleted: text }).meta({ id: 'DeleteAPIKeyResponse' });

/** The body of an error. */
export const errorReply = z.object({ detail: text }).meta({ id: 'Error' });
/** The body of an answer to input that does not fit. */
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

/** What came of a chat command. */
export const commandReply = z.object({ response: text }).meta({ id: 'CommandReply' });
