import type { Agent } from '../domain/agent.js';
import type { Clock } from '../domain/clock.js';
import { AppError, notFound } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import type { Memory } from '../domain/memory.js';
import type { Run } from '../domain/run.js';
import type { ToolDefinition } from '../domain/tool.js';
import { zoneOf, type Zone } from '../domain/zone.js';
import type { ProviderRegistry, ResolvedModel } from '../providers/provider.js';
import type { Store } from '../store/store.js';
import { protocols, type ProtocolStrategy } from './protocol.js';
import type { ToolRegistry } from './tools/registry.js';
import { asTidying } from './tidying.js';
import type { SearchAccess } from './tools/tool.js';

/** What the engine thinks with. */
export interface EngineDependencies {
  store: Store;
  providers: ProviderRegistry;
  tools: ToolRegistry;
  searchAccess: SearchAccess;
  clock: Clock;
  /** The IANA name of the zone of agents that name none; absent is UTC. */
  timezone?: string;
  /** True where agents are asked to save what is about to scroll out of view, unless their owners say otherwise. */
  memoryFlush?: boolean;
}

/** Everything about a run that holds for all of its turns. */
export interface Scene {
  /** The agent with the run's overrides laid over it. */
  agent: Agent;
  additionalInstructions: string | null;
  memory: Memory;
  protocol: ProtocolStrategy;
  model: ResolvedModel;
  /** What the model is offered, with the arguments that the protocol adds. */
  definitions: ToolDefinition[];
  /** Names of the functions that the client carries out. */
  clientTools: ReadonlySet<string>;
  /** Names of the tools after which a run of the heartbeat protocol rests. */
  restingTools: ReadonlySet<string>;
  /** True where the agent was given a tool that edits or searches its memory. */
  hasMemoryTools: boolean;
  /** Names of those tools. */
  memoryTools: ReadonlySet<string>;
  /** True where the agent was given a tool that searches its archive, and with it the files attached to it. */
  searchesArchive: boolean;
  /** The zone in which the agent reads and writes times. */
  zone: Zone;
  /** Tokens of the model's window. */
  windowTokens: number;
  /** Tokens of the window that a prompt may fill: the rest is kept for the reply. */
  promptTokens: number;
  /** Characters of a tool's result that reach the model. */
  resultCharsMax: number;
}

/** Reads what a run needs to know before its first turn. Throws where the model cannot be used. */
export async function setScene(dependencies: EngineDependencies, run: Run): Promise<Scene> {
  const { store, providers, tools } = dependencies;
  const stored = await store.agents.find(run.agentId);
  if (stored === null) throw notFound('agent', run.agentId);
  const agent =
    run.overrides.tidying === undefined ? withOverrides(stored, run) : asTidying(withOverrides(stored, run));
  const window = await store.conversations.window(agent.id, run.conversationId);
  const memory = window === null ? null : await store.memories.get(window.memoryId);
  if (memory === null) throw new AppError('internal', `Run ${run.id} has no window.`);
  const model = providers.resolve(agent.model);
  const windowTokens = await windowOf(agent, model);
  const protocol = protocols[agent.protocol];
  const builtins = agent.tools.flatMap((tool) => (tool.type === 'builtin' ? [tool.name] : []));
  const functions = agent.tools.flatMap((tool) => (tool.type === 'function' ? [tool] : []));
  const offered = [
    ...tools.definitions(await usable(dependencies, run, builtins)),
    ...functions.map((tool): ToolDefinition => ({
      name: tool.name,
      description: tool.description ?? '',
      parameters: tool.parameters ?? { type: 'object', properties: {} },
      strict: tool.strict,
    })),
  ];
  const memoryTools = builtins.filter(
    // Files that are searched by themselves are no memory.
    (name) => name !== 'file_search' && ['memory', 'search'].includes(tools.find(name)?.effect ?? ''),
  );
  return {
    agent,
    additionalInstructions: run.overrides.additionalInstructions ?? null,
    memory,
    protocol,
    model,
    definitions: protocol.offer(offered),
    clientTools: new Set(functions.flatMap((tool) => (tool.kept === true ? [] : [tool.name]))),
    restingTools: new Set(builtins.filter((name) => tools.find(name)?.rests === true)),
    hasMemoryTools: memoryTools.length > 0,
    memoryTools: new Set(memoryTools),
    searchesArchive: builtins.some((name) => name === 'archival_memory_search' || name === 'memory_search'),
    zone: zoneOf(agent, dependencies.timezone ?? 'UTC'),
    windowTokens,
    promptTokens: windowTokens - reserveOf(agent, windowTokens),
    resultCharsMax: Math.min(
      limits.toolResultCharsMax,
      Math.max(limits.toolResultCharsMin, Math.floor(windowTokens * 0.2 * 4)),
    ),
  };
}

/** Without files there is nothing to search, and no reason to offer it. */
async function usable(
  { store }: EngineDependencies,
  run: Run,
  builtins: readonly string[],
): Promise<readonly string[]> {
  if (!builtins.includes('file_search')) return builtins;
  const attached = await store.search.attachedLibraries(run.agentId, run.conversationId);
  return attached.length > 0 ? builtins : builtins.filter((name) => name !== 'file_search');
}

function withOverrides(agent: Agent, run: Run): Agent {
  const { overrides } = run;
  return {
    ...agent,
    model: overrides.model ?? agent.model,
    instructions: overrides.instructions ?? agent.instructions,
    tools: overrides.tools ?? agent.tools,
    envelope: overrides.envelope ?? agent.envelope,
    settings: { ...agent.settings, ...overrides.settings },
  };
}

async function windowOf(agent: Agent, { provider, model }: ResolvedModel): Promise<number> {
  const tokens = agent.settings.contextWindow ?? (await provider.contextWindow(model)) ?? limits.contextTokensDefault;
  if (tokens < limits.contextTokensMin) {
    throw new AppError(
      'context_too_small',
      `The model ${agent.model} has a window of ${tokens} tokens; at least ${limits.contextTokensMin} are needed.`,
    );
  }
  return tokens;
}

/** Tokens kept free for the reply. */
function reserveOf(agent: Agent, windowTokens: number): number {
  const share = Math.floor(windowTokens * 0.15);
  return Math.max(Math.min(1_024, share), Math.min(agent.settings.maxOutputTokens ?? Infinity, share));
}
