import { classicTools } from '../tools/registry.js';
import { classicInstructions } from './classic.js';
import { documentInstructions } from './documents.js';

/** A ready-made agent of the heartbeat protocol, by its MemGPT name. */
export interface Preset {
  name: string;
  description: string;
  /** The name of its system prompt. */
  systemName: string;
  /** The text of its system prompt; the memory section is added to it when a prompt is compiled. */
  system: string;
  /** Names of tools that run in this server. */
  tools: string[];
  /** Names of the profiles that its blocks begin with. */
  persona: string;
  human: string;
}

const extraTools: readonly string[] = ['memory_create', 'memory_insert', 'memory_rewrite'];

/** The preset of an agent that names none. */
export const defaultPreset: Preset = {
  name: 'memgpt_chat',
  description: 'A companion who remembers: conversation, core memory and an archive.',
  systemName: 'memgpt_chat',
  system: classicInstructions,
  tools: [...classicTools],
  persona: 'sam_pov',
  human: 'basic',
};

/** Every preset that ships with the server. */
export const presets: readonly Preset[] = [
  defaultPreset,
  {
    name: 'memgpt_docs',
    description: 'Answers questions about documents that were loaded into its archive.',
    systemName: 'memgpt_doc',
    system: documentInstructions,
    tools: [...classicTools],
    persona: 'memgpt_doc',
    human: 'basic',
  },
  {
    name: 'memgpt_extras',
    description: 'The companion, with tools to lay out its core memory anew.',
    systemName: 'memgpt_chat',
    system: classicInstructions,
    tools: [...classicTools, ...extraTools],
    persona: 'sam_pov',
    human: 'basic',
  },
];

/** The preset of this name, or null. */
export function findPreset(name: string): Preset | null {
  return presets.find((preset) => preset.name === name) ?? null;
}
