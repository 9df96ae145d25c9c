import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { Clock } from '../domain/clock.js';
import { AppError } from '../domain/errors.js';
import type { Principal } from '../domain/user.js';
import type { ReadForm } from './multipart.js';
import type { Frame } from './sse.js';
import type { Services } from '../services/services.js';

/** Who may call a route: anybody, the holder of a credential, or an administrator. */
export type Access = 'public' | 'user' | 'admin';

/** What a handler is given: everything outside has been parsed and believed. */
export interface Call<P, Q, B> {
  services: Services;
  clock: Clock;
  version: string;
  /** Who asks. On a public route nobody does, and it is null. */
  principal: Principal | null;
  params: P;
  query: Q;
  body: B;
  /** The request's headers, for what only a face knows. */
  headers: IncomingHttpHeaders;
  /** Aborted when the reader leaves. */
  signal: AbortSignal;
  /** Reads the request's form, on a route that takes one. */
  readForm: ReadForm;
}

/** What a handler answers: a JSON value, a stream of frames, or bytes as they are. */
export type Reply = JsonReply | StreamReply | BytesReply;

/** An answer that is one JSON value. */
export interface JsonReply {
  json: unknown;
  status?: number;
  headers?: Record<string, string>;
}

/** An answer that is a stream. */
export interface StreamReply {
  frames: AsyncIterable<Frame>;
  /** What a reader is told where the frames break off. */
  lastWords?: (error: unknown) => Frame[];
  headers?: Record<string, string>;
  /** A JSON value from which the route's `reopen` makes the same stream again. */
  token?: unknown;
}

/** An answer that is a file's bytes. */
export interface BytesReply {
  bytes: AsyncIterable<Uint8Array>;
  /** The length and type of the bytes among them. */
  headers: Record<string, string>;
  token?: undefined;
}

type Part = 'path' | 'query' | 'body';

/** Input that does not fit a route's schema. The face tells the caller of each issue in its own words. */
export class InvalidInput extends AppError {
  constructor(
    readonly part: Part,
    readonly issues: z.core.$ZodIssue[],
    /** What was sent, so that an answer can show the value at fault. */
    readonly input: unknown,
  ) {
    super('invalid_request', issues[0]?.message ?? 'The input is wrong.', { param: issues[0]?.path.join('.') });
    this.name = 'InvalidInput';
  }
}

interface RouteHead {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With its parameters in braces: `/api/agents/{agent_id}`. */
  path: string;
  /** One line for the generated document. */
  summary: string;
  /** The heading under which the document lists it. */
  tag: string;
  access: Access;
}

/** A route as it is declared. Schemas that are absent mean that the route reads nothing there. */
export interface RouteDefinition<P, Q, B> extends RouteHead {
  params?: z.ZodType<P>;
  query?: z.ZodType<Q>;
  body?: z.ZodType<B>;
  /** Described in the generated document; replies are made in one place per object and not checked again. */
  response: z.ZodType;
  /** True where the route can answer with a stream of events. */
  streams?: boolean;
  /** The form that the route reads in place of a JSON body, for the generated document. */
  form?: z.ZodType;
  /** The sentence for an object that is absent or somebody else's. */
  missing?: (input: { params: P; query: Q; body: B }) => string;
  handle(call: Call<P, Q, B>): Promise<Reply>;
  /** Answers a repeated request with the stream of the first, found by that reply's token. */
  reopen?: (base: CallBase, token: unknown) => Promise<Reply>;
}

/** A call before its input was parsed. */
export type CallBase = Omit<Call<unknown, unknown, unknown>, 'params' | 'query' | 'body'>;

/** What came in, before it was parsed. */
export interface RawInput {
  params: unknown;
  query: unknown;
  /** Undefined where there was none. */
  body: unknown;
}

/** A route of which the types are settled inside. */
export interface Route extends RouteHead {
  params: z.ZodType | null;
  query: z.ZodType | null;
  body: z.ZodType | null;
  response: z.ZodType;
  streams: boolean;
  form: z.ZodType | null;
  /** Parses, calls, and answers. Throws InvalidInput before anything is called. */
  run(raw: RawInput, base: CallBase): Promise<Reply>;
  reopen: ((base: CallBase, token: unknown) => Promise<Reply>) | null;
}

/** Declares a route. */
export function defineRoute<P = undefined, Q = undefined, B = undefined>(definition: RouteDefinition<P, Q, B>): Route {
  const { method, path, summary, tag, access, params, query, body, response, streams, form, missing, handle, reopen } =
    definition;
  return {
    method,
    path,
    summary,
    tag,
    access,
    params: params ?? null,
    query: query ?? null,
    body: body ?? null,
    response,
    streams: streams ?? false,
    form: form ?? null,
    reopen: reopen ?? null,
    run: async (raw, base) => {
      const input = {
        params: parse(params, 'path', raw.params),
        query: parse(query, 'query', raw.query),
        body: parse(body, 'body', raw.body),
      };
      try {
        return await handle({ ...base, ...input });
      } catch (error) {
        if (missing === undefined || !(error instanceof AppError) || error.code !== 'not_found') throw error;
        throw new AppError('not_found', missing(input), { cause: error });
      }
    },
  };
}

/** The caller of a route that is not public. */
export function callerOf(call: { principal: Principal | null }): Principal {
  if (call.principal === null) throw new AppError('forbidden', 'Not authenticated');
  return call.principal;
}

function parse<T>(schema: z.ZodType<T> | undefined, part: Part, raw: unknown): T {
  // Without a schema the handler's type for this part is undefined, and so is the value.
  if (schema === undefined) return undefined as T;
  const result = schema.safeParse(raw);
  if (result.success) return result.data;
  throw new InvalidInput(part, result.error.issues, raw);
}
