import type { Run } from '../domain/run.js';
import type { Principal } from '../domain/user.js';
import type { AssistantService } from './assistants.js';
import type { RunService, StartRun } from './run-commands.js';
import type { NewThread, ThreadService } from './threads.js';

/** The verb of threads that are made together with their first run. */
export interface ThreadRunService {
  /** Makes a thread and asks an agent to answer in it; where the run is refused nothing of the thread is left. */
  start(principal: Principal, thread: NewThread, command: Omit<StartRun, 'conversationId'>): Promise<Run>;
}

/** What the verb is made from. */
export interface ThreadRunParts {
  assistants: Pick<AssistantService, 'get'>;
  threads: Pick<ThreadService, 'createIn'>;
  runs: Pick<RunService, 'startIn'>;
}

/** Makes the verb. */
export function createThreadRunService({ assistants, threads, runs }: ThreadRunParts): ThreadRunService {
  return {
    start: async (principal, thread, command) => {
      await assistants.get(principal, command.agentId);
      return runs.startIn(principal, (tx) => threads.createIn(tx, principal, thread), command);
    },
  };
}
