import { AppError } from '../domain/errors.js';
import { textOf } from '../domain/message.js';
import type { Run } from '../domain/run.js';
import type { Principal } from '../domain/user.js';
import type { AgentService } from './agents.js';
import type { MemoryService } from './memories.js';
import type { MessageService } from './messages.js';
import type { RunService, StartRun } from './run-commands.js';

/** The verb of commands: what the old servers' chat understood after a slash. */
export interface CommandService {
  /**
   * Carries out a command and tells in words what came of it: `memory`, `summarize`, `heartbeat`, `memorywarning`,
   * `dump [n]`, and `save` and `savechat`, which have nothing left to do. Throws `invalid_request` for any other.
   */
  carryOut(principal: Principal, agentId: string, command: string): Promise<string>;
}

/** What the verb is made from. */
export interface CommandParts {
  agents: AgentService;
  memories: MemoryService;
  messages: MessageService;
  runs: RunService;
}

type Command = (principal: Principal, agentId: string, argument: string) => Promise<string>;

const dumpDefault = 10;
const dumpMax = 100;

/** Makes the verb of commands. */
export function createCommandService(parts: CommandParts): CommandService {
  const { agents, memories, messages, runs } = parts;

  async function runToItsEnd(principal: Principal, agentId: string, start: Partial<StartRun>): Promise<Run> {
    const conversationId = await agents.mainConversation(principal, agentId);
    const run = await runs.start(principal, { agentId, conversationId, input: [], whenActive: 'queue', ...start });
    const signal = new AbortController().signal;
    for await (const event of runs.follow(principal, run.id, { afterSeq: 0, signal })) void event;
    const ended = await runs.get(principal, run.id);
    if (ended.status === 'failed')
      throw new AppError('provider_unavailable', ended.error?.message ?? 'The run failed.');
    return ended;
  }

  async function nudge(principal: Principal, agentId: string, text: string): Promise<string> {
    const parts = [{ type: 'text' as const, text }];
    await runToItsEnd(principal, agentId, { input: [{ role: 'user', kind: 'alert', parts }] });
    return 'The agent took notice.';
  }

  const saved: Command = async (principal, agentId) => {
    await agents.get(principal, agentId);
    return 'Everything is saved: each change is written as it is made.';
  };

  const commands: Record<string, Command> = {
    memory: async (principal, agentId) => {
      const { blocks, messageCount, passageCount } = await memories.overview(principal, agentId);
      const core = blocks.map((block) => `[${block.label}]\n${block.value}`).join('\n\n');
      return `${core}\n\nArchive: ${passageCount} passages\nRecall: ${messageCount} messages`;
    },
    summarize: async (principal, agentId) => {
      await runToItsEnd(principal, agentId, { overrides: { compactOnly: true } });
      return 'The conversation was summarised; all of it can still be searched.';
    },
    heartbeat: (principal, agentId) => nudge(principal, agentId, 'A timer rang: think, tidy your memory, or rest.'),
    memorywarning: (principal, agentId) =>
      nudge(principal, agentId, 'Your view of this conversation will soon be trimmed: save what matters.'),
    dump: async (principal, agentId, argument) => {
      const limit = Math.min(dumpMax, Math.max(1, Number.parseInt(argument, 10) || dumpDefault));
      const { entries } = await messages.history(principal, agentId, { limit });
      return entries.map(({ message, packedText }) => `${message.role}: ${packedText ?? textOf(message)}`).join('\n');
    },
    save: saved,
    savechat: saved,
  };

  return {
    async carryOut(principal, agentId, text) {
      const [name = '', ...rest] = text.trim().replace(/^\//, '').split(/\s+/);
      const command = Object.entries(commands).find(([known]) => known === name.toLowerCase());
      if (command !== undefined) return command[1](principal, agentId, rest.join(' '));
      const known = Object.keys(commands).join(', ');
      throw new AppError('invalid_request', `Unknown command '${name}'. Known commands: ${known}.`, {
        param: 'command',
      });
    },
  };
}
