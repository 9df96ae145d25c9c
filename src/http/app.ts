import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Clock } from '../domain/clock.js';
import { AppError } from '../domain/errors.js';
import { limits } from '../domain/limits.js';
import { allowOrigins } from './cors.js';
import { docsRouter } from './docs.js';
import { dialectOf, faces, isOpenaiPath } from './faces.js';
import { openaiHeaders } from './openai/headers.js';
import { chooseModels } from './native/letta/models.js';
import { joinModelNames } from './openai/models.js';
import { limitRequests } from './openai/rate-limits.js';
import { createRepeats, forgetful, type AnswerStore } from './repeats.js';
import { mountRoutes, sendAnswer, sendError } from './mount.js';
import { logRequests, type HttpLog } from './request-log.js';
import type { Services } from '../services/services.js';

/** What an application is made from. */
export interface AppParts {
  services: Services;
  clock: Clock;
  /** Shown by the health routes and in the generated documents. */
  version: string;
  log: HttpLog;
  /** Origins whose pages may read answers; none keeps all others out. */
  corsOrigins: readonly string[];
  /** Requests that a credential may send to the OpenAI face in a minute; 0, or nothing, is no limit. */
  requestsPerMinute?: number;
  /** Milliseconds between the comment lines of a stream. */
  keepAliveMs?: number;
  /** Where the answers to requests that may be repeated are kept; without it they are kept by nobody. */
  answers?: AnswerStore;
}

/** All routes of all faces as an Express application. It listens to nothing; see createServer. */
export function createApp(parts: AppParts): Express {
  const { services, clock, version, log } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.use(joinSlashes);
  app.use(chooseModels);
  app.use(joinModelNames);
  app.use(logRequests(log));
  app.use(safetyHeaders());
  app.use(openaiHeaders(isOpenaiPath));
  if (parts.corsOrigins.length > 0) app.use(allowOrigins(parts.corsOrigins));
  const { requestsPerMinute = 0 } = parts;
  if (requestsPerMinute > 0) app.use(limitRequests(requestsPerMinute, isOpenaiPath));

  const router = express.Router({ caseSensitive: true });
  const keepAliveMs = parts.keepAliveMs ?? limits.streamKeepAliveMs;
  const repeats = createRepeats(parts.answers ?? forgetful);
  for (const { routes, dialect } of faces) {
    mountRoutes(router, routes, dialect, { services, clock, version, log, repeats, keepAliveMs });
  }
  app.use(router);
  app.use(docsRouter(version));
  app.use(refuseUnknownPath);
  app.use(refuseFault(log));
  return app;
}

/** Headers of an API: nothing here is a page, so a browser may load nothing for it. The documents' page says more. */
function safetyHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    // Whether the name is ever served without TLS is not for this server to say.
    strictTransportSecurity: false,
  });
}

/** Clients that join an address and a path carelessly send `//v1//threads`. */
const joinSlashes: RequestHandler = (request, _response, next) => {
  const [path = '', query] = request.url.split(/(?=\?)/u);
  if (path.includes('//')) request.url = path.replaceAll(/\/{2,}/gu, '/') + (query ?? '');
  next();
};

const refuseUnknownPath: RequestHandler = (request, response) => {
  sendAnswer(response, dialectOf(request.path).unknownPath(request.method, request.path));
};

function refuseFault(log: HttpLog): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    sendError(dialectOf(request.path), log, request, response, fromExpress(error));
  };
}

/** Express refuses what it cannot read, such as a path with broken percent signs, with a status of its own. */
function fromExpress(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error) || !('status' in error)) return error;
  const { status } = error;
  if (typeof status !== 'number' || status < 400 || status > 499) return error;
  return new AppError('invalid_request', 'Bad Request', { cause: error });
}
