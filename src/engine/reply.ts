import type { Clock } from '../domain/clock.js';
import type { RunFact } from '../domain/event.js';
import { limits } from '../domain/limits.js';
import { newId, toOpenaiId } from '../domain/ids.js';
import type { Step, Usage } from '../domain/run.js';
import type { ModelEvent } from '../providers/provider.js';
import { ArgumentStream } from './argument-stream.js';
import type { Journal } from './journal.js';
import { speakingTool } from './protocol.js';
import type { Scene } from './scene.js';
import { abandonStep, openSpeech, type OpenSpeech } from './speech.js';

/** A call as the model made it, its thoughts taken out. */
export interface RawCall {
  id: string;
  name: string;
  arguments: string;
}

/** A whole reply of the model. */
export interface Reply {
  text: string;
  reasoning: string;
  /** What was thought inside the arguments of calls. */
  thoughts: string;
  calls: RawCall[];
  reason: Extract<ModelEvent, { type: 'finish' }>['reason'];
  usage: Usage;
}

/** What a reply has opened on the log while it arrived. */
export type OpenStep =
  { kind: 'message'; callId: string | null; speech: OpenSpeech } | { kind: 'tools'; step: Step } | null;

interface CallInProgress {
  id: string;
  name: string;
  arguments: string;
  decoder: ArgumentStream | null;
}

/**
 * Takes a reply in piece by piece and puts it on the log as it comes. What is said aloud opens a message step, a call
 * opens a tools step where nothing else is open; what cannot be shown yet waits for the whole reply.
 */
export class ReplyReader {
  open: OpenStep = null;
  private text = '';
  private reasoning = '';
  private thoughts = '';
  /** The call whose thoughts came last. */
  private thinking: CallInProgress | null = null;
  private readonly calls = new Map<number, CallInProgress>();

  constructor(
    private readonly journal: Journal,
    private readonly scene: Scene,
    private readonly clock: Clock,
  ) {}

  /** True once a reader of the log may have seen something of this reply. */
  get hasShown(): boolean {
    return this.open !== null;
  }

  /** Takes the next piece; returns the reply with the last one. */
  async take(event: ModelEvent): Promise<Reply | null> {
    switch (event.type) {
      case 'text':
        this.text += event.text;
        if (this.scene.protocol.textIs === 'speech') await this.speak(null, event.text);
        else this.think(event.text);
        return null;
      case 'reasoning':
        this.reasoning += event.text;
        this.think(event.text);
        return null;
      case 'call':
        await this.takeCall(event);
        return null;
      case 'finish':
        return this.finish(event);
      default:
        return event satisfies never;
    }
  }

  /** Takes back what was shown of a reply that broke. */
  async abandon(): Promise<void> {
    const { open } = this;
    this.open = null;
    if (open === null) return;
    const step = open.kind === 'message' ? open.speech.step : open.step;
    await this.journal.commit(async (tx) => ({ facts: await abandonStep(tx, step, this.clock.now()), value: null }));
  }

  private async takeCall(event: Extract<ModelEvent, { type: 'call' }>): Promise<void> {
    const call = this.callAt(event);
    if (call === null) return;
    call.name = event.name ?? call.name;
    const fragment = event.arguments ?? '';
    call.arguments += fragment;
    call.decoder ??= this.decoderFor(call.name);
    for (const piece of call.decoder?.feed(fragment) ?? []) {
      if (piece.member === 'message') await this.speak(call.id, piece.text);
      else this.thinkInCall(call, piece.text);
    }
    if (call.decoder === null && call.name !== '') await this.showCall(call, fragment);
  }

  /** The call a fragment belongs to; null for one beyond the limit. */
  private callAt(event: Extract<ModelEvent, { type: 'call' }>): CallInProgress | null {
    const known = this.calls.get(event.index);
    if (known !== undefined) return known;
    if (this.calls.size >= limits.callsPerTurn) return null;
    const isTaken = [...this.calls.values()].some((call) => call.id === event.id);
    const id = event.id === undefined || event.id === '' || isTaken ? toOpenaiId('call', newId()) : event.id;
    const call: CallInProgress = { id, name: '', arguments: '', decoder: null };
    this.calls.set(event.index, call);
    return call;
  }

  private decoderFor(name: string): ArgumentStream | null {
    const thought = this.scene.protocol.thoughtArgument;
    if (name === '') return null;
    if (name === speakingTool) return new ArgumentStream(thought === null ? ['message'] : ['message', thought]);
    return thought === null ? null : new ArgumentStream([thought]);
  }

  private async speak(callId: string | null, text: string): Promise<void> {
    if (text === '') return;
    if (this.open === null) {
      // Blank text opens nothing: many models begin a reply of calls with an empty line.
      if (callId === null && this.text.trim() === '') return;
      return this.beginSpeech(callId, callId === null ? this.text : text);
    }
    if (this.open.kind !== 'message' || this.open.callId !== callId) return;
    this.journal.emit({ type: 'text-delta', messageId: this.open.speech.message.id, text });
  }

  /** Opens the message together with its first words: whoever waits for them waits for one commit. */
  private async beginSpeech(callId: string | null, words: string): Promise<void> {
    const speech = await this.journal.commit(
      async (tx, run) => {
        const opened = await openSpeech(tx, run, callId, this.clock.now());
        const delta: RunFact = { type: 'text-delta', messageId: opened.speech.message.id, text: words };
        return { facts: [...opened.facts, delta], value: opened.speech };
      },
      { relaxed: true },
    );
    this.open = { kind: 'message', callId, speech };
  }

  /** Thoughts of several calls are told apart by a line break. */
  private thinkInCall(call: CallInProgress, text: string): void {
    const isNext = this.thoughts !== '' && this.thinking !== call;
    this.thinking = call;
    const thought = isNext ? `\n${text}` : text;
    this.thoughts += thought;
    this.think(thought);
  }

  private think(text: string): void {
    if (text === '' || this.open !== null) return;
    this.journal.emit({ type: 'reasoning-delta', turn: this.journal.run.turn, text });
  }

  private async showCall(call: CallInProgress, fragment: string): Promise<void> {
    if (this.open?.kind === 'message') return;
    if (this.open === null) {
      const step = await this.journal.commit(
        async (tx, run) => {
          const opened = toolsStep(run.id, run.conversationId, run.turn, this.clock.now());
          await tx.runs.insertStep(opened);
          return { facts: [{ type: 'step-start', step: opened }], value: opened };
        },
        { relaxed: true },
      );
      this.open = { kind: 'tools', step };
    }
    const stepId = this.open.step.id;
    this.journal.emit({ type: 'call-delta', stepId, callId: call.id, name: call.name, text: fragment });
  }

  private finish(event: Extract<ModelEvent, { type: 'finish' }>): Reply {
    const thought = this.scene.protocol.thoughtArgument;
    const calls = [...this.calls.entries()].sort(([left], [right]) => left - right).map(([, call]) => call);
    return {
      text: this.text,
      reasoning: this.reasoning,
      thoughts: this.thoughts,
      calls: calls.map(({ id, name, arguments: text }) => ({
        id,
        name,
        arguments: thought === null ? text : withoutMember(text, thought),
      })),
      reason: event.reason,
      usage: event.usage,
    };
  }
}

/** A tools step with no call yet. */
export function toolsStep(runId: string, conversationId: string, turn: number, at: number): Step {
  return {
    id: newId(),
    runId,
    conversationId,
    turn,
    kind: 'tools',
    status: 'in_progress',
    messageId: null,
    calls: [],
    usage: null,
    error: null,
    startedAt: at,
    endedAt: null,
  };
}

/** The arguments without one member; text that is no JSON object is left as it is, for the tool to complain of. */
function withoutMember(text: string, member: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !(member in value)) return text;
    return JSON.stringify(Object.fromEntries(Object.entries(value).filter(([key]) => key !== member)));
  } catch {
    return text;
  }
}
