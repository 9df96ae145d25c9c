import type { OpenAI } from 'openai';
import { limits } from '../domain/limits.js';
import { createClient } from './client.js';
import { createEmbedder } from './embeddings.js';
import { readEvents } from './event-source.js';
import { failureIn, hideKey, plainText, toProviderError, UpstreamError } from './failures.js';
import { createModelList } from './models.js';
import { createChunkReader, type ChunkReader } from './openai-chunks.js';
import { toChatBody, type ChatBody } from './openai-request.js';
import { ProviderError, type ModelEvent, type ModelRequest, type Provider } from './provider.js';
import { createQuirkBook, type QuirkBook } from './quirks.js';
import { rescueCalls } from './rescue.js';
import { realPace, withRetries, type RetryAdvice, type RetryPace } from './retry.js';
import type { ProviderSettings } from './settings.js';
import { startRealTimer, watchSilence, type SilenceWatch, type StartTimer } from './silence.js';
import { plainSurroundings, type Surroundings } from './surroundings.js';
import { createWindowFinder } from './windows.js';

/** What tests hold still. */
export interface OpenaiOptions {
  pace?: RetryPace;
  startTimer?: StartTimer;
  silenceMs?: number;
}

/** Refusals of parameters that one request learns from. */
const lessonsPerRequest = 4;

/** What one request is made with. */
interface Wire {
  client: OpenAI;
  quirks: QuirkBook;
  surroundings: Surroundings;
  pace: RetryPace;
  startTimer: StartTimer;
  silenceMs: number;
}

/**
 * A provider that speaks to any endpoint shaped like OpenAI's: OpenAI, Azure, Ollama, LM Studio, vLLM, llama.cpp,
 * OpenRouter and the many others. Reference: https://platform.openai.com/docs/api-reference/chat
 */
export function createOpenaiProvider(
  settings: ProviderSettings,
  surroundings: Surroundings = plainSurroundings,
  options: OpenaiOptions = {},
): Provider {
  const wire: Wire = {
    client: createClient(settings),
    quirks: createQuirkBook(settings),
    surroundings,
    pace: options.pace ?? realPace,
    startTimer: options.startTimer ?? startRealTimer,
    silenceMs: options.silenceMs ?? limits.providerSilenceMs,
  };
  const models = createModelList(settings, wire.client, surroundings);
  const windows = createWindowFinder(settings, models, surroundings);
  return {
    name: settings.name,
    async *stream(request, signal) {
      signal.throwIfAborted();
      const model = await models.nameOf(request.model, signal);
      const asked = { ...request, model };
      const opened = await withRetries(() => open(wire, asked, signal), adviceOn, signal, wire.pace);
      yield* opened;
    },
    embed: createEmbedder(wire.client, surroundings, wire.pace),
    models: (signal) => models.list(signal),
    contextWindow: (model) => windows.of(model),
  };
}

/** Whether a failed attempt is worth another. */
export function adviceOn(error: unknown): RetryAdvice {
  return error instanceof UpstreamError ? error.advice : { again: false, afterMs: null };
}

/** One attempt: everything up to and including the first event. What fails later is nobody's to repeat. */
async function open(wire: Wire, request: ModelRequest, signal: AbortSignal): Promise<AsyncIterable<ModelEvent>> {
  const watch = watchSilence(signal, wire.silenceMs, () => silenceError(wire), wire.startTimer);
  const events = rescueCalls(readReply(wire, request, watch), request);
  try {
    const first = await events.next();
    return resume(first, events, watch, signal, wire);
  } catch (error) {
    watch.end(error);
    throw translate(error, watch, signal, wire);
  }
}

async function* resume(
  first: IteratorResult<ModelEvent, void>,
  events: AsyncGenerator<ModelEvent, void>,
  watch: SilenceWatch,
  signal: AbortSignal,
  wire: Wire,
): AsyncGenerator<ModelEvent> {
  try {
    if (first.done !== true) yield first.value;
    yield* events;
  } catch (error) {
    const told = translate(error, watch, signal, wire);
    if (told instanceof ProviderError && told.code === 'model_refused') throw broken(told.message, told);
    throw told;
  } finally {
    // A reader that leaves early leaves no request behind.
    watch.end(new Error('The reader has left.'));
  }
}

/** What really happened: the caller's abort and the silence come back as what they are, not as a broken connection. */
function translate(error: unknown, watch: SilenceWatch, signal: AbortSignal, wire: Wire): unknown {
  if (signal.aborted) return signal.reason;
  const reason: unknown = watch.signal.aborted ? watch.signal.reason : error;
  return readFailure(reason, wire);
}

function readFailure(reason: unknown, wire: Wire): ProviderError {
  return hideKey(toProviderError(reason, wire.surroundings.clock.now()), wire.client.apiKey);
}

function silenceError(wire: Wire): UpstreamError {
  const message = `The model server said nothing for ${Math.round(wire.silenceMs / 1000)} seconds.`;
  return new UpstreamError({ status: null, message, code: 'silence', type: null, param: null }, 0);
}

async function* readReply(wire: Wire, request: ModelRequest, watch: SilenceWatch): AsyncGenerator<ModelEvent, void> {
  const response = await send(wire, request, watch.signal);
  watch.heard();
  const reader = createChunkReader(request, () => wire.surroundings.clock.now());
  const kind = response.headers.get('content-type') ?? '';
  if (kind.includes('json') && !kind.includes('stream')) yield* readWhole(await response.text(), reader);
  else if (kind.includes('html')) throw webPage(await response.text());
  else yield* readStream(response, reader, watch);
  yield reader.finish();
}

/** Sends the request; where the server refuses a parameter that can be spared, sends it again without. */
async function send(wire: Wire, request: ModelRequest, signal: AbortSignal): Promise<Response> {
  for (let lesson = 0; ; lesson += 1) {
    const body = toChatBody(request, wire.quirks.of(request.model));
    try {
      return await post(wire.client, body, signal);
    } catch (error) {
      const failed = readFailure(error, wire);
      if (!(failed instanceof UpstreamError) || failed.overflow || lesson >= lessonsPerRequest) throw failed;
      if (!wire.quirks.learn(request.model, failed.failure, body)) throw failed;
      wire.surroundings.logger.info({ model: request.model, refused: failed.message }, 'a parameter is left out');
    }
  }
}

async function post(client: OpenAI, body: ChatBody, signal: AbortSignal): Promise<Response> {
  return client.post('/chat/completions', { body, signal }).asResponse();
}

async function* readStream(
  response: Response,
  reader: ChunkReader,
  watch: SilenceWatch,
): AsyncGenerator<ModelEvent, void> {
  let ended = false;
  try {
    for await (const { event, data } of readEvents(heard(response, watch))) {
      if (ended || data === '') continue;
      if (data.trim() === '[DONE]') {
        ended = true;
        watch.hurry();
      } else if (event === 'error') throw failureIn(parseChunk(data), 0);
      else yield* reader.read(parseChunk(data));
    }
  } catch (error) {
    // Servers may slam the door once everything was said, or never close it.
    const isWhole = ended || (reader.isFinished() && !watch.signal.aborted);
    if (!isWhole || error instanceof ProviderError) throw error;
  }
  if (!ended && !reader.isFinished()) throw broken('The model server broke off in the middle of its reply.');
}

async function* heard(response: Response, watch: SilenceWatch): AsyncGenerator<Uint8Array> {
  const body = response.body as AsyncIterable<Uint8Array> | null;
  if (body === null) return;
  for await (const piece of body) {
    watch.heard();
    yield piece;
  }
}

function* readWhole(text: string, reader: ChunkReader): Generator<ModelEvent, void> {
  yield* reader.read(parseChunk(text));
}

function parseChunk(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw broken(`The model server sent something that is no JSON: ${plainText(text).slice(0, 120)}`, cause);
  }
}

/** A reply that cannot be read on. Before the first event this is worth another attempt. */
function broken(message: string, cause?: unknown): UpstreamError {
  return new UpstreamError({ status: null, message, code: 'broken', type: null, param: null, cause }, 0);
}

function webPage(text: string): ProviderError {
  return new ProviderError(
    'provider_unavailable',
    `The model server answered with a web page (${plainText(text).slice(0, 120)}); is the base URL right, with its /v1?`,
  );
}
