import type { RequestHandler } from 'express';

/** The date that the original names in every answer. */
const apiVersion = '2020-10-01';

const uuidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/**
 * Gives every answer of the OpenAI face, refusals and streams too, the headers its clients read: a request id in the
 * form `req_<32 hex>` (or the one that was sent), the version, and the milliseconds until the answer began.
 */
export function openaiHeaders(isOpenaiPath: (path: string) => boolean): RequestHandler {
  return (request, response, next) => {
    if (!isOpenaiPath(request.path)) {
      next();
      return;
    }
    const startedAt = performance.now();
    const requestId = String(response.getHeader('x-request-id') ?? '');
    if (uuidForm.test(requestId)) response.setHeader('x-request-id', `req_${requestId.replaceAll('-', '')}`);
    response.setHeader('openai-version', apiVersion);
    response.setHeader('openai-organization', 'threadkeeper');
    const { writeHead } = response;
    const timed = function (this: typeof response, ...head: unknown[]): typeof response {
      response.setHeader('openai-processing-ms', String(Math.round(performance.now() - startedAt)));
      return Reflect.apply(writeHead, this, head) as typeof response;
    };
    response.writeHead = timed as typeof response.writeHead;
    next();
  };
}
