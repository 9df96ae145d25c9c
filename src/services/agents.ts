import type { Agent } from '../domain/agent.js';
import type { Clock } from '../domain/clock.js';
import { AppError, notFound } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import { defaultMemoryKey } from '../domain/memory.js';
import type { Principal } from '../domain/user.js';
import { zoneOf, type Zone } from '../domain/zone.js';
import { bootMessages } from '../engine/boot.js';
import { compileSystemPrompt } from '../engine/system-prompt.js';
import type { ProviderRegistry } from '../providers/provider.js';
import type { Repositories, Store } from '../store/store.js';
import { changeAgent, type AgentChanges } from './agent-changes.js';
import {
  checkAgentName,
  newDefaultMemory,
  newWindow,
  planAgent,
  type AgentRows,
  type NewAgent,
} from './agent-creation.js';
import { randomAgentName } from './agent-names.js';
import {
  describeAgent,
  summariseAgent,
  type AgentDetails,
  type AgentSummary,
  type ToolCatalogue,
  type ViewParts,
} from './agent-view.js';
import { allPages } from './all-pages.js';
import { openCatalogue } from './catalogue.js';
import { requireAdmin } from './organisations.js';

/** The verbs of agents. Somebody else's agent is `not_found`. */
export interface AgentService {
  /** Makes an agent of the native face. Throws `conflict` where the name is taken. */
  create(principal: Principal, request: NewAgent): Promise<AgentDetails>;
  /** All agents of the caller, the one last spoken to first. */
  list(principal: Principal): Promise<AgentSummary[]>;
  get(principal: Principal, id: string): Promise<Agent>;
  describe(principal: Principal, id: string): Promise<AgentDetails>;
  /** All agents of all users, for an administrator; of each user the one last spoken to first. */
  listAll(principal: Principal): Promise<AgentSummary[]>;
  /** All agents of the caller with all that is shown of each. */
  describeAll(principal: Principal): Promise<AgentDetails[]>;
  /** Throws `conflict` where the name is taken, or is the agent's own already. */
  rename(principal: Principal, id: string, name: string): Promise<AgentDetails>;
  update(principal: Principal, id: string, changes: AgentChanges): Promise<AgentDetails>;
  /** Deletes the agent with its memories and its main conversation, which nobody else could read; threads stay. */
  delete(principal: Principal, id: string): Promise<void>;
  /** The conversation in which the native face speaks to an agent; opened at the first call where there was none. */
  mainConversation(principal: Principal, id: string): Promise<string>;
}

/** What the service is made from. */
export interface AgentServiceParts {
  store: Store;
  clock: Clock;
  registry: ProviderRegistry;
  tools: ToolCatalogue;
  /** Tools that every agent of the native face has, and those that not even a caller's own list leaves out. */
  toolNames: readonly string[];
  neededToolNames: readonly string[];
  /** The IANA name of the zone of agents that name none; absent is UTC. */
  timezone?: string;
}

/** Names tried before giving up on finding a free one. */
const nameAttempts = 8;

/** Makes the verbs of agents. */
export function createAgentService(parts: AgentServiceParts): AgentService {
  const { store, clock, tools } = parts;
  const owned = async (reader: Repositories, principal: Principal, id: string): Promise<Agent> => {
    const agent = await reader.agents.get(principal.userId, id);
    if (agent === null) throw notFound('agent', id);
    return agent;
  };
  const change = async (principal: Principal, id: string, changes: AgentChanges): Promise<AgentDetails> => {
    const changed = await store.transaction(async (tx) => {
      const agent = await owned(tx, principal, id);
      const next = await changeAgent(tx, agent, changes, { at: clock.now(), findBuiltin: tools.find });
      if (next.name !== null && next.name !== agent.name) await requireFreeName(tx, next, next.name);
      await tx.agents.update(next);
      return next;
    });
    return describeAgent(parts, changed);
  };

  return {
    create: (principal, request) => createAgent(parts, principal, request),
    list: (principal) => listAgents(parts, principal),
    get: (principal, id) => owned(store, principal, id),
    describe: async (principal, id) => describeAgent(parts, await owned(store, principal, id)),
    listAll: async (principal) => {
      requireAdmin(principal);
      const users = await allPages('asc', (request) => store.users.page(request));
      const lists: AgentSummary[][] = [];
      for (const user of users) lists.push(await listAgents(parts, { userId: user.id, role: 'user' }));
      return lists.flat();
    },
    describeAll: async (principal) => {
      const summaries = await listAgents(parts, principal);
      const all: AgentDetails[] = [];
      for (const { agent } of summaries) all.push(await describeAgent(parts, agent));
      return all;
    },
    rename: async (principal, id, name) => {
      const agent = await owned(store, principal, id);
      if (agent.name !== name) return change(principal, id, { name });
      throw new AppError('conflict', `New name (${name}) is the same as the current name`, { param: 'agent_name' });
    },
    update: change,
    delete: (principal, id) =>
      store.transaction(async (tx) => {
        const { mainConversationId } = await owned(tx, principal, id);
        await tx.agents.delete(principal.userId, id);
        if (mainConversationId !== null) await tx.conversations.delete(principal.userId, mainConversationId);
      }),
    mainConversation: (principal, id) =>
      store.transaction(async (tx) => {
        const agent = await owned(tx, principal, id);
        return agent.mainConversationId ?? (await openMainConversation(tx, agent, clock.now()));
      }),
  };
}

async function createAgent(parts: AgentServiceParts, principal: Principal, request: NewAgent): Promise<AgentDetails> {
  const { store, clock, tools, toolNames, neededToolNames, timezone = 'UTC' } = parts;
  const wanted = request.name === null || request.name.trim() === '' ? null : request.name;
  if (wanted !== null) checkAgentName(wanted);
  const agent = await store.transaction(async (tx) => {
    const now = clock.now();
    const name = wanted ?? (await freeName(tx, principal.userId));
    const rows = planAgent(request, name, {
      ownerId: principal.userId,
      now,
      catalogue: await openCatalogue(tx, principal.userId, request, tools.find),
      toolNames,
      neededToolNames,
    });
    await requireFreeName(tx, rows.agent, name);
    await insertRows(tx, rows, now, zoneOf(rows.agent, timezone));
    return rows.agent;
  });
  return describeAgent(parts, agent);
}

async function insertRows(tx: Repositories, rows: AgentRows, now: number, zone: Zone): Promise<void> {
  const { agent, memory, blocks, conversation, window } = rows;
  await tx.conversations.insert(conversation);
  await tx.agents.insert(agent);
  await tx.memories.insert(memory);
  for (const block of blocks) await tx.memories.insertBlock(block, 'system', null);
  await tx.conversations.openWindow(window);
  const systemText = compileSystemPrompt({
    instructions: agent.instructions,
    additionalInstructions: null,
    protocol: agent.protocol,
    origin: agent.origin,
    blocks,
    hasMemoryTools: true,
    passageCount: 0,
    hiddenMessages: 0,
  });
  const boot = bootMessages({
    agentId: agent.id,
    conversationId: conversation.id,
    systemText,
    now,
    newId,
    timezone: zone.name,
  });
  await tx.messages.append(conversation.id, boot);
}

async function openMainConversation(tx: Repositories, agent: Agent, now: number): Promise<string> {
  const memory = await tx.memories.insert(newDefaultMemory(agent.id, now));
  const id = newId();
  await tx.conversations.insert({
    id,
    ownerId: agent.ownerId,
    memoryKey: defaultMemoryKey,
    metadata: {},
    lastSeq: 0,
    createdAt: now,
  });
  await tx.conversations.openWindow(newWindow(agent.id, id, memory.id, now));
  await tx.agents.update({ ...agent, mainConversationId: id, updatedAt: now });
  return id;
}

async function listAgents(parts: ViewParts, principal: Principal): Promise<AgentSummary[]> {
  const agents = await allPages('desc', (request) => parts.store.agents.page(principal.userId, request));
  const summaries: AgentSummary[] = [];
  for (const agent of agents) summaries.push(await summariseAgent(parts, agent));
  return summaries.sort((left, right) => (right.lastMessageAt ?? 0) - (left.lastMessageAt ?? 0));
}

async function requireFreeName(tx: Repositories, agent: Agent, name: string): Promise<void> {
  if (agent.origin !== 'native') return;
  const other = await tx.agents.findByName(agent.ownerId, name, 'native');
  if (other === null || other.id === agent.id) return;
  throw new AppError('conflict', `Agent with name ${name} already exists`, { param: 'name' });
}

async function freeName(tx: Repositories, ownerId: string): Promise<string> {
  for (let attempt = 0; attempt < nameAttempts; attempt += 1) {
    const name = randomAgentName(attempt);
    if ((await tx.agents.findByName(ownerId, name, 'native')) === null) return name;
  }
  return `${randomAgentName()}-${newId().slice(-12)}`;
}
