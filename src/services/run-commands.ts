import type { RunEvent } from '../domain/event.js';
import type { MessagePart, MessageKind, Role } from '../domain/message.js';
import type { Page, PageRequest } from '../domain/page.js';
import type { Run, RunOverrides, Step } from '../domain/run.js';
import type { Principal } from '../domain/user.js';

/** A message as a caller brings it. */
export interface IncomingMessage {
  role: Extract<Role, 'user' | 'assistant'>;
  /** `said`, or `alert` for what an administrator tells the model. */
  kind: Extract<MessageKind, 'said' | 'alert'>;
  parts: MessagePart[];
  name?: string | null;
  metadata?: Record<string, string>;
  faceData?: Record<string, unknown>;
  /** The time it is dated; now where absent. */
  createdAt?: number;
}

/** Asks an agent to answer in a conversation. */
export interface StartRun {
  agentId: string;
  conversationId: string;
  input: IncomingMessage[];
  overrides?: RunOverrides;
  metadata?: Record<string, string>;
  faceData?: Record<string, unknown>;
  /** What to do where another run is active: refuse with `conflict`, or stand behind it (`busy` where the queue is full). */
  whenActive: 'refuse' | 'queue';
}

/** The output of a call that the client carried out. */
export interface CallOutput {
  callId: string;
  output: string;
}

/** The verbs of runs. */
export interface RunService {
  /** The run as it was committed, `queued`. */
  start(principal: Principal, command: StartRun): Promise<Run>;
  get(principal: Principal, id: string): Promise<Run>;
  page(principal: Principal, conversationId: string, request: PageRequest): Promise<Page<Run>>;
  steps(principal: Principal, runId: string, request: PageRequest): Promise<Page<Step>>;
  /**
   * The run's log after a number, then what happens until it rests or the signal aborts (then it ends quietly). A
   * reader that stops reading changes nothing.
   */
  follow(
    principal: Principal,
    runId: string,
    options: { afterSeq: number; signal: AbortSignal },
  ): AsyncIterable<RunEvent>;
  /** Asks it to stop; the run as it then stands, `cancelling` or `cancelled`. Throws `conflict` where it has ended. */
  cancel(principal: Principal, runId: string): Promise<Run>;
  /** Answers all pending calls at once and queues the run again. Throws `conflict` where it waits for nothing. */
  submit(principal: Principal, runId: string, outputs: CallOutput[]): Promise<Run>;
}
