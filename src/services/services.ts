import type { Clock } from '../domain/clock.js';
import { classicTools, type ToolRegistry } from '../engine/tools/registry.js';
import type { ProviderRegistry } from '../providers/provider.js';
import type { Follow } from '../runs/follow.js';
import type { Notifier } from '../runs/notifier.js';
import type { Store } from '../store/store.js';
import { createAgentService, type AgentService } from './agents.js';
import { createAssistantService, type AssistantService } from './assistants.js';
import { createCommandService, type CommandService } from './commands.js';
import { createMemoryService, type MemoryService } from './memories.js';
import type { MemoryScope } from './memory-scope.js';
import { createMessageService, type MessageService } from './messages.js';
import type { RunService } from './run-commands.js';
import { createRunService } from './runs.js';
import { createThreadMessageService, type ThreadMessageService } from './thread-messages.js';
import { createThreadRunService, type ThreadRunService } from './thread-runs.js';
import { createThreadService, type ThreadService } from './threads.js';
import { createUserService, type UserService } from './users.js';

/** The verbs that faces and the command line share. */
export interface Services {
  users: UserService;
  agents: AgentService;
  memories: MemoryService;
  messages: MessageService;
  runs: RunService;
  commands: CommandService;
  assistants: AssistantService;
  threads: ThreadService;
  threadMessages: ThreadMessageService;
  threadRuns: ThreadRunService;
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
}

/** Makes all verbs. */
export function createServices(parts: ServiceParts): Services {
  const { store, clock, providers, tools, adminPassword } = parts;
  const agents = createAgentService({ store, clock, registry: providers, tools, toolNames: classicTools });
  const memories = createMemoryService({ store, clock });
  const messages = createMessageService({ store });
  const runs = createRunService(parts);
  const assistants = createAssistantService({ store, clock, providers });
  const threads = createThreadService({ store, clock, runs });
  return {
    users: createUserService({ store, clock, adminPassword }),
    agents,
    memories,
    messages,
    runs,
    commands: createCommandService({ agents, memories, messages, runs }),
    assistants,
    threads,
    threadMessages: createThreadMessageService({ store, clock }),
    threadRuns: createThreadRunService({ assistants, threads, runs }),
  };
}
