import type { Agent, AgentTool, FileSearchOptions } from './agent.js';

/** A tool that the original ran itself, at its place in the list it was given in. Kept to be given back. */
export interface HostedTool {
  at: number;
  tool: Record<string, unknown>;
}

/** The tools of an agent that speaks the native protocol: few, and one for each thing to be done. */
export const nativeTools: readonly string[] = [
  'memory_append',
  'memory_replace',
  'memory_insert',
  'memory_rewrite',
  'conversation_search',
  'archival_memory_insert',
  'archival_memory_search',
  'archival_update',
  'archival_delete',
];

/** What an assistant may come to know; it is told of both in every prompt. */
export const firstBlocks = [
  { label: 'persona', value: '', description: 'How you should speak and act, as people have asked you to.' },
  { label: 'human', value: '', description: 'What you know of the person you talk to.' },
];

/** All tools of an assistant: those of the client, those it remembers with, and the search of files where it is asked for. */
export function assistantTools(
  functions: readonly AgentTool[],
  hosted: readonly HostedTool[],
  builtins: readonly string[],
) {
  const search = fileSearchOf(hosted).filter(({ name }) => !functions.some((given) => given.name === name));
  return [...withMemoryTools(functions, builtins), ...search];
}

/**
 * The tools of an assistant: its functions, and those it remembers with. A function takes the place of a memory tool of
 * the same name, since it is the client that asked for it.
 */
function withMemoryTools(functions: readonly AgentTool[], memoryTools: readonly string[]): AgentTool[] {
  const taken = new Set(functions.map((tool) => tool.name));
  const builtin = memoryTools.filter((name) => !taken.has(name));
  return [...builtin.map((name): AgentTool => ({ type: 'builtin', name })), ...functions];
}

/** The hosted tools that were given to an agent. */
export function hostedToolsOf(agent: Pick<Agent, 'faceData'>): HostedTool[] {
  return (agent.faceData['hostedTools'] as HostedTool[] | undefined) ?? [];
}

/** The tool that searches files, as a list of hosted tools asks for it. */
export function fileSearchOf(hosted: readonly HostedTool[]): AgentTool[] {
  const given = hosted.find(({ tool }) => tool['type'] === 'file_search')?.tool;
  if (given === undefined) return [];
  const asked = given['file_search'] as WireFileSearch | undefined;
  const options: FileSearchOptions = {
    ...(typeof asked?.max_num_results === 'number' ? { maxResults: asked.max_num_results } : {}),
    ...(typeof asked?.ranking_options?.score_threshold === 'number'
      ? { scoreMin: asked.ranking_options.score_threshold }
      : {}),
  };
  return [{ type: 'builtin', name: 'file_search', options }];
}

/** What a hosted tool says of how files are searched. */
interface WireFileSearch {
  max_num_results?: number | null;
  ranking_options?: { score_threshold?: number } | null;
}
