import type { Summary } from '../domain/conversation.js';
import type { Library } from '../domain/library.js';
import { limits } from '../domain/limits.js';
import type { Block, Memory } from '../domain/memory.js';
import type { Message } from '../domain/message.js';
import type { Run } from '../domain/run.js';
import { estimateTokens } from '../domain/tokens.js';
import type { ToolDefinition } from '../domain/tool.js';
import { buildContext, historyOptions, summaryMessage, tokensOf, type Context } from './context.js';
import { toRequestMessages } from './history.js';
import { setScene, type EngineDependencies, type Scene } from './scene.js';
import { systemPromptParts } from './system-prompt.js';

/** A text of a prompt and what it is thought to weigh. */
export interface WeighedText {
  text: string;
  tokens: number;
}

/** Why a message is in the prompt: it has been since the beginning, since the last compaction, or is what was asked. */
export type LiveReason = 'since-beginning' | 'since-compaction' | 'what-was-asked';

/** A message that is in the prompt word for word. */
export interface LiveMessage {
  message: Message;
  /** 0 for words that stand in the prompt already, as the argument of the call that said them. */
  tokens: number;
  reason: LiveReason;
}

/** What is in a prompt now, part by part, and what is not. Tokens are estimates; each part is weighed by itself. */
export interface ContextView {
  /** As the provider knows it. */
  model: string;
  memory: Memory;
  /** Tokens of the model's window, and of its share that prompts may fill. */
  windowTokens: number;
  promptTokens: number;
  /** Tokens at which room is made, and how many are left then. */
  compactAtTokens: number;
  compactToTokens: number;
  /** Tokens of the prompt as a whole. */
  tokens: number;
  instructions: WeighedText;
  introduction: WeighedText;
  blocks: (WeighedText & { block: Block })[];
  counts: WeighedText;
  tools: { definitions: ToolDefinition[]; tokens: number };
  summary: (WeighedText & { about: Summary }) | null;
  messages: LiveMessage[];
  /** Passages of the archive, and the libraries that are searched. */
  passageCount: number;
  libraries: Library[];
  /** Messages of the conversation, and how many of the oldest are out of view. */
  messageCount: number;
  hiddenMessages: number;
}

/**
 * What the next prompt of a run would hold, from the very code that compiles it. Only what goes along with a single call
 * is left out: the time, and notices. Throws where the model cannot be used.
 */
export async function viewContext(dependencies: EngineDependencies, run: Run): Promise<ContextView> {
  const { store } = dependencies;
  const scene = await setScene(dependencies, run);
  const fit = { resultCharsMax: scene.resultCharsMax };
  const context = await buildContext(store, scene, run, fit, { now: null, notices: [] });
  const conversation = await store.conversations.find(run.conversationId);
  const { instructions, introduction, blocks, counts } = systemPromptParts(context.system);
  return {
    model: scene.model.model,
    memory: (await store.memories.get(scene.memory.id)) ?? scene.memory,
    windowTokens: scene.windowTokens,
    promptTokens: scene.promptTokens,
    compactAtTokens: Math.floor(scene.promptTokens * limits.compactAt),
    compactToTokens: Math.floor(scene.promptTokens * limits.compactTo),
    tokens: context.tokens,
    instructions: weigh(instructions),
    introduction: weigh(introduction),
    blocks: blocks.map(({ block, text }) => ({ ...weigh(text), block })),
    counts: weigh(counts),
    tools: { definitions: scene.definitions, tokens: estimateTokens(JSON.stringify(context.request.tools)) },
    summary: summaryOf(scene, context),
    messages: liveMessages(scene, context),
    passageCount: context.system.passageCount,
    libraries: await store.search.attachedLibraries(run.agentId, run.conversationId),
    messageCount: conversation?.lastSeq ?? 0,
    hiddenMessages: context.system.hiddenMessages,
  };
}

function weigh(text: string): WeighedText {
  return { text, tokens: estimateTokens(text) };
}

function summaryOf(scene: Scene, { window }: Context): ContextView['summary'] {
  const about = window.summary;
  return about === null ? null : { about, text: about.text, tokens: tokensOf(summaryMessage(scene, window)) };
}

function liveMessages(scene: Scene, { messages, window }: Context): LiveMessage[] {
  const options = historyOptions(scene, { resultCharsMax: scene.resultCharsMax });
  const calls = new Set(
    messages.flatMap(({ parts }) => parts.map((part) => (part.type === 'tool-call' ? part.callId : ''))),
  );
  return messages.map((message): LiveMessage => {
    const isShownByCall = message.callId !== null && calls.has(message.callId);
    return {
      message,
      tokens: isShownByCall ? 0 : tokensOf(toRequestMessages([message], options)),
      reason: message.seq < window.liveFromSeq ? 'what-was-asked' : reasonOf(window.liveFromSeq),
    };
  });
}

function reasonOf(liveFromSeq: number): LiveReason {
  return liveFromSeq === 1 ? 'since-beginning' : 'since-compaction';
}
