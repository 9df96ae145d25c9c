import type { ToolDefinition } from '../../domain/tool.js';
import type { OfferedPreset } from '../../services/presets.js';
import { callerOf, defineRoute, type Route } from '../route.js';
import { createPresetReply, presetBody, presetIdPath, presetListReply, presetNamePath } from './catalogue-schemas.js';
import { confirmation } from './replies.js';
import { schemaToWire, toIsoTime } from './wire.js';
import { AppError } from '../../domain/errors.js';

const head = { tag: 'presets', access: 'user' } as const;

const list = defineRoute({
  ...head,
  method: 'get',
  path: '/api/presets',
  summary: 'List presets: those that ship with the server, and your own',
  response: presetListReply,
  handle: async (call) => {
    const presets = await call.services.presets.list(callerOf(call));
    return { json: { presets: presets.map(presetToWire) } };
  },
});

const create = defineRoute({
  ...head,
  method: 'post',
  path: '/api/presets',
  summary: 'Create a preset, to make agents from',
  body: presetBody,
  response: createPresetReply,
  handle: async (call) => {
    const { body } = call;
    const preset = await call.services.presets.create(callerOf(call), {
      name: body.name,
      description: body.description,
      system: body.system,
      systemName: body.system_name,
      persona: body.persona,
      personaName: body.persona_name,
      human: body.human,
      humanName: body.human_name,
      functions: body.functions_schema.map(toDefinition),
    });
    return { json: { preset: presetToWire(preset) } };
  },
});

const read = defineRoute({
  ...head,
  method: 'get',
  path: '/api/presets/{preset_name}',
  summary: 'Read a preset by name',
  params: presetNamePath,
  response: createPresetReply.shape.preset,
  missing: ({ params }) => `preset ${params.preset_name} does not exist`,
  handle: async (call) => {
    const preset = await call.services.presets.findByName(callerOf(call), call.params.preset_name);
    return { json: presetToWire(preset) };
  },
});

const remove = defineRoute({
  ...head,
  method: 'delete',
  // The same place in the path is a name to read and an id to delete.
  path: '/api/presets/{preset_name}',
  summary: 'Delete a preset of your own',
  params: presetIdPath,
  response: confirmation,
  missing: ({ params }) => `Preset preset_id=${params.preset_name} does not exist`,
  handle: async (call) => {
    const { preset_name: id } = call.params;
    await call.services.presets.delete(callerOf(call), id);
    return { json: { message: `Preset preset_id=${id} successfully deleted` } };
  },
});

/** The routes of presets. */
export const presetRoutes: readonly Route[] = [list, create, read, remove];

function presetToWire(preset: OfferedPreset): Record<string, unknown> {
  return {
    name: preset.name,
    id: preset.id,
    user_id: preset.ownerId,
    description: preset.description,
    created_at: toIsoTime(preset.createdAt),
    system: preset.system,
    system_name: preset.systemName,
    persona: preset.persona,
    persona_name: preset.personaName,
    human: preset.human,
    human_name: preset.humanName,
    functions_schema: preset.functions.map(schemaToWire),
  };
}

function toDefinition(schema: Record<string, unknown>, index: number): ToolDefinition {
  const { name, description, parameters } = schema;
  if (typeof name !== 'string') {
    const message = `functions_schema[${index}] has no name.`;
    throw new AppError('invalid_request', message, { param: 'functions_schema' });
  }
  return {
    name,
    description: typeof description === 'string' ? description : '',
    parameters: isObject(parameters) ? parameters : { type: 'object', properties: {} },
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
