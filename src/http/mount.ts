import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response, Router } from 'express';
import type { Clock } from '../domain/clock.js';
import { AppError } from '../domain/errors.js';
import type { Principal } from '../domain/user.js';
import { readCredential, type Credential } from './authenticate.js';
import { readJsonBody } from './json-body.js';
import { formReader } from './multipart.js';
import type { Repeats } from './repeats.js';
import { logFault, type HttpLog } from './request-log.js';
import type { Access, BytesReply, CallBase, RawInput, Reply, Route } from './route.js';
import type { Services } from '../services/services.js';
import { writeStream } from './sse.js';

/** A status, a JSON body, and headers beside. */
export interface ErrorAnswer {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

/** What differs from face to face in how requests are refused. */
export interface Dialect {
  /** Who asks. Throws where the route wants somebody and nobody usable is there. */
  authorize(access: Access, credential: Credential, services: Services): Promise<Principal | null>;
  /** The answer to an error; what is no AppError is `internal`. */
  toAnswer(error: unknown): ErrorAnswer;
  /** The answer to a known path asked with another method. */
  wrongMethod(method: string, path: string): ErrorAnswer;
  /** All the paths at which a route is served; its own alone where absent. */
  pathsOf?: (path: string) => string[];
  /** What came in as the route is to read it, where a path says something that routes expect elsewhere. */
  toInput?: (raw: RawInput) => RawInput;
  /** Stands around every route: it may refuse, or answer in the route's place. */
  serve?: (exchange: Exchange) => Promise<Reply>;
}

/** A request whose sender is known, before its route has run. */
export interface Exchange {
  route: Route;
  /** The path and query as they were sent. */
  url: string;
  body: unknown;
  base: CallBase;
  repeats: Repeats;
  /** Why the request must not be answered, though who sent it and what is in it are known; null lets it pass. */
  refusal: AppError | null;
  /** Runs the route, for somebody else where another base is given. */
  proceed(base?: CallBase): Promise<Reply>;
}

/** What routes are served with. */
export interface MountParts {
  services: Services;
  clock: Clock;
  version: string;
  log: HttpLog;
  repeats: Repeats;
  /** Milliseconds between the comment lines of a stream. */
  keepAliveMs: number;
}

/**
 * Serves a table of routes in one dialect. Paths with fewer parameters win over those they also fit; every other method
 * on a known path is refused.
 */
export function mountRoutes(router: Router, routes: readonly Route[], dialect: Dialect, parts: MountParts): void {
  const paths = [...new Set(routes.map((route) => route.path))].sort(literalFirst);
  for (const path of paths) {
    const here = routes.filter((route) => route.path === path);
    const expressPath = (dialect.pathsOf?.(path) ?? [path]).map((each) => each.replaceAll(/\{(\w+)\}/gu, ':$1'));
    for (const route of here) {
      router[route.method](expressPath, (request, response) => answer(route, dialect, parts, request, response));
    }
    const allow = here.map((route) => route.method.toUpperCase()).join(', ');
    router.all(expressPath, (request, response) => {
      response.setHeader('allow', allow);
      sendAnswer(response, dialect.wrongMethod(request.method, request.path));
    });
  }
}

/** Sends an error as JSON, or cuts the answer short where it has begun. */
export function sendError(
  dialect: Pick<Dialect, 'toAnswer'>,
  log: HttpLog,
  request: Request,
  response: Response,
  error: unknown,
): void {
  const fault = dialect.toAnswer(error);
  if (!(error instanceof AppError) || error.code === 'internal') logFault(log, request, response, error);
  if (!response.headersSent) sendAnswer(response, fault);
  else if (!response.writableEnded) response.destroy();
}

/** Has a request refused when its route is reached and its body has been read, rather than at once. */
export function refuseLater(response: Response, refusal: AppError): void {
  response.locals['refusal'] = refusal;
}

function refusalOf(response: Response): AppError | null {
  const refusal: unknown = response.locals['refusal'];
  return refusal instanceof AppError ? refusal : null;
}

/** Sends an answer as JSON. */
export function sendAnswer(response: Response, { status, body, headers }: ErrorAnswer): void {
  for (const [name, value] of Object.entries(headers ?? {})) response.setHeader(name, value);
  response.status(status).json(body);
}

async function answer(
  route: Route,
  dialect: Dialect,
  parts: MountParts,
  request: Request,
  response: Response,
): Promise<void> {
  const refusal = refusalOf(response);
  const reader = new AbortController();
  response.once('close', () => reader.abort());
  try {
    const principal = await dialect.authorize(route.access, readCredential(request.headers), parts.services);
    const body = route.body === null ? undefined : await readJsonBody(request, response);
    const sent: RawInput = { params: request.params, query: request.query, body };
    const raw = dialect.toInput?.(sent) ?? sent;
    const { services, clock, version, repeats } = parts;
    const { headers } = request;
    const readForm = formReader(request);
    const base: CallBase = { services, clock, version, principal, headers, signal: reader.signal, readForm };
    const proceed = (as: CallBase = base): Promise<Reply> =>
      refusal === null ? route.run(raw, as) : Promise.reject(refusal);
    const exchange: Exchange = { route, url: request.originalUrl, body, base, repeats, refusal, proceed };
    const reply = await (dialect.serve === undefined ? proceed() : dialect.serve(exchange));
    await sendReply(response, reply, reader.signal, parts.keepAliveMs);
  } catch (error) {
    // A reader who has left is told nothing, and its leaving is no fault.
    if (!reader.signal.aborted) sendError(dialect, parts.log, request, response, refusal ?? error);
  } finally {
    // What is left of a form that was refused is read to its end, or its sender would never see the answer.
    if (route.form !== null) request.resume();
  }
}

async function sendReply(response: Response, reply: Reply, signal: AbortSignal, keepAliveMs: number): Promise<void> {
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if ('json' in reply) {
    response.status(reply.status ?? 200).json(reply.json);
    return;
  }
  if ('bytes' in reply) return sendBytes(response, reply);
  await writeStream(response, reply.frames, { signal, keepAliveMs, lastWords: reply.lastWords });
}

/** Bytes that cannot be read to their end are cut off: their length, which was told before, shows it. */
async function sendBytes(response: Response, { bytes }: BytesReply): Promise<void> {
  await pipeline(Readable.from(bytes, { objectMode: false }), response);
}

function literalFirst(left: string, right: string): number {
  const parameters = (path: string): number => path.split('{').length;
  return parameters(left) - parameters(right);
}
