import { type z } from 'zod';
import type { JsonSchema, ToolDefinition, ToolResult } from '../../domain/tool.js';
import type { Repositories } from '../../store/store.js';
import { checkArguments } from './arguments.js';
import type { Moment } from './time-range.js';
import type { Candidates, MemoryToolResult, SearchAccess, Tool, ToolContext } from './tool.js';

/** What a tool that searches does with checked arguments. */
export type SearchWork<T> = (access: SearchAccess, context: ToolContext, value: T) => Promise<ToolResult>;

/** What a tool that edits a memory does with checked arguments, inside a transaction. */
export type MemoryWork<T> = (tx: Repositories, context: ToolContext, value: T) => Promise<MemoryToolResult>;

/** What a model is told of a tool: its name, what it is for, and its parameters as JSON Schema. */
export function define(
  name: string,
  description: string,
  properties: Record<string, JsonSchema>,
  required: string[],
): ToolDefinition {
  return { name, description, parameters: { type: 'object', properties, required } };
}

/** The schema of a text parameter. */
export function textParameter(description: string): JsonSchema {
  return { type: 'string', description };
}

/** The schema of a whole number parameter. */
export function numberParameter(description: string): JsonSchema {
  return { type: 'integer', description };
}

/** The schema of a parameter that is a list of texts, of certain words where they are given. */
export function listParameter(description: string, words?: string[]): JsonSchema {
  return { type: 'array', items: words ? { type: 'string', enum: words } : { type: 'string' }, description };
}

/** The schema of a parameter that is one of some words. */
export function wordParameter(description: string, words: string[]): JsonSchema {
  return { type: 'string', enum: words, description };
}

/** What is looked for with checked arguments before such a transaction begins. */
export type MemoryLook<T> = (access: SearchAccess, context: ToolContext, value: T) => Promise<Candidates | null>;

/** A tool that edits a memory. Arguments that do not fit its schema become a failed result. */
export function memoryTool<T>(
  definition: ToolDefinition,
  schema: z.ZodType<T>,
  work: MemoryWork<T>,
  look: MemoryLook<T> = () => Promise.resolve(null),
): Tool {
  return {
    definition,
    effect: 'memory',
    async look(access, context, input) {
      const checked = checkArguments(definition.name, schema, input);
      return checked.ok ? look(access, context, checked.value) : null;
    },
    async run(tx, context, input) {
      const checked = checkArguments(definition.name, schema, input);
      return checked.ok ? work(tx, context, checked.value) : { ...checked.result, facts: [] };
    },
  };
}

/**
 * A tool that searches. Arguments that do not fit its schema become a failed result. A schema that reads times is made
 * for the moment of the call.
 */
export function searchTool<T>(
  definition: ToolDefinition,
  schema: z.ZodType<T> | ((moment: Moment) => z.ZodType<T>),
  work: SearchWork<T>,
): Tool {
  return {
    definition,
    effect: 'search',
    async run(access, context, input) {
      const { zone, clock } = context;
      const made = typeof schema === 'function' ? schema({ zone, now: clock.now() }) : schema;
      const checked = checkArguments(definition.name, made, input);
      return checked.ok ? work(access, context, checked.value) : checked.result;
    },
  };
}
