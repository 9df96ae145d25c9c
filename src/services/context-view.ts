import type { Agent } from '../domain/agent.js';
import type { Conversation } from '../domain/conversation.js';
import { AppError, notFound } from '../domain/errors.js';
import type { Principal } from '../domain/user.js';
import { viewContext, type ContextView } from '../engine/context-view.js';
import type { Scales } from '../engine/gauge.js';
import type { EngineDependencies } from '../engine/scene.js';
import type { StartRun } from './run-commands.js';
import { newRun } from './run-creation.js';

export type { ContextView, LiveMessage, LiveReason } from '../engine/context-view.js';

/** An agent with what is in its prompt in one conversation. */
export interface AgentContext {
  agent: Agent;
  conversation: Conversation;
  view: ContextView;
}

/** Looking into prompts. */
export interface ContextViewService {
  /**
   * What the agent's next prompt in a conversation would hold; in its main one where none is named. Throws `not_found`
   * for somebody else's agent or conversation and for a conversation in which the agent never ran, `invalid_request`
   * where none is named and the agent has none of its own, and what a run would for a model that cannot be used.
   */
  view(principal: Principal, agentId: string, conversationId?: string): Promise<AgentContext>;
}

/** Makes the verb; `scales` know what prompts weigh, where runs are carried in this process. */
export function createContextViewService(engine: EngineDependencies & { scales: Scales }): ContextViewService {
  const { store, clock, scales } = engine;
  return {
    view: async (principal, agentId, conversationId) => {
      const agent = await store.agents.get(principal.userId, agentId);
      if (agent === null) throw notFound('agent', agentId);
      const id = conversationId ?? agent.mainConversationId;
      if (id === null) {
        const message = 'This agent has no conversation of its own; name one.';
        throw new AppError('invalid_request', message, { param: 'conversation_id' });
      }
      const conversation = await store.conversations.get(principal.userId, id);
      const window = conversation === null ? null : await store.conversations.window(agent.id, id);
      if (conversation === null || window === null) throw notFound('conversation', id);
      // A run that is never stored: what is asked is how its first prompt would look.
      const command: StartRun = { agentId, conversationId: id, input: [], whenActive: 'queue' };
      const run = newRun(agent, conversation, command, { at: clock.now() });
      return { agent, conversation, view: await viewContext(engine, scales, run) };
    },
  };
}
