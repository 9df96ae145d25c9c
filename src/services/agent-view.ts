import type { Agent } from '../domain/agent.js';
import { AppError } from '../domain/errors.js';
import type { Library } from '../domain/library.js';
import { limits } from '../domain/limits.js';
import { defaultMemoryKey, type Block } from '../domain/memory.js';
import type { StoredTool } from '../domain/stored-tool.js';
import type { ToolDefinition } from '../domain/tool.js';
import type { ProviderRegistry } from '../providers/provider.js';
import type { Store } from '../store/store.js';
import { toldOf } from './messages.js';
import { findStoredTool } from './stored-tools.js';

/** A tool as the services know it: whatever can describe itself. */
export interface DescribedTool {
  definition: ToolDefinition;
}

/** Finds a tool that runs here by its name. */
export interface ToolCatalogue {
  find(name: string): DescribedTool | null;
}

/** An agent with what a list shows of it. */
export interface AgentSummary {
  agent: Agent;
  /** The blocks of its default memory. */
  blocks: Block[];
  /** Passages that it finds when it searches its archive: its own, and those of its libraries. */
  passageCount: number;
  /** Messages of its main conversation as its history tells them, inner ones included. */
  messageCount: number;
  lastMessageAt: number | null;
  tools: ToolDefinition[];
  /** Those among its tools that are only kept, as they are stored. */
  storedTools: StoredTool[];
  /** The libraries it may search. */
  libraries: Library[];
}

/** The model an agent's name for it leads to. */
export interface AgentModel {
  /** Null where no configured provider answers to the name. */
  provider: string | null;
  name: string;
  contextWindow: number;
}

/** An agent with all that the native face shows of it. */
export interface AgentDetails extends AgentSummary {
  /** Ids of the messages that are in the prompt word for word, oldest first, at most a thousand. */
  liveMessageIds: string[];
  model: AgentModel;
  embedder: { provider: string; name: string } | null;
}

/** What the views are read from. */
export interface ViewParts {
  store: Store;
  registry: ProviderRegistry;
  tools: ToolCatalogue;
}

const liveMessagesShown = 1_000;

/** Reads what a list shows of an agent. */
export async function summariseAgent({ store, tools }: ViewParts, agent: Agent): Promise<AgentSummary> {
  const memory = await store.memories.findByKey(agent.id, defaultMemoryKey);
  const conversationId = agent.mainConversationId;
  const conversation = conversationId === null ? null : await store.conversations.find(conversationId);
  const libraries = await store.libraries.ofAgent(agent.id);
  const newest = conversation === null ? null : await newestMessageAt(store, conversation.id);
  return {
    agent,
    blocks: memory === null ? [] : await store.memories.blocks(memory.id),
    passageCount: (memory?.passageCount ?? 0) + passagesIn(libraries),
    messageCount: conversation === null ? 0 : await store.messages.countTold(conversation.id),
    lastMessageAt: newest,
    libraries,
    storedTools: await storedToolsOf(store, agent),
    tools: agent.tools.map((tool) => {
      if (tool.type === 'builtin') {
        return tools.find(tool.name)?.definition ?? { name: tool.name, description: '', parameters: {} };
      }
      return { name: tool.name, description: tool.description ?? '', parameters: tool.parameters ?? {} };
    }),
  };
}

/** Reads all that the native face shows of an agent. */
export async function describeAgent(parts: ViewParts, agent: Agent): Promise<AgentDetails> {
  const embedder = parts.registry.embedder();
  return {
    ...(await summariseAgent(parts, agent)),
    liveMessageIds: await liveMessageIds(parts.store, agent),
    model: await modelOf(parts.registry, agent),
    embedder: embedder === null ? null : { provider: embedder.provider.name, name: embedder.model },
  };
}

/** Passages of some libraries together. */
export function passagesIn(libraries: readonly Library[]): number {
  return libraries.reduce((sum, library) => sum + library.passageCount, 0);
}

async function storedToolsOf(store: Store, agent: Agent): Promise<StoredTool[]> {
  const names = agent.tools.flatMap((tool) => (tool.type === 'builtin' ? [] : [tool.name]));
  const found = await Promise.all(names.map((name) => findStoredTool(store, agent.ownerId, name)));
  return found.filter((tool) => tool !== null);
}

async function newestMessageAt(store: Store, conversationId: string): Promise<number | null> {
  const request = { limit: 1, order: 'desc', visibleOnly: false } as const;
  const page = await store.messages.page(conversationId, request);
  return page.items[0]?.createdAt ?? null;
}

async function liveMessageIds(store: Store, agent: Agent): Promise<string[]> {
  if (agent.mainConversationId === null) return [];
  const window = await store.conversations.window(agent.id, agent.mainConversationId);
  if (window === null) return [];
  const messages = await store.messages.view({
    conversationId: window.conversationId,
    agentId: agent.id,
    fromSeq: window.liveFromSeq,
    toSeq: null,
    newest: liveMessagesShown,
  });
  return (await toldOf(store, messages)).map((message) => message.id);
}

/** The model that a name leads to; an empty one means the default. */
export async function modelOf(
  registry: ProviderRegistry,
  { model: wanted, settings }: Pick<Agent, 'model' | 'settings'>,
): Promise<AgentModel> {
  const fromSettings = settings.contextWindow ?? null;
  try {
    const { provider, model } = registry.resolve(wanted);
    const contextWindow = fromSettings ?? (await provider.contextWindow(model)) ?? limits.contextTokensDefault;
    return { provider: provider.name, name: model, contextWindow };
  } catch (error) {
    // An agent whose provider is configured no longer can still be looked at.
    if (!(error instanceof AppError && error.code === 'model_refused')) throw error;
    return {
      provider: null,
      name: wanted === '' ? registry.defaultModel : wanted,
      contextWindow: fromSettings ?? limits.contextTokensDefault,
    };
  }
}
