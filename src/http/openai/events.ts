import { markersOf } from '../../domain/citation.js';
import type { RunEvent } from '../../domain/event.js';
import { readFileSearchResults } from '../../domain/file-search.js';
import { endMessage, endOf, type Message } from '../../domain/message.js';
import type { Run, RunOverrides, Step } from '../../domain/run.js';
import { isAtRest } from '../../domain/status.js';
import type { ToolCall } from '../../domain/tool.js';
import type { Frame } from '../sse.js';
import { toAnswer } from './errors.js';
import { spellId } from './ids.js';
import { messageToWire } from './wire.js';
import { callFilter, isFileSearch, runToWire, stepToWire, type CallFilter, type JsonObject } from './wire-runs.js';
import { SpokenText } from './citations.js';

/** How a log is told as a stream. */
export interface StreamForm {
  /** The number after which events are told; those before are read only to know how things stand. */
  startingAfter: number;
  /** Shows the agent's own tools among the steps. */
  withMemory: boolean;
  /** Shows the text of what was found in files. */
  withContent?: boolean;
  /** Gives the last frame of every event its number as an id. */
  numbered: boolean;
  /** Ends where the run waits for its client; else goes on as long as the log does. */
  endsAtRest: boolean;
  /** Settings of a run that keeps none of its own. */
  settings?: RunOverrides;
  /** The thread that was made together with the run: it is told of first. */
  thread?: JsonObject;
}

/** A stream of the original's events, from the log alone. It always ends with `done`. */
export async function* toFrames(log: AsyncIterable<RunEvent>, form: StreamForm): AsyncGenerator<Frame> {
  const teller = new RunTeller(form);
  if (form.thread !== undefined) yield frame('thread.created', form.thread);
  for await (const event of log) {
    const frames = teller.take(event);
    if (event.seq <= form.startingAfter) continue;
    yield* form.numbered ? withNumber(frames, event.seq) : frames;
    if (form.endsAtRest && event.type === 'run-status' && teller.isAtRest) break;
  }
  if (!teller.isAtRest) yield* errorFrames(new Error('The log of a run ended before the run did.'));
  yield doneFrame;
}

const doneFrame: Frame = { event: 'done', data: '[DONE]' };

/** The frames that end a stream which broke off with an error. */
export function lastWords(error: unknown): Frame[] {
  return [...errorFrames(error), doneFrame];
}

/**
 * Old clients read the members themselves, others the object around them: both are there. With no status to go by, a
 * reader tells errors apart by their code, so this one has a code where the answer of a request would have none.
 */
function errorFrames(error: unknown): Frame[] {
  const { error: answer } = toAnswer(error).body as { error: JsonObject };
  const fault = { ...answer, code: answer['code'] ?? answer['type'] };
  return [frame('error', { ...fault, error: fault })];
}

function frame(event: string, data: JsonObject): Frame {
  return { event, data: JSON.stringify(data) };
}

function withNumber(frames: Frame[], seq: number): Frame[] {
  return frames.map((each, index) => (index === frames.length - 1 ? { ...each, id: String(seq) } : each));
}

/** A tools step as far as the reader knows it. */
interface ToldStep {
  step: Step;
  isTold: boolean;
  /** By call id: its place among the calls that are shown, and as much of its arguments as was told. */
  calls: Map<string, { index: number; told: string }>;
}

/**
 * Tells one run's log, event by event. Whether a tools step is shown is known when its first call is: until then the
 * step is kept back, and one with nothing to show leaves no trace.
 */
export class RunTeller {
  private run: Run | null = null;
  private tools: ToldStep | null = null;
  private said: SpokenText | null = null;
  private readonly markers = new Map<string, string>();
  private functions: ReadonlySet<string> = new Set();
  private readonly shows: CallFilter;

  constructor(private readonly form: Pick<StreamForm, 'withMemory' | 'withContent' | 'settings'>) {
    this.shows = callFilter(form.withMemory);
  }

  /** True where the newest status is one at which a stream may end. */
  get isAtRest(): boolean {
    return this.run !== null && isAtRest(this.run.status);
  }

  /** The frames that an event becomes. */
  take(event: RunEvent): Frame[] {
    switch (event.type) {
      case 'run-status':
        return this.takeStatus(event.run);
      case 'step-start':
        return this.takeStepStart(event.step);
      case 'step-end':
        return this.takeStepEnd(event.step);
      case 'message-start':
        this.said = new SpokenText(event.message.id, this.markers);
        return ['created', 'in_progress'].map((name) => frame(`thread.message.${name}`, messageToWire(event.message)));
      case 'text-delta':
        return this.takeText(event.messageId, event.text);
      case 'message-end':
        return this.takeMessageEnd(event.message, event.at);
      case 'call-delta':
        return this.takeArguments(event.callId, event.name, event.text);
      case 'call-ready':
        return this.takeCall(event.call);
      case 'call-result':
        this.takeFound(event.call);
        return [];
      case 'reasoning-delta':
      case 'memory-edit':
      case 'window-compacted':
        return [];
      default:
        return event satisfies never;
    }
  }

  private takeStatus(logged: Run): Frame[] {
    const run = { ...logged, overrides: { ...this.form.settings, ...logged.overrides } };
    const isNew = this.run === null && run.status === 'queued';
    this.run = run;
    const tools = run.overrides.tools ?? [];
    this.functions = new Set(tools.flatMap((tool) => (tool.type === 'function' ? [tool.name] : [])));
    const data = runToWire(run);
    return [...(isNew ? [frame('thread.run.created', data)] : []), frame(`thread.run.${run.status}`, data)];
  }

  private takeStepStart(step: Step): Frame[] {
    if (step.kind === 'message') return this.beginStep(step);
    this.tools = { step, isTold: false, calls: new Map() };
    return [];
  }

  private takeStepEnd(step: Step): Frame[] {
    const { tools } = this;
    this.tools = null;
    this.said = null;
    if (step.kind === 'tools' && tools?.isTold !== true) return [];
    const end = step.status === 'abandoned' ? 'failed' : step.status;
    return [frame(`thread.run.step.${end}`, this.toWire(step))];
  }

  private takeText(messageId: string, text: string): Frame[] {
    return this.said?.messageId === messageId ? this.partFrames(messageId, this.said.take(text)) : [];
  }

  private partFrames(messageId: string, parts: JsonObject[]): Frame[] {
    const id = spellId('message', messageId);
    return parts.map((part) =>
      frame('thread.message.delta', { id, object: 'thread.message.delta', delta: { content: [part] } }),
    );
  }

  /** What a search found may be cited from now on. */
  private takeFound(call: ToolCall): void {
    if (!isFileSearch(call)) return;
    for (const [marker, fileId] of markersOf(readFileSearchResults(call.output ?? '') ?? [])) {
      this.markers.set(marker, fileId);
    }
  }

  /** What was taken back has no words on record; the reader heard some, and is told them again whole. */
  private takeMessageEnd(logged: Message, at: number): Frame[] {
    const rest = this.partFrames(logged.id, this.said?.rest() ?? []);
    const text = this.said?.text ?? '';
    const isBare = logged.parts.length === 0 && text !== '';
    const told: Message = isBare ? { ...logged, parts: [{ type: 'text', text, annotations: [] }] } : logged;
    const message = endOf(told) === null ? endMessage(told, { at, cut: isCut(logged) ? 'failed' : null }) : told;
    return [...rest, frame(`thread.message.${message.status}`, messageToWire(message))];
  }

  private takeArguments(callId: string, name: string, text: string): Frame[] {
    const where = this.functions.has(name) ? 'client' : 'here';
    return this.shows({ where, name }) ? this.tellCall({ id: callId, name, where }, text) : [];
  }

  private takeCall(call: ToolCall): Frame[] {
    if (!this.shows(call)) return [];
    const told = this.tools?.calls.get(call.id)?.told ?? '';
    // Arguments that were mended are told whole by the step and by what the run asks for.
    const rest = call.arguments.startsWith(told) ? call.arguments.slice(told.length) : '';
    return this.tellCall(call, rest);
  }

  private tellCall(told: Pick<ToolCall, 'id' | 'name' | 'where'>, text: string): Frame[] {
    const { id, name } = told;
    const { tools } = this;
    if (tools === null) return [];
    const frames: Frame[] = [];
    if (!tools.isTold) {
      tools.isTold = true;
      frames.push(...this.beginStep(tools.step));
    }
    const known = tools.calls.get(id);
    const call = known ?? { index: tools.calls.size, told: '' };
    tools.calls.set(id, call);
    if (known === undefined) {
      if (isFileSearch(told)) {
        return [...frames, this.callFrame(tools.step, { index: call.index, id, type: 'file_search', file_search: {} })];
      }
      const begun = { name, arguments: '', output: null };
      frames.push(this.callFrame(tools.step, { index: call.index, id, type: 'function', function: begun }));
    }
    if (text === '' || isFileSearch(told)) return frames;
    call.told += text;
    return [
      ...frames,
      this.callFrame(tools.step, { index: call.index, type: 'function', function: { arguments: text } }),
    ];
  }

  private callFrame(step: Step, call: JsonObject): Frame {
    const delta = { step_details: { type: 'tool_calls', tool_calls: [call] } };
    const id = spellId('step', step.id);
    return frame('thread.run.step.delta', { id, object: 'thread.run.step.delta', delta });
  }

  private beginStep(step: Step): Frame[] {
    const data = this.toWire({ ...step, calls: [] });
    return [frame('thread.run.step.created', data), frame('thread.run.step.in_progress', data)];
  }

  private toWire(step: Step): JsonObject {
    if (this.run === null) throw new Error(`The log of run ${step.runId} has a step before its first status.`);
    return stepToWire(step, this.run, this.shows, this.form.withContent);
  }
}

function isCut(message: Message): boolean {
  return message.status !== 'completed';
}
