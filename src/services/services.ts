import type { Clock } from '../domain/clock.js';
import { createScales, type Scales } from '../engine/gauge.js';
import { classicTools, neededTools, type ToolRegistry } from '../engine/tools/registry.js';
import type { SearchAccess } from '../engine/tools/tool.js';
import type { ProviderRegistry } from '../providers/provider.js';
import type { Follow } from '../runs/follow.js';
import type { Notifier } from '../runs/notifier.js';
import type { Store } from '../store/store.js';
import { createAgentCompletions } from './agent-completions.js';
import { createAgentService, type AgentService } from './agents.js';
import { createAssistantService, type AssistantService } from './assistants.js';
import { createBlockHistoryService, type BlockHistoryService } from './block-history.js';
import { createBlockService, type BlockService } from './blocks.js';
import { createCommandService, type CommandService } from './commands.js';
import { createChatCompletionService, type ChatCompletionService } from './chat-completions.js';
import { createContextViewService, type ContextViewService } from './context-view.js';
import { createEmbeddingService, type EmbeddingService } from './embeddings.js';
import { createFileService, type FileService } from './files.js';
import { createLibraryService, type LibraryService } from './libraries.js';
import { createMemoryService, type MemoryService } from './memories.js';
import { createMemorySearchService, type MemorySearchService } from './memory-search.js';
import type { MemoryScope } from './memory-scope.js';
import { createMessageEditService, type MessageEditService } from './message-edits.js';
import { createMessageService, type MessageService } from './messages.js';
import { createModelService, type ModelService } from './models.js';
import { createOrganisationService, type OrganisationService } from './organisations.js';
import { createPresetService, type PresetService } from './presets.js';
import type { RunService } from './run-commands.js';
import { createRunService } from './runs.js';
import { createServerFactService, type ServerFactService } from './server-facts.js';
import { createSharedBlockService, type SharedBlockService } from './shared-blocks.js';
import { createStoredToolService, type StoredToolService } from './stored-tools.js';
import { createTemplateService, type TemplateService } from './templates.js';
import { createToolControlService, type ToolControlService } from './tool-control.js';
import { createThreadMessageService, type ThreadMessageService } from './thread-messages.js';
import { createThreadRunService, type ThreadRunService } from './thread-runs.js';
import { createThreadService, type ThreadService } from './threads.js';
import { createToolResourceService, type ToolResourceService } from './tool-resources.js';
import { createTransferService, type TransferService } from './transfers.js';
import { createUploadService, type UploadService } from './uploads.js';
import { createUserService, type UserService } from './users.js';

/** The verbs that faces and the command line share. */
export interface Services {
  users: UserService;
  organisations: OrganisationService;
  agents: AgentService;
  memories: MemoryService;
  memorySearch: MemorySearchService;
  contexts: ContextViewService;
  messages: MessageService;
  runs: RunService;
  toolControl: ToolControlService;
  messageEdits: MessageEditService;
  commands: CommandService;
  templates: TemplateService;
  blocks: BlockService;
  blockHistory: BlockHistoryService;
  sharedBlocks: SharedBlockService;
  presets: PresetService;
  storedTools: StoredToolService;
  serverFacts: ServerFactService;
  assistants: AssistantService;
  threads: ThreadService;
  threadMessages: ThreadMessageService;
  threadRuns: ThreadRunService;
  files: FileService;
  libraries: LibraryService;
  uploads: UploadService;
  toolResources: ToolResourceService;
  models: ModelService;
  embeddings: EmbeddingService;
  chatCompletions: ChatCompletionService;
  transfers: TransferService;
}

/** What the verbs are made from. */
export interface ServiceParts {
  store: Store;
  clock: Clock;
  notifier: Notifier;
  follow: Follow;
  providers: ProviderRegistry;
  tools: ToolRegistry;
  adminPassword: string;
  memoryScope: MemoryScope;
  /** Answers after which a memory is tidied whose agent does not say; 0, or absent, is never. */
  sleepTimeEvery?: number;
  /** The IANA name of the zone of agents that name none; absent is UTC. */
  timezone?: string;
  /** What the engine of this process has learned of how prompts weigh; absent where none runs in it. */
  scales?: Scales;
  /** Makes the vector of a query; without it, libraries are searched by words alone. */
  embed?: SearchAccess['embed'];
  /** The most bytes of one file. */
  fileBytesMax?: number;
}

/** Makes all verbs. */
export function createServices(parts: ServiceParts): Services {
  const { store, clock, providers, tools, adminPassword, embed = () => Promise.resolve(null) } = parts;
  const agents = createAgentService({
    store,
    clock,
    registry: providers,
    tools,
    toolNames: classicTools,
    neededToolNames: neededTools,
    timezone: parts.timezone,
  });
  const memories = createMemoryService({ store, clock });
  const messages = createMessageService({ store });
  const messageEdits = createMessageEditService({ store });
  const templates = createTemplateService({ store, clock });
  const runs = createRunService(parts);
  const files = createFileService({ store, clock, fileBytesMax: parts.fileBytesMax });
  const assistants = createAssistantService({ store, clock, providers, notifier: parts.notifier });
  const threads = createThreadService({ store, clock, runs, notifier: parts.notifier });
  const models = createModelService({ store, providers });
  return {
    users: createUserService({ store, clock, adminPassword }),
    organisations: createOrganisationService({ store, clock }),
    agents,
    memories,
    memorySearch: createMemorySearchService({ store, clock, embed, timezone: parts.timezone }),
    contexts: createContextViewService({
      ...parts,
      scales: parts.scales ?? createScales(clock),
      searchAccess: { search: store.search, embed },
    }),
    messages,
    runs,
    toolControl: createToolControlService({ store, clock, agents, runs }),
    messageEdits,
    commands: createCommandService({ agents, memories, messages, edits: messageEdits, runs }),
    templates,
    blocks: createBlockService({ store, clock, templates }),
    blockHistory: createBlockHistoryService({ store, clock }),
    sharedBlocks: createSharedBlockService({ store, clock }),
    presets: createPresetService({ store, clock, tools }),
    storedTools: createStoredToolService({ store, clock, tools }),
    serverFacts: createServerFactService({ registry: providers, storage: store.name }),
    assistants,
    threads,
    threadMessages: createThreadMessageService({ store, clock, notifier: parts.notifier }),
    threadRuns: createThreadRunService({ assistants, threads, runs }),
    files,
    toolResources: createToolResourceService({ store }),
    uploads: createUploadService({ store, clock, files }),
    libraries: createLibraryService({
      files,
      store,
      clock,
      notifier: parts.notifier,
      embed,
    }),
    models,
    transfers: createTransferService({ store, clock, providers }),
    embeddings: createEmbeddingService({ providers }),
    chatCompletions: createChatCompletionService({
      clock,
      providers,
      models,
      agents: createAgentCompletions({ store, clock, runs, agents, threads, memoryScope: parts.memoryScope }),
    }),
  };
}
