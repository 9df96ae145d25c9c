import { AppError } from '../domain/errors.js';
import type { RunFact } from '../domain/event.js';
import { endMessage, type CutReason, type Message, type NewMessage } from '../domain/message.js';
import type { IncompleteReason, Run, RunError, Step } from '../domain/run.js';
import type { RunStatus } from '../domain/status.js';
import type { ToolCall } from '../domain/tool.js';
import { queueTopic } from '../domain/topics.js';
import type { Repositories } from '../store/store.js';
import { ownMessage } from './own-message.js';
import { countEnd } from './sleep-counting.js';

/** How a run ends. */
export interface Ending {
  status: Extract<RunStatus, 'completed' | 'incomplete' | 'failed' | 'cancelled' | 'expired'>;
  error?: RunError;
  incompleteReason?: IncompleteReason;
  at: number;
}

/** Why a run that was at work is stopped: its time is over. */
export class RunExpired extends AppError {
  constructor() {
    super('conflict', 'The time of the run is over.');
    this.name = 'RunExpired';
  }
}

/** The state in which an ending leaves a step that was still open. */
const stepStatus: Record<Ending['status'], Step['status']> = {
  completed: 'completed',
  incomplete: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
  expired: 'expired',
};

/** What cuts a message that is still being said when its run ends. */
function cutBy(ending: Ending): CutReason {
  switch (ending.status) {
    case 'cancelled':
    case 'expired':
    case 'failed':
      return ending.status;
    case 'incomplete':
      return ending.incompleteReason === 'content_filter' ? 'content_filter' : 'max_output_tokens';
    case 'completed':
      return 'failed';
    default:
      return ending.status satisfies never;
  }
}

/**
 * Ends a run inside a transaction: closes its open step, answers the calls that nobody will answer any more, writes
 * the final status and lets the next run of the conversation stand in the queue. Returns the facts, in order.
 */
export async function endRun(tx: Repositories, run: Run, ending: Ending): Promise<RunFact[]> {
  await tx.conversations.lock(run.conversationId);
  const facts: RunFact[] = [];
  for (const step of await tx.runs.steps(run.id)) {
    if (step.status === 'in_progress') facts.push(...(await endStep(tx, step, run, ending)));
  }
  // What was sent and never begun stays in the conversation, unless the sender took it back.
  if (run.input !== null && ending.status !== 'cancelled') await tx.messages.append(run.conversationId, run.input);
  const ended: Run = {
    ...run,
    status: ending.status,
    waiting: false,
    input: null,
    pendingCalls: [],
    error: ending.error ?? null,
    incompleteReason: ending.incompleteReason ?? null,
    leaseOwner: null,
    leaseUntil: null,
    endedAt: ending.at,
  };
  await tx.runs.write(ended, run.status);
  await countEnd(tx, run, ending);
  const promoted = await tx.runs.promoteWaiting(run.conversationId);
  if (promoted !== null) await tx.bell.ring(queueTopic);
  return [...facts, { type: 'run-status', run: ended }];
}

async function endStep(tx: Repositories, step: Step, run: Run, ending: Ending): Promise<RunFact[]> {
  const facts: RunFact[] = [];
  if (step.messageId !== null) {
    const message = await tx.messages.get(step.conversationId, step.messageId);
    if (message !== null && message.status === 'in_progress') {
      // Readers of the log have seen these words; the record keeps them too.
      const text = await saidSoFar(tx, run, message.id);
      const parts: Message['parts'] = text === '' ? [] : [{ type: 'text', text, annotations: [] }];
      const cut = endMessage({ ...message, parts }, { at: ending.at, cut: cutBy(ending) });
      await tx.messages.update(cut);
      facts.push({ type: 'message-end', message: cut });
    }
  }
  const unanswered = step.calls.filter((call) => call.state !== 'finished');
  await tx.messages.append(
    step.conversationId,
    unanswered.map((call) => resultMessage(step.id, run, { ...call, ...interrupted(ending) }, ending.at)),
  );
  const ended: Step = {
    ...step,
    status: stepStatus[ending.status],
    calls: step.calls.map((call) => (call.state === 'finished' ? call : { ...call, ...interrupted(ending) })),
    error: ending.error ?? null,
    endedAt: ending.at,
  };
  await tx.runs.updateStep(ended);
  return [...facts, { type: 'step-end', step: ended }];
}

/** Events of a log that are read at a time. */
const readBatch = 500;

/** The words of a message that are on its run's log. */
async function saidSoFar(tx: Repositories, run: Run, messageId: string): Promise<string> {
  let text = '';
  let afterSeq = 0;
  for (;;) {
    const batch = await tx.events.read(run.id, afterSeq, readBatch);
    for (const event of batch) {
      afterSeq = event.seq;
      if (event.type === 'text-delta' && event.messageId === messageId) text += event.text;
    }
    if (batch.length < readBatch) return text;
  }
}

function interrupted(ending: Ending): Pick<ToolCall, 'state' | 'output' | 'failed'> {
  return { state: 'finished', failed: true, output: `The call did not complete: the run was ${ending.status}.` };
}

/** The row that answers a call in the conversation. */
export function resultMessage(stepId: string | null, run: Run, call: ToolCall, at: number): NewMessage {
  const { id: callId, name, failed } = call;
  const parts: NewMessage['parts'] = [{ type: 'tool-result', callId, name, output: call.output ?? '', failed }];
  return ownMessage(run, at, { role: 'tool', kind: 'inner', parts, stepId, name });
}
