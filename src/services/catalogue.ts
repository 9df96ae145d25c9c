import type { AgentTool } from '../domain/agent.js';
import { AppError } from '../domain/errors.js';
import type { ToolDefinition } from '../domain/tool.js';
import { defaultPreset, findPreset } from '../engine/prompts/presets.js';
import type { Repositories } from '../store/store.js';
import type { NewAgent } from './agent-creation.js';
import { definitionOf, findStoredTool } from './stored-tools.js';
import { findTemplate } from './templates.js';

/** What a template's name or a text came to. */
export interface Character {
  text: string;
  name: string | null;
}

/** What the names in a request for an agent came to. */
export interface Catalogue {
  preset: { name: string; system: string; tools: readonly string[] };
  human: Character;
  persona: Character;
  /** The tool of a name. Throws `invalid_request` where there is none. */
  tool(name: string): AgentTool;
}

/** Looks up a tool that runs here, null where there is none. */
export type FindBuiltin = (name: string) => object | null;

/**
 * Looks up whatever a request for an agent names: the owner's own things before those that ship with the server.
 * Throws `invalid_request` for a preset that nobody knows.
 */
export async function openCatalogue(
  reader: Repositories,
  ownerId: string,
  request: NewAgent,
  findBuiltin: FindBuiltin,
): Promise<Catalogue> {
  const preset = await presetNamed(reader, ownerId, request.preset ?? null);
  const character = async (label: 'human' | 'persona', given?: string | null, name?: string | null) => {
    const wanted = given ?? name ?? null;
    const template = wanted === null ? null : await findTemplate(reader, ownerId, label, wanted);
    if (template !== null) return { text: template.value, name: template.name };
    return given === null || given === undefined ? preset[label] : { text: given, name: null };
  };
  const names = [...(request.toolNames ?? []), ...preset.tools];
  const kept = await keptTools(reader, ownerId, names, findBuiltin, preset.functions);
  return {
    preset,
    human: await character('human', request.human, request.humanName),
    persona: await character('persona', request.persona, request.personaName),
    tool: (name) => toAgentTool(name, findBuiltin, kept),
  };
}

/** The tools of these names, as an agent has them. Throws `invalid_request` for a name that nobody knows. */
export async function agentTools(
  reader: Repositories,
  ownerId: string,
  names: readonly string[],
  findBuiltin: FindBuiltin,
): Promise<AgentTool[]> {
  const kept = await keptTools(reader, ownerId, names, findBuiltin, []);
  return [...new Set(names)].map((name) => toAgentTool(name, findBuiltin, kept));
}

interface FullPreset {
  name: string;
  system: string;
  tools: readonly string[];
  functions: readonly ToolDefinition[];
  human: Character;
  persona: Character;
}

async function presetNamed(reader: Repositories, ownerId: string, name: string | null): Promise<FullPreset> {
  const own = name === null ? null : await reader.presets.findByName(ownerId, name);
  if (own !== null) {
    return {
      name: own.name,
      system: own.system,
      tools: own.functions.map((tool) => tool.name),
      functions: own.functions,
      human: { text: own.human, name: own.humanName },
      persona: { text: own.persona, name: own.personaName },
    };
  }
  const shipped = name === null || name === '' ? defaultPreset : findPreset(name);
  if (shipped === null) {
    throw new AppError('invalid_request', `preset ${name ?? ''} does not exist`, { param: 'preset' });
  }
  const character = async (label: 'human' | 'persona'): Promise<Character> => {
    const template = await findTemplate(reader, ownerId, label, shipped[label]);
    return { text: template?.value ?? '', name: shipped[label] };
  };
  const { system, tools } = shipped;
  return {
    name: shipped.name,
    system,
    tools,
    functions: [],
    human: await character('human'),
    persona: await character('persona'),
  };
}

async function keptTools(
  reader: Repositories,
  ownerId: string,
  names: readonly string[],
  findBuiltin: FindBuiltin,
  described: readonly ToolDefinition[],
): Promise<Map<string, ToolDefinition>> {
  const kept = new Map(described.map((tool) => [tool.name, tool]));
  for (const name of new Set(names)) {
    if (findBuiltin(name) !== null) continue;
    const stored = await findStoredTool(reader, ownerId, name);
    if (stored !== null) kept.set(name, definitionOf(stored));
  }
  return kept;
}

function toAgentTool(name: string, findBuiltin: FindBuiltin, kept: Map<string, ToolDefinition>): AgentTool {
  if (findBuiltin(name) !== null) return { type: 'builtin', name };
  const tool = kept.get(name);
  if (tool === undefined) {
    throw new AppError('invalid_request', `Tool ${name} does not exist`, { param: 'function_names' });
  }
  const { description, parameters } = tool;
  return { type: 'function', name, description, parameters, strict: null, kept: true };
}
