import type { Agent } from '../domain/agent.js';
import type { Clock } from '../domain/clock.js';
import { AppError, notFound } from '../domain/errors.js';
import type { Run, RunOverrides } from '../domain/run.js';
import type { Principal } from '../domain/user.js';
import type { Store } from '../store/store.js';
import type { AgentService } from './agents.js';
import type { ChatAnswer, ChatToken } from './chat-answers.js';
import { readCallId } from './chat-call-ids.js';
import type { ChatCommand, ChatMessage } from './chat-commands.js';
import { isPassing, openChat, type ChatPlace } from './chat-conversations.js';
import { tellRun } from './chat-events.js';
import type { MemoryScope } from './memory-scope.js';
import type { CallOutput, IncomingMessage, RunService, StartRun } from './run-commands.js';
import type { ThreadService } from './threads.js';

/** The verbs by which a chat is had with an agent. */
export interface AgentCompletions {
  /** Asks the agent to answer what was said last, or hands it the results of the calls it waits for. */
  start(principal: Principal, agent: Agent, command: ChatCommand, signal: AbortSignal): Promise<ChatAnswer>;
  reopen(principal: Principal, token: ChatToken, signal: AbortSignal): Promise<ChatAnswer>;
}

/** What the verbs are made from. */
export interface AgentCompletionParts {
  store: Store;
  clock: Clock;
  runs: RunService;
  agents: Pick<AgentService, 'mainConversation'>;
  threads: Pick<ThreadService, 'create' | 'get' | 'delete'>;
  memoryScope: MemoryScope;
}

/**
 * Makes the verbs. The client sends the whole transcript every time, while the agent has its own record: only what was
 * said after the last answer is new. A conversation that is made for the request takes over what was said before.
 */
export function createAgentCompletions(parts: AgentCompletionParts): AgentCompletions {
  const { runs } = parts;
  return {
    start: async (principal, agent, command, reader) => {
      const signal = command.whole ? new AbortController().signal : reader;
      const { earlier, latest } = split(command.messages);
      const outputs = outputsOf(latest);
      if (outputs !== null) return submit(parts, principal, agent, outputs, signal);
      const input = saidIn(latest);
      if (input.length === 0) {
        const message = "The last of 'messages' must be a user's, or the results of the calls that were asked for.";
        throw new AppError('invalid_request', message, { param: 'messages' });
      }
      const place = await openChat(parts, principal, agent, command, saidIn(earlier));
      const run = await begin(parts, principal, place, { agentId: agent.id, input, command });
      return answerWith(parts, principal, run, { afterSeq: 0, signal });
    },
    reopen: async (principal, token, signal) => {
      const run = await runs.get(principal, token.runId);
      return answerWith(parts, principal, run, { afterSeq: token.afterSeq, signal });
    },
  };
}

/** What was said up to the last answer, and since. */
function split(messages: readonly ChatMessage[]): { earlier: ChatMessage[]; latest: ChatMessage[] } {
  const at = messages.findLastIndex((message) => message.role === 'assistant') + 1;
  return { earlier: messages.slice(0, at), latest: messages.slice(at) };
}

/** What people said and were told. Calls and their results are the agent's own record, or another's. */
function saidIn(messages: readonly ChatMessage[]): IncomingMessage[] {
  return messages.flatMap((message): IncomingMessage[] => {
    if (message.role === 'user') {
      return [
        { role: 'user', kind: 'said', parts: message.parts, ...(message.name === null ? {} : { name: message.name }) },
      ];
    }
    if (message.role !== 'assistant' || message.text === null || message.text === '') return [];
    return [{ role: 'assistant', kind: 'said', parts: [{ type: 'text', text: message.text, annotations: [] }] }];
  });
}

interface RunOutputs {
  runId: string;
  outputs: CallOutput[];
}

/** The results that a request brings; null where it brings none. */
function outputsOf(latest: readonly ChatMessage[]): RunOutputs | null {
  const results = latest.flatMap((message) => (message.role === 'tool' ? [message] : []));
  if (results.length === 0) return null;
  if (latest.some((message) => message.role === 'user')) {
    throw new AppError('invalid_request', 'The results of calls must come last: the agent answers them first.', {
      param: 'messages',
    });
  }
  const read = results.map(({ callId, text }) => ({ given: callId, call: readCallId(callId), output: text }));
  const runId = read[0]?.call?.runId ?? null;
  const outputs = read.flatMap(({ call, output }) =>
    call !== null && call.runId === runId ? [{ callId: call.callId, output }] : [],
  );
  if (runId !== null && outputs.length === read.length) return { runId, outputs };
  const stranger = read.find(({ call }) => call === null || call.runId !== runId);
  throw new AppError('invalid_request', `No call with id '${stranger?.given ?? ''}' waits for its result.`, {
    param: 'messages',
  });
}

async function submit(
  parts: AgentCompletionParts,
  principal: Principal,
  agent: Agent,
  { runId, outputs }: RunOutputs,
  signal: AbortSignal,
): Promise<ChatAnswer> {
  const before = await parts.runs.get(principal, runId);
  if (before.agentId !== agent.id) throw notFound('run', runId);
  const run = await parts.runs.submit(principal, runId, outputs);
  return answerWith(parts, principal, run, { afterSeq: before.lastSeq, signal });
}

/** Another answer of the same chat is waited for; one that waits for results which do not come is given up. */
async function begin(
  { store, runs, threads }: AgentCompletionParts,
  principal: Principal,
  place: ChatPlace,
  { agentId, input, command }: { agentId: string; input: IncomingMessage[]; command: ChatCommand },
): Promise<Run> {
  const active = await store.runs.active(place.conversationId);
  const whenActive: StartRun['whenActive'] = active?.status === 'requires_action' ? 'interrupt' : 'queue';
  const { conversationId } = place;
  try {
    const overrides = toOverrides(command);
    return await runs.start(principal, { agentId, conversationId, input, overrides, keepsSettings: true, whenActive });
  } catch (error) {
    if (place.isPassing) await threads.delete(principal, conversationId);
    throw error;
  }
}

function toOverrides(command: ChatCommand): RunOverrides {
  const { tools, toolChoice, parallelToolCalls, settings } = command;
  const system = command.messages.flatMap((message) => (message.role === 'system' ? [message.text] : []));
  return {
    settings,
    ...(system.length === 0 ? {} : { additionalInstructions: system.join('\n\n') }),
    ...(toolChoice === null ? {} : { toolChoice }),
    ...(parallelToolCalls === null ? {} : { parallelToolCalls }),
    ...(tools === null
      ? {}
      : {
          tools: tools.map(({ name, description, parameters, strict }) => ({
            type: 'function' as const,
            name,
            description,
            parameters,
            strict: strict ?? null,
          })),
        }),
  };
}

function answerWith(
  { runs, threads }: AgentCompletionParts,
  principal: Principal,
  run: Run,
  { afterSeq, signal }: { afterSeq: number; signal: AbortSignal },
): ChatAnswer {
  const events = tellRun(runs.follow(principal, run.id, { afterSeq: 0, signal, pastRests: true }), {
    afterSeq,
    signal,
    // The client holds the transcript of a chat that nothing else belongs to: what it was told whole is not kept twice.
    atEnd: async () => {
      if (isPassing(await threads.get(principal, run.conversationId)))
        await threads.delete(principal, run.conversationId);
    },
  });
  return { id: run.id, createdAt: run.createdAt, events, token: { runId: run.id, afterSeq } };
}
