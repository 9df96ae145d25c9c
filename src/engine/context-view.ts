import type { Summary } from '../domain/conversation.js';
import type { Library } from '../domain/library.js';
import type { Block, Memory } from '../domain/memory.js';
import type { Message } from '../domain/message.js';
import { estimateMessages, estimateTools } from '../domain/request-tokens.js';
import type { Run } from '../domain/run.js';
import { estimateTokens } from '../domain/tokens.js';
import type { ToolDefinition } from '../domain/tool.js';
import { compactedTokens } from './compaction.js';
import { buildContext, historyOptions, summaryMessage, tailText, type Context, type Tail } from './context.js';
import { gaugeOf, type PromptGauge, type Scales } from './gauge.js';
import { toRequestMessages } from './history.js';
import { isPressing, pressureNotice, tailOf } from './prepare.js';
import { setScene, type EngineDependencies, type Scene } from './scene.js';
import { sharesOf } from './shares.js';
import { systemPromptParts } from './system-prompt.js';

/** A text of a prompt and its share of what the prompt weighs. */
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

/**
 * What is in a prompt now, part by part, and what is not. The tokens of its parts add up to those of the whole, which
 * are what the provider would count, as far as it has taught that.
 */
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
  /** In which order tools are called. */
  rules: WeighedText;
  introduction: WeighedText;
  blocks: (WeighedText & { block: Block })[];
  counts: WeighedText;
  tools: { definitions: ToolDefinition[]; tokens: number };
  summary: (WeighedText & { about: Summary }) | null;
  messages: LiveMessage[];
  /** What is told along with the newest message and never stored: the time, and that the window runs full. */
  notes: WeighedText;
  /** Passages of the archive, and the libraries that are searched. */
  passageCount: number;
  libraries: Library[];
  /** Messages of the conversation, and how many of the oldest are out of view. */
  messageCount: number;
  hiddenMessages: number;
}

/** What a view is made from: the prompt that would be sent, and what it is weighed with. */
interface Prompt {
  scene: Scene;
  gauge: PromptGauge;
  context: Context;
  tail: Tail;
}

/**
 * What the next prompt of a run would hold, from the very code that compiles it. One that weighs more than
 * `compactAtTokens` is shown as it is before room is made. Throws where the model cannot be used.
 */
export async function viewContext(dependencies: EngineDependencies, scales: Scales, run: Run): Promise<ContextView> {
  const { store } = dependencies;
  const prompt = await nextPrompt(dependencies, scales, run);
  const { scene, gauge, context } = prompt;
  const conversation = await store.conversations.find(run.conversationId);
  return {
    model: scene.model.model,
    memory: (await store.memories.get(scene.memory.id)) ?? scene.memory,
    windowTokens: scene.windowTokens,
    promptTokens: scene.promptTokens,
    compactAtTokens: Math.floor(gauge.triggerOf(scene.promptTokens)),
    compactToTokens: Math.floor(gauge.weigh(compactedTokens(prompt, context.fixedTokens))),
    ...partsOf(prompt),
    passageCount: context.system.passageCount,
    libraries: await store.search.attachedLibraries(run.agentId, run.conversationId),
    messageCount: conversation?.lastSeq ?? 0,
    hiddenMessages: context.system.hiddenMessages,
  };
}

async function nextPrompt(dependencies: EngineDependencies, scales: Scales, run: Run): Promise<Prompt> {
  const scene = await setScene(dependencies, run);
  const gauge = gaugeOf(scales, scene, run.conversationId);
  const build = async (notices: string[]): Promise<Prompt> => {
    const tail = tailOf(dependencies, scene, notices);
    const fit = { resultCharsMax: scene.resultCharsMax };
    return { scene, gauge, tail, context: await buildContext(dependencies.store, scene, run, fit, tail) };
  };
  const prompt = await build([]);
  return isPressing(prompt, prompt.context) ? build([pressureNotice]) : prompt;
}

type Parts = Pick<
  ContextView,
  | 'tokens'
  | 'instructions'
  | 'rules'
  | 'introduction'
  | 'blocks'
  | 'counts'
  | 'tools'
  | 'summary'
  | 'messages'
  | 'notes'
>;

/** Each part is estimated by itself, and gets its share of what the whole weighs. */
function partsOf({ scene, gauge, context, tail }: Prompt): Parts {
  const { instructions, rules, introduction, blocks, counts } = systemPromptParts(context.system);
  const notes = tailText(tail, scene.zone);
  const about = context.window.summary;
  const live = liveMessages(scene, context);
  const texts = [instructions, rules, introduction, counts, notes, ...blocks.map(({ text }) => text)];
  const weights = [
    estimateTools(context.request.tools),
    estimateMessages(summaryMessage(scene, context.window)),
    ...texts.map((text) => estimateTokens(text)),
    ...live.map((message) => message.tokens),
  ];
  const tokens = Math.round(gauge.weigh(context.tokens));
  const shares = sharesOf(tokens, weights);
  const next = (): number => shares.shift() ?? 0;
  const weighed = (text: string): WeighedText => ({ text, tokens: next() });
  return {
    tokens,
    tools: { definitions: context.request.tools, tokens: next() },
    summary: withTokens(about === null ? null : { about, text: about.text }, next()),
    instructions: weighed(instructions),
    rules: weighed(rules),
    introduction: weighed(introduction),
    counts: weighed(counts),
    notes: weighed(notes),
    blocks: blocks.map(({ block, text }) => ({ ...weighed(text), block })),
    messages: live.map((message) => ({ ...message, tokens: next() })),
  };
}

function withTokens<T>(part: T | null, tokens: number): (T & { tokens: number }) | null {
  return part === null ? null : { ...part, tokens };
}

/** The messages that are in view, each with an estimate of what it weighs alone. */
function liveMessages(scene: Scene, { messages, window }: Context): LiveMessage[] {
  const options = historyOptions(scene, { resultCharsMax: scene.resultCharsMax });
  const calls = new Set(
    messages.flatMap(({ parts }) => parts.map((part) => (part.type === 'tool-call' ? part.callId : ''))),
  );
  return messages.map((message): LiveMessage => {
    const isShownByCall = message.callId !== null && calls.has(message.callId);
    return {
      message,
      tokens: isShownByCall ? 0 : estimateMessages(toRequestMessages([message], options)),
      reason: message.seq < window.liveFromSeq ? 'what-was-asked' : reasonOf(window.liveFromSeq),
    };
  });
}

function reasonOf(liveFromSeq: number): LiveReason {
  return liveFromSeq === 1 ? 'since-beginning' : 'since-compaction';
}
