import { AppError } from '../domain/errors.js';
import type { RunEvent } from '../domain/event.js';
import { defaultUserId } from '../domain/ids.js';
import { isFinal } from '../domain/status.js';
import type { Run } from '../domain/run.js';
import type { ToolCall } from '../domain/tool.js';
import type { Principal } from '../domain/user.js';
import type { AgentService } from '../services/agents.js';
import type { MemoryService } from '../services/memories.js';
import type { RunService } from '../services/run-commands.js';
import { findWanted, type ChatEvent, type ChatPartner, type WantedAgent } from './chat-partner.js';

/** The part of a house that a conversation in a terminal needs. */
export interface ChatHouse {
  services: { agents: AgentService; memories: MemoryService; runs: RunService };
  close(): Promise<void>;
}

const owner: Principal = { userId: defaultUserId, role: 'admin' };

/** Talks to an agent of a house in this process, as the default user. Closing the partner closes the house. */
export async function openLocalPartner(house: ChatHouse, wanted: WantedAgent): Promise<ChatPartner> {
  const { agents, memories, runs } = house.services;
  const summaries = await agents.list(owner);
  const known = findWanted(
    summaries.map(({ agent }) => agent).filter((agent) => agent.origin === 'native'),
    wanted,
  );
  const agent = known ?? (await agents.create(owner, wanted)).agent;
  const conversationId = await agents.mainConversation(owner, agent.id);

  async function* say(text: string, signal: AbortSignal): AsyncIterable<ChatEvent> {
    const input = [{ role: 'user' as const, kind: 'said' as const, parts: [{ type: 'text' as const, text }] }];
    const run = await runs.start(owner, { agentId: agent.id, conversationId, input, whenActive: 'queue' });
    let last: Run = run;
    for await (const event of runs.follow(owner, run.id, { afterSeq: 0, signal })) {
      if (event.type === 'run-status') last = event.run;
      yield* toChatEvents(event);
    }
    if (!isFinal(last.status)) await cancelIfActive(runs, run.id);
  }

  return {
    agentName: agent.name ?? agent.id,
    created: known === null,
    say,
    memory: async () => (await memories.overview(owner, agent.id)).blocks,
    close: () => house.close(),
  };
}

/** Stops a run that nobody listens to any more; it may have ended in the meantime. */
async function cancelIfActive(runs: RunService, runId: string): Promise<void> {
  try {
    await runs.cancel(owner, runId);
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'conflict')) throw error;
  }
}

/** What of a run's log is shown. A step that broke off shows through the status that follows it. */
export function toChatEvents(event: RunEvent): ChatEvent[] {
  switch (event.type) {
    case 'text-delta':
      return [{ type: 'text', text: event.text }];
    case 'reasoning-delta':
      return [{ type: 'thought', text: event.text }];
    case 'call-ready':
      return event.call.where === 'speech' ? [] : [{ type: 'deed', text: describeCall(event.call) }];
    case 'call-result':
      return event.call.failed ? [{ type: 'deed', text: `${event.call.name} failed: ${event.call.output ?? ''}` }] : [];
    case 'memory-edit':
      return [{ type: 'deed', text: `memory "${event.label}" changed (version ${event.version})` }];
    case 'window-compacted':
      return [{ type: 'deed', text: 'older messages were summarised' }];
    case 'run-status':
      return describeEnd(event.run);
    case 'step-start':
    case 'step-end':
    case 'message-start':
    case 'message-end':
    case 'call-delta':
      return [];
  }
}

function describeCall(call: ToolCall): string {
  return `${call.name}(${call.arguments})`;
}

function describeEnd(run: Run): ChatEvent[] {
  switch (run.status) {
    case 'failed':
      return [{ type: 'failure', text: run.error?.message ?? 'the answer failed' }];
    case 'expired':
      return [{ type: 'failure', text: 'the answer took too long' }];
    case 'incomplete':
      return [{ type: 'deed', text: `the answer stopped short: ${run.incompleteReason ?? 'a limit was met'}` }];
    case 'requires_action': {
      const names = run.pendingCalls.map((call) => call.name).join(', ');
      return [{ type: 'failure', text: `the agent waits for a tool that no terminal can run: ${names}` }];
    }
    case 'queued':
    case 'in_progress':
    case 'cancelling':
    case 'cancelled':
    case 'completed':
      return [];
  }
}
