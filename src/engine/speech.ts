import type { RunFact } from '../domain/event.js';
import { newId } from '../domain/ids.js';
import { endMessage, type CutReason, type Message, type NewMessage } from '../domain/message.js';
import type { Run, Step, Usage } from '../domain/run.js';
import { citationsOf } from './citations.js';
import type { Repositories } from '../store/store.js';

/** A message step while its text arrives. */
export interface OpenSpeech {
  step: Step;
  message: Message;
}

/** Begins to say something: the step and the empty message are rows before the first delta. */
export async function openSpeech(
  tx: Repositories,
  run: Run,
  callId: string | null,
  at: number,
): Promise<{ speech: OpenSpeech; facts: RunFact[] }> {
  const messageId = newId();
  const step: Step = {
    id: newId(),
    runId: run.id,
    conversationId: run.conversationId,
    turn: run.turn,
    kind: 'message',
    status: 'in_progress',
    messageId,
    calls: [],
    usage: null,
    error: null,
    startedAt: at,
    endedAt: null,
  };
  await tx.runs.insertStep(step);
  const draft: NewMessage = {
    id: messageId,
    conversationId: run.conversationId,
    role: 'assistant',
    // What is said while a memory is tidied, nobody hears.
    kind: run.overrides.tidying === undefined ? 'said' : 'inner',
    parts: [],
    visible: run.overrides.tidying === undefined,
    status: 'in_progress',
    agentId: run.agentId,
    runId: run.id,
    stepId: step.id,
    callId,
    name: null,
    metadata: {},
    faceData: {},
    createdAt: at,
  };
  const [message] = await tx.messages.append(run.conversationId, [draft]);
  if (message === undefined) throw new Error('The store returned no message.');
  const facts: RunFact[] = [
    { type: 'step-start', step },
    { type: 'message-start', message },
  ];
  return { speech: { step, message }, facts };
}

/** Ends what was being said with its whole text, or with as much of it as there was before it was cut. */
export async function closeSpeech(
  tx: Repositories,
  { step, message }: OpenSpeech,
  end: { text: string; cut: CutReason | null; usage: Usage | null; at: number },
): Promise<RunFact[]> {
  const annotations = await citationsOf(tx, step.runId, end.text);
  const whole: Message = { ...message, parts: [{ type: 'text', text: end.text, annotations }] };
  const said = endMessage(whole, { at: end.at, cut: end.cut });
  const ended: Step = { ...step, status: 'completed', usage: end.usage, endedAt: end.at };
  await tx.messages.update(said);
  await tx.runs.updateStep(ended);
  return [
    { type: 'message-end', message: said },
    { type: 'step-end', step: ended },
  ];
}

/** Says a text that is already whole. */
export async function say(
  tx: Repositories,
  run: Run,
  what: { text: string; callId: string | null; usage: Usage | null; at: number },
): Promise<RunFact[]> {
  const { speech, facts } = await openSpeech(tx, run, what.callId, what.at);
  const delta: RunFact = { type: 'text-delta', messageId: speech.message.id, text: what.text };
  const closing = await closeSpeech(tx, speech, { text: what.text, cut: null, usage: what.usage, at: what.at });
  return what.text === '' ? [...facts, ...closing] : [...facts, delta, ...closing];
}

/** Takes back what was being said when the turn broke: the turn is taken again, and nobody is shown half a message. */
export async function abandonStep(tx: Repositories, step: Step, at: number): Promise<RunFact[]> {
  const facts: RunFact[] = [];
  if (step.messageId !== null) {
    const message = await tx.messages.get(step.conversationId, step.messageId);
    if (message !== null) {
      const taken: Message = { ...message, status: 'incomplete', visible: false, kind: 'inner' };
      await tx.messages.update(taken);
      facts.push({ type: 'message-end', message: taken });
    }
  }
  const abandoned: Step = { ...step, status: 'abandoned', endedAt: at };
  await tx.runs.updateStep(abandoned);
  return [...facts, { type: 'step-end', step: abandoned }];
}
