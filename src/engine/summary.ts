import type { Message } from '../domain/message.js';
import { estimateTokens } from '../domain/tokens.js';
import { digest, summaryRequest, type SummaryInput } from './prompts/summary.js';
import type { Scene } from './scene.js';

const attempts = 2;

/**
 * Asks the agent's own model for a summary, in as many parts as its window makes necessary. Where the model gives none
 * (it fails, says nothing, or makes a call instead), a digest made by rule takes its place: a compaction never fails
 * for want of a summary, and never loses what an earlier one held.
 */
export async function summarise(scene: Scene, input: SummaryInput, signal: AbortSignal): Promise<string> {
  let summary = input.previous;
  for (const messages of partsOf(scene, input.messages)) {
    const part = { ...input, previous: summary, messages, transcriptCharsMax: partTokens(scene) * 4 };
    summary = (await askModel(scene, part, signal)) ?? digest(part);
  }
  return summary ?? '';
}

async function askModel(scene: Scene, input: SummaryInput, signal: AbortSignal): Promise<string | null> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      const text = await collectText(scene, input, signal);
      if (text !== null) return text;
    } catch (error) {
      if (signal.aborted) throw error;
    }
  }
  return null;
}

async function collectText(scene: Scene, input: SummaryInput, signal: AbortSignal): Promise<string | null> {
  const stream = scene.model.provider.stream(
    {
      model: scene.model.model,
      messages: summaryRequest(input),
      tools: [],
      toolChoice: 'none',
      parallelToolCalls: null,
      settings: { maxOutputTokens: Math.ceil(input.charsMax / 2) },
      user: null,
    },
    signal,
  );
  let text = '';
  for await (const event of stream) if (event.type === 'text') text += event.text;
  return text.trim() === '' ? null : clip(text.trim(), input.charsMax);
}

function clip(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${text.slice(0, charsMax - 1).trimEnd()}…`;
}

/** Splits what is to be summarised into parts that fit the model's own window. */
function partsOf(scene: Scene, messages: readonly Message[]): Message[][] {
  const parts: Message[][] = [[]];
  let tokens = 0;
  for (const message of messages) {
    const weight = estimateTokens(JSON.stringify(message.parts));
    if (tokens > 0 && tokens + weight > partTokens(scene)) {
      parts.push([]);
      tokens = 0;
    }
    parts.at(-1)?.push(message);
    tokens += weight;
  }
  return parts.filter((part) => part.length > 0);
}

/** Tokens of a transcript that leave room for the instructions, the summary so far and the answer. */
function partTokens(scene: Scene): number {
  return Math.floor(scene.promptTokens * 0.6);
}
