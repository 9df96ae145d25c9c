import type { Agent, AgentTool } from '../domain/agent.js';
import type { Conversation, Window } from '../domain/conversation.js';
import { AppError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import { limits } from '../domain/limits.js';
import { charsOf, defaultMemoryKey, type Block, type Memory } from '../domain/memory.js';
import { checkNewBlock } from '../domain/memory-edit.js';
import { describeFault } from '../domain/memory-fault.js';
import { checkSleepTime } from '../domain/sleep-time.js';
import type { ToolRule } from '../domain/tool-rule.js';
import type { Catalogue } from './catalogue.js';

/** A block that a new agent brings along. */
export interface NewBlock {
  label: string;
  value: string;
  description?: string | null;
  charsMax?: number | null;
  readOnly?: boolean;
}

/** What the native face may ask of a new agent. Whatever is null comes from the preset. */
export interface NewAgent {
  /** Null for a random one. */
  name: string | null;
  preset?: string | null;
  /** The name of a profile, or the text itself. */
  human?: string | null;
  persona?: string | null;
  /** Labels to remember; they choose the profile where no text is given. */
  humanName?: string | null;
  personaName?: string | null;
  system?: string | null;
  /** In addition to the tools that every agent of this kind has. */
  toolNames?: string[] | null;
  /** True where `toolNames` is all it gets besides the tools without which it could neither speak nor learn. */
  toolsAreAll?: boolean;
  /** Rules for the order in which it calls its tools. */
  toolRules?: ToolRule[];
  /** What its clients call its kind, of which there is one here; kept to be shown to them. */
  agentType?: string | null;
  model?: string | null;
  /** Tokens of the model's window, where the caller knows better than its provider. */
  contextWindow?: number | null;
  description?: string | null;
  metadata?: Record<string, unknown>;
  blocks?: NewBlock[];
  /** True where `blocks` is all it remembers with, in place of a persona and a human. */
  blocksAreAll?: boolean;
}

/** The rows that an agent begins with, before its first messages. */
export interface AgentRows {
  agent: Agent;
  memory: Memory;
  blocks: Block[];
  conversation: Conversation;
  window: Window;
}

/** What the plan needs from outside. */
export interface PlanContext {
  ownerId: string;
  now: number;
  /** What the request names, looked up. */
  catalogue: Catalogue;
  /** The tools every such agent has, and those that not even a caller's own list leaves out. */
  toolNames: readonly string[];
  neededToolNames: readonly string[];
}

/** The rows of a new native agent. Throws `invalid_request` for what cannot be: tools, texts over a limit, metadata. */
export function planAgent(request: NewAgent, name: string, context: PlanContext): AgentRows {
  const { now, ownerId, catalogue } = context;
  const { preset, human, persona } = catalogue;
  checkSleepTime(request.metadata ?? {});
  const { texts, rest } = sortMetadata(request.metadata ?? {});
  const conversation: Conversation = {
    id: newId(),
    ownerId,
    memoryKey: defaultMemoryKey,
    metadata: {},
    lastSeq: 0,
    createdAt: now,
  };
  const agent: Agent = {
    id: newId(),
    ownerId,
    name,
    description: request.description ?? null,
    instructions: request.system ?? preset.system,
    model: request.model ?? '',
    protocol: 'heartbeat',
    origin: 'native',
    envelope: 'json',
    settings: settingsOf(request),
    tools: toolsOf(request, context),
    metadata: texts,
    faceData: {
      preset: preset.name,
      humanName: request.humanName ?? human.name,
      personaName: request.personaName ?? persona.name,
      human: human.text,
      persona: persona.text,
      metadata: rest,
      ...(request.agentType === null || request.agentType === undefined ? {} : { agentType: request.agentType }),
    },
    mainConversationId: conversation.id,
    createdAt: now,
    updatedAt: now,
  };
  const memory = newDefaultMemory(agent.id, now);
  const usual: NewBlock[] = [
    { label: 'persona', value: persona.text, description: 'Who you are and how you speak.' },
    { label: 'human', value: human.text, description: 'What you know of the person you talk to.' },
  ];
  const wanted = [...(request.blocksAreAll === true ? [] : usual), ...(request.blocks ?? [])];
  return {
    agent,
    memory,
    blocks: planBlocks(memory.id, wanted, now),
    conversation,
    window: newWindow(agent.id, conversation.id, memory.id, now),
  };
}

/** The memory that every agent has. */
export function newDefaultMemory(agentId: string, now: number): Memory {
  return { id: newId(), agentId, key: defaultMemoryKey, passageCount: 0, createdAt: now };
}

/** A window from a conversation's beginning. */
export function newWindow(agentId: string, conversationId: string, memoryId: string, now: number): Window {
  return {
    agentId,
    conversationId,
    memoryId,
    summary: null,
    liveFromSeq: 1,
    revision: 1,
    pressureNoticed: false,
    updatedAt: now,
  };
}

/** Throws `invalid_request` where a name is too long. */
export function checkAgentName(name: string): void {
  if (charsOf(name) <= limits.agentNameCharsMax) return;
  const message = `An agent's name may have ${limits.agentNameCharsMax} characters.`;
  throw new AppError('invalid_request', message, { param: 'name' });
}

function settingsOf({ contextWindow, toolRules = [] }: NewAgent): Agent['settings'] {
  const rules = toolRules.length === 0 ? {} : { toolRules };
  if (contextWindow === null || contextWindow === undefined) return rules;
  if (contextWindow >= limits.contextTokensMin) return { ...rules, contextWindow };
  const message = `A model's window must have ${limits.contextTokensMin} tokens at least.`;
  throw new AppError('invalid_request', message, { param: 'context_window' });
}

function toolsOf(request: NewAgent, { catalogue, toolNames, neededToolNames }: PlanContext): AgentTool[] {
  const asked = request.toolNames ?? [];
  const isAll = request.toolsAreAll === true && request.toolNames !== null && request.toolNames !== undefined;
  const usual = isAll ? neededToolNames : [...catalogue.preset.tools, ...toolNames];
  return [...new Set([...(isAll ? asked : usual), ...(isAll ? usual : asked)])].map((name) => catalogue.tool(name));
}

/** The first blocks of a memory. Throws `invalid_request` where a label or a text cannot stand. */
export function planBlocks(memoryId: string, wanted: NewBlock[], now: number): Block[] {
  const blocks: Block[] = [];
  for (const { label, value, description, charsMax, readOnly } of wanted) {
    const usual = label === 'persona' || label === 'human' ? limits.blockCharsDefault : limits.blockCharsOther;
    const block: Block = {
      id: newId(),
      memoryId,
      label,
      description: description ?? '',
      value,
      charsMax: charsMax ?? usual,
      readOnly: readOnly ?? false,
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    const labels = blocks.map((other) => other.label);
    const fault = checkNewBlock({ ...block, readOnly: false }, labels);
    if (fault !== null) throw new AppError('invalid_request', describeFault(fault), { param: label });
    blocks.push(block);
  }
  return blocks;
}

/** Texts apart from everything else. */
export function sortMetadata(metadata: Record<string, unknown>): {
  texts: Record<string, string>;
  rest: Record<string, unknown>;
} {
  const entries = Object.entries(metadata);
  const isText = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === 'string';
  return {
    texts: Object.fromEntries(entries.filter(isText)),
    rest: Object.fromEntries(entries.filter((entry) => !isText(entry))),
  };
}
