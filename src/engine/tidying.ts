import type { Agent } from '../domain/agent.js';
import { limits } from '../domain/limits.js';
import { textOf, type Message } from '../domain/message.js';
import type { Run, RunOverrides } from '../domain/run.js';
import type { ReadingMark, Tidying } from '../domain/sleep-time.js';
import type { Zone } from '../domain/zone.js';
import type { Repositories } from '../store/store.js';
import { endRun } from './ending.js';
import type { Journal } from './journal.js';
import { ownMessage } from './own-message.js';
import { sleepTimeInstructions } from './prompts/sleep-time.js';
import type { EngineDependencies, Scene } from './scene.js';
import { clipText } from './tools/result.js';
import { writeTime } from './tools/time-range.js';

/**
 * What a tidying agent is offered: edits that hold only where the text they speak of still stands, the archive, and
 * searches. Whoever rewrote a whole block would overwrite what the agent itself has written in the meantime.
 */
const tidyingTools: readonly string[] = [
  'memory_append',
  'memory_replace',
  'memory_insert',
  'archival_memory_insert',
  'archival_memory_search',
  'conversation_search',
];

/** Characters that are shown of one message. */
const messageCharsMax = 4_000;
/** Rows of a conversation, and conversations, that are looked at in one run. */
const rowsMax = 400;
const conversationsMax = 20;
/** The share of the prompt that what was said may fill; the rest is for blocks, tools and calls. */
const transcriptShare = 0.35;

/** The overrides of a run that tidies a memory with the model given, or with the agent's own. */
export function tidyingOverrides(memoryId: string, model: string | null): RunOverrides {
  return {
    tidying: { memoryId, read: null, more: false },
    ...(model === null ? {} : { model }),
    instructions: sleepTimeInstructions,
    tools: tidyingTools.map((name) => ({ type: 'builtin', name })),
    envelope: 'plain',
    maxTurns: limits.turnsPerTidying,
  };
}

/** The agent as it is while it tidies: in the native protocol, and free of what was made for its answers. */
export function asTidying(agent: Agent): Agent {
  const settings = { ...agent.settings, responseFormat: null, toolRules: [] };
  return { ...agent, protocol: 'native', settings };
}

/**
 * Gives a tidying run what was said since the marks to read, in one commit with how far that goes: a run that is taken
 * up again reads the same. Ends the run where there is nothing; false then. Every other run just goes on.
 */
export async function beginTidying(
  { clock }: EngineDependencies,
  journal: Journal,
  scene: Pick<Scene, 'promptTokens' | 'zone'>,
): Promise<boolean> {
  const { tidying } = journal.run.overrides;
  if (tidying === undefined || tidying.read !== null) return true;
  return journal.commit(async (tx, run) => {
    const at = clock.now();
    const charsMax = Math.min(limits.tidyingCharsMax, Math.floor(scene.promptTokens * transcriptShare * 4));
    const { lines, read, more } = await unreadLines(tx, run, tidying, { charsMax, zone: scene.zone });
    const begun: Run = { ...run, overrides: { ...run.overrides, tidying: { ...tidying, read, more } } };
    await tx.runs.write(begun, run.status);
    if (lines.length === 0) return { facts: await endRun(tx, begun, { status: 'completed', at }), value: false };
    await showOnly(tx, run, `[context]\nWhat was said since you last looked:\n\n${lines.join('\n')}`, at);
    return { facts: [], value: true };
  });
}

/** Shows a text to the agent, and nothing of what it was shown and did in earlier runs. */
async function showOnly(tx: Repositories, run: Run, text: string, at: number): Promise<void> {
  const row = ownMessage(run, at, { role: 'user', kind: 'alert', parts: [{ type: 'text', text }] });
  const [message] = await tx.messages.append(run.conversationId, [row]);
  const window = await tx.conversations.window(run.agentId, run.conversationId);
  if (message === undefined || window === null) return;
  await tx.conversations.compactWindow({
    agentId: run.agentId,
    conversationId: run.conversationId,
    expectedRevision: window.revision,
    summary: null,
    liveFromSeq: message.seq,
    at,
  });
}

/** What was said past the marks, as far as there is room for it, and the marks behind it. */
async function unreadLines(
  tx: Repositories,
  run: Run,
  { memoryId }: Tidying,
  { charsMax, zone }: { charsMax: number; zone: Zone },
): Promise<{ lines: string[]; read: ReadingMark[]; more: boolean }> {
  const lines: string[] = [];
  const read: ReadingMark[] = [];
  const conversations = await tx.sleepTimes.unread(memoryId, conversationsMax);
  let more = conversations.length === conversationsMax;
  let chars = 0;
  for (const { conversationId, afterSeq, lastSeq } of conversations) {
    const bound = Math.min(afterSeq + rowsMax, lastSeq);
    const said = await saidBetween(tx, run.agentId, conversationId, afterSeq + 1, bound);
    // The newest rows may be words that are still being said: they are not passed by before they are whole.
    let toSeq = afterSeq;
    let isFull = false;
    for (const message of said) {
      const line = lineOf(message, zone);
      isFull ||= lines.length > 0 && chars + line.length > charsMax;
      if (isFull) break;
      lines.push(line);
      chars += line.length;
      toSeq = message.seq;
    }
    if (!isFull && bound < lastSeq) toSeq = bound;
    if (toSeq > afterSeq) read.push({ conversationId, toSeq });
    more ||= isFull || bound < lastSeq;
    if (isFull) break;
  }
  return { lines, read, more };
}

async function saidBetween(
  tx: Repositories,
  agentId: string,
  conversationId: string,
  fromSeq: number,
  toSeq: number,
): Promise<Message[]> {
  const rows = await tx.messages.view({ conversationId, agentId, fromSeq, toSeq });
  return rows.filter((message) => message.visible && message.role !== 'tool' && textOf(message) !== '');
}

/** `[2025-03-01T14:30:00Z] Ines: text`, in the agent's zone. */
function lineOf(message: Message, zone: Zone): string {
  const speaker = message.role === 'user' ? (message.name ?? 'user') : 'you';
  return `[${writeTime(message.createdAt, zone)}] ${speaker}: ${clipText(textOf(message), messageCharsMax)}`;
}
