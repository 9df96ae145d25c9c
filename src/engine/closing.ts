import type { RunFact } from '../domain/event.js';
import { limits } from '../domain/limits.js';
import type { Message, NewMessage } from '../domain/message.js';
import { noTokens, type Run, type Step, type Usage } from '../domain/run.js';
import type { ToolCall } from '../domain/tool.js';
import type { Zone } from '../domain/zone.js';
import type { Repositories } from '../store/store.js';
import { offeredTools, pastCalls, rulesOf } from './call-gate.js';
import { endRun, resultMessage } from './ending.js';
import { packHeartbeat, timeFormat, type HeartbeatReason } from './envelope.js';
import { failureStreak } from './failures.js';
import { ownMessage } from './own-message.js';
import { speakingTool, type Decision } from './protocol.js';
import type { Scene } from './scene.js';
import { say } from './speech.js';
import { messageOf } from './spoken-text.js';
import { judgeTurn } from './tool-rules.js';

/** What a turn still has to close. */
export interface OpenTurn {
  /** Its tools step with every call answered; null where the reply had no calls to carry out. */
  step: Step | null;
  /** Speaking calls whose words are on the record already; null stands for plain text. */
  spokenCalls: (string | null)[];
  /** Tokens that no step of this turn carries yet. */
  usage: Usage | null;
  at: number;
}

/**
 * Closes a turn inside a transaction: ends its tools step, says what its speaking calls have not said yet, and decides
 * whether the run goes on. A run that does not go on ends in the same commit, so no crash can lose the decision.
 */
export async function closeTurn(
  tx: Repositories,
  run: Run,
  scene: Scene,
  open: OpenTurn,
): Promise<{ facts: RunFact[]; ended: boolean }> {
  const facts: RunFact[] = [];
  if (open.step !== null) {
    const ended: Step = { ...open.step, status: 'completed', endedAt: open.at };
    await tx.runs.updateStep(ended);
    facts.push({ type: 'step-end', step: ended });
  }
  const { calls, facts: words } = await finishSpeech(tx, run, open);
  facts.push(...words);
  const steps = await tx.runs.steps(run.id);
  const made = [...calls, ...(open.step?.calls ?? [])];
  const decision = ruled(scene, await decide(tx, run, scene, { calls: made, steps }), { made, steps });
  if (decision === 'rest') {
    return { facts: [...facts, ...(await endRun(tx, run, { status: 'completed', at: open.at }))], ended: true };
  }
  if (failureStreak(steps) >= limits.failuresToEnd) {
    const error = { code: 'error_loop' as const, message: 'The model repeated the same failing call again and again.' };
    return { facts: [...facts, ...(await endRun(tx, run, { status: 'failed', error, at: open.at }))], ended: true };
  }
  if (scene.agent.protocol === 'heartbeat' || decision === 'missing') {
    await tx.messages.append(run.conversationId, [heartbeatMessage(run, decision, open.at, scene.zone)]);
  }
  return { facts, ended: false };
}

/** Says what the speaking calls of the newest reply have not said yet, and answers each of them. */
export async function finishSpeech(
  tx: Repositories,
  run: Run,
  open: Pick<OpenTurn, 'spokenCalls' | 'usage' | 'at'>,
): Promise<{ calls: ToolCall[]; facts: RunFact[] }> {
  const facts: RunFact[] = [];
  const { calls, unanswered, said } = await speakingCalls(tx, run);
  for (const call of unanswered) {
    const wasStreamed = open.spokenCalls.includes(call.id) || said.has(call.id);
    facts.push(...(await speak(tx, run, call, wasStreamed, open)));
  }
  return { calls, facts };
}

/** The speaking calls of a reply. */
interface SpeakingCalls {
  calls: ToolCall[];
  /** Those that nothing answers yet. */
  unanswered: ToolCall[];
  /** Ids of those whose words were streamed. Some servers give the ids of one reply again in the next. */
  said: ReadonlySet<string | null>;
}

/** Reads the newest reply with calls; what was streamed of it stands right before it. */
async function speakingCalls(tx: Repositories, run: Run): Promise<SpeakingCalls> {
  const page = await tx.messages.page(run.conversationId, {
    limit: limits.callsPerTurn * 2 + limits.turnRetries + limits.emptyReplies + 2,
    order: 'desc',
    visibleOnly: false,
    runId: run.id,
  });
  const isReply = (message: Message): boolean =>
    message.role === 'assistant' && message.parts.some((part) => part.type === 'tool-call');
  const at = page.items.findIndex(isReply);
  const reply = page.items[at];
  if (reply === undefined) return { calls: [], unanswered: [], said: new Set() };
  const since = page.items.slice(0, at);
  const answered = new Set(since.flatMap(({ parts }) => parts.map((p) => (p.type === 'tool-result' ? p.callId : ''))));
  const older = page.items.slice(at + 1);
  const end = older.findIndex((message) => message.role !== 'assistant' || isReply(message));
  const streamed = older.slice(0, end < 0 ? older.length : end).filter((message) => message.visible);
  const calls = speechOf(reply);
  return {
    calls,
    unanswered: calls.filter((call) => !answered.has(call.id)),
    said: new Set(streamed.map((message) => message.callId)),
  };
}

function speechOf(message: Message): ToolCall[] {
  return message.parts.flatMap((part): ToolCall[] =>
    part.type === 'tool-call' && part.name === speakingTool
      ? [
          {
            id: part.callId,
            name: part.name,
            arguments: part.arguments,
            where: 'speech',
            state: 'finished',
            output: 'None',
            failed: false,
          },
        ]
      : [],
  );
}

async function speak(
  tx: Repositories,
  run: Run,
  call: ToolCall,
  wasStreamed: boolean,
  open: Pick<OpenTurn, 'usage' | 'at'>,
): Promise<RunFact[]> {
  const usage = open.usage === null ? null : noTokens(open.usage);
  const facts = wasStreamed
    ? []
    : await say(tx, run, { text: messageOf(call.arguments), callId: call.id, usage, at: open.at });
  const row = resultMessage(null, run, call, open.at);
  await tx.messages.append(run.conversationId, [row]);
  return facts;
}

async function decide(
  tx: Repositories,
  run: Run,
  scene: Scene,
  { calls, steps }: { calls: ToolCall[]; steps: Step[] },
): Promise<Decision> {
  const spoken = steps.some((step) => step.kind === 'message' && step.status === 'completed');
  return scene.protocol.decide({
    calls,
    // Somebody who has been answered waits no longer; nobody need look who it was.
    isAwaited: !spoken && (await isAwaited(tx, run)),
    rested: calls.some((call) => call.where !== 'speech' && !call.failed && scene.restingTools.has(call.name)),
  });
}

/** True where the newest thing that came from outside was said by a person. */
async function isAwaited(tx: Repositories, run: Run): Promise<boolean> {
  const page = await tx.messages.page(run.conversationId, { limit: 100, order: 'desc', visibleOnly: false });
  const newest = page.items.find((message) => message.role === 'user' && message.kind !== 'heartbeat');
  return newest?.kind === 'said';
}

/** A decision as the rules of the agent's tools leave it; `missing` where a call has to come that did not come yet. */
type RuledDecision = Decision | 'missing';

function ruled(
  scene: Scene,
  decision: Decision,
  { made, steps }: { made: readonly ToolCall[]; steps: readonly Step[] },
): RuledDecision {
  const rules = rulesOf(scene);
  if (rules.length === 0) return decision;
  const allowed = made.filter((call) => call.refused !== true);
  const verdict = judgeTurn(rules, allowed, pastCalls(steps), offeredTools(scene));
  const wish = verdict.decision ?? (decision === 'rest' ? 'rest' : 'continue');
  if (wish === 'rest') return verdict.missing.length > 0 ? 'missing' : 'rest';
  return decision === 'rest' ? 'continue' : decision;
}

const reasons: Record<Exclude<RuledDecision, 'rest'>, HeartbeatReason> = {
  requested: 'requested',
  failed: 'failed',
  continue: 'continued',
  missing: 'missing',
};

function heartbeatMessage(run: Run, decision: Exclude<RuledDecision, 'rest'>, at: number, zone: Zone): NewMessage {
  const text = packHeartbeat(reasons[decision], at, timeFormat(zone.name));
  return ownMessage(run, at, { role: 'user', kind: 'heartbeat', parts: [{ type: 'text', text }] });
}
