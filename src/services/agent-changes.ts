import type { Agent } from '../domain/agent.js';
import { AppError } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import { defaultMemoryKey } from '../domain/memory.js';
import { checkSleepTime } from '../domain/sleep-time.js';
import type { Repositories } from '../store/store.js';
import { checkAgentName, sortMetadata } from './agent-creation.js';
import { agentTools, type FindBuiltin } from './catalogue.js';
import { rewriteBlock } from './memories.js';
import { toldOf } from './messages.js';

/** What may be changed of an agent after it was made; what is absent stays. */
export interface AgentChanges {
  name?: string;
  description?: string | null;
  instructions?: string | null;
  model?: string;
  /** Tokens of the model's window. */
  contextWindow?: number;
  /** All of its tools, by name. */
  toolNames?: string[];
  /** A tool that it is given beside those it has, and one that is taken from it, by name. */
  givenTool?: string;
  takenTool?: string;
  /** All of its metadata. */
  metadata?: Record<string, unknown>;
  /** New values for blocks of its default memory, by label. */
  blocks?: Record<string, string>;
  /** What is to be in its prompt word for word: the newest of the messages that are there now. */
  liveMessageIds?: string[];
}

/**
 * The agent after the changes, which are not written, and its memory and window, where the changes are. Throws
 * `invalid_request` for tools, labels and messages that nobody knows and for metadata that cannot be read.
 */
export async function changeAgent(
  tx: Repositories,
  agent: Agent,
  changes: AgentChanges,
  { at, findBuiltin }: { at: number; findBuiltin: FindBuiltin },
): Promise<Agent> {
  const { name, description, instructions, model, contextWindow, metadata } = changes;
  if (name !== undefined) checkAgentName(name);
  if (contextWindow !== undefined && contextWindow < limits.contextTokensMin) {
    const message = `A model's window must have ${limits.contextTokensMin} tokens at least.`;
    throw new AppError('invalid_request', message, { param: 'context_window' });
  }
  const names = toolNamesAfter(agent, changes);
  const next: Agent = {
    ...agent,
    name: name ?? agent.name,
    description: description === undefined ? agent.description : description,
    instructions: instructions === undefined ? agent.instructions : instructions,
    model: model ?? agent.model,
    settings: contextWindow === undefined ? agent.settings : { ...agent.settings, contextWindow },
    tools: names === null ? agent.tools : await toolsNamed(tx, agent, names, findBuiltin),
    updatedAt: at,
    ...(metadata === undefined ? {} : metadataOf(agent, metadata)),
  };
  if (changes.blocks !== undefined) await rewriteBlocks(tx, agent, changes.blocks, at);
  if (changes.liveMessageIds !== undefined) await moveWindow(tx, agent, changes.liveMessageIds, at);
  return next;
}

function metadataOf(agent: Agent, metadata: Record<string, unknown>): Pick<Agent, 'metadata' | 'faceData'> {
  checkSleepTime(metadata);
  const { texts, rest } = sortMetadata(metadata);
  return { metadata: texts, faceData: { ...agent.faceData, metadata: rest } };
}

/** Null where the tools stay as they are. */
function toolNamesAfter({ tools }: Agent, { toolNames, givenTool, takenTool }: AgentChanges): string[] | null {
  if (toolNames === undefined && givenTool === undefined && takenTool === undefined) return null;
  const names = toolNames ?? tools.map((tool) => tool.name);
  const kept = names.filter((name) => name !== givenTool && name !== takenTool);
  return givenTool === undefined ? kept : [...kept, givenTool];
}

/** Functions that a client carries out stay where they are named again. */
async function toolsNamed(
  tx: Repositories,
  agent: Agent,
  names: string[],
  findBuiltin: FindBuiltin,
): Promise<Agent['tools']> {
  const present = new Map(agent.tools.map((tool) => [tool.name, tool]));
  const added = names.filter((name) => !present.has(name));
  const found = await agentTools(tx, agent.ownerId, added, findBuiltin);
  const all = new Map([...present, ...found.map((tool) => [tool.name, tool] as const)]);
  return [...new Set(names)].flatMap((name) => all.get(name) ?? []);
}

async function rewriteBlocks(
  tx: Repositories,
  agent: Agent,
  values: Record<string, string>,
  at: number,
): Promise<void> {
  const memory = await tx.memories.findByKey(agent.id, defaultMemoryKey);
  const blocks = memory === null ? [] : await tx.memories.blocks(memory.id);
  for (const [label, value] of Object.entries(values)) await rewriteBlock(tx, blocks, label, value, at);
}

async function moveWindow(tx: Repositories, agent: Agent, ids: string[], at: number): Promise<void> {
  const conversationId = agent.mainConversationId;
  const window = conversationId === null ? null : await tx.conversations.window(agent.id, conversationId);
  if (window === null) throw notTheNewest();
  const request = {
    conversationId: window.conversationId,
    agentId: agent.id,
    fromSeq: window.liveFromSeq,
    toSeq: null,
  };
  const live = await toldOf(tx, await tx.messages.view(request));
  const kept = live.slice(live.length - ids.length);
  if (ids.length > live.length || kept.some((message, index) => message.id !== ids[index])) throw notTheNewest();
  const liveFromSeq = kept[0]?.seq ?? (live.at(-1)?.seq ?? 0) + 1;
  await tx.conversations.compactWindow({
    agentId: agent.id,
    conversationId: window.conversationId,
    expectedRevision: window.revision,
    summary: window.summary,
    liveFromSeq,
    at,
  });
}

function notTheNewest(): AppError {
  const message = 'message_ids can only leave out the oldest of the messages that are in context now.';
  return new AppError('invalid_request', message, { param: 'message_ids' });
}
