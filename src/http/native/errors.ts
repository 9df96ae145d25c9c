import { AppError, type ErrorCode } from '../../domain/errors.js';
import type { RunError } from '../../domain/run.js';
import { InvalidJson } from '../json-body.js';
import type { Dialect, ErrorAnswer } from '../mount.js';
import { InvalidInput } from '../route.js';
import { toInputFaults, toJsonFault } from './validation.js';

/** The status of every code in the native dialect. */
export function statusOf(code: ErrorCode | RunError['code']): number {
  switch (code) {
    case 'invalid_request':
    case 'model_refused':
    case 'context_too_small':
    case 'context_window_overflow_in_system_prompt':
      return 400;
    case 'unauthenticated':
      return 401;
    case 'forbidden':
      return 403;
    case 'not_found':
      return 404;
    case 'conflict':
    case 'cancelled':
      return 409;
    case 'too_large':
      return 413;
    case 'busy':
      return 423;
    case 'provider_rate_limited':
      return 429;
    case 'provider_unavailable':
      return 502;
    case 'unavailable':
    case 'worker_lost':
      return 503;
    case 'error_loop':
    case 'lease_lost':
    case 'internal':
      return 500;
    default:
      return code satisfies never;
  }
}

/** A `{"detail": …}` answer. */
export function detail(status: number, text: string): ErrorAnswer {
  return { status, body: { detail: text } };
}

/** The native dialect of refusals. The old servers' words are kept where a client may look for them. */
export const nativeDialect: Dialect = {
  authorize: async (access, credential, { users }) => {
    if (access === 'public') return null;
    if (credential.kind === 'none') throw new AppError('forbidden', 'Not authenticated');
    if (credential.kind === 'foreign-scheme') throw new AppError('forbidden', 'Invalid authentication credentials');
    const principal = await users.authenticate(credential.secret);
    if (access === 'admin') {
      if (principal?.role !== 'admin') throw new AppError('unauthenticated', 'Unauthorized');
      return principal;
    }
    if (principal === null) throw new AppError('forbidden', 'Authentication error: Provided token does not exist');
    return principal;
  },
  toAnswer: (error) => {
    if (error instanceof InvalidInput) return { status: 422, body: toInputFaults(error) };
    if (error instanceof InvalidJson) return { status: 422, body: toJsonFault(error) };
    if (!(error instanceof AppError) || error.code === 'internal') return detail(500, 'Internal Server Error');
    const answer = detail(statusOf(error.code), error.message);
    if (error.retryAfterMs === null) return answer;
    return { ...answer, headers: { 'retry-after': String(Math.ceil(error.retryAfterMs / 1_000)) } };
  },
  wrongMethod: () => detail(405, 'Method Not Allowed'),
};

/** The one line a stream shows of an error. */
export function shownText(error: unknown): string {
  return error instanceof AppError && error.code !== 'internal' ? error.message : 'Internal Server Error';
}
