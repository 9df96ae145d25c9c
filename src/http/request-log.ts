import type { Request, RequestHandler, Response } from 'express';
import { newId } from '../domain/ids.js';

/** Where facts about requests go; one JSON line each. */
export interface HttpLog {
  info(fact: object, message: string): void;
  error(fact: object, message: string): void;
}

const requestIdForm = /^[\w.-]{1,128}$/u;
const secretParameter = /(^|[?&])((?:api[_-]?key|key|token|password)=)[^&#]*/giu;

/** The id of a request: the sender's own where it is short and plain, else a new one. */
export function requestIdOf(response: Response): string {
  return String(response.getHeader('x-request-id') ?? '');
}

/** Gives every request an id, in the header `x-request-id` of the answer, and logs it once it is over. */
export function logRequests(log: HttpLog): RequestHandler {
  return (request, response, next) => {
    const sent = request.get('x-request-id') ?? '';
    response.setHeader('x-request-id', requestIdForm.test(sent) ? sent : newId());
    const startedAt = performance.now();
    response.once('close', () => {
      log.info(
        {
          requestId: requestIdOf(response),
          method: request.method,
          path: withoutSecrets(request.originalUrl),
          status: response.statusCode,
          // False where the reader left before the answer was whole.
          whole: response.writableFinished,
          durationMs: Math.round(performance.now() - startedAt),
        },
        'request',
      );
    });
    next();
  };
}

/** A path fit for a log: values of parameters that hold a secret are left out. */
export function withoutSecrets(path: string): string {
  return path.replace(secretParameter, '$1$2redacted');
}

/** Logs a fault of ours in full, under the request's id. */
export function logFault(log: HttpLog, request: Request, response: Response, error: unknown): void {
  const path = withoutSecrets(request.originalUrl);
  log.error({ requestId: requestIdOf(response), method: request.method, path, err: error }, 'request failed');
}
