import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEvents, type ServerSentEvent } from '../../src/providers/event-source.js';

async function read(pieces: Uint8Array[]): Promise<ServerSentEvent[]> {
  const events: ServerSentEvent[] = [];
  async function* bytes() {
    yield* pieces;
  }
  for await (const event of readEvents(bytes())) events.push(event);
  return events;
}

function cut(bytes: Uint8Array, points: number[]): Uint8Array[] {
  const at = [...new Set(points.map((point) => point % (bytes.length + 1)))].sort((left, right) => left - right);
  return [0, ...at].map((from, index) => bytes.slice(from, at[index] ?? bytes.length));
}

const recorded = [
  ': keep-alive\n\n',
  'data: {"text":"Grüße, 世界 👋🏽"}\r\n\r\n',
  'event: error\rdata: first\rdata: second\r\r',
  'id: 7\ndata:no space\nretry: 10\n\n',
  'data\n\n',
  'data: [DONE]\n\n',
].join('');
const expected = [
  { event: null, data: '{"text":"Grüße, 世界 👋🏽"}' },
  { event: 'error', data: 'first\nsecond' },
  { event: null, data: 'no space' },
  { event: null, data: '' },
  { event: null, data: '[DONE]' },
];

describe('Server-sent events', () => {
  it('are the same however the bytes are cut', async () => {
    const bytes = new TextEncoder().encode(recorded);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 40 }), async (points) => {
        expect(await read(cut(bytes, points))).toEqual(expected);
      }),
    );
    expect(await read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  it('are given out at the end even where the last blank line is missing', async () => {
    expect(await read([new TextEncoder().encode('data: a\n\ndata: b')])).toEqual([
      { event: null, data: 'a' },
      { event: null, data: 'b' },
    ]);
  });

  it('do not begin with the mark of byte order', async () => {
    expect(await read([new TextEncoder().encode('\uFEFFdata: a\n\n')])).toEqual([{ event: null, data: 'a' }]);
  });
});
