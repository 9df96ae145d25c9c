import type { ToolDefinition } from './tool.js';

/** Somebody's own ready-made agent: a system prompt, two texts and tools, under a name. */
export interface StoredPreset {
  id: string;
  ownerId: string;
  /** Unique for an owner. */
  name: string;
  description: string | null;
  system: string;
  systemName: string | null;
  persona: string;
  personaName: string | null;
  human: string;
  humanName: string | null;
  /** The tools by name, with the descriptions they came with. */
  functions: ToolDefinition[];
  createdAt: number;
}
