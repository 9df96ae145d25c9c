import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { toText, writeStream, type Frame, type StreamOptions } from '../../src/http/sse.js';

const open: http.Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(
  frames: (signal: AbortSignal) => AsyncIterable<Frame>,
  options: Partial<StreamOptions> = {},
): Promise<{ url: string; outcome: Promise<unknown> }> {
  const { promise: outcome, resolve } = withResolver();
  const server = http.createServer((_request, response) => {
    const reader = new AbortController();
    response.once('close', () => reader.abort());
    const settings = { signal: reader.signal, keepAliveMs: 60_000, ...options };
    writeStream(response, frames(reader.signal), settings).then(resolve, resolve);
  });
  open.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, outcome };
}

function withResolver(): { promise: Promise<unknown>; resolve: (value: unknown) => void } {
  let resolve: (value: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((done) => (resolve = done));
  return { promise, resolve };
}

describe('a frame', () => {
  it('is written with a prefix on every line of its data', () => {
    expect(toText({ event: 'done', id: '7', data: 'one\ntwo\r\nthree' })).toBe(
      'event: done\nid: 7\ndata: one\ndata: two\ndata: three\n\n',
    );
  });
});

describe('a stream', () => {
  it('opens with a comment before the first frame is there', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { url } = await serve(async function* () {
      await gate;
      yield { data: 'late' };
    });
    const answer = await fetch(url);
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(answer.headers.get('cache-control')).toContain('no-cache');
    const reader = answer.body?.getReader();
    const first = await reader?.read();
    expect(new TextDecoder().decode(first?.value)).toBe(': open\n\n');
    release();
    const second = await reader?.read();
    expect(new TextDecoder().decode(second?.value)).toBe('data: late\n\n');
    expect((await reader?.read())?.done).toBe(true);
  });

  it('shows that it lives while there is nothing to say', async () => {
    const { url } = await serve(
      async function* () {
        await pause(120);
        yield { data: 'late' };
      },
      { keepAliveMs: 10 },
    );
    const text = await (await fetch(url)).text();
    expect(text).toMatch(/^: open\n\n(: wait\n\n)+data: late\n\n$/u);
  });

  it('stops asking for frames when the reader leaves', async () => {
    let isReturned = false;
    const { url, outcome } = await serve(async function* (signal) {
      try {
        for (let number = 0; !signal.aborted; number += 1) {
          yield { data: String(number) };
          await pause(5);
        }
      } finally {
        isReturned = true;
      }
    });
    const leaving = new AbortController();
    const answer = await fetch(url, { signal: leaving.signal });
    await answer.body?.getReader().read();
    leaving.abort();
    expect(await outcome).toBeUndefined();
    expect(isReturned).toBe(true);
  });

  it('asks for no more frames than a slow reader takes', async () => {
    let made = 0;
    const block = 'x'.repeat(64 * 1024);
    const { url } = await serve(async function* () {
      for (; made < 2_000; made += 1) yield { data: block };
    });
    const request = http.get(url);
    const response = await new Promise<http.IncomingMessage>((resolve) => request.once('response', resolve));
    response.pause();
    let before = -1;
    while (made !== before) {
      before = made;
      await pause(100);
    }
    expect(made).toBeLessThan(2_000);
    request.destroy();
  });

  it('tells the reader of an error and throws it on', async () => {
    const { url, outcome } = await serve(
      async function* () {
        yield { data: 'one' };
        throw new Error('torn');
      },
      { lastWords: (error) => [{ data: `sorry: ${(error as Error).message}` }] },
    );
    expect(await (await fetch(url)).text()).toBe(': open\n\ndata: one\n\ndata: sorry: torn\n\n');
    expect(await outcome).toMatchObject({ message: 'torn' });
  });
});
