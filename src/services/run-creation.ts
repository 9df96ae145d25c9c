import type { Agent } from '../domain/agent.js';
import type { Conversation } from '../domain/conversation.js';
import { AppError } from '../domain/errors.js';
import { newId } from '../domain/ids.js';
import { limits } from '../domain/limits.js';
import type { NewMessage } from '../domain/message.js';
import { queuedRun } from '../domain/new-run.js';
import type { Run, RunOverrides } from '../domain/run.js';
import { sleepTimeOf } from '../domain/sleep-time.js';
import type { Repositories } from '../store/store.js';
import { hostedToolsOf } from '../domain/assistant.js';
import { awaitingApproval } from './call-approvals.js';
import { newMessage } from './incoming-messages.js';
import type { IncomingMessage, StartRun } from './run-commands.js';

type NewRun = Omit<StartRun, 'conversationId'>;

/** What a new run takes from the house. */
interface RunMoment {
  at: number;
  /** Answers after which a memory is tidied whose agent does not say; 0, or absent, is never. */
  sleepTimeEvery?: number;
}

/** A run as it is asked for, with the messages it brings. */
export function newRun(agent: Agent, conversation: Conversation, command: NewRun, moment: RunMoment): Run {
  const { at, sleepTimeEvery = 0 } = moment;
  const id = newId();
  const input = command.input.map((message) => incoming(message, agent, conversation.id, id, at));
  const beginning = {
    ownerId: agent.ownerId,
    conversationId: conversation.id,
    agentId: agent.id,
    overrides: overridesOf(agent, command, sleepTimeEvery),
    input: input.length === 0 ? null : input,
    metadata: command.metadata ?? {},
    faceData: faceDataOf(agent, command),
    createdAt: at,
    expiresAt: at + limits.runWaitMs,
  };
  return queuedRun(beginning, id);
}

/** Whether the run counts towards the tidying of its memory is settled when it is asked for. */
function overridesOf(agent: Agent, { keepsSettings, overrides = {} }: NewRun, sleepTimeEvery: number): RunOverrides {
  const sleepTime = overrides.compactOnly === true ? null : sleepTimeOf(agent, sleepTimeEvery);
  return {
    ...(keepsSettings === true ? settingsOf(agent, overrides) : overrides),
    ...(sleepTime === null ? {} : { tidiedAfter: sleepTime.everyRuns }),
  };
}

/** Hosted tools are settings too: a run that keeps its settings keeps them, unless it came with its own. */
function faceDataOf(agent: Agent, { keepsSettings, faceData }: NewRun): Record<string, unknown> {
  const hostedTools = hostedToolsOf(agent);
  return keepsSettings === true && hostedTools.length > 0 ? { hostedTools, ...faceData } : (faceData ?? {});
}

/** Overrides that leave nothing to the agent as it may become. */
export function settingsOf(agent: Agent, overrides: RunOverrides = {}): RunOverrides {
  const named = new Set(overrides.tools?.map((tool) => tool.name));
  // A function takes the place of a tool of the same name: it is the client that asked for it.
  // Whether files are searched is said by the list of tools, unlike what an agent remembers with.
  const own = agent.tools.filter(
    (tool) => tool.type === 'builtin' && tool.name !== 'file_search' && !named.has(tool.name),
  );
  return {
    ...overrides,
    model: overrides.model ?? agent.model,
    instructions: overrides.instructions ?? agent.instructions ?? undefined,
    tools: overrides.tools === undefined ? agent.tools : [...own, ...overrides.tools],
    settings: { ...agent.settings, ...overrides.settings },
  };
}

function incoming(
  message: IncomingMessage,
  agent: Agent,
  conversationId: string,
  runId: string,
  at: number,
): NewMessage {
  const row = newMessage(message, conversationId, runId, at);
  // An alert is for this agent alone.
  return message.kind === 'alert' ? { ...row, agentId: agent.id } : row;
}

/**
 * What is said to a free conversation is in it at once; what is said while a run is active waits on its own run until
 * its turn comes, so that the exchanges of a conversation never mix. Throws `conflict` or `busy`, as the command has it.
 */
export async function insertRun(tx: Repositories, run: Run, command: Pick<StartRun, 'whenActive'>): Promise<Run> {
  const immediate: Run = { ...run, input: null };
  if (await tx.runs.insert(immediate)) {
    if (run.input !== null) await tx.messages.append(run.conversationId, run.input);
    return immediate;
  }
  const active = await tx.runs.active(run.conversationId);
  if (command.whenActive === 'refuse') {
    const runId = active?.id ?? '';
    throw new AppError('conflict', `The conversation already has an active run ${runId}.`, {
      subject: { kind: 'active-run', refused: 'run', conversationId: run.conversationId, runId },
    });
  }
  // Somebody may take a day to decide; whoever speaks meanwhile is told, rather than left waiting.
  if (command.whenActive === 'queue' && active !== null && awaitingApproval(active).length > 0) {
    const calls = awaitingApproval(active).map((call) => call.name);
    throw new AppError(
      'conflict',
      `The agent waits for approval of a call of ${calls.join(', ')}. Approve or deny it first.`,
    );
  }
  if ((await tx.runs.countWaiting(run.conversationId)) >= limits.queuedRunsPerConversation) {
    throw new AppError('busy', `${limits.queuedRunsPerConversation} messages are waiting for an answer already.`, {
      retryAfterMs: limits.pollMs,
    });
  }
  const waiting: Run = { ...run, waiting: true };
  await tx.runs.insert(waiting);
  return waiting;
}
