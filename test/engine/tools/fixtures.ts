import type { Agent } from '../../../src/domain/agent.js';
import type { Conversation } from '../../../src/domain/conversation.js';
import { newId } from '../../../src/domain/ids.js';
import type { Block, Memory, Passage } from '../../../src/domain/memory.js';
import type { Message, NewMessage } from '../../../src/domain/message.js';
import type { Run } from '../../../src/domain/run.js';
import { openZone } from '../../../src/domain/zone.js';
import { createToolRegistry } from '../../../src/engine/tools/registry.js';
import type {
  MemoryToolResult,
  SearchAccess,
  Tool,
  ToolArguments,
  ToolContext,
} from '../../../src/engine/tools/tool.js';
import type { Repositories, Store } from '../../../src/store/store.js';

/** The time at which everything happens unless a test says otherwise. */
export const start = Date.parse('2025-06-01T12:00:00.000Z');

/** An agent with a memory, a conversation and a run, and ways to call tools on its behalf. */
export interface Scene {
  store: Store;
  context: ToolContext;
  memory: Memory;
  conversation: Conversation;
  /** Calls a tool as the loop does: memory tools in a transaction, the others outside of any. */
  call(name: string, input: ToolArguments, change?: Partial<ToolContext>): Promise<MemoryToolResult>;
  /** Calls a memory tool over repositories of the caller's. */
  callOver(tx: Repositories, name: string, input: ToolArguments): Promise<MemoryToolResult>;
  block(label: string): Promise<Block | null>;
  addBlock(label: string, value: string, more?: Partial<Block>): Promise<Block>;
  addPassage(text: string, more?: Partial<Passage>): Promise<Passage>;
  say(role: 'user' | 'assistant', text: string, more?: Partial<NewMessage>): Promise<Message>;
}

/** Writes the rows of a scene into a store; each has an owner of its own. */
export async function createScene(store: Store, embed: SearchAccess['embed'] = async () => null): Promise<Scene> {
  const registry = createToolRegistry();
  const callMemoryTool = async (
    tool: Extract<Tool, { effect: 'memory' }>,
    given: ToolContext,
    input: ToolArguments,
  ): Promise<MemoryToolResult> => {
    const looked = (await tool.look?.({ search: store.search, embed }, given, input)) ?? null;
    return store.transaction((tx) => tool.run(tx, { ...given, looked }, input));
  };
  const ownerId = newId();
  await store.users.insert({ id: ownerId, name: null, organisationId: null, createdAt: start });
  const agent = anAgent(ownerId);
  await store.agents.insert(agent);
  const memory = await store.memories.insert({
    id: newId(),
    agentId: agent.id,
    key: 'default',
    passageCount: 0,
    createdAt: start,
  });
  const conversation: Conversation = {
    id: newId(),
    ownerId,
    memoryKey: null,
    metadata: {},
    lastSeq: 0,
    createdAt: start,
  };
  await store.conversations.insert(conversation);
  await store.conversations.openWindow({
    agentId: agent.id,
    conversationId: conversation.id,
    memoryId: memory.id,
    summary: null,
    liveFromSeq: 1,
    revision: 0,
    pressureNoticed: false,
    updatedAt: start,
  });
  const run = aRun(agent, conversation);
  await store.runs.insert(run);
  const clock = { now: () => start };
  const context: ToolContext = {
    agent,
    run,
    memory,
    clock,
    zone: openZone('UTC'),
    stepId: newId(),
    callId: 'call_1',
    resultCharsMax: 20_000,
  };

  return {
    store,
    context,
    memory,
    conversation,
    async call(name, input, change = {}) {
      const tool = registry.find(name);
      const given = { ...context, ...change };
      switch (tool?.effect) {
        case undefined:
          throw new Error(`no tool ${name}`);
        case 'memory':
          return callMemoryTool(tool, given, input);
        case 'search':
          return { ...(await tool.run({ search: store.search, embed }, given, input)), facts: [] };
        case 'outside':
          return { ...(await tool.run(given, input, new AbortController().signal)), facts: [] };
      }
    },
    async callOver(tx, name, input) {
      const tool = registry.find(name);
      if (tool?.effect !== 'memory') throw new Error(`${name} is no memory tool`);
      return tool.run(tx, context, input);
    },
    block: (label) => store.memories.block(memory.id, label),
    async addBlock(label, value, more = {}) {
      const block = { ...aBlock(memory, label, value), ...more };
      await store.memories.insertBlock(block, 'user', null);
      return block;
    },
    async addPassage(text, more = {}) {
      const draft = { id: newId(), memoryId: memory.id, text, tags: [], createdAt: start, ...more };
      return (await store.memories.insertPassage(draft)).passage;
    },
    async say(role, text, more = {}) {
      const draft = { ...aMessage(conversation, role, text), ...more };
      const [message] = await store.messages.append(conversation.id, [draft]);
      if (message === undefined) throw new Error('nothing was appended');
      return message;
    },
  };
}

function anAgent(ownerId: string): Agent {
  return {
    id: newId(),
    ownerId,
    name: 'ada',
    description: null,
    instructions: null,
    model: 'scripted',
    protocol: 'native',
    origin: 'native',
    envelope: 'plain',
    settings: {},
    tools: [],
    metadata: {},
    faceData: {},
    mainConversationId: null,
    createdAt: start,
    updatedAt: start,
  };
}

function aRun(agent: Agent, conversation: Conversation): Run {
  return {
    id: newId(),
    ownerId: agent.ownerId,
    conversationId: conversation.id,
    agentId: agent.id,
    status: 'queued',
    waiting: false,
    overrides: {},
    input: null,
    pendingCalls: [],
    error: null,
    incompleteReason: null,
    usage: null,
    turn: 0,
    attempt: 0,
    losses: 0,
    leaseOwner: null,
    leaseUntil: null,
    lastSeq: 0,
    metadata: {},
    faceData: {},
    createdAt: start,
    startedAt: null,
    expiresAt: null,
    endedAt: null,
  };
}

function aBlock(memory: Memory, label: string, value: string): Block {
  return {
    id: newId(),
    memoryId: memory.id,
    label,
    description: `About ${label}.`,
    value,
    charsMax: 5_000,
    readOnly: false,
    version: 1,
    createdAt: start,
    updatedAt: start,
  };
}

function aMessage(conversation: Conversation, role: 'user' | 'assistant', text: string): NewMessage {
  return {
    id: newId(),
    conversationId: conversation.id,
    role,
    kind: 'said',
    parts: [{ type: 'text', text }],
    visible: true,
    status: 'completed',
    agentId: null,
    runId: null,
    stepId: null,
    callId: null,
    name: null,
    metadata: {},
    faceData: {},
    createdAt: start,
  };
}
