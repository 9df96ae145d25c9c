import { z } from 'zod';
import { idText, lenientBoolean, lenientInteger } from './schemas.js';

/*
 * What comes in for humans, personas, presets, tools and archives on the MemGPT routes, and what goes out, for the
 * generated documents.
 */

const text = z.string();
const optionalText = z.string().nullish();
const anyObject = z.record(z.string(), z.unknown());

/** The body of `POST /api/humans` and `POST /api/personas`. */
export const profileBody = z.object({ name: text, text }).meta({ id: 'ProfileRequest' });
/** The path of a human by name. */
export const humanPath = z.object({ human_name: text });
/** The path of a persona by name. */
export const personaPath = z.object({ persona_name: text });
/** A human or a persona. */
export const profileReply = z
  .object({ text, name: z.string().nullable(), id: text, user_id: z.string().nullable() })
  .meta({ id: 'Profile' });
/** All humans. */
export const humanListReply = z.object({ humans: z.array(profileReply) }).meta({ id: 'ListHumansResponse' });
/** All personas. */
export const personaListReply = z.object({ personas: z.array(profileReply) }).meta({ id: 'ListPersonasResponse' });

/** The body of `POST /api/presets`. */
export const presetBody = z
  .object({
    name: text,
    id: z.unknown().optional(),
    description: optionalText,
    system: optionalText,
    system_name: optionalText,
    persona: optionalText,
    persona_name: optionalText,
    human: optionalText,
    human_name: optionalText,
    functions_schema: z.array(anyObject),
  })
  .meta({ id: 'CreatePresetRequest' });
/** The path of a preset by name. */
export const presetNamePath = z.object({ preset_name: text });
/** The path of a preset by id. */
export const presetIdPath = z.object({ preset_name: idText('preset') });
/** A preset that was made. */
export const createPresetReply = z.object({ preset: anyObject }).meta({ id: 'CreatePresetResponse' });
/** All presets. */
export const presetListReply = z.object({ presets: z.array(anyObject) }).meta({ id: 'ListPresetsResponse' });

/** The body of `POST /api/tools` and `POST /admin/tools`, of all releases. */
export const toolBody = z
  .object({
    name: optionalText,
    json_schema: anyObject.nullish().meta({ description: 'Read from the source where it is missing.' }),
    source_code: text.meta({ description: 'Kept and shown, never run.' }),
    source_type: optionalText,
    tags: z.array(text).nullish(),
    update: lenientBoolean.nullish().meta({ description: 'Write a tool of this name anew.' }),
  })
  .meta({ id: 'CreateToolRequest' });
/** The path of a tool by name. */
export const toolPath = z.object({ tool_name: text });
/** A tool. */
export const toolReply = z
  .object({
    id: text,
    name: text,
    json_schema: anyObject,
    source_type: z.string().nullable(),
    source_code: z.string().nullable(),
    module: z.string().nullable(),
    tags: z.array(text),
    user_id: z.string().nullable(),
  })
  .meta({ id: 'ToolModel' });
/** All tools. */
export const toolListReply = z.object({ tools: z.array(toolReply) }).meta({ id: 'ListToolsResponse' });

/** The query of `GET /api/agents/{agent_id}/archival`. */
export const archivalQuery = z.object({
  after: idText('passage').optional(),
  before: idText('passage').optional(),
  limit: lenientInteger(0, 10_000).default(100),
});
/** The body of `POST /api/agents/{agent_id}/archival`. */
export const archivalBody = z.object({ content: text }).meta({ id: 'InsertAgentArchivalMemoryRequest' });
/** The query that names a passage. */
export const passageQuery = z.object({ id: idText('passage') });
/** A part of an archive. */
export const archivalReply = z
  .object({ archival_memory: z.array(z.object({ id: text, contents: text })) })
  .meta({ id: 'GetAgentArchivalMemoryResponse' });
/** What was put in an archive. */
export const insertReply = z.object({ ids: z.array(text) }).meta({ id: 'InsertAgentArchivalMemoryResponse' });

/** The models that agents get. */
export const modelListReply = z.object({ models: z.array(anyObject) }).meta({ id: 'ListModelsResponse' });
/** How the server is set up. */
export const configReply = z.object({ config: anyObject, defaults: anyObject }).meta({ id: 'ConfigResponse' });
