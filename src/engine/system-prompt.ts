import type { Origin, Protocol } from '../domain/agent.js';
import { limits } from '../domain/limits.js';
import { charsOf, type Block } from '../domain/memory.js';
import type { ToolRule } from '../domain/tool-rule.js';
import { classicInstructions } from './prompts/classic.js';
import { heartbeatInstructions, nativeInstructions } from './prompts/native.js';
import { describeRules } from './tool-rules.js';

/** The place in a custom prompt where its author wants the memory section. Every other brace is plain text. */
export const memoryPlaceholder = '{CORE_MEMORY}';

/** What a system prompt is compiled from. */
export interface SystemPromptInput {
  /** The agent's own text; null takes the standard one of its protocol, or none for an agent of the OpenAI face. */
  instructions: string | null;
  /** What a run adds to it. */
  additionalInstructions: string | null;
  protocol: Protocol;
  origin: Origin;
  blocks: readonly Block[];
  /** True where the agent was given tools that read or change its memory. */
  hasMemoryTools: boolean;
  /** Passages in the archive. */
  passageCount: number;
  /** Messages of this conversation that are no longer in view. */
  hiddenMessages: number;
  /** Conversations that share this memory, this one included, as far as they are counted. */
  conversationCount?: number;
  /** Rules for the order in which tools are called. */
  toolRules?: readonly ToolRule[];
}

/** A system prompt, part by part; what is not there is empty. */
export interface SystemPromptParts {
  instructions: string;
  /** In which order tools are called. */
  rules: string;
  /** What the blocks are, before the first of them. */
  introduction: string;
  /** As they stand in the prompt, in that order. */
  blocks: { block: Block; text: string }[];
  counts: string;
}

/** The parts of which `compileSystemPrompt` makes a prompt. */
export function systemPromptParts(input: SystemPromptInput): SystemPromptParts {
  const instructions = baseInstructions(input);
  const hasContent = input.blocks.some((block) => block.value.trim() !== '');
  const rules = rulesOf(input);
  const none = { instructions, rules, introduction: '', blocks: [], counts: '' };
  if (input.origin === 'openai' && !hasContent && !input.hasMemoryTools) return none;
  const labels = input.blocks.map((block) => block.label);
  const stable = input.blocks.filter(isStable);
  const volatile = input.blocks.filter((block) => !isStable(block));
  const blocks = [...stable, ...volatile].map((block) => ({ block, text: renderBlock(block, labels) }));
  const counts = metadata(input).join('\n');
  if (blocks.length === 0 && counts === '') return none;
  const introduction = ['### Memory', introductionOf(input)].filter((line) => line !== '').join('\n');
  return { instructions, rules, introduction, blocks, counts };
}

/**
 * The system prompt of one turn. What changes least comes first, so that a provider's prefix cache survives an edit of
 * memory: instructions, blocks that rarely change, blocks that do, counts; and no clock. An agent of the OpenAI face
 * without memory is told what its author wrote and nothing else.
 */
export function compileSystemPrompt(input: SystemPromptInput): string {
  const { instructions, rules, introduction, blocks, counts } = systemPromptParts(input);
  const base = [instructions, rules].filter((text) => text !== '').join('\n\n');
  const section = [introduction, ...blocks.map(({ text }) => text), counts].filter((line) => line !== '').join('\n');
  if (base.includes(memoryPlaceholder)) return base.replaceAll(memoryPlaceholder, () => section).trim();
  return [base, section].filter((text) => text !== '').join('\n\n');
}

function rulesOf({ toolRules = [] }: SystemPromptInput): string {
  return toolRules.length === 0 ? '' : `### Rules of your tools\n${describeRules(toolRules)}`;
}

function baseInstructions(input: SystemPromptInput): string {
  const texts = [input.instructions ?? standardInstructions(input), input.additionalInstructions ?? ''];
  if (input.origin === 'openai' && input.protocol === 'heartbeat') texts.push(heartbeatInstructions);
  return texts.filter((text) => text !== '').join('\n\n');
}

function standardInstructions(input: SystemPromptInput): string {
  if (input.origin === 'openai') return '';
  return input.protocol === 'heartbeat' ? classicInstructions : nativeInstructions;
}

function introductionOf(input: SystemPromptInput): string {
  if (input.blocks.length === 0) return '';
  const shown = 'These blocks of your memory are always in view.';
  if (!input.hasMemoryTools) return shown;
  return `${shown} Each has a limit of characters; what does not fit belongs in the archive. Change them with your memory tools as soon as you learn something that will matter later.`;
}

function isStable(block: Block): boolean {
  return block.readOnly || block.label === 'persona';
}

function renderBlock(block: Block, labels: readonly string[]): string {
  const element = /^[A-Za-z_][\w.-]*$/.test(block.label) ? block.label : 'block';
  const attributes = [
    element === block.label ? null : attribute('label', block.label),
    attribute('characters', `${charsOf(block.value)}/${block.charsMax}`),
    block.readOnly ? attribute('read_only', 'true') : null,
    block.description === '' ? null : attribute('description', block.description),
  ];
  const head = [element, ...attributes.filter((text) => text !== null)].join(' ');
  return `<${head}>\n${keepInside(block.value, labels)}\n</${element}>`;
}

function attribute(name: string, value: string): string {
  const safe = value
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/\s*\n\s*/g, ' ');
  return `${name}="${safe}"`;
}

/**
 * Keeps a text from ending its element, or another block's: a backslash goes into such an end tag. Everything else
 * stands as it is stored, because the model must be able to quote it exactly when it edits.
 */
function keepInside(value: string, labels: readonly string[]): string {
  const names = [...labels, 'block'].map((label) => label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const endTag = new RegExp(`<(\\s*/\\s*(?:${names.join('|')})\\s*>)`, 'gi');
  return value.replace(endTag, (_whole, rest: string) => `<\\${rest}`);
}

function metadata(input: SystemPromptInput): string[] {
  const always = input.origin === 'native';
  const { hiddenMessages, passageCount, conversationCount = 1 } = input;
  const search = input.hasMemoryTools ? '; search to read them' : '';
  const lines: string[] = [];
  if (always || hiddenMessages > 0) lines.push(`- earlier messages out of view: ${hiddenMessages}${search}`);
  if (always || passageCount > 0) lines.push(`- passages in the archive: ${passageCount}${search}`);
  const orMore = conversationCount >= limits.conversationsCounted ? ' or more' : '';
  if (conversationCount > 1) lines.push(`- conversations that share this memory: ${conversationCount}${orMore}`);
  return lines;
}
