import type { ServerResponse } from 'node:http';
import { once } from 'node:events';

/** One event of a stream, as text. */
export interface Frame {
  /** The event's name; absent for a nameless one. */
  event?: string;
  /** What a reader hands back as `Last-Event-ID`. */
  id?: string;
  /** May have several lines. */
  data: string;
}

/** How a stream is kept up. */
export interface StreamOptions {
  /** Aborted when the reader leaves; the stream stops there. */
  signal: AbortSignal;
  /** Milliseconds between comment lines, which tell readers and proxies that the stream lives. */
  keepAliveMs: number;
  /** What a reader is told where the frames break off with an error; it is thrown on afterwards. */
  lastWords?: (error: unknown) => Frame[];
}

/**
 * Writes frames to a response as `text/event-stream` until they end or the reader leaves. A comment line goes out at
 * once, since some clients give up on a stream that is silent for five seconds. The next frame is asked for when the
 * reader has taken the last one, so a slow reader holds nothing in memory here.
 */
export async function writeStream(
  response: ServerResponse,
  frames: AsyncIterable<Frame>,
  { signal, keepAliveMs, lastWords }: StreamOptions,
): Promise<void> {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
  });
  response.write(': open\n\n');
  const keepAlive = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': wait\n\n');
  }, keepAliveMs);
  try {
    for await (const frame of frames) {
      if (signal.aborted) break;
      if (!response.write(toText(frame))) await once(response, 'drain', { signal });
    }
  } catch (error) {
    // Where the reader has left, nobody is there to be told.
    if (signal.aborted) return;
    for (const frame of lastWords?.(error) ?? []) response.write(toText(frame));
    throw error;
  } finally {
    clearInterval(keepAlive);
    response.end();
  }
}

/** A frame as it goes over the wire. */
export function toText(frame: Frame): string {
  const event = frame.event === undefined ? '' : `event: ${frame.event}\n`;
  const id = frame.id === undefined ? '' : `id: ${frame.id}\n`;
  const data = frame.data
    .split(/\r\n|\r|\n/u)
    .map((line) => `data: ${line}\n`)
    .join('');
  return `${event}${id}${data}\n`;
}
