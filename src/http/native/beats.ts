import { derivedId } from '../../domain/derived-id.js';
import type { RunEvent } from '../../domain/event.js';
import { textOf, type Message } from '../../domain/message.js';
import type { Run, Step } from '../../domain/run.js';
import { isAtRest } from '../../domain/status.js';
import type { ToolCall } from '../../domain/tool.js';
import { speechCallId } from './history-wire.js';

/** A call as this face shows it. */
export interface ShownCall {
  id: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

/** A piece of a call's arguments; id and name come with the first. */
export interface CallPart {
  id?: string;
  name?: string;
  arguments: string;
}

/**
 * What a run's log comes to in the words of this face, where every answer is a call of `send_message`. Whole things
 * and their pieces are both told; a form of reply reads the ones or the others.
 */
export type Beat = { id: string; at: number } & (
  | { type: 'thought-part'; text: string }
  | { type: 'thought'; text: string }
  | { type: 'call-part'; part: CallPart }
  | { type: 'call'; call: ShownCall; wasStreamed: boolean }
  | { type: 'said'; text: string }
  | { type: 'return'; output: string; failed: boolean }
  | { type: 'generation-end' }
  | { type: 'step-end' }
  | { type: 'rest'; run: Run }
);

/** The tool through which the old servers' agents spoke. */
const speakingTool = 'send_message';

/** Turns a run's log into beats, event by event. */
export class BeatReader {
  private thoughts = '';
  private message: Message | null = null;
  private hasSpeech = false;
  private hasCallParts = false;
  private hasGenerated = false;
  private readonly streamed = new Set<string>();
  /** The call that has been told and not answered, and those that are told after it. */
  private told: string | null = null;
  private readonly untold = new Map<string, Beat>();

  /** The beats that an event adds. */
  take(event: RunEvent): Beat[] {
    const at = event.at;
    switch (event.type) {
      case 'run-status':
        return isAtRest(event.run.status)
          ? [...this.tellCalls(), { type: 'rest', id: event.run.id, at, run: event.run }]
          : [];
      case 'reasoning-delta': {
        this.thoughts += event.text;
        return [{ type: 'thought-part', id: derivedId(event.runId, event.turn), at, text: event.text }];
      }
      case 'step-start':
        return this.begin(event.step, at);
      case 'message-start':
        this.message = event.message;
        return this.tellThoughts(event.message.id, at);
      case 'text-delta':
        return [this.speechPart(event.messageId, at, event.text)];
      case 'message-end':
        this.message = event.message;
        return [];
      case 'call-delta':
        return [this.callPart(event, at)];
      case 'call-ready':
        return this.callReady(event.stepId, event.call, at);
      case 'call-result':
        return this.result(event.stepId, event.call, at);
      case 'step-end':
        return this.end(event.step, at);
      case 'memory-edit':
      case 'window-compacted':
        return [];
      default:
        return event satisfies never;
    }
  }

  private begin(step: Step, at: number): Beat[] {
    this.message = null;
    this.hasSpeech = false;
    this.hasCallParts = false;
    this.hasGenerated = false;
    // A message step shows its thoughts under the message's id, which is told next.
    return step.kind === 'tools' ? this.tellThoughts(step.id, at) : [];
  }

  private tellThoughts(id: string, at: number): Beat[] {
    const text = this.thoughts.trim();
    this.thoughts = '';
    return text === '' ? [] : [{ type: 'thought', id, at, text }];
  }

  private speechPart(id: string, at: number, text: string): Beat {
    const inner = JSON.stringify(text).slice(1, -1);
    const opening = this.hasSpeech ? '' : '{"message": "';
    const head = this.hasSpeech ? {} : { id: this.speechCallId(), name: speakingTool };
    this.hasSpeech = true;
    return { type: 'call-part', id, at, part: { ...head, arguments: opening + inner } };
  }

  private callPart(event: Extract<RunEvent, { type: 'call-delta' }>, at: number): Beat {
    const isFirst = !this.streamed.has(event.callId);
    this.streamed.add(event.callId);
    this.hasCallParts = true;
    const head = isFirst ? { id: event.callId, name: event.name } : {};
    return { type: 'call-part', id: event.stepId, at, part: { ...head, arguments: event.text } };
  }

  private callReady(stepId: string, call: ToolCall, at: number): Beat[] {
    // Spoken words are told by the message step that holds them.
    if (call.where === 'speech') return [];
    const shown = { id: call.id, name: call.name, arguments: call.arguments };
    const beat: Beat = { type: 'call', id: stepId, at, call: shown, wasStreamed: this.streamed.has(call.id) };
    this.untold.set(call.id, beat);
    return [...this.generationEnd(stepId, at), ...this.tellNextCall()];
  }

  /** Old readers know one call at a time: the next one is told when the last has its result. */
  private tellNextCall(): Beat[] {
    const [next] = this.untold;
    if (this.told !== null || next === undefined) return [];
    const [callId, beat] = next;
    this.untold.delete(callId);
    this.told = callId;
    return [beat];
  }

  /** The calls that nobody will answer before the reader is told something else. */
  private tellCalls(): Beat[] {
    const beats = [...this.untold.values()];
    this.untold.clear();
    this.told = null;
    return beats;
  }

  private result(stepId: string, call: ToolCall, at: number): Beat[] {
    const early = this.untold.get(call.id);
    this.untold.delete(call.id);
    if (this.told === call.id) this.told = null;
    const id = derivedId(stepId, call.id);
    const result: Beat = { type: 'return', id, at, output: call.output ?? 'None', failed: call.failed };
    return [...(early === undefined ? [] : [early]), result, ...this.tellNextCall()];
  }

  private end(step: Step, at: number): Beat[] {
    const message = this.message;
    if (step.kind === 'tools') {
      const calls = this.tellCalls();
      // Pieces of a call that came to nothing must not run into those of the next one.
      if (step.status === 'abandoned') return this.hasCallParts ? this.generationEnd(step.id, at) : [];
      return [...calls, { type: 'step-end', id: step.id, at }];
    }
    if (message === null) return [];
    const closing = this.closeSpeech(message, at);
    const text = textOf(message);
    const end = this.generationEnd(message.id, at);
    // What was taken back is said again by the next step; its pieces must not run into those of what follows.
    if (step.status === 'abandoned' || (text === '' && step.status !== 'completed')) {
      return this.hasSpeech ? [...closing, ...end] : [];
    }
    const call: ShownCall = {
      id: this.speechCallId(),
      name: speakingTool,
      arguments: `{"message": ${JSON.stringify(text)}}`,
    };
    const { id } = message;
    return [
      ...closing,
      ...end,
      { type: 'call', id, at, call, wasStreamed: this.hasSpeech },
      { type: 'said', id, at, text },
      { type: 'return', id: derivedId(id, call.id), at, output: 'None', failed: false },
      { type: 'step-end', id, at },
    ];
  }

  private closeSpeech(message: Message, at: number): Beat[] {
    return this.hasSpeech ? [{ type: 'call-part', id: message.id, at, part: { arguments: '"}' } }] : [];
  }

  private generationEnd(id: string, at: number): Beat[] {
    if (this.hasGenerated) return [];
    this.hasGenerated = true;
    return [{ type: 'generation-end', id, at }];
  }

  private speechCallId(): string {
    const { message } = this;
    return message?.callId ?? speechCallId(message?.id ?? '');
  }
}
