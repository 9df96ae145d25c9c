import type { AgentTool } from '../../domain/agent.js';
import type { HostedTool } from '../../domain/assistant.js';
import { isJson, listOf, textOf, type Json } from './json.js';

/** Tools as a row keeps them, and as it then shows them. */
export interface ReadTools {
  functions: AgentTool[];
  /** Those that the original ran itself, known here or not. */
  hosted: HostedTool[];
  shown: Json[];
  /** True where `retrieval` became the search of files. */
  isEarly: boolean;
}

/** Reads a list of tools. What is no function that could be called is kept to be given back. */
export function readTools(given: unknown): ReadTools {
  const tools = listOf(given).filter(isJson);
  const functions: AgentTool[] = [];
  const hosted: HostedTool[] = [];
  const shown: Json[] = [];
  tools.forEach((tool, at) => {
    const called = isJson(tool['function']) ? readFunction(tool['function']) : null;
    if (tool['type'] === 'function' && called !== null) {
      functions.push(called);
      shown.push(functionShown(called));
      return;
    }
    const kept = tool['type'] === 'retrieval' ? { type: 'file_search' } : tool;
    hosted.push({ at, tool: kept });
    shown.push(kept);
  });
  return { functions, hosted, shown, isEarly: tools.some((tool) => tool['type'] === 'retrieval') };
}

type FunctionTool = Extract<AgentTool, { type: 'function' }>;

function readFunction(given: Json): FunctionTool | null {
  const name = textOf(given['name']);
  if (name === null) return null;
  const { description, parameters, strict } = given;
  return {
    type: 'function',
    name,
    description: typeof description === 'string' ? description : null,
    parameters: isJson(parameters) ? parameters : null,
    strict: typeof strict === 'boolean' ? strict : null,
  };
}

function functionShown({ name, description, parameters, strict }: FunctionTool): Json {
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
