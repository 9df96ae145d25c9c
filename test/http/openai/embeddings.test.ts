import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveHouse, type ServedHouse } from '../../compat/house.js';
import { startMockUpstream, type MockUpstream } from '../../support/mock-upstream.js';

let upstream: MockUpstream;
let house: ServedHouse;
beforeAll(async () => {
  upstream = await startMockUpstream({
    models: [{ id: 'embedder', object: 'model', created: 1, owned_by: 'mock' }],
    embeddings: ({ body }) => {
      if (body.model === 'broken') {
        return {
          status: 400,
          body: { error: { message: 'No.', type: 'invalid_request_error', code: 'no', param: 'model' } },
        };
      }
      const length = body.model === 'fixed' ? 3 : (body.dimensions ?? 3);
      return [body.input].flat().map((text: string) => [text.length, 0.5, -0.25, 1].slice(0, length));
    },
  });
  house = await serveHouse(upstream);
});
afterAll(async () => {
  await house.close();
  await upstream.close();
});

const create = (body: object) => house.client().embeddings.create({ model: 'embedder', input: 'abc', ...body });

describe('embeddings', () => {
  it.each([undefined, 'float', 'base64'] as const)(
    'are the same numbers in every encoding: %s',
    async (encoding_format) => {
      const { data, usage, model } = await create({ encoding_format, input: ['abc', 'a longer text'] });
      const vectors = data.map(({ embedding }) =>
        typeof embedding === 'string'
          ? [...new Float32Array(Uint8Array.from(Buffer.from(embedding as string, 'base64')).buffer)]
          : embedding,
      );
      expect(vectors).toEqual([
        [3, 0.5, -0.25],
        [13, 0.5, -0.25],
      ]);
      expect(data.map(({ index }) => index)).toEqual([0, 1]);
      expect(model).toBe('embedder');
      expect(usage.prompt_tokens).toBeGreaterThan(0);
      expect(usage.total_tokens).toBe(usage.prompt_tokens);
    },
  );

  it('have the length that is asked for, and are refused where the model has another', async () => {
    expect((await create({ dimensions: 2 })).data[0]?.embedding).toHaveLength(2);
    await expect(create({ model: 'fixed', dimensions: 2 })).rejects.toMatchObject({ status: 400, param: 'dimensions' });
  });

  it('come for two thousand texts at once, in their order', async () => {
    const input = Array.from({ length: 2_048 }, (_, index) => 'x'.repeat((index % 50) + 1));
    const { data } = await create({ input });
    expect(data.map(({ embedding }) => embedding[0])).toEqual(input.map((text) => text.length));
  });

  it.each([
    ['lists of token numbers', [1, 2, 3], /token numbers/u],
    ['lists of such lists', [[1, 2]], /token numbers/u],
    ['an empty text', '', /empty string/u],
    ['an empty text among others', ['a', ''], /none is empty/u],
    ['no text', [], /empty array/u],
    ['too many texts', Array.from({ length: 2_049 }, () => 'x'), /2048/u],
  ])('are refused for %s', async (_what, input, message) => {
    const asked = upstream.requests.length;
    await expect(create({ input })).rejects.toMatchObject({
      status: 400,
      param: 'input',
      message: expect.stringMatching(message) as string,
    });
    expect(upstream.requests).toHaveLength(asked);
  });

  it('are refused in the words of the model’s server', async () => {
    await expect(create({ model: 'broken' })).rejects.toMatchObject({ status: 400, code: 'no', message: '400 No.' });
  });
});

describe('the stand-in', () => {
  it('makes no embeddings and says so', async () => {
    await expect(create({ model: 'offline/demo' })).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
      message: expect.stringContaining('no embeddings') as string,
    });
  });
});
