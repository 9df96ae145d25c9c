import type { AgentTool } from '../../domain/agent.js';
import type { JsonSchema, ToolDefinition } from '../../domain/tool.js';
import { isObject, listIn, objectIn, textIn, textsIn } from './cells.js';

/** A tool as it is described in the source. */
export interface LettaTool {
  name: string;
  description: string | null;
  parameters: JsonSchema | null;
  /** What kind of tool a late release says it is: `custom`, `letta_core` and so on. */
  type?: string | null;
}

/** Tools of MemGPT and Letta that this server has under the same name and with the same meaning. */
export const sharedTools: ReadonlySet<string> = new Set([
  'send_message',
  'pause_heartbeats',
  'core_memory_append',
  'core_memory_replace',
  'conversation_search',
  'conversation_search_date',
  'archival_memory_insert',
  'archival_memory_search',
  'memory',
  'memory_insert',
  'memory_replace',
  'memory_rethink',
]);

/** Tags that only tools have which came with the old servers. */
const stockTags: ReadonlySet<string> = new Set([
  'base',
  'memgpt-base',
  'letta-base',
  'letta_core',
  'letta_memory_core',
  'letta_multi_agent_core',
  'letta_sleeptime_core',
]);

/** True for a tool that somebody wrote; the others came with the old server, and nothing of theirs is worth keeping. */
export function isOwnTool(tool: Readonly<Record<string, unknown>>): boolean {
  const name = textIn(tool['name']);
  if (name === null || sharedTools.has(name) || (textIn(tool['source_code']) ?? '') === '') return false;
  const type = textIn(tool['tool_type']);
  if (type !== null && type !== 'custom') return false;
  return !textsIn(tool['tags']).some((tag) => stockTags.has(tag));
}

/** What is told of a tool by its schema, without the arguments that a protocol adds to every tool. */
export function toolOf(schema: unknown, name: string | null = null): LettaTool | null {
  const told = objectIn(schema);
  const called = name ?? textIn(told['name']);
  if (called === null) return null;
  const parameters = isObject(told['parameters']) ? withoutProtocol(told['parameters']) : null;
  return { name: called, description: textIn(told['description']), parameters };
}

/** A tool as an agent here has it: one of the house where it is the same, else one that nobody carries out. */
export function toAgentTool({ name, description, parameters }: LettaTool): AgentTool {
  if (sharedTools.has(name)) return { type: 'builtin', name };
  return { type: 'function', name, description, parameters, strict: null, kept: true };
}

/** A tool as presets describe it. */
export function toDefinition({ name, description, parameters }: LettaTool): ToolDefinition {
  return { name, description: description ?? '', parameters: parameters ?? {} };
}

const protocolArguments: readonly string[] = ['request_heartbeat', 'inner_thoughts', 'thinking'];

function withoutProtocol(parameters: JsonSchema): JsonSchema {
  const properties = Object.entries(objectIn(parameters['properties']));
  const required = listIn(parameters['required']);
  return {
    ...parameters,
    properties: Object.fromEntries(properties.filter(([name]) => !protocolArguments.includes(name))),
    required: required.filter((name) => !protocolArguments.includes(String(name))),
  };
}
