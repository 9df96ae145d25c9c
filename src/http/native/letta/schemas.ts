import { z } from 'zod';
import { readId, type IdKind } from '../../../domain/ids.js';
import { lenientBoolean, lenientInteger } from '../schemas.js';
import { toolRules } from '../tool-rule-schemas.js';

/*
 * What comes in on the routes of Letta 0.4. Its schemas refuse members they do not know; null means the same as
 * nothing, because its client sends every member. Members of the first releases of 0.5 are known too where they say the
 * same under another name, or say nothing.
 */

/** An id in the spelling of any face; inside it is the bare UUID. What is no id at all names nothing. */
export function lettaId(kind: IdKind): z.ZodType<string> {
  return z
    .string()
    .transform((text) => readId(kind, text) ?? text)
    .meta({ type: 'string' });
}

const text = z.string();
const optionalText = z.string().nullish();
const anyObject = z.record(z.string(), z.unknown());
const nameCharsMax = 50;

const agentName = text.superRefine((name, context) => {
  const length = [...name].length;
  if (length < 1 || length > nameCharsMax) {
    context.addIssue({ code: 'custom', message: `Name length must be between 1 and ${nameCharsMax} characters.` });
  } else if (!/^[A-Za-z0-9 _-]+$/u.test(name)) {
    context.addIssue({ code: 'custom', message: 'Name contains invalid characters.' });
  }
});

const limit = z.int().min(1).max(1_000_000);

const block = z.strictObject({
  id: optionalText,
  value: text.nullish(),
  limit: limit.nullish(),
  name: optionalText,
  template: lenientBoolean.nullish(),
  label: optionalText,
  description: optionalText,
  metadata_: anyObject.nullish(),
  user_id: optionalText,
  // In 0.5 `name` and `template` have longer names, and of who made a block nothing is believed.
  template_name: optionalText,
  is_template: lenientBoolean.nullish(),
  organization_id: optionalText,
  created_by_id: optionalText,
  last_updated_by_id: optionalText,
});

const memory = z.object({ memory: z.record(z.string(), block), prompt_template: optionalText });
/** A block as it is sent. */
export type BlockBody = z.infer<typeof block>;

const llmConfig = z.object({
  model: text,
  model_endpoint_type: optionalText,
  model_endpoint: optionalText,
  model_wrapper: optionalText,
  context_window: z.int().nullish(),
});
/** A model as it is asked for. */
export type LlmConfigBody = z.infer<typeof llmConfig>;

const agentMembers = {
  name: agentName.nullish(),
  description: optionalText,
  metadata_: anyObject.nullish(),
  user_id: optionalText,
  message_ids: z.array(lettaId('message')).nullish(),
  memory: memory.nullish(),
  tools: z.array(text).nullish(),
  system: optionalText,
  llm_config: llmConfig.nullish(),
  embedding_config: anyObject.nullish(),
};

/** The body of `POST /v1/agents/`; the members besides are of 0.5. */
export const createAgentBody = z
  .strictObject({
    ...agentMembers,
    agent_type: optionalText,
    tool_rules: toolRules.nullish(),
    tags: z.null().optional(),
    initial_message_sequence: z.null().optional(),
  })
  .meta({ id: 'CreateAgent' });
/** The body of `PATCH /v1/agents/{agent_id}`. */
export const updateAgentBody = z.strictObject({ id: text, ...agentMembers }).meta({ id: 'UpdateAgentState' });
/** The path of everything that belongs to an agent. */
export const agentPath = z.object({ agent_id: lettaId('agent') });

/** The body of `PATCH /v1/agents/{agent_id}/memory`. */
export const memoryBody = z.record(z.string(), z.string().nullable()).meta({ id: 'UpdateMemory' });

/** The query of `GET /v1/agents/{agent_id}/archival`. */
export const archivalQuery = z.object({
  after: lettaId('passage').optional(),
  before: lettaId('passage').optional(),
  limit: lenientInteger(0, 10_000).default(1_000),
});
/** The body of `POST /v1/agents/{agent_id}/archival`. */
export const archivalBody = z.strictObject({ text }).meta({ id: 'CreateArchivalMemory' });
/** The path of a passage of an archive. */
export const passagePath = z.object({ agent_id: lettaId('agent'), memory_id: lettaId('passage') });

/** The query of `GET /v1/agents/{agent_id}/messages`. */
export const historyQuery = z.object({
  before: lettaId('message').optional(),
  after: lettaId('message').optional(),
  limit: lenientInteger(0, 1_000).default(10),
  msg_object: lenientBoolean.default(false).meta({ description: 'Messages as they are stored.' }),
});
/** The path of a message. */
export const messagePath = z.object({ agent_id: lettaId('agent'), message_id: lettaId('message') });
/** The body of `PATCH /v1/agents/{agent_id}/messages/{message_id}`. */
export const updateMessageBody = z
  .strictObject({
    id: lettaId('message'),
    role: z.enum(['system', 'user', 'assistant', 'tool']).nullish(),
    text: optionalText,
    name: optionalText,
    tool_calls: z
      .array(z.object({ id: text, type: optionalText, function: z.object({ name: text, arguments: text }) }))
      .nullish(),
    tool_call_id: optionalText,
  })
  .meta({ id: 'UpdateMessage' });

/** The body of `POST /v1/agents/{agent_id}/messages`. */
export const sendBody = z
  .object({
    messages: z
      .array(
        z.object({
          role: z.enum(['user', 'system', 'assistant', 'tool', 'function']),
          text: text.nullish(),
          name: optionalText,
        }),
      )
      .min(1)
      .max(100),
    run_async: lenientBoolean.default(false),
    stream_steps: lenientBoolean.default(false).meta({ description: 'Events as they happen.' }),
    stream_tokens: lenientBoolean.default(false).meta({ description: 'With stream_steps: in fragments.' }),
    return_message_object: lenientBoolean.default(false).meta({ description: 'Messages as they are stored.' }),
  })
  .meta({ id: 'LettaRequest' });
/** What somebody wants to send. */
export type SendBody = z.infer<typeof sendBody>;

/** The query of `GET /v1/blocks/`. */
export const blockQuery = z.object({
  label: text.optional(),
  name: text.optional(),
  templates_only: lenientBoolean.default(true).meta({ description: 'False: the blocks of your agents too.' }),
});
/** The path of a block. */
export const blockPath = z.object({ block_id: lettaId('block') });
/** The path of a block that an agent is given or loses. */
export const sharedBlockPath = z.object({ agent_id: lettaId('agent'), block_id: lettaId('block') });
/** The path of a block of an agent by its label. */
export const agentBlockPath = z.object({ agent_id: lettaId('agent'), block_label: text });
/** The body of a change of such a block. */
export const changeAgentBlockBody = z
  .strictObject({ value: optionalText, limit: limit.nullish() })
  .meta({ id: 'CoreMemoryBlockChange' });
/** The body of `POST /v1/blocks/`. */
export const createBlockBody = block
  .omit({ id: true })
  .extend({ label: text, value: text })
  .meta({ id: 'CreateBlock' });
/** The body of `PATCH` and `POST /v1/blocks/{block_id}`. */
export const updateBlockBody = block.extend({ id: text }).meta({ id: 'UpdateBlock' });

const toolMembers = {
  name: optionalText,
  tags: z.array(text).nullish(),
  json_schema: anyObject.nullish(),
  description: optionalText,
  source_type: optionalText,
  module: optionalText,
  user_id: optionalText,
  /** Of 0.5, and always null there. */
  terminal: z.null().optional(),
};
/** The body of `POST /v1/tools/`. */
export const createToolBody = z.strictObject({ source_code: text, ...toolMembers }).meta({ id: 'ToolCreate' });
/** The body of `PATCH /v1/tools/{tool_id}`; the client of 0.5 leaves the id to the path. */
export const updateToolBody = z
  .strictObject({ id: lettaId('tool').optional(), source_code: optionalText, ...toolMembers })
  .meta({ id: 'ToolUpdate' });
/** The query of `POST /v1/tools/`, which changes nothing: a tool of that name is always written anew. */
export const createToolQuery = z.object({ update: lenientBoolean.optional() });
/** The path of a tool. */
export const toolPath = z.object({ tool_id: lettaId('tool') });
/** The path of a tool that an agent is given or loses. */
export const agentToolPath = z.object({ agent_id: lettaId('agent'), tool_id: lettaId('tool') });
/** The path of a tool by name. */
export const toolNamePath = z.object({ tool_name: text });

/** The query of the lists of users and organisations. */
export const adminListQuery = z.object({ cursor: text.optional(), limit: lenientInteger(1, 1_000).default(50) });
/** The body of `POST /v1/admin/users/`. */
export const createUserBody = z
  .strictObject({ name: optionalText, org_id: lettaId('organisation').nullish() })
  .nullish()
  .meta({ id: 'UserCreate' });
/** The query that names a user. */
export const userQuery = z.object({ user_id: lettaId('user') });
/** The body of `POST /v1/admin/users/keys`. */
export const createKeyBody = z
  .strictObject({ user_id: lettaId('user'), name: optionalText })
  .meta({ id: 'APIKeyCreate' });
/** The query that names a key, by its secret, by its id or by what lists show of it. */
export const keyQuery = z.object({ api_key: text });
/** The body of `POST /v1/admin/orgs/`. */
export const createOrganisationBody = z
  .strictObject({ name: optionalText })
  .nullish()
  .meta({ id: 'OrganizationCreate' });
/** The query that names an organisation. */
export const organisationQuery = z.object({ org_id: lettaId('organisation') });
