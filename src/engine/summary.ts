import type { Message } from '../domain/message.js';
import { addUsage, type Usage } from '../domain/run.js';
import { estimateTokens } from '../domain/tokens.js';
import { ProviderError } from '../providers/provider.js';
import { cutEnd } from './cut-text.js';
import { identifiersIn, keepVerbatim, verbatimOf } from './identifiers.js';
import { digest, summaryRequest, type SummaryInput } from './prompts/summary.js';
import type { PromptWork } from './prompt-work.js';

/** Parts of a transcript that are summarised one by one before they are joined; what is older is not read. */
export const summaryParts = 4;

/** Times a model is asked that says nothing or makes a call, and times a part is halved that its model cannot read. */
const attempts = 2;
const halvings = 3;

/** Tokens of a reply that even a short summary gets: some models think aloud first. */
const outputTokensMin = 512;

/** Of its limit, what a model may write; the rest is for details that it left out. */
const shareOfModel = 0.8;

/** A summary and what it cost; `usage` is null where no model was asked. */
export interface Summarised {
  text: string;
  usage: Usage | null;
}

/**
 * Asks the agent's own model for a summary: at once where the messages fit its window, else part by part, and then of
 * the parts. Where the model gives none (it fails, says nothing, or makes a call instead), a digest made by rule takes
 * its place: a compaction never fails for want of a summary. Names, numbers and addresses that the summary lacks are
 * added word for word, within its limit.
 */
export async function summarise(work: PromptWork, input: SummaryInput): Promise<Summarised> {
  const meter = new Meter();
  const written = await write(work, { ...input, charsMax: Math.floor(input.charsMax * shareOfModel) }, meter);
  return { text: complete(written ?? digest(input), input), usage: meter.usage };
}

/** A summary by rule alone, for when there is no time or no model. */
export function summariseByRule(input: SummaryInput): Summarised {
  const text = digest({ ...input, charsMax: Math.floor(input.charsMax * shareOfModel) });
  return { text: complete(text, input), usage: null };
}

/** Tokens of a transcript, as we estimate them, that leave room for the instructions, the summary so far and the answer. */
export function partTokens({ scene, gauge }: PromptWork): number {
  return Math.floor(gauge.estimateOf(scene.promptTokens) * 0.6);
}

function complete(summary: string, { previous, messages, charsMax }: SummaryInput): string {
  const details = [...identifiersIn(messages), ...(previous === null ? [] : verbatimOf(previous))];
  return keepVerbatim(clip(summary, charsMax), details, charsMax);
}

async function write(work: PromptWork, input: SummaryInput, meter: Meter): Promise<string | null> {
  const parts = partsOf(input.messages, partTokens(work));
  if (parts.length <= 1) return read(work, input, meter, halvings);
  const ofParts = await Promise.all(
    parts.map(async (messages) => {
      const part = { ...input, previous: null, messages };
      return (await read(work, part, meter, halvings)) ?? digest(part);
    }),
  );
  return read(work, { ...input, parts: ofParts }, meter, 0);
}

/** One part; a model that cannot read it at once (its window may be smaller than we were told) reads its halves. */
async function read(work: PromptWork, input: SummaryInput, meter: Meter, left: number): Promise<string | null> {
  try {
    return await ask(work, { ...input, transcriptCharsMax: input.transcriptCharsMax ?? partTokens(work) * 4 }, meter);
  } catch (error) {
    if (work.signal.aborted) throw error;
    if (left === 0) return null;
  }
  const middle = Math.ceil(input.messages.length / 2);
  if (middle === input.messages.length) {
    const transcriptCharsMax = Math.floor((input.transcriptCharsMax ?? partTokens(work) * 4) / 4);
    return read(work, { ...input, transcriptCharsMax }, meter, left - 1);
  }
  const older = { ...input, messages: input.messages.slice(0, middle) };
  const previous = (await read(work, older, meter, left - 1)) ?? digest(older);
  return read(work, { ...input, previous, messages: input.messages.slice(middle) }, meter, left - 1);
}

/** Null where the model fails or gives no summary. Throws where it cannot read so much, and what stopped the run. */
async function ask(work: PromptWork, input: SummaryInput, meter: Meter): Promise<string | null> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    try {
      const text = await collectText(work, input, meter);
      if (text !== null) return text;
    } catch (error) {
      if (work.signal.aborted || (error instanceof ProviderError && error.overflow)) throw error;
      return null;
    }
  }
  return null;
}

async function collectText(work: PromptWork, input: SummaryInput, meter: Meter): Promise<string | null> {
  const { provider, model } = work.scene.model;
  const stream = provider.stream(
    {
      model,
      messages: summaryRequest(input),
      tools: [],
      toolChoice: 'none',
      parallelToolCalls: null,
      settings: { maxOutputTokens: Math.max(outputTokensMin, Math.ceil(input.charsMax / 2)) },
      user: null,
    },
    work.signal,
  );
  let text = '';
  for await (const event of stream) {
    if (event.type === 'text') text += event.text;
    if (event.type === 'finish') meter.add(event.usage);
  }
  return text.trim() === '' ? null : clip(text.trim(), input.charsMax);
}

function clip(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : `${cutEnd(text, charsMax - 1).trimEnd()}…`;
}

/** Splits messages into parts of a size, and keeps the newest of them. */
function partsOf(messages: readonly Message[], tokensMax: number): Message[][] {
  const parts: Message[][] = [[]];
  let tokens = 0;
  for (const message of messages) {
    const weight = transcriptTokens(message);
    if (tokens > 0 && tokens + weight > tokensMax) {
      parts.push([]);
      tokens = 0;
    }
    parts.at(-1)?.push(message);
    tokens += weight;
  }
  return parts.filter((part) => part.length > 0).slice(-summaryParts);
}

/** About what a message adds to a transcript. */
export function transcriptTokens(message: Message): number {
  return estimateTokens(JSON.stringify(message.parts));
}

/** Adds up what the calls of one summary cost. */
class Meter {
  usage: Usage | null = null;

  add(usage: Usage): void {
    this.usage = addUsage(this.usage, usage);
  }
}
