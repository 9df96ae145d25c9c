import { AppError, type ErrorCode } from '../../domain/errors.js';
import { InvalidInput } from '../route.js';
import type { ErrorAnswer } from '../mount.js';

/** What the OpenAI dialect makes of a code. */
interface Wording {
  status: number;
  type: string;
  /** The dialect's own word for what went wrong, where it has one. */
  code: string | null;
}

/** The answer to an error in the OpenAI dialect; what is no AppError is `internal`. */
export function toAnswer(error: unknown): ErrorAnswer {
  if (!(error instanceof AppError) || error.code === 'internal') {
    return envelope(wordingOf('internal'), 'The server had an error while processing your request.', null);
  }
  const message = error instanceof InvalidInput ? describeInput(error) : error.message;
  const answer = envelope(wordingOf(error.code), message, error.param);
  if (error.retryAfterMs === null) return answer;
  return { ...answer, headers: { 'retry-after': String(Math.ceil(error.retryAfterMs / 1_000)) } };
}

/** The answer to a path that nobody defined. */
export function unknownUrl(method: string, path: string): ErrorAnswer {
  const wording = { status: 404, type: 'invalid_request_error', code: 'unknown_url' };
  return envelope(wording, `Unknown request URL: ${method} ${path}. Please check the URL for typos.`, null);
}

function describeInput(error: InvalidInput): string {
  return error.param === null || error.param === '' ? error.message : `Invalid '${error.param}': ${error.message}`;
}

function envelope({ status, type, code }: Wording, message: string, param: string | null): ErrorAnswer {
  return { status, body: { error: { message, type, param, code } } };
}

function wordingOf(code: ErrorCode): Wording {
  switch (code) {
    case 'invalid_request':
    case 'conflict':
      return { status: 400, type: 'invalid_request_error', code: null };
    case 'unauthenticated':
      return { status: 401, type: 'invalid_request_error', code: 'invalid_api_key' };
    case 'forbidden':
      return { status: 403, type: 'invalid_request_error', code: null };
    case 'not_found':
      return { status: 404, type: 'invalid_request_error', code: null };
    case 'too_large':
      return { status: 413, type: 'invalid_request_error', code: null };
    case 'model_refused':
      return { status: 404, type: 'invalid_request_error', code: 'model_not_found' };
    case 'context_too_small':
      return { status: 400, type: 'invalid_request_error', code: 'context_length_exceeded' };
    case 'busy':
    case 'provider_rate_limited':
      return { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded' };
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
