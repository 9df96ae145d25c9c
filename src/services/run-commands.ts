import type { Conversation } from '../domain/conversation.js';
import type { RunEvent } from '../domain/event.js';
import type { MessagePart, MessageKind, Role } from '../domain/message.js';
import type { Page, PageRequest } from '../domain/page.js';
import type { Run, RunOverrides, Step } from '../domain/run.js';
import type { Principal } from '../domain/user.js';
import type { Repositories } from '../store/store.js';
import type { CallApproval } from './call-approvals.js';

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
  /**
   * Works with the agent's settings as they stand now, whatever becomes of the agent. A list of tools among the
   * overrides then replaces the client's functions and leaves the agent its own tools.
   */
  keepsSettings?: boolean;
  /**
   * What to do where another run is active: refuse with `conflict`, stand behind it (`busy` where the queue is full),
   * or cancel it and stand behind it until it has stopped.
   */
  whenActive: 'refuse' | 'queue' | 'interrupt';
}

/** Makes a conversation inside a transaction; `waits` where files of it now wait to be read. */
export type OpenConversation = (tx: Repositories) => Promise<{ conversation: Conversation; waits: boolean }>;

/** The output of a call that the client carried out. */
export interface CallOutput {
  callId: string;
  output: string;
}

/** From where a log is read, and until when. */
export interface ReadLog {
  /** The number after which to begin; 0 for the whole log. */
  afterSeq: number;
  /** Ends the reading quietly. */
  signal: AbortSignal;
  /** Reads on where the run has moved on after waiting for its client; else the first rest is the end. */
  pastRests?: boolean;
}

/** The verbs of runs. */
export interface RunService {
  /** The run as it was committed, `queued`. Throws `model_refused` where no provider answers to its own model's name. */
  start(principal: Principal, command: StartRun): Promise<Run>;
  /** The same in a conversation that is opened for it: where the run is refused, nothing of either is left. */
  startIn(principal: Principal, open: OpenConversation, command: Omit<StartRun, 'conversationId'>): Promise<Run>;
  /** Throws `not_found` also where it is a run of another conversation than the one named. */
  get(principal: Principal, id: string, conversationId?: string): Promise<Run>;
  /** The run with its agent's settings among its overrides, where it has none of its own. */
  withSettings(run: Run): Promise<Run>;
  /** Replaces the caller's pairs. */
  describe(principal: Principal, id: string, metadata: Record<string, string>): Promise<Run>;
  page(principal: Principal, conversationId: string, request: PageRequest): Promise<Page<Run>>;
  /** All steps in the order they were made; abandoned ones among them. */
  steps(principal: Principal, runId: string): Promise<Step[]>;
  /**
   * The run's log after a number, then what happens until it rests or the signal aborts (then it ends quietly). A
   * reader that stops reading changes nothing.
   */
  follow(principal: Principal, runId: string, options: ReadLog): AsyncIterable<RunEvent>;
  /**
   * Asks it to stop; the run as it then stands, `cancelling` or `cancelled`. Throws `conflict` where it has ended or
   * was asked before.
   */
  cancel(principal: Principal, runId: string): Promise<Run>;
  /**
   * Answers all pending calls at once and queues the run again. Throws `conflict` where it waits for nothing, and
   * `invalid_request` where an output is missing, comes twice or belongs to no call.
   */
  submit(principal: Principal, runId: string, outputs: CallOutput[]): Promise<Run>;
  /**
   * Says of all calls that wait for approval whether they may be carried out, and queues the run again. The same said
   * once more changes nothing. Throws `conflict` where no call waits for approval, and `invalid_request` where one is
   * missing or another is named.
   */
  approve(principal: Principal, runId: string, approvals: CallApproval[]): Promise<Run>;
}
