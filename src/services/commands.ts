import { AppError } from '../domain/errors.js';
import { textOf, type Message } from '../domain/message.js';
import type { Run } from '../domain/run.js';
import type { Principal } from '../domain/user.js';
import { isRecord, readLenientJson } from '../engine/lenient-json.js';
import { speakingTool } from '../engine/protocol.js';
import type { AgentService } from './agents.js';
import type { MemoryService } from './memories.js';
import type { MessageEditService } from './message-edits.js';
import type { MessageService } from './messages.js';
import type { RunService, StartRun } from './run-commands.js';

/** The verb of commands: what the old servers' chat understood after a slash. */
export interface CommandService {
  /**
   * Carries out a command and tells in words what came of it: `memory`, `summarize`, `heartbeat`, `memorywarning`,
   * `dump [n]`, `dumpraw [n]`, `pop [n]`, `retry`, `rethink <text>`, `rewrite <text>`, and `save` and `savechat`, which
   * have nothing left to do. Throws `invalid_request` for any other.
   */
  carryOut(principal: Principal, agentId: string, command: string): Promise<string>;
}

/** What the verb is made from. */
export interface CommandParts {
  agents: AgentService;
  memories: MemoryService;
  messages: MessageService;
  edits: MessageEditService;
  runs: RunService;
}

type Command = (principal: Principal, agentId: string, argument: string) => Promise<string>;

const dumpDefault = 10;
const dumpMax = 100;
const popDefault = 3;
const popMax = 100;

/** Makes the verb of commands. */
export function createCommandService(parts: CommandParts): CommandService {
  const { agents, memories, messages, edits, runs } = parts;

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

  const dump: Command = async (principal, agentId, argument) => {
    const limit = numberIn(argument, dumpDefault, dumpMax);
    const { entries } = await messages.history(principal, agentId, { limit });
    return entries.map(({ message, packedText }) => `${message.role}: ${packedText ?? textOf(message)}`).join('\n');
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
    dump,
    dumpraw: dump,
    retry: async (principal, agentId) => {
      await edits.popAnswer(principal, agentId);
      await runToItsEnd(principal, agentId, { whenActive: 'refuse' });
      const { entries } = await messages.history(principal, agentId, { limit: dumpMax });
      const answer = entries.find(({ message }) => message.role === 'assistant');
      return `The agent answered again: ${answer === undefined ? '' : spokenIn(answer.message)}`;
    },
    ...editCommands(edits),
    save: saved,
    savechat: saved,
  };

  return {
    async carryOut(principal, agentId, text) {
      const [, name = '', argument = ''] = /^\/?(\S*)\s*([\s\S]*)$/u.exec(text.trim()) ?? [];
      const command = Object.entries(commands).find(([known]) => known === name.toLowerCase());
      if (command !== undefined) return command[1](principal, agentId, argument);
      const known = Object.keys(commands).join(', ');
      throw new AppError('invalid_request', `Unknown command '${name}'. Known commands: ${known}.`, {
        param: 'command',
      });
    },
  };
}

/** The commands that change what was said. */
function editCommands(edits: MessageEditService): Record<string, Command> {
  return {
    pop: async (principal, agentId, argument) => {
      const count = await edits.pop(principal, agentId, numberIn(argument, popDefault, popMax));
      return `${count} ${count === 1 ? 'message was' : 'messages were'} taken back.`;
    },
    rethink: async (principal, agentId, argument) => {
      await edits.rethink(principal, agentId, textIn(argument, 'rethink'));
      return 'The newest thought was replaced.';
    },
    rewrite: async (principal, agentId, argument) => {
      await edits.rewrite(principal, agentId, textIn(argument, 'rewrite'));
      return 'The newest answer was replaced.';
    },
  };
}

function numberIn(argument: string, usual: number, most: number): number {
  return Math.min(most, Math.max(1, Number.parseInt(argument, 10) || usual));
}

function textIn(argument: string, command: string): string {
  if (argument !== '') return argument;
  throw new AppError('invalid_request', `The command ${command} needs a text.`, { param: 'command' });
}

/** What a message of the agent says aloud, also where it says it through a call. */
function spokenIn(message: Message): string {
  if (message.visible) return textOf(message);
  const call = message.parts.find((part) => part.type === 'tool-call' && part.name === speakingTool);
  const given = call?.type === 'tool-call' ? readLenientJson(call.arguments) : null;
  return isRecord(given) && typeof given.message === 'string' ? given.message : '';
}
