import type { Conversation, Window } from '../domain/conversation.js';
import { limits } from '../domain/limits.js';
import type { Message } from '../domain/message.js';
import type { Run } from '../domain/run.js';
import { estimateRequest, estimateTools } from '../domain/request-tokens.js';
import { estimateTokens } from '../domain/tokens.js';
import type { ToolDefinition } from '../domain/tool.js';
import type { Zone } from '../domain/zone.js';
import type { ModelRequest, RequestMessage, RequestPart } from '../providers/provider.js';
import type { Repositories } from '../store/store.js';
import { budgetLeft } from './budget.js';
import { ruledRequest } from './call-gate.js';
import { isSaidByUser } from './cut.js';
import { packAlert, timeFormat } from './envelope.js';
import { offerOf } from './forced-calls.js';
import { normaliseHistory, toRequestMessages, type HistoryOptions } from './history.js';
import type { Scene } from './scene.js';
import { compileSystemPrompt, type SystemPromptInput } from './system-prompt.js';

/** How much of the history is let through; a tighter fit is the last but one step of making room. */
export interface Fit {
  /** Characters of a tool's result. */
  resultCharsMax: number;
  /** Estimated tokens of any other message; absent is two fifths of what a prompt may have. */
  messageTokensMax?: number;
  /** Messages that are sent, the newest; absent is all that are live. */
  newest?: number;
  /** True leaves the tools out that edit and search the agent's memory. */
  withoutMemoryTools?: boolean;
}

/** What the model is told besides the conversation, and never stored. */
export interface Tail {
  /** Milliseconds; null where the agent is not told the time. */
  now: number | null;
  notices: string[];
}

/** A request, and what it is thought to weigh. */
export interface Context {
  /** With the tools that the agent's rules allow now. */
  request: ModelRequest;
  window: Window;
  /** The live messages, oldest first. */
  messages: Message[];
  /** What the system prompt was compiled from. */
  system: SystemPromptInput;
  /** Tokens of the whole request, estimated. */
  tokens: number;
  /** Tokens of what no compaction can make smaller: system prompt and tools. */
  fixedTokens: number;
}

/** Compiles a prompt from memory, summary and live messages: what changes least comes first. */
export async function buildContext(
  repositories: Repositories,
  scene: Scene,
  run: Run,
  fit: Fit,
  tail: Tail,
): Promise<Context> {
  const { agent } = scene;
  const [window, conversation, blocks, memory] = await Promise.all([
    repositories.conversations.window(agent.id, run.conversationId),
    repositories.conversations.find(run.conversationId),
    repositories.memories.blocks(scene.memory.id),
    repositories.memories.get(scene.memory.id),
  ]);
  if (window === null || conversation === null) throw new Error(`Run ${run.id} lost its conversation.`);
  const live = await liveMessages(repositories, scene, run, window, conversation);
  const messages = fit.newest === undefined ? live : live.slice(-fit.newest);
  const input: SystemPromptInput = {
    instructions: agent.instructions,
    additionalInstructions: scene.additionalInstructions,
    protocol: agent.protocol,
    origin: agent.origin,
    blocks,
    hasMemoryTools: scene.hasMemoryTools && fit.withoutMemoryTools !== true,
    passageCount: (memory?.passageCount ?? 0) + (await passagesRead(repositories, scene, run)),
    hiddenMessages: window.liveFromSeq - 1,
    conversationCount: await conversationsSharing(repositories, scene),
    toolRules: agent.settings.toolRules,
  };
  const system = compileSystemPrompt(input);
  const history = normaliseHistory([
    ...(system === '' ? [] : [{ role: 'system' as const, text: system }]),
    ...summaryMessage(scene, window),
    ...toRequestMessages(messages, historyOptions(scene, fit)),
  ]);
  const offer = offerOf(run, scene);
  const request = await ruledRequest(repositories, scene, run, {
    model: scene.model.model,
    messages: withTail(history, tail, scene.zone),
    tools: fit.withoutMemoryTools === true ? withoutMemory(offer.tools, scene) : offer.tools,
    toolChoice: offer.toolChoice,
    parallelToolCalls: run.overrides.parallelToolCalls ?? null,
    settings: { ...agent.settings, maxOutputTokens: outputTokensOf(scene, run) },
    user: null,
  });
  const fixedTokens = estimateTokens(system) + estimateTools(request.tools);
  return { request, window, messages, system: input, fixedTokens, tokens: estimateRequest(request) };
}

function withoutMemory(tools: ToolDefinition[], { memoryTools }: Scene): ToolDefinition[] {
  return tools.filter(({ name }) => !memoryTools.has(name));
}

/** How the live messages of a scene are written for its model. */
export function historyOptions({ agent, promptTokens, zone }: Scene, fit: Fit): HistoryOptions {
  return {
    agentId: agent.id,
    protocol: agent.protocol,
    envelope: agent.envelope,
    timezone: zone.name,
    toolResultCharsMax: fit.resultCharsMax,
    messageTokensMax: fit.messageTokensMax ?? Math.floor(promptTokens * 0.4),
  };
}

/** An agent that can search is told that there is more to find than this conversation holds. */
function conversationsSharing({ conversations }: Repositories, scene: Scene): Promise<number> {
  return scene.hasMemoryTools
    ? conversations.countSharing(scene.memory.id, limits.conversationsCounted)
    : Promise.resolve(1);
}

/** Passages of the files that a search of the archive finds too. */
async function passagesRead({ libraries }: Repositories, scene: Scene, run: Run): Promise<number> {
  if (!scene.searchesArchive) return 0;
  const ofAgent = await libraries.ofAgent(scene.agent.id);
  const ofConversation = await libraries.ofConversation(run.conversationId);
  const attached = new Map([...ofAgent, ...ofConversation].map((library) => [library.id, library.passageCount]));
  return [...attached.values()].reduce((sum, count) => sum + count, 0);
}

/** What one reply may have: its own limit, and what is left of the run's. */
function outputTokensOf(scene: Scene, run: Run): number | null {
  const tokens = Math.min(scene.agent.settings.maxOutputTokens ?? Infinity, budgetLeft(run).completionTokens);
  return Number.isFinite(tokens) ? tokens : null;
}

/**
 * The live part of the window. Where what somebody last said has scrolled out of it in the middle of a long run, it
 * stands in front: the model never loses sight of what it was asked.
 */
async function liveMessages(
  repositories: Repositories,
  scene: Scene,
  run: Run,
  window: Window,
  conversation: Conversation,
): Promise<Message[]> {
  const view = { conversationId: run.conversationId, agentId: scene.agent.id, toSeq: null };
  const newest = run.overrides.lastMessages;
  if (newest !== undefined) {
    return repositories.messages.view({ ...view, fromSeq: await seqOfNewest(repositories, run, newest) });
  }
  const live = await repositories.messages.view({ ...view, fromSeq: window.liveFromSeq });
  if (live.some(isSaidByUser) || conversation.lastSeq === 0) return live;
  const earlier = await repositories.messages.page(run.conversationId, {
    limit: limits.turnsPerRun * 2,
    order: 'desc',
    visibleOnly: true,
    before: undefined,
  });
  const asked = earlier.items.find(isSaidByUser);
  return asked === undefined ? live : [asked, ...live];
}

/** Where the newest messages begin that were there before the run said anything itself. */
async function seqOfNewest(repositories: Repositories, run: Run, newest: number): Promise<number> {
  const page = await repositories.messages.page(run.conversationId, {
    limit: newest + run.turn * 2 + 1,
    order: 'desc',
    visibleOnly: true,
  });
  const before = page.items.filter((message) => message.agentId === null || message.runId !== run.id);
  return before[newest - 1]?.seq ?? 1;
}

/** The message in which the model is told what has scrolled out of view; none where nothing was summarised. */
export function summaryMessage(scene: Scene, window: Window): RequestMessage[] {
  const { summary } = window;
  if (summary === null) return [];
  const text =
    `What was said before message ${window.liveFromSeq} is out of view; it can be searched. ` +
    `A summary of it:\n${summary.text}`;
  const packed =
    scene.agent.envelope === 'json'
      ? packAlert(text, summary.createdAt, timeFormat(scene.zone.name))
      : `[context]\n${text}`;
  return [{ role: 'user', parts: [{ type: 'text', text: packed }] }];
}

/** `2025-03-01 14:30 UTC`, with the zone's own name in its place. */
function minuteOf(at: number, zone: Zone): string {
  return `${new Date(zone.wall(at)).toISOString().slice(0, 16).replace('T', ' ')} ${zone.name}`;
}

/** The time and the notices as the model reads them; empty where there is nothing to tell. */
export function tailText({ now, notices }: Tail, zone: Zone): string {
  const lines = [...(now === null ? [] : [`The time is ${minuteOf(now, zone)}.`]), ...notices];
  return lines.length === 0 ? '' : `[context]\n${lines.join('\n')}`;
}

/** Attaches them to what was last said, at the moment of sending only. */
function withTail(messages: RequestMessage[], tail: Tail, zone: Zone): RequestMessage[] {
  const text = tailText(tail, zone);
  if (text === '') return messages;
  const part: RequestPart = { type: 'text', text };
  const at = messages.findLastIndex((message) => message.role === 'user');
  if (at < 0) return [...messages, { role: 'user', parts: [part] }];
  return messages.map((message, index) =>
    index === at && message.role === 'user' ? { ...message, parts: [...message.parts, part] } : message,
  );
}
