import { z } from 'zod';
import { callerOf, defineRoute, type Route } from '../route.js';
import { integerField } from './fields.js';

/** Texts of one request that the original takes. */
const textsMost = 2_048;

const someText = z.string().min(1);
const noTokens = "Invalid '{param}': lists of token numbers cannot be read here. Send the text itself.";

const inputField = z
  .union([someText, z.array(z.unknown()).min(1).max(textsMost)])
  .transform((input, context): string[] => {
    if (typeof input === 'string') return [input];
    const texts = z.array(someText).safeParse(input);
    if (texts.success) return texts.data;
    const isTokens = input.every((item) => typeof item === 'number' || Array.isArray(item));
    const message = isTokens ? noTokens : "Invalid '{param}': expected texts of which none is empty.";
    context.addIssue({ code: 'custom', message, params: { code: 'invalid_value' } });
    return z.NEVER;
  });

const embeddingBody = z.strictObject({
  model: z.string().min(1),
  input: inputField,
  dimensions: integerField(1).nullish(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  user: z.string().nullish(),
});

const embeddingReply = z
  .object({
    object: z.literal('list'),
    model: z.string(),
    data: z.array(
      z.object({
        object: z.literal('embedding'),
        index: z.int(),
        embedding: z.union([z.array(z.number()), z.string()]),
      }),
    ),
    usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
  })
  .meta({ id: 'Embeddings' });

const createEmbedding = defineRoute({
  method: 'post',
  path: '/v1/embeddings',
  summary: 'Turn texts into vectors, by the provider of the model',
  tag: 'embeddings',
  access: 'user',
  body: embeddingBody,
  response: embeddingReply,
  handle: async (call) => {
    const { model, input, dimensions, encoding_format } = call.body;
    const command = { model, texts: input, dimensions: dimensions ?? null };
    const { vectors, promptTokens } = await call.services.embeddings.create(callerOf(call), command, call.signal);
    const write = encoding_format === 'base64' ? toBase64 : (vector: Float32Array) => [...vector];
    return {
      json: {
        object: 'list',
        model,
        data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: write(vector) })),
        usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
      },
    };
  },
});

/** The little-endian bytes of its 32-bit floats, whatever the order of this machine. */
function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, at) => bytes.writeFloatLE(value, at * 4));
  return bytes.toString('base64');
}

/** The routes of embeddings. */
export const embeddingRoutes: readonly Route[] = [createEmbedding];
