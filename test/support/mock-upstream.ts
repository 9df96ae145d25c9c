import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A call as a real server writes it. */
export interface UpstreamCall {
  id?: string;
  name: string;
  arguments: string;
}

/** What the server says to one chat request. */
export interface UpstreamReply {
  text?: string;
  reasoning?: string;
  calls?: UpstreamCall[];
  /** Overrides `stop` or `tool_calls`; null sends none. */
  finish?: string | null;
  /** Null reports no usage. */
  usage?: { prompt_tokens: number; completion_tokens: number; [detail: string]: unknown } | null;
  /** A status of 400 and more sends `body` as it is: text raw, anything else as JSON. */
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  /** These bytes are the answer, written one after the other in separate packets. */
  raw?: (string | Uint8Array)[];
  /** Chunks after which the stream goes on as `ending` says. */
  cutAfter?: number;
  /** `cut` destroys the socket, `silence` keeps it open, `early` ends the answer without [DONE]. */
  ending?: 'cut' | 'silence' | 'early';
}

/** A request as it arrived. */
export interface UpstreamRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a parsed foreign body that tests look into
  body: any;
  /** True once the client hung up before the answer was whole. */
  aborted: boolean;
}

export interface UpstreamOptions {
  /** Answers chat requests; without it a text of `lengthTokens` words. */
  chat?: (request: UpstreamRequest, index: number) => UpstreamReply | Promise<UpstreamReply>;
  /** The `data` of GET /v1/models, or a reply. */
  models?: unknown[] | UpstreamReply;
  /** Vectors for texts, or a reply. */
  embeddings?: (request: UpstreamRequest) => number[][] | UpstreamReply;
  /** Any other path; undefined answers 404. */
  other?: (request: UpstreamRequest) => UpstreamReply | undefined;
  /** Milliseconds before the first token. */
  firstTokenMs?: number;
  /** Tokens per second of a stream; 0 is at once. */
  tokensPerSecond?: number;
  /** Words of the text that answers where there is no `chat`. */
  lengthTokens?: number;
  /** False keeps no record: for long measurements. */
  record?: boolean;
  port?: number;
}

export interface MockUpstream {
  /** Base URL with its `/v1`. */
  url: string;
  port: number;
  requests: UpstreamRequest[];
  /** Chat requests among them. */
  chats(): UpstreamRequest[];
  /** Connections that are open now. */
  openConnections(): number;
  close(): Promise<void>;
}

/** Starts a server on the loopback that speaks like a model server and does what it is told. */
export async function startMockUpstream(options: UpstreamOptions = {}): Promise<MockUpstream> {
  const requests: UpstreamRequest[] = [];
  const sockets = new Set<Socket>();
  const answer = createAnswerer(options);
  const server = createServer((incoming, response) => {
    void readRequest(incoming)
      .then((request) => {
        if (options.record !== false) requests.push(request);
        response.on('close', () => (request.aborted = !response.writableFinished));
        return answer(request, response);
      })
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    requests,
    chats: () => requests.filter((request) => request.path.endsWith('/chat/completions')),
    openConnections: () => sockets.size,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function readRequest(incoming: IncomingMessage): Promise<UpstreamRequest> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  const text = Buffer.concat(pieces).toString('utf8');
  return {
    method: incoming.method ?? 'GET',
    path: (incoming.url ?? '/').split('?')[0] ?? '/',
    headers: incoming.headers,
    body: text === '' ? null : JSON.parse(text),
    aborted: false,
  };
}

function createAnswerer(options: UpstreamOptions) {
  let chats = 0;
  const standard = standardReply(options.lengthTokens ?? 20);
  const serialised = new WeakMap<UpstreamReply, Buffer[]>();
  return async (request: UpstreamRequest, response: ServerResponse): Promise<void> => {
    if (request.path.endsWith('/chat/completions')) {
      const reply = options.chat === undefined ? standard : await options.chat(request, chats++);
      return writeChat(request, reply, response, options, serialised);
    }
    const reply = otherReply(request, options);
    if (reply.raw !== undefined) return writeRaw(reply, response);
    sendJson(response, reply.status ?? 200, reply.body, reply.headers);
  };
}

function otherReply(request: UpstreamRequest, options: UpstreamOptions): UpstreamReply {
  if (/^\/(?:v1|openai(?:\/v1)?)\/models$/.test(request.path)) {
    const models = options.models ?? [{ id: 'mock', object: 'model', created: 1_700_000_000, owned_by: 'mock' }];
    return Array.isArray(models) ? { body: { object: 'list', data: models } } : models;
  }
  if (request.path.endsWith('/embeddings') && options.embeddings !== undefined) {
    const vectors = options.embeddings(request);
    return Array.isArray(vectors) ? { body: embeddingsBody(request, vectors) } : vectors;
  }
  return (
    options.other?.(request) ?? { status: 404, body: { error: { message: `no ${request.path}`, type: 'not_found' } } }
  );
}

function embeddingsBody(request: UpstreamRequest, vectors: number[][]): unknown {
  const inBase64 = request.body?.encoding_format === 'base64';
  const data = vectors.map((vector, index) => {
    const embedding = inBase64 ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector;
    return { object: 'embedding', index, embedding };
  });
  return { object: 'list', model: request.body?.model, data, usage: { prompt_tokens: 1, total_tokens: 1 } };
}

function standardReply(words: number): UpstreamReply {
  return { text: Array.from({ length: words }, (_, index) => `word${index}`).join(' ') };
}

async function writeChat(
  request: UpstreamRequest,
  reply: UpstreamReply,
  response: ServerResponse,
  options: UpstreamOptions,
  serialised: WeakMap<UpstreamReply, Buffer[]>,
): Promise<void> {
  if (reply.raw !== undefined) return writeRaw(reply, response);
  if (reply.status !== undefined && reply.status >= 400) {
    return sendJson(response, reply.status, reply.body, reply.headers);
  }
  if (request.body?.stream !== true || reply.body !== undefined) {
    if (options.firstTokenMs) await sleep(options.firstTokenMs);
    return sendJson(response, reply.status ?? 200, reply.body ?? wholeBody(request, reply), reply.headers);
  }
  let chunks = serialised.get(reply);
  if (chunks === undefined) {
    chunks = streamChunks(request, reply).map((chunk) => Buffer.from(chunk));
    serialised.set(reply, chunks);
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', ...reply.headers });
  response.flushHeaders();
  await writePaced(chunks, reply, response, options);
}

async function writePaced(
  chunks: Buffer[],
  reply: UpstreamReply,
  response: ServerResponse,
  options: UpstreamOptions,
): Promise<void> {
  const end = reply.cutAfter ?? chunks.length;
  if (options.firstTokenMs) await sleep(options.firstTokenMs);
  const rate = options.tokensPerSecond ?? 0;
  const startedAt = performance.now();
  let sent = 0;
  while (sent < end && !response.destroyed) {
    const due = rate > 0 ? Math.min(end, Math.floor(((performance.now() - startedAt) * rate) / 1000) + 1) : end;
    if (due > sent) response.write(due - sent === 1 ? chunks[sent] : Buffer.concat(chunks.slice(sent, due)));
    sent = Math.max(sent, due);
    if (sent < end) await sleep(Math.max(1, Math.min(1000 / rate, 20)));
  }
  if (reply.ending === 'silence') return;
  if (reply.ending === 'cut') {
    await sleep(5); // lets the written chunks reach the client before the reset overtakes them
    response.destroy();
  } else response.end();
}

async function writeRaw(reply: UpstreamReply, response: ServerResponse): Promise<void> {
  response.writeHead(reply.status ?? 200, { 'content-type': 'text/event-stream', ...reply.headers });
  for (const piece of reply.raw ?? []) {
    response.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (reply.ending === 'silence') return;
  if (reply.ending === 'cut') response.destroy();
  else response.end();
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers?: Record<string, string>): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body ?? {});
  response.writeHead(status, {
    'content-type': typeof body === 'string' ? 'text/html' : 'application/json',
    ...headers,
  });
  response.end(text);
}

function finishOf(reply: UpstreamReply): string | null {
  if (reply.finish !== undefined) return reply.finish;
  return reply.calls !== undefined && reply.calls.length > 0 ? 'tool_calls' : 'stop';
}

function usageOf(reply: UpstreamReply): unknown {
  if (reply.usage === null) return undefined;
  const usage = reply.usage ?? { prompt_tokens: 10, completion_tokens: wordsOf(reply.text ?? '').length };
  return { total_tokens: usage.prompt_tokens + usage.completion_tokens, ...usage };
}

function toWireCalls(calls: UpstreamCall[]) {
  return calls.map((call, index) => ({
    index,
    id: call.id ?? `call_mock${index}`,
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
  }));
}

function wholeBody(request: UpstreamRequest, reply: UpstreamReply): unknown {
  const calls = toWireCalls(reply.calls ?? []);
  const message = {
    role: 'assistant',
    content: reply.text ?? null,
    ...(reply.reasoning === undefined ? {} : { reasoning_content: reply.reasoning }),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
  return {
    id: 'chatcmpl-mock',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: request.body?.model,
    choices: [{ index: 0, message, finish_reason: finishOf(reply) }],
    usage: usageOf(reply),
  };
}

function wordsOf(text: string): string[] {
  return text.match(/\s*\S+|\s+$/g) ?? [];
}

/** The reply as server-sent events, one token each. */
export function streamChunks(request: { body?: { model?: string } } | null, reply: UpstreamReply): string[] {
  const frame = (choices: unknown[], usage?: unknown): string => {
    const chunk = {
      id: 'chatcmpl-mock',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: request?.body?.model ?? 'mock',
      choices,
      ...(usage === undefined ? {} : { usage }),
    };
    return `data: ${JSON.stringify(chunk)}\n\n`;
  };
  const delta = (fields: unknown, finish: string | null = null) => {
    return frame([{ index: 0, delta: fields, finish_reason: finish }]);
  };
  const chunks = [delta({ role: 'assistant', content: '' })];
  for (const word of wordsOf(reply.reasoning ?? '')) chunks.push(delta({ reasoning_content: word }));
  for (const word of wordsOf(reply.text ?? '')) chunks.push(delta({ content: word }));
  for (const call of toWireCalls(reply.calls ?? [])) {
    chunks.push(delta({ tool_calls: [{ ...call, function: { name: call.function.name, arguments: '' } }] }));
    for (const piece of call.function.arguments.match(/.{1,6}/gs) ?? []) {
      chunks.push(delta({ tool_calls: [{ index: call.index, function: { arguments: piece } }] }));
    }
  }
  const finish = finishOf(reply);
  if (finish !== null) chunks.push(delta({}, finish));
  const usage = usageOf(reply);
  if (usage !== undefined) chunks.push(frame([], usage));
  if (reply.ending !== 'early') chunks.push('data: [DONE]\n\n');
  return chunks;
}
