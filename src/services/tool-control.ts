import type { Clock } from '../domain/clock.js';
import { AppError, notFound } from '../domain/errors.js';
import type { Run } from '../domain/run.js';
import type { ToolRule } from '../domain/tool-rule.js';
import type { ToolCall } from '../domain/tool.js';
import type { Principal } from '../domain/user.js';
import type { Store } from '../store/store.js';
import type { AgentService } from './agents.js';
import { awaitingApproval, type CallApproval } from './call-approvals.js';
import type { RunService } from './run-commands.js';

/** Calls that wait for somebody's approval, and the run that made them. */
export interface AwaitedApprovals {
  runId: string | null;
  calls: ToolCall[];
  /** Milliseconds; after it the run gives up and nothing is carried out. */
  expiresAt: number | null;
}

/** The verbs by which people keep a hand on an agent's tools. Somebody else's agent is `not_found`. */
export interface ToolControlService {
  rules(principal: Principal, agentId: string): Promise<readonly ToolRule[]>;
  /** Replaces all rules. They hold from the next turn on. */
  setRules(principal: Principal, agentId: string, rules: ToolRule[]): Promise<readonly ToolRule[]>;
  /** What waits for approval in a conversation; in the agent's own where none is named. */
  awaiting(principal: Principal, agentId: string, conversationId?: string): Promise<AwaitedApprovals>;
  /** See `RunService.approve`; the run is the one that is active, or the newest where none is. */
  approve(principal: Principal, agentId: string, approvals: CallApproval[], conversationId?: string): Promise<Run>;
}

/** What the service is made from. */
export interface ToolControlParts {
  store: Store;
  clock: Clock;
  agents: AgentService;
  runs: RunService;
}

/** Makes the verbs of tool control. */
export function createToolControlService({ store, clock, agents, runs }: ToolControlParts): ToolControlService {
  async function conversationOf(principal: Principal, agentId: string, conversationId?: string): Promise<string> {
    const agent = await agents.get(principal, agentId);
    if (conversationId === undefined) return agents.mainConversation(principal, agent.id);
    const conversation = await store.conversations.get(principal.userId, conversationId);
    if (conversation === null) throw notFound('conversation', conversationId);
    return conversation.id;
  }
  async function activeRun(conversationId: string, agentId: string): Promise<Run | null> {
    const active = await store.runs.active(conversationId);
    return active?.agentId === agentId ? active : null;
  }
  return {
    rules: async (principal, agentId) => (await agents.get(principal, agentId)).settings.toolRules ?? [],
    setRules: (principal, agentId, rules) =>
      store.transaction(async (tx) => {
        const agent = await tx.agents.get(principal.userId, agentId);
        if (agent === null) throw notFound('agent', agentId);
        const { toolRules: _before, ...settings } = agent.settings;
        await tx.agents.update({
          ...agent,
          settings: rules.length === 0 ? settings : { ...settings, toolRules: rules },
          updatedAt: clock.now(),
        });
        return rules;
      }),
    awaiting: async (principal, agentId, conversationId) => {
      const run = await activeRun(await conversationOf(principal, agentId, conversationId), agentId);
      const calls = run === null ? [] : awaitingApproval(run);
      if (run === null || calls.length === 0) return { runId: null, calls: [], expiresAt: null };
      return { runId: run.id, calls, expiresAt: run.expiresAt };
    },
    approve: async (principal, agentId, approvals, conversationId) => {
      const place = await conversationOf(principal, agentId, conversationId);
      const newest = await runs.page(principal, place, { limit: 1, order: 'desc' });
      const run = (await activeRun(place, agentId)) ?? newest.items.find((last) => last.agentId === agentId);
      if (run === undefined) throw new AppError('conflict', 'No call waits for approval.');
      return runs.approve(principal, run.id, approvals);
    },
  };
}
