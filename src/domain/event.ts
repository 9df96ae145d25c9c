import type { Message } from './message.js';
import type { Run, Step } from './run.js';
import { isFinal, mayMove, type RunStatus } from './status.js';
import type { ToolCall } from './tool.js';

/** What happened, without its number: what the engine writes. An event that marks a change carries the thing after it. */
export type RunFact =
  | { type: 'run-status'; run: Run }
  | { type: 'step-start'; step: Step }
  | { type: 'step-end'; step: Step }
  | { type: 'message-start'; message: Message }
  | { type: 'text-delta'; messageId: string; text: string }
  | { type: 'message-end'; message: Message }
  | { type: 'reasoning-delta'; turn: number; text: string }
  | { type: 'call-delta'; stepId: string; callId: string; name: string; text: string }
  | { type: 'call-ready'; stepId: string; call: ToolCall }
  | { type: 'call-result'; stepId: string; call: ToolCall }
  | { type: 'memory-edit'; memoryId: string; label: string; version: number }
  | { type: 'window-compacted'; conversationId: string; liveFromSeq: number };

/** One numbered fact about a run. Numbers begin at 1 and leave no gap. */
export type RunEvent = { runId: string; seq: number; at: number } & RunFact;

/**
 * Checks a run's log against its grammar and returns what is wrong with it, empty where nothing is. A log begins with
 * `queued` and makes only legal moves; at most one step is open, none at a final status; a message step holds one
 * message with its deltas; a tools step holds its calls, each made ready once and answered once.
 */
export function checkLog(events: readonly RunEvent[]): string[] {
  const faults: string[] = [];
  const state = new LogState();
  events.forEach((event, index) => {
    if (event.seq !== index + 1) faults.push(`event ${index + 1} is numbered ${event.seq}`);
    const fault = state.take(event);
    if (fault !== null) faults.push(`event ${event.seq} (${event.type}): ${fault}`);
  });
  return faults;
}

class LogState {
  private status: RunStatus | null = null;
  private step: Step | null = null;
  private message: { id: string; open: boolean } | null = null;
  private readonly calls = new Map<string, 'ready' | 'answered'>();

  take(event: RunEvent): string | null {
    if (this.status !== null && isFinal(this.status)) return 'it follows a final status';
    switch (event.type) {
      case 'run-status':
        return this.takeStatus(event.run.status);
      case 'step-start':
        if (this.step !== null) return `step ${this.step.id} is still open`;
        this.step = event.step;
        this.message = null;
        this.calls.clear();
        return null;
      case 'step-end':
        return this.takeStepEnd(event.step);
      case 'message-start':
        if (this.step?.kind !== 'message') return 'no message step is open';
        if (this.message !== null) return 'the step has its message already';
        this.message = { id: event.message.id, open: true };
        return null;
      case 'text-delta':
        return this.message?.open === true && this.message.id === event.messageId ? null : 'its message is not open';
      case 'message-end':
        if (this.message?.open !== true || this.message.id !== event.message.id) return 'its message is not open';
        this.message.open = false;
        return null;
      case 'call-delta':
        return this.step?.kind === 'tools' && this.step.id === event.stepId ? null : 'its step is not open';
      case 'call-ready':
        return this.takeCall(event.stepId, event.call.id, undefined, 'ready');
      case 'call-result':
        return this.takeCall(event.stepId, event.call.id, 'ready', 'answered');
      case 'memory-edit':
        return this.step?.kind === 'tools' ? null : 'no tools step is open';
      case 'reasoning-delta':
      case 'window-compacted':
        return this.step === null ? null : 'it stands inside a step';
      default:
        return event satisfies never;
    }
  }

  private takeStatus(next: RunStatus): string | null {
    const previous = this.status;
    this.status = next;
    if (previous === null) return next === 'queued' ? null : 'a log begins with queued';
    if (!mayMove(previous, next)) return `a run may not go from ${previous} to ${next}`;
    return isFinal(next) && this.step !== null ? 'a step is open at a final status' : null;
  }

  private takeStepEnd(step: Step): string | null {
    if (this.step?.id !== step.id) return 'the step is not open';
    this.step = null;
    if (this.message?.open === true) return 'its message is still open';
    const unanswered = [...this.calls.values()].filter((state) => state === 'ready').length;
    return step.status === 'completed' && unanswered > 0 ? `${unanswered} calls have no result` : null;
  }

  private takeCall(stepId: string, callId: string, from: 'ready' | undefined, to: 'ready' | 'answered'): string | null {
    if (this.step?.kind !== 'tools' || this.step.id !== stepId) return 'its step is not open';
    if (this.calls.get(callId) !== from)
      return from === undefined ? 'the call was ready before' : 'the call is not open';
    this.calls.set(callId, to);
    return null;
  }
}
