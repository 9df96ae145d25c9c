import type { Agent } from '../domain/agent.js';
import type { Clock } from '../domain/clock.js';
import { newId, readId } from '../domain/ids.js';
import type { Principal } from '../domain/user.js';
import type { ModelEvent, ModelRequest, ProviderRegistry, RequestMessage, RequestPart } from '../providers/provider.js';
import type { AgentCompletions } from './agent-completions.js';
import type { ChatAnswer, ChatToken } from './chat-answers.js';
import type { ChatCommand, ChatMessage } from './chat-commands.js';
import { toModelFault } from './model-faults.js';
import type { ModelService } from './models.js';

/** The verbs of chats: a client that holds the transcript itself talks to a model, or to an agent. */
export interface ChatCompletionService {
  /**
   * Begins an answer. A model's is begun when its first piece is there, so that a refusal comes as an error (ModelFault)
   * and not in the middle; when the signal aborts, the model is stopped. An agent's is a run, which goes on whoever
   * reads; the signal ends the reading alone.
   */
  start(principal: Principal, command: ChatCommand, signal: AbortSignal): Promise<ChatAnswer>;
  /** Tells an agent's answer once more. */
  reopen(principal: Principal, token: ChatToken, signal: AbortSignal): Promise<ChatAnswer>;
}

/** What the service is made from. */
export interface ChatCompletionParts {
  clock: Clock;
  providers: ProviderRegistry;
  models: Pick<ModelService, 'findAgent'>;
  agents: AgentCompletions;
}

/** Makes the verbs of chats. */
export function createChatCompletionService(parts: ChatCompletionParts): ChatCompletionService {
  return {
    start: async (principal, command, signal) => {
      const named = await parts.models.findAgent(principal, command.model, signal);
      if (named !== null) return parts.agents.start(principal, named, command, signal);
      const agent = await agentOfUser(parts, principal, command, signal);
      if (agent !== null) return parts.agents.start(principal, agent, { ...command, user: null }, signal);
      return passThrough(parts, command, signal);
    },
    reopen: (principal, token, signal) => parts.agents.reopen(principal, token, signal),
  };
}

/** An older server took the agent's id in `user` and any model. */
async function agentOfUser(
  { models }: ChatCompletionParts,
  principal: Principal,
  { user }: ChatCommand,
  signal: AbortSignal,
): Promise<Agent | null> {
  return user === null || readId('agent', user) === null ? null : models.findAgent(principal, user, signal);
}

async function passThrough(
  { clock, providers }: ChatCompletionParts,
  command: ChatCommand,
  signal: AbortSignal,
): Promise<ChatAnswer> {
  try {
    const { provider, model } = providers.resolve(command.model);
    const events = provider.stream(toRequest(command, model), signal)[Symbol.asyncIterator]();
    const first = await events.next();
    return { id: newId(), createdAt: clock.now(), events: resume(first, events), token: null };
  } catch (error) {
    throw toModelFault(error);
  }
}

async function* resume(
  first: IteratorResult<ModelEvent, unknown>,
  events: AsyncIterator<ModelEvent>,
): AsyncGenerator<ModelEvent> {
  try {
    for (let next = first; next.done !== true; next = await events.next()) yield next.value;
  } catch (error) {
    throw toModelFault(error);
  } finally {
    // A reader that leaves early leaves no request behind.
    await events.return?.();
  }
}

function toRequest(command: ChatCommand, model: string): ModelRequest {
  const names = new Map(
    command.messages.flatMap((message) =>
      message.role === 'assistant' ? message.calls.map(({ id, name }) => [id, name] as const) : [],
    ),
  );
  return {
    model,
    messages: command.messages.map((message) => toRequestMessage(message, names)),
    tools: command.tools ?? [],
    toolChoice: command.toolChoice ?? 'auto',
    parallelToolCalls: command.parallelToolCalls,
    settings: command.settings,
    user: command.user ?? command.safetyIdentifier,
  };
}

function toRequestMessage(message: ChatMessage, names: ReadonlyMap<string, string>): RequestMessage {
  switch (message.role) {
    case 'system':
    case 'assistant':
      return message;
    case 'user': {
      const parts = message.parts.flatMap((part): RequestPart[] => {
        if (part.type === 'text') return [{ type: 'text', text: part.text }];
        return part.type === 'image' && part.url !== null
          ? [{ type: 'image', url: part.url, detail: part.detail }]
          : [];
      });
      return { role: 'user', parts, ...(message.name === null ? {} : { name: message.name }) };
    }
    case 'tool':
      return { ...message, name: names.get(message.callId) ?? '' };
    default:
      return message satisfies never;
  }
}
