import { derivedId } from '../../domain/derived-id.js';
import type { Block } from '../../domain/memory.js';
import type { Run } from '../../domain/run.js';
import type { StoredTool } from '../../domain/stored-tool.js';
import type { ToolDefinition } from '../../domain/tool.js';
import type { AgentDetails, AgentSummary } from '../../services/agent-view.js';

/** A time as the old servers wrote it: UTC with an offset and six digits of a second. */
export function toIsoTime(at: number): string {
  return new Date(at).toISOString().replace('Z', '000+00:00');
}

/** The text of a block, null where the memory has none of this label. */
export function valueOf(blocks: readonly Block[], label: string): string | null {
  return blocks.find((block) => block.label === label)?.value ?? null;
}

/** The two blocks that every agent of this face has. */
export function coreMemoryToWire(blocks: readonly Block[]): { human: string | null; persona: string | null } {
  return { human: valueOf(blocks, 'human'), persona: valueOf(blocks, 'persona') };
}

/** An agent's state: the members of every release together, since clients read past those they do not know. */
export function agentStateToWire(details: AgentDetails): Record<string, unknown> {
  const { agent, blocks, tools } = details;
  const schemas = tools.map(schemaToWire);
  const core = coreMemoryToWire(blocks);
  return {
    id: agent.id,
    name: agent.name ?? agent.id,
    user_id: agent.ownerId,
    description: agent.description,
    created_at: Math.floor(agent.createdAt / 1_000),
    preset: textFrom(agent.faceData['preset']) ?? '',
    persona: textFrom(agent.faceData['persona']) ?? core.persona ?? '',
    human: textFrom(agent.faceData['human']) ?? core.human ?? '',
    functions_schema: schemas,
    tools: tools.map((tool) => tool.name),
    system: agent.instructions ?? '',
    llm_config: llmConfigToWire(details),
    embedding_config: embeddingConfigToWire(details),
    state: {
      ...core,
      system: agent.instructions ?? '',
      functions: schemas,
      messages: details.liveMessageIds,
      memory: Object.fromEntries(blocks.map((block) => [block.label, blockToWire(block)])),
    },
    metadata: metadataToWire(details),
  };
}

/** What a preset came to for one agent, as the reply to its creation shows it. */
export function presetToWire(details: AgentDetails): Record<string, unknown> {
  const { agent, blocks, tools } = details;
  return {
    name: textFrom(agent.faceData['preset']) ?? '',
    id: derivedId('preset', agent.id),
    user_id: agent.ownerId,
    description: null,
    created_at: toIsoTime(agent.createdAt),
    system: agent.instructions ?? '',
    system_name: null,
    persona: valueOf(blocks, 'persona') ?? '',
    persona_name: textFrom(agent.faceData['personaName']),
    human: valueOf(blocks, 'human') ?? '',
    human_name: textFrom(agent.faceData['humanName']),
    functions_schema: tools.map(schemaToWire),
  };
}

/** An agent as a list shows it. */
export function agentSummaryToWire(summary: AgentSummary): Record<string, unknown> {
  const { agent, tools } = summary;
  return {
    id: agent.id,
    name: agent.name ?? agent.id,
    created_at: toIsoTime(agent.createdAt),
    human: textFrom(agent.faceData['humanName']),
    persona: textFrom(agent.faceData['personaName']),
    tools: tools.map((tool) => toolToWire(tool, summary.storedTools)),
    memory: {
      core_memory: coreMemoryToWire(summary.blocks),
      recall_memory: summary.messageCount,
      archival_memory: summary.passageCount,
    },
    last_run: summary.lastMessageAt === null ? null : toIsoTime(summary.lastMessageAt),
    sources: summary.libraries.map((library) => ({
      id: library.id,
      name: library.name,
      user_id: library.ownerId,
      description: library.description,
      created_at: toIsoTime(library.createdAt),
      embedding_dim: null,
      embedding_model: null,
    })),
  };
}

/** Tokens and turns of a run. */
export function usageToWire(run: Run): Record<string, number> {
  const prompt = run.usage?.promptTokens ?? 0;
  const completion = run.usage?.completionTokens ?? 0;
  return {
    completion_tokens: completion,
    prompt_tokens: prompt,
    total_tokens: prompt + completion,
    step_count: run.turn,
  };
}

/** A model as it was resolved. Where it is reached is not told. */
export function llmConfigToWire({ model }: Pick<AgentDetails, 'model'>): Record<string, unknown> {
  return {
    model: model.name,
    model_endpoint_type: model.provider,
    model_endpoint: null,
    model_wrapper: null,
    context_window: model.contextWindow,
  };
}

/** Who makes vectors, all null where nobody does. */
export function embeddingConfigToWire({ embedder }: Pick<AgentDetails, 'embedder'>): Record<string, unknown> {
  return {
    embedding_endpoint_type: embedder?.provider ?? null,
    embedding_endpoint: null,
    embedding_model: embedder?.name ?? null,
    embedding_dim: null,
    embedding_chunk_size: null,
  };
}

function metadataToWire({ agent }: AgentDetails): Record<string, unknown> {
  return {
    ...metadataOf(agent),
    human: textFrom(agent.faceData['humanName']),
    persona: textFrom(agent.faceData['personaName']),
  };
}

/** What the caller keeps with an agent, texts and everything else. */
export function metadataOf(agent: AgentDetails['agent']): Record<string, unknown> {
  const rest = agent.faceData['metadata'];
  return { ...(typeof rest === 'object' ? rest : {}), ...agent.metadata };
}

function blockToWire(block: Block): Record<string, unknown> {
  return { description: block.description, limit: block.charsMax, value: block.value };
}

/** A tool as models are told of it. */
export function schemaToWire(tool: ToolDefinition): Record<string, unknown> {
  return { name: tool.name, description: tool.description, parameters: tool.parameters };
}

function toolToWire(tool: ToolDefinition, storedTools: readonly StoredTool[]): Record<string, unknown> {
  const stored = storedTools.find(({ name }) => name === tool.name);
  if (stored !== undefined) return keptToolToWire(stored);
  return {
    id: derivedId('tool', tool.name),
    name: tool.name,
    json_schema: schemaToWire(tool),
    source_type: null,
    source_code: null,
    module: null,
    tags: [],
    user_id: null,
  };
}

/** A tool of which only the source is kept. */
export function keptToolToWire(tool: Omit<StoredTool, 'createdAt' | 'updatedAt'>): Record<string, unknown> {
  return {
    id: tool.id,
    name: tool.name,
    json_schema: tool.jsonSchema,
    source_type: tool.sourceType,
    source_code: tool.sourceCode,
    module: tool.module,
    tags: tool.tags,
    user_id: tool.ownerId,
  };
}

function textFrom(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
