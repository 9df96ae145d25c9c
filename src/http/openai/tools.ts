import type { z } from 'zod';
import type { AgentTool } from '../../domain/agent.js';
import type { HostedTool } from '../../domain/assistant.js';
import type { toolField } from './fields.js';

/** A tool as a caller names it. */
export type WireTool = z.output<typeof toolField>;

/** The functions of a list of tools, and beside them those that the original ran itself. */
export interface ToolsGiven {
  functions: AgentTool[];
  hosted: HostedTool[];
}

/** Parts a list of tools into what the engine knows and what only this face must give back, each at its place. */
export function readTools(tools: readonly WireTool[]): ToolsGiven {
  const functions: AgentTool[] = [];
  const hosted: HostedTool[] = [];
  tools.forEach((given, at) => {
    if (given.type === 'function') {
      const { name, description, parameters, strict } = given.function;
      functions.push({
        type: 'function',
        name,
        description: description ?? null,
        parameters: parameters ?? null,
        strict: strict ?? null,
      });
    } else if (given.type === 'code_interpreter') {
      hosted.push({ at, tool: { type: given.type } });
    } else {
      const options = given.file_search ?? null;
      hosted.push({ at, tool: { type: 'file_search', ...(options === null ? {} : { file_search: options }) } });
    }
  });
  return { functions, hosted };
}

/** The list of tools as it was given. Tools that run in this server are the agent's own affair and are not shown. */
export function toolsToWire(tools: readonly AgentTool[], hosted: readonly HostedTool[]): Record<string, unknown>[] {
  const shown = tools.flatMap((tool) => (tool.type === 'function' ? [functionToWire(tool)] : []));
  for (const { at, tool } of hosted) shown.splice(at, 0, tool);
  return shown;
}

function functionToWire(tool: Extract<AgentTool, { type: 'function' }>): Record<string, unknown> {
  const { name, description, parameters, strict } = tool;
  return {
    type: 'function',
    function: {
      name,
      ...(description === null ? {} : { description }),
      ...(parameters === null ? {} : { parameters }),
      strict: strict ?? false,
    },
  };
}
