import type { JsonSchema } from './tool.js';

/** A tool that somebody brought along as source text. The text is kept and shown, and never run. */
export interface StoredTool {
  id: string;
  /** Null for a tool of the whole house, which everybody sees and only an administrator changes. */
  ownerId: string | null;
  /** Unique for an owner. */
  name: string;
  description: string | null;
  sourceCode: string;
  sourceType: string | null;
  /** What a model is told of it: `name`, `description` and `parameters`. */
  jsonSchema: JsonSchema;
  tags: string[];
  module: string | null;
  createdAt: number;
  updatedAt: number;
}
