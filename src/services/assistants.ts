import type { Agent, AgentTool, ModelSettings } from '../domain/agent.js';
import { assistantTools, firstBlocks, hostedToolsOf, nativeTools, type HostedTool } from '../domain/assistant.js';
import type { Clock } from '../domain/clock.js';
import { notFound } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import type { Page, PageRequest } from '../domain/page.js';
import { checkSleepTime } from '../domain/sleep-time.js';
import type { Principal } from '../domain/user.js';
import type { ProviderRegistry } from '../providers/provider.js';
import type { Repositories, Store } from '../store/store.js';
import { newDefaultMemory, planBlocks } from './agent-creation.js';
import { ingestTopic } from '../domain/topics.js';
import type { Notifier } from '../runs/notifier.js';
import { attachReferences, codeFilesOf, type FileReferences } from './file-references.js';

/** What the OpenAI face says of an assistant. */
export interface AssistantFields {
  name: string | null;
  description: string | null;
  instructions: string | null;
  model: string;
  /** Carried out by the client. */
  functions: AgentTool[];
  hostedTools: HostedTool[];
  metadata: Record<string, string>;
  settings: Pick<ModelSettings, 'temperature' | 'topP' | 'reasoningEffort' | 'responseFormat'>;
  /** What its tools may read. */
  files: FileReferences;
}

/** What of it may be left out. */
export type NewAssistant = Partial<AssistantFields> & Pick<AssistantFields, 'model'>;

/** The verbs of assistants: agents of either face, as the OpenAI face knows them. */
export interface AssistantService {
  /** Makes an agent with a memory of its own and the tools to use it. Throws `model_refused`, and `invalid_request` for metadata that cannot be read. */
  create(principal: Principal, request: NewAssistant): Promise<Agent>;
  /** Every agent of the caller, whichever face made it. */
  page(principal: Principal, request: PageRequest): Promise<Page<Agent>>;
  get(principal: Principal, id: string): Promise<Agent>;
  /** Changes what is given and nothing else; the tools that run in this server stay. Throws `conflict` for a taken name. */
  update(principal: Principal, id: string, changes: Partial<AssistantFields>): Promise<Agent>;
}

/** What the service is made from. */
export interface AssistantServiceParts {
  store: Store;
  clock: Clock;
  providers: ProviderRegistry;
  notifier: Pick<Notifier, 'ring'>;
}

/** Makes the verbs of assistants. */
export function createAssistantService(parts: AssistantServiceParts): AssistantService {
  const { store, clock, providers, notifier } = parts;
  const owned = async (reader: Repositories, principal: Principal, id: string): Promise<Agent> => {
    const agent = await reader.agents.get(principal.userId, id);
    if (agent === null) throw notFound('agent', id);
    return agent;
  };
  return {
    create: async (principal, request) => {
      // A name that no provider answers to is refused here rather than in every run to come.
      providers.resolve(request.model);
      checkSleepTime(request.metadata ?? {});
      const { agent, waits } = await store.transaction(async (tx) => {
        const agent = await insertAssistant(tx, principal, request, clock.now());
        return { agent, waits: await attach(tx, principal, agent, request.files, clock.now()) };
      });
      if (waits) notifier.ring(ingestTopic);
      return agent;
    },
    page: (principal, request) => store.agents.page(principal.userId, request),
    get: (principal, id) => owned(store, principal, id),
    update: async (principal, id, changes) => {
      if (changes.model !== undefined) providers.resolve(changes.model);
      checkSleepTime(changes.metadata ?? {});
      const { agent, waits } = await store.transaction(async (tx) => {
        const agent = { ...withChanges(await owned(tx, principal, id), changes), updatedAt: clock.now() };
        await tx.agents.update(agent);
        return { agent, waits: await attach(tx, principal, agent, changes.files, clock.now()) };
      });
      if (waits) notifier.ring(ingestTopic);
      return agent;
    },
  };
}

function attach(
  tx: Repositories,
  principal: Principal,
  { id }: Agent,
  files: FileReferences | undefined,
  now: number,
): Promise<boolean> {
  return attachReferences(tx, principal, { kind: 'agent', id }, files, now);
}

async function insertAssistant(
  tx: Repositories,
  principal: Principal,
  request: NewAssistant,
  now: number,
): Promise<Agent> {
  const agent: Agent = {
    id: newId(),
    ownerId: principal.userId,
    name: request.name ?? null,
    description: request.description ?? null,
    instructions: request.instructions ?? null,
    model: request.model,
    protocol: 'native',
    origin: 'openai',
    envelope: 'plain',
    settings: request.settings ?? {},
    tools: assistantTools(request.functions ?? [], request.hostedTools ?? [], nativeTools),
    metadata: request.metadata ?? {},
    faceData: { hostedTools: request.hostedTools ?? [], codeFileIds: request.files?.codeFileIds ?? [] },
    mainConversationId: null,
    createdAt: now,
    updatedAt: now,
  };
  const memory = newDefaultMemory(agent.id, now);
  await tx.agents.insert(agent);
  await tx.memories.insert(memory);
  for (const block of planBlocks(memory.id, firstBlocks, now)) await tx.memories.insertBlock(block, 'system', null);
  return agent;
}

function withChanges(agent: Agent, changes: Partial<AssistantFields>): Agent {
  const { functions, hostedTools, settings } = changes;
  // A null is a value here: it clears.
  const given = <K extends 'name' | 'description' | 'instructions' | 'model' | 'metadata'>(field: K): Agent[K] =>
    changes[field] === undefined ? agent[field] : (changes[field] as Agent[K]);
  return {
    ...agent,
    name: given('name'),
    description: given('description'),
    instructions: given('instructions'),
    model: given('model'),
    metadata: given('metadata'),
    settings: { ...agent.settings, ...settings },
    tools: functions === undefined ? agent.tools : assistantTools(functions, hostedTools ?? [], builtinsOf(agent)),
    faceData: {
      ...agent.faceData,
      hostedTools: hostedTools ?? hostedToolsOf(agent),
      codeFileIds: changes.files?.codeFileIds ?? codeFilesOf(agent),
    },
  };
}

/** What an agent of the native face was given stays; an assistant has its memory tools, save those it gave away. */
function builtinsOf(agent: Agent): readonly string[] {
  if (agent.origin === 'openai') return nativeTools;
  return agent.tools.flatMap((tool) => (tool.type === 'builtin' && tool.name !== 'file_search' ? [tool.name] : []));
}
