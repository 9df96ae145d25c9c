import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { request as requestPlain, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as requestSecure } from 'node:https';
import { join } from 'node:path';
import { Readable, pipeline } from 'node:stream';
import { AppError } from '../domain/errors.js';

/** Calls a server of this program. */
export interface HttpClient {
  readonly url: string;
  /** The parsed body. Throws an AppError with the server's own words where the status is not 2xx. */
  json(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Sends bytes as the file of a form, as they come and none of them held. Answers and throws as `json` does. */
  upload(path: string, file: { name: string; content: AsyncIterable<Uint8Array> }): Promise<unknown>;
  /** The bytes of an answer, as they come. Throws as `json` does. */
  download(path: string): Promise<AsyncIterable<Uint8Array>>;
  /** The `data:` texts of an event stream, as they come. */
  events(path: string, body: unknown, signal: AbortSignal): AsyncIterable<string>;
}

/** How a server is reached. */
export interface HttpClientOptions {
  url: string;
  password: string | null;
  /** A home whose self-signed certificate is trusted besides those the system trusts. */
  home: string;
  /** Whom to act as, in place of the default user; Letta's routes alone know of it. */
  userId?: string | null;
}

/** Makes a client of one server. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const call = (method: string, path: string, body: unknown, signal?: AbortSignal): Promise<IncomingMessage> =>
    send(options, method, path, body === undefined ? null : inJson(body), signal);
  const parsed = async (response: IncomingMessage): Promise<unknown> =>
    JSON.parse(await wholeText(await accepted(response)));
  return {
    url: options.url,
    json: async (method, path, body) => parsed(await call(method, path, body)),
    download: async (path) => accepted(await call('GET', path, undefined)),
    upload: async (path, file) => parsed(await send(options, 'POST', path, inForm(file))),
    events: async function* (path, body, signal) {
      const response = await accepted(await call('POST', path, body, signal));
      yield* dataLines(response);
    },
  };
}

/** What is sent, and what it is called. */
interface Payload {
  type: string;
  content: string | Readable;
}

function inJson(body: unknown): Payload {
  return { type: 'application/json', content: JSON.stringify(body) };
}

function inForm({ name, content }: { name: string; content: AsyncIterable<Uint8Array> }): Payload {
  const boundary = `threadkeeper-${randomUUID()}`;
  // As browsers do it: what would end the name early is written as its number.
  const quoted = name.replace(/["\r\n]/g, encodeURIComponent);
  async function* parts(): AsyncGenerator<string | Uint8Array> {
    yield `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${quoted}"\r\n\r\n`;
    yield* content;
    yield `\r\n--${boundary}--\r\n`;
  }
  const type = `multipart/form-data; boundary=${boundary}`;
  return { type, content: Readable.from(parts(), { objectMode: false }) };
}

function send(
  { url, password, home, userId = null }: HttpClientOptions,
  method: string,
  path: string,
  payload: Payload | null,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const target = new URL(path.replace(/^\//, ''), url.endsWith('/') ? url : `${url}/`);
  const secure = target.protocol === 'https:';
  const own = join(home, 'tls', 'selfsigned.crt');
  const options: RequestOptions & { ca?: string } = {
    method,
    signal,
    headers: {
      accept: 'application/json',
      ...(password === null ? {} : { authorization: `Bearer ${password}` }),
      ...(userId === null ? {} : { user_id: userId }),
      ...(payload === null ? {} : { 'content-type': payload.type }),
    },
    ...(secure && existsSync(own) ? { ca: readFileSync(own, 'utf8') } : {}),
  };
  return new Promise((resolve, reject) => {
    const request = (secure ? requestSecure : requestPlain)(target, options, resolve);
    request.on('error', (cause) => {
      reject(new AppError('unavailable', `The server at ${url} cannot be reached: ${cause.message}.`, { cause }));
    });
    if (payload === null || typeof payload.content === 'string') request.end(payload?.content);
    // What breaks off on the way ends the request, which tells of it above.
    else pipeline(payload.content, request, () => undefined);
  });
}

async function accepted(response: IncomingMessage): Promise<IncomingMessage> {
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return response;
  const text = await wholeText(response);
  if (status === 401 || status === 403) {
    throw new AppError('unauthenticated', 'The server refuses the admin password; set MEMGPT_SERVER_PASS to its own.');
  }
  throw new AppError('invalid_request', `The server answered ${status}: ${detailIn(text).slice(0, 500)}`);
}

/** What the native face says of an error, without its wrapping. */
function detailIn(text: string): string {
  try {
    const answer: unknown = JSON.parse(text);
    const detail = typeof answer === 'object' && answer !== null && 'detail' in answer ? answer.detail : null;
    return typeof detail === 'string' ? detail : text;
  } catch {
    return text;
  }
}

async function wholeText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

async function* dataLines(response: IncomingMessage): AsyncIterable<string> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data:')) yield line.slice('data:'.length).trim();
  }
}
