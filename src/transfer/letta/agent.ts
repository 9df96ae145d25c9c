import type { Protocol } from '../../domain/agent.js';
import { derivedId } from '../../domain/derived-id.js';
import { limits } from '../../domain/limits.js';
import { charsOf, defaultMemoryKey } from '../../domain/memory.js';
import type { Place, Problem, RecordOf, TransferRecord } from '../record.js';
import { agentSettings, lostSettings } from './agent-settings.js';
import { flagIn, numberIn, objectIn, textIn, timeIn } from './cells.js';
import type { Setting } from './message-rows.js';
import { lostRules } from './tool-rules.js';
import { toAgentTool, type LettaTool } from './tools.js';

/** An agent as MemGPT and Letta keep it, whichever release, from a database or from a file. */
export interface LettaAgent {
  id: string;
  /** Whose it is, as records say it. */
  ownerId: string | null;
  name: string | null;
  description: string | null;
  /** The system prompt without its memory. */
  system: string | null;
  /** `memgpt_agent` and so on; null in releases that had one kind. */
  type: string | null;
  model: Record<string, unknown>;
  embedding: Record<string, unknown>;
  tools: LettaTool[];
  rules: unknown[];
  blocks: LettaBlock[];
  tags: string[];
  metadata: Record<string, unknown>;
  timezone: string | null;
  /** Settings of later releases by their names, JSON already read: those of `settingMembers` that there are. */
  settings: Record<string, unknown>;
  /** What it was made from: a preset's name, and the texts and names of its two characters. */
  made: Partial<Record<'preset' | 'human' | 'persona' | 'humanName' | 'personaName', string | null>>;
  /** Ids of the messages that it has in view, in its order. */
  inView: string[];
  createdAt: number;
  updatedAt: number;
}

/** A labelled text of an agent's memory. */
export interface LettaBlock {
  /** Null where the source knows it by its label alone. */
  id: string | null;
  label: string;
  value: string;
  limit: number | null;
  description: string | null;
  readOnly: boolean;
  /** True where other agents may have the very same block; false for a copy of its own, which may have another's id. */
  isOneForAll: boolean;
  /** True where data lie beside it that have no place here. */
  hasMore: boolean;
  createdAt: number | null;
  updatedAt: number | null;
}

/** Kinds of agents that answer in plain text; every other speaks through a tool. */
const plainTypes: ReadonlySet<string> = new Set(['letta_v1_agent', 'react_agent', 'workflow_agent']);

/** How an agent talks to its model. */
function protocolOf({ type, tools }: Pick<LettaAgent, 'type' | 'tools'>): Protocol {
  if (type !== null && plainTypes.has(type)) return 'native';
  return type === null || tools.some((tool) => tool.name === 'send_message') ? 'heartbeat' : 'native';
}

/** How an agent speaks: those that answer in plain text were heard beside their calls too, all others were not. */
export function speechOf(agent: Pick<LettaAgent, 'type' | 'tools'>): Pick<Setting, 'protocol' | 'isHeardBesideCalls'> {
  return { protocol: protocolOf(agent), isHeardBesideCalls: agent.type !== null && plainTypes.has(agent.type) };
}

/** The ids of what an agent has and the source gives no id. */
export function idsOf(agentId: string): { memory: string; conversation: string } {
  return { memory: derivedId('letta memory', agentId), conversation: derivedId('letta conversation', agentId) };
}

/**
 * The records of an agent, its memory and its conversation, without passages and messages. Blocks that were yielded
 * before, because another agent of the same owner has them too, are only put in their place.
 */
export function* agentRecords(
  agent: LettaAgent,
  place: Place,
  yielded: Map<string, string | null>,
): Generator<TransferRecord | Problem> {
  const { ownerId, createdAt } = agent;
  const ids = idsOf(agent.id);
  for (const why of [...lostRules(agent.rules), ...lostSettings(agent, protocolOf(agent))]) yield problem(place, why);
  yield { kind: 'agent', place, ownerId, value: agentValue(agent) };
  const memory = { id: ids.memory, agentId: agent.id, key: defaultMemoryKey, createdAt };
  yield { kind: 'memory', place, ownerId, value: memory };
  const labels = new Set<string>();
  for (const [position, block] of agent.blocks.entries()) {
    if (labels.has(block.label)) {
      yield problem(place, 'Two blocks of one memory have the same label; the second was left behind.');
    } else {
      yield* blockRecords(agent, { ...block, position }, place, yielded);
    }
    labels.add(block.label);
  }
  const conversation = { id: ids.conversation, memoryKey: defaultMemoryKey, metadata: {}, lastSeq: 0, faceData: {} };
  yield { kind: 'conversation', place, ownerId, value: { ...conversation, createdAt } };
}

/** The view that an agent has of a conversation. */
export function windowRecord(
  agent: LettaAgent,
  conversationId: string,
  liveFromSeq: number,
  place: Place,
): RecordOf<'window'> {
  const keys = { agentId: agent.id, conversationId, memoryId: idsOf(agent.id).memory };
  const value = { ...keys, summary: null, liveFromSeq, revision: 1, pressureNoticed: false };
  return { kind: 'window', place, ownerId: agent.ownerId, value: { ...value, updatedAt: agent.updatedAt } };
}

function agentValue(agent: LettaAgent): RecordOf<'agent'>['value'] {
  const protocol = protocolOf(agent);
  const entries = Object.entries(agent.metadata);
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const rest = entries.filter(([, value]) => typeof value !== 'string');
  const zone: [string, string][] =
    agent.timezone === null || agent.timezone === 'UTC' ? [] : [['timezone', agent.timezone]];
  return {
    id: agent.id,
    name: agent.name === null ? null : agent.name.slice(0, limits.agentNameCharsMax),
    description: agent.description,
    instructions: agent.system,
    model: textIn(agent.model['model']) ?? '',
    protocol,
    origin: 'native',
    envelope: protocol === 'heartbeat' ? 'json' : 'plain+time',
    settings: agentSettings(agent, protocol),
    tools: [...new Map(agent.tools.map((tool) => [tool.name, toAgentTool(tool)])).values()],
    metadata: Object.fromEntries([...zone, ...texts]),
    faceData: { ...agent.made, metadata: Object.fromEntries(rest), letta: keptOf(agent) },
    mainConversationId: idsOf(agent.id).conversation,
    createdAt: agent.createdAt,
    updatedAt: agent.updatedAt,
  };
}

/** Members of the two configurations that are neither secret nor an address. */
const keptMembers: readonly string[] = [
  ...['model', 'model_endpoint_type', 'model_wrapper', 'context_window', 'handle', 'put_inner_thoughts_in_kwargs'],
  ...['temperature', 'max_tokens', 'enable_reasoner', 'max_reasoning_tokens', 'reasoning_effort', 'verbosity'],
  ...[
    'provider_name',
    'provider_category',
    'display_name',
    'frequency_penalty',
    'compatibility_type',
    'effort',
    'tier',
  ],
  ...['parallel_tool_calls', 'strict', 'batch_size'],
  ...['embedding_endpoint_type', 'embedding_model', 'embedding_dim', 'embedding_chunk_size'],
];

/** What is kept of an agent though nothing here has use for it. */
function keptOf({ type, tags, tools, model, embedding, settings }: LettaAgent): Record<string, unknown> {
  const toolTypes = Object.fromEntries(tools.flatMap((tool) => (tool.type ? [[tool.name, tool.type]] : [])));
  const kept = (config: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(config).filter(([name]) => keptMembers.includes(name)));
  return { agent_type: type, tags, llm_config: kept(model), embedding_config: kept(embedding), settings, toolTypes };
}

function* blockRecords(
  agent: LettaAgent,
  block: LettaBlock & { position: number },
  place: Place,
  yielded: Map<string, string | null>,
): Generator<TransferRecord | Problem> {
  const { ownerId } = agent;
  const kept = block.id !== null && (block.isOneForAll || !yielded.has(block.id)) ? block.id : null;
  const first = kept ?? derivedId('letta block', agent.id, block.label);
  const isOthers = yielded.has(first) && yielded.get(first) !== ownerId;
  const id = isOthers ? derivedId('letta block', ownerId ?? '', first) : first;
  if (isOthers) yield problem(place, 'A block that several users shared became one of each, which begin alike.');
  const createdAt = block.createdAt ?? agent.createdAt;
  if (!yielded.has(id)) {
    yielded.set(id, ownerId);
    const chars = charsOf(block.value);
    const limit = block.limit ?? limits.blockCharsDefault;
    if (chars > limit) yield problem(place, 'A block is longer than its limit; the limit was raised to its length.');
    if (block.hasMore) yield problem(place, 'A block had data of its own beside it, which were left behind.');
    const { label, value, readOnly } = block;
    const text = { label, value, readOnly, description: block.description ?? descriptions[label] ?? '' };
    const updatedAt = block.updatedAt ?? createdAt;
    const whole = { id, ...text, charsMax: Math.max(limit, chars), version: 1, createdAt, updatedAt };
    yield { kind: 'block', place, ownerId, value: whole };
    const edit = { actor: 'system' as const, runId: null, stepId: null, parent: null, restores: null, createdAt };
    yield { kind: 'block-version', place, ownerId, value: { blockId: id, version: 1, value, ...edit } };
  }
  // Blocks are in a prompt in the order in which they came to be there.
  const placedAt = agent.createdAt + block.position;
  const value = { memoryId: idsOf(agent.id).memory, blockId: id, readOnly: false, createdAt: placedAt };
  yield { kind: 'memory-block', place, ownerId, value };
}

/** What a model is told of the usual blocks, of which old releases say nothing. */
const descriptions: Readonly<Record<string, string>> = {
  persona: 'Who you are and how you speak.',
  human: 'What you know of the person you talk to.',
};

function problem(place: Place, why: string): Problem {
  return { kind: 'problem', place, severity: 'changed', why };
}

/** The tools of these names, with what is known of each. */
export function toolsNamed(names: readonly string[], described: ReadonlyMap<string, LettaTool>): LettaTool[] {
  return names.map((name) => described.get(name) ?? { name, description: null, parameters: null });
}

/** A block from its members, in the words of any release; null where it has no text at all. */
export function blockFrom(members: Readonly<Record<string, unknown>>, label: string | null): LettaBlock | null {
  const raw = members['value'];
  const value = Array.isArray(raw) ? raw.map(String).join(',') : textIn(raw);
  const named = textIn(members['label']) ?? label ?? textIn(members['name']);
  if (value === null || named === null) return null;
  const metadata = objectIn(members['metadata_'] ?? members['metadata']);
  return {
    id: textIn(members['id']),
    label: named,
    value,
    limit: numberIn(members['limit']),
    description: textIn(members['description']) ?? textIn(metadata['description']),
    readOnly: flagIn(members['read_only']),
    isOneForAll: true,
    hasMore: Object.keys(metadata).some((key) => key !== 'description'),
    createdAt: timeIn(members['created_at']),
    updatedAt: timeIn(members['updated_at']),
  };
}
