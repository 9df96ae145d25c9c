import type { RequestHandler } from 'express';

/** What clients that run in a page look for besides the body. */
const readableHeaders = [
  'x-request-id',
  'openai-processing-ms',
  'openai-poll-after-ms',
  'retry-after',
  'retry-after-ms',
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-requests',
].join(', ');

/**
 * Lets pages of the given origins read answers; `*` is any origin. With no origins nothing is sent and browsers keep
 * other pages out.
 */
export function allowOrigins(origins: readonly string[]): RequestHandler {
  return (request, response, next) => {
    const origin = request.get('origin');
    const isNamed = origin !== undefined && origins.includes(origin);
    if (origin === undefined || !(isNamed || origins.includes('*'))) {
      next();
      return;
    }
    response.setHeader('access-control-allow-origin', isNamed ? origin : '*');
    // Browsers refuse this next to a star, and rightly so.
    if (isNamed) response.setHeader('access-control-allow-credentials', 'true');
    response.setHeader('access-control-expose-headers', readableHeaders);
    response.vary('Origin');
    if (request.method !== 'OPTIONS' || request.get('access-control-request-method') === undefined) {
      next();
      return;
    }
    response.setHeader('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE');
    response.setHeader('access-control-allow-headers', request.get('access-control-request-headers') ?? '*');
    response.setHeader('access-control-max-age', '600');
    response.status(204).end();
  };
}
