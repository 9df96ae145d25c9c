import { afterEach, describe, expect, it } from 'vitest';
import { createOpenaiProvider } from '../../src/providers/openai.js';
import { startMockUpstream, type MockUpstream, type UpstreamOptions } from '../support/mock-upstream.js';

const open: MockUpstream[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((upstream) => upstream.close()));
});

const never = new AbortController().signal;

async function start(embeddings: UpstreamOptions['embeddings']) {
  const upstream = await startMockUpstream({ embeddings });
  open.push(upstream);
  const provider = createOpenaiProvider({ name: 'x', kind: 'openai', baseUrl: upstream.url, apiKey: null });
  return { upstream, embed: (texts: string[]) => provider.embed('m', texts, never) };
}

const lengthOf = (texts: string[]) => texts.map((text) => [text.length, 1]);
const plain = (vectors: Float32Array[]) => vectors.map((vector) => [...vector]);

describe('Embeddings', () => {
  it('come one for each text, in their order', async () => {
    const { upstream, embed } = await start(({ body }) => lengthOf(body.input));
    expect(plain(await embed(['a', '', 'ccc']))).toEqual([
      [1, 1],
      [1, 1],
      [3, 1],
    ]);
    expect(upstream.requests[0]?.body).toEqual({ model: 'm', input: ['a', ' ', 'ccc'] });
  });

  it('are put in order by index, and read from base64', async () => {
    const encoded = (value: number) => Buffer.from(Float32Array.of(value, 0.5).buffer).toString('base64');
    const data = [
      { index: 1, embedding: encoded(2) },
      { index: 0, embedding: encoded(1) },
    ];
    const { embed } = await start(() => ({ body: { data } }));
    expect(plain(await embed(['a', 'b']))).toEqual([
      [1, 0.5],
      [2, 0.5],
    ]);
  });

  it('are asked for in batches of 2,048, halved where a server takes fewer', async () => {
    const sizes: number[] = [];
    const { embed } = await start(({ body }) => {
      sizes.push(body.input.length);
      return body.input.length > 600
        ? { status: 400, body: { error: { message: 'batch size too large' } } }
        : lengthOf(body.input);
    });
    const texts = Array.from({ length: 2_050 }, (_, index) => 'x'.repeat((index % 7) + 1));
    expect(plain(await embed(texts))).toEqual(lengthOf(texts));
    expect(sizes).toEqual([2048, 1024, 512, 512, 1024, 512, 512, 2]);
  });

  it('fail with the refusal of a single text', async () => {
    const { embed } = await start(({ body }) =>
      body.input.includes('bad') ? { status: 400, body: { error: { message: 'bad text' } } } : lengthOf(body.input),
    );
    await expect(embed(['good', 'bad', 'fine'])).rejects.toMatchObject({ code: 'model_refused', message: 'bad text' });
  });

  it('are refused where their lengths differ, or one is missing', async () => {
    const uneven = await start(({ body }) => body.input.map((_: string, at: number) => new Array(at + 1).fill(0)));
    await expect(uneven.embed(['a', 'b'])).rejects.toMatchObject({
      message: expect.stringContaining('different lengths'),
    });
    const short = await start(() => [[1]]);
    await expect(short.embed(['a', 'b'])).rejects.toMatchObject({ code: 'provider_unavailable' });
  });
});
