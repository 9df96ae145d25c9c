import { AppError, type ErrorCode, type ErrorDetails, type ErrorSubject } from '../../domain/errors.js';
import { ModelFault } from '../../services/model-faults.js';
import { InvalidJson } from '../json-body.js';
import type { ErrorAnswer } from '../mount.js';
import { InvalidInput } from '../route.js';
import { nounOf, spellId } from './ids.js';
import { describeInput } from './validation.js';

/** What the OpenAI dialect makes of a code. */
interface Wording {
  status: number;
  type: string;
  /** The dialect's own word for what went wrong, where it has one. */
  code: string | null;
}

/** A refusal for which the dialect has a word of its own: the member `code` of the envelope. */
export class Refusal extends AppError {
  constructor(
    code: ErrorCode,
    message: string,
    readonly wireCode: string | null,
    details: ErrorDetails = {},
  ) {
    super(code, message, details);
    this.name = 'Refusal';
  }
}

/** The answer to an error in the OpenAI dialect; what is no AppError is `internal`. */
export function toAnswer(error: unknown): ErrorAnswer {
  if (!(error instanceof AppError) || error.code === 'internal' || error.code === 'lease_lost') {
    const message = 'The server had an error while processing your request. Sorry about that!';
    return envelope(wordingOf('internal'), message, null);
  }
  if (error instanceof InvalidInput) {
    const { message, param, code } = describeInput(error);
    return envelope({ ...wordingOf(error.code), code }, message, param);
  }
  if (error instanceof InvalidJson) {
    const message = `We could not parse the JSON body of your request. (HINT: What was sent stops being valid JSON at character ${error.offset}.)`;
    return envelope(wordingOf(error.code), message, null);
  }
  if (error instanceof ModelFault && error.code === 'model_refused') return refusedByModel(error);
  if (isMissingModel(error)) return envelope(unknownModel, describeMissingModel(error), 'model');
  const wording = wordingOf(error.code);
  const code = error instanceof Refusal ? error.wireCode : wording.code;
  const message = (error.subject === null ? null : describeSubject(error.subject)) ?? error.message;
  const param = error.param ?? paramOf(error);
  return { ...envelope({ ...wording, code }, message, param), headers: retryHeaders(error.retryAfterMs) };
}

/** The parameter that the original names where nobody else did. */
function paramOf({ code, subject }: AppError): string | null {
  if (code === 'model_refused') return 'model';
  return subject?.kind === 'missing' && subject.what === 'file' && subject.within === undefined ? 'id' : null;
}

/** What the original says of a model that is not there. */
const unknownModel: Wording = { status: 404, type: 'invalid_request_error', code: 'model_not_found' };

/** A caller who asked for a model's own answer gets the words of the model's server, but for what is between us two. */
function refusedByModel({ message, upstream }: ModelFault): ErrorAnswer {
  const status = upstream?.status ?? null;
  if (status === null || status === 404) return envelope(unknownModel, message, 'model');
  const isOurs = status === 401 || status === 403;
  const type = (isOurs ? null : upstream?.type) ?? 'invalid_request_error';
  return envelope(
    { status: 400, type, code: isOurs ? null : (upstream?.code ?? null) },
    message,
    upstream?.param ?? null,
  );
}

function isMissingModel({ subject }: AppError): boolean {
  return subject?.kind === 'missing' && subject.what === 'model';
}

function describeMissingModel({ subject }: AppError): string {
  const id = subject?.kind === 'missing' ? subject.id : '';
  return `The model '${id.slice(0, 200)}' does not exist or you do not have access to it.`;
}

/** The answer to a path that nobody defined. */
export function unknownUrl(method: string, path: string): ErrorAnswer {
  const isOfFirstVersion = /\/(?:assistants\/[^/]+|messages\/[^/]+)\/files(?:\/|$)/u.test(path);
  const hint = isOfFirstVersion
    ? ' Files are attached with tool_resources and attachments since the second version.'
    : '';
  const wording = { status: 404, type: 'invalid_request_error', code: 'unknown_url' };
  return envelope(wording, `Invalid URL (${method} ${path})${hint}`, null);
}

/** The answer to a known path asked with another method. */
export function wrongMethod(method: string, path: string): ErrorAnswer {
  const wording = { status: 405, type: 'invalid_request_error', code: 'method_not_supported' };
  return envelope(wording, `Not allowed to ${method} on ${path}.`, null);
}

function describeSubject(subject: ErrorSubject): string | null {
  switch (subject.kind) {
    case 'missing': {
      const { what, id, within } = subject;
      if (what === 'file' && within === undefined) return `No such File object: ${spellId(what, id)}`;
      const place = within === undefined ? '' : ` in ${nounOf(within.what)} '${spellId(within.what, within.id)}'`;
      return `No ${nounOf(what)} found with id '${spellId(what, id)}'${place}.`;
    }
    case 'expired-library':
      return `Vector store '${spellId('library', subject.libraryId)}' has expired`;
    case 'active-run': {
      const thread = spellId('conversation', subject.conversationId);
      const run = spellId('run', subject.runId);
      return refusedWhileActive(subject.refused, thread, run);
    }
    default:
      return subject satisfies never;
  }
}

function refusedWhileActive(
  refused: Extract<ErrorSubject, { kind: 'active-run' }>['refused'],
  thread: string,
  run: string,
): string {
  switch (refused) {
    case 'run':
      return `Thread ${thread} already has an active run ${run}.`;
    case 'message':
      return `Can't add messages to ${thread} while a run ${run} is active.`;
    case 'deletion':
      return `Can't delete messages of ${thread} while a run ${run} is active.`;
    default:
      return refused satisfies never;
  }
}

function retryHeaders(retryAfterMs: number | null): Record<string, string> {
  if (retryAfterMs === null) return {};
  return { 'retry-after-ms': String(retryAfterMs), 'retry-after': String(Math.ceil(retryAfterMs / 1_000)) };
}

function envelope({ status, type, code }: Wording, message: string, param: string | null): ErrorAnswer {
  return { status, body: { error: { message, type, param, code } } };
}

/** Clients of this dialect read 400 as "mend it", and try 409 and 5xx again by themselves. */
function wordingOf(code: ErrorCode): Wording {
  const refused = (status: number, word: string | null): Wording => ({
    status,
    type: 'invalid_request_error',
    code: word,
  });
  switch (code) {
    case 'invalid_request':
    case 'conflict':
    case 'too_large':
      return refused(400, null);
    case 'unauthenticated':
      return refused(401, null);
    case 'forbidden':
      return refused(403, null);
    case 'not_found':
      return refused(404, null);
    case 'model_refused':
      return refused(400, 'model_not_found');
    case 'context_too_small':
    case 'context_window_overflow_in_system_prompt':
      return refused(400, 'context_length_exceeded');
    case 'busy':
    case 'provider_rate_limited':
      return { status: 429, type: 'requests', code: 'rate_limit_exceeded' };
    case 'provider_unavailable':
      return { status: 502, type: 'server_error', code: null };
    case 'unavailable':
      return { status: 503, type: 'server_error', code: null };
    case 'lease_lost':
    case 'internal':
      return { status: 500, type: 'server_error', code: null };
    default:
      return code satisfies never;
  }
}
