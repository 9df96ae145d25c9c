/**
 * The closed list of what can go wrong. Each face gives every code a status and a body; adding a code here makes both
 * faces fail to compile until they do.
 */
export type ErrorCode =
  | 'invalid_request' // the caller's input is wrong; `param` names the field
  | 'unauthenticated' // no usable credential
  | 'forbidden' // a credential that may not do this
  | 'not_found' // absent, or somebody else's: never told apart
  | 'conflict' // the thing is not in a state that allows this
  | 'busy' // the conversation's queue is full
  | 'too_large' // a body or a value over its limit
  | 'model_refused' // the provider refuses the model or the request for good
  | 'provider_unavailable' // the provider cannot be reached or keeps failing
  | 'provider_rate_limited' // the provider asks us to slow down, and kept asking
  | 'context_too_small' // what must be in the prompt does not fit the model's window
  | 'context_window_overflow_in_system_prompt' // instructions, blocks and tools alone fill the model's window
  | 'lease_lost' // another worker has taken this run; inside the house only
  | 'unavailable' // the server is shutting down
  | 'internal'; // a fault of ours

/** What an error is about, for a face that spells ids and words its refusals in a manner of its own. */
export type ErrorSubject =
  | { kind: 'missing'; what: string; id: string; within?: { what: string; id: string } }
  | { kind: 'expired-library'; libraryId: string }
  /** Something was refused because this run of the conversation is active. */
  | { kind: 'active-run'; refused: 'run' | 'message' | 'deletion'; conversationId: string; runId: string };

/** Details that faces show next to the message. */
export interface ErrorDetails {
  /** The field at fault, as the caller spelled it: `config.name`, `messages[0].content`. */
  param?: string;
  /** Milliseconds after which a repeat may succeed. */
  retryAfterMs?: number;
  subject?: ErrorSubject;
  cause?: unknown;
}

/** The only error thrown on purpose. Its message is fit to be shown to the caller. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly retryAfterMs: number | null;
  readonly subject: ErrorSubject | null;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = 'AppError';
    this.code = code;
    this.param = details.param ?? null;
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.subject = details.subject ?? null;
  }
}

/**
 * The error for an object that is absent or somebody else's. `what` is the face-neutral noun: `agent`, `run`; `within` is
 * what it was looked for in, where it may well be elsewhere.
 */
export function notFound(what: string, id: string, within?: { what: string; id: string }): AppError {
  const place = within === undefined ? '' : ` in the ${within.what} '${within.id}'`;
  return new AppError('not_found', `No ${what} found with id '${id}'${place}.`, {
    subject: { kind: 'missing', what, id, ...(within === undefined ? {} : { within }) },
  });
}
