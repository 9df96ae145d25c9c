import { z } from 'zod';
import { integerField, metadataField, responseFormatField, samplingFields } from './fields.js';

/** Bounds of the original. */
const most = { tools: 128, stops: 4, name: 64, identifier: 512 } as const;

const functionName = z.string().regex(/^[a-zA-Z0-9_.-]{1,64}$/u);
const textPart = z.object({ type: z.literal('text'), text: z.string() });
const textContent = z.union([z.string(), z.array(textPart).min(1)]);

const imagePart = z.object({
  type: z.literal('image_url'),
  image_url: z.object({ url: z.string().min(1), detail: z.enum(['auto', 'low', 'high']).nullish() }),
});
const refusalPart = z.object({ type: z.literal('refusal'), refusal: z.string() });

const callField = z.object({
  id: z.string().min(1),
  type: z.literal('function').optional(),
  function: z.object({ name: z.string(), arguments: z.string() }),
});

const speaker = z.string().nullish();

/** One message of a chat. Members that only answers have are read and left alone: clients send answers back as they came. */
export const chatMessageField = z.discriminatedUnion('role', [
  z.object({ role: z.enum(['system', 'developer']), content: textContent, name: speaker }),
  z.object({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textPart, imagePart])).min(1)]),
    name: speaker,
  }),
  z.object({
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(z.discriminatedUnion('type', [textPart, refusalPart]))]).nullish(),
    tool_calls: z.array(callField).nullish(),
    name: speaker,
  }),
  z.object({ role: z.literal('tool'), content: textContent, tool_call_id: z.string() }),
]);

const functionTool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: functionName,
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
    strict: z.boolean().nullish(),
  }),
});

const penaltyField = z.number().min(-2, 'decimal').max(2, 'decimal').nullish();
const identifierField = z.string().max(most.identifier).nullish();

/** Read, and without meaning here: they steer what only the original has. */
const idleFields = {
  store: z.boolean().nullish(),
  service_tier: z.string().nullish(),
  prompt_cache_key: z.string().nullish(),
  prompt_cache_retention: z.string().nullish(),
  prediction: z.unknown().optional(),
  verbosity: z.string().nullish(),
  modalities: z.array(z.literal('text')).nullish(),
};

/** The body that asks for an answer. */
export const chatBody = z.strictObject({
  model: z.string().min(1),
  messages: z.array(chatMessageField).min(1),
  ...samplingFields,
  response_format: responseFormatField,
  max_tokens: integerField(1).nullish(),
  max_completion_tokens: integerField(1).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(most.stops)]).nullish(),
  seed: integerField(Number.MIN_SAFE_INTEGER).nullish(),
  frequency_penalty: penaltyField,
  presence_penalty: penaltyField,
  logit_bias: z.record(z.string(), z.number()).nullish(),
  logprobs: z.literal(false).nullish(),
  top_logprobs: z.literal(0).nullish(),
  n: integerField(1, 1).nullish(),
  tools: z.array(functionTool).max(most.tools).nullish(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.object({ type: z.literal('function'), function: z.object({ name: z.string().min(1) }) }),
    ])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  user: identifierField,
  safety_identifier: identifierField,
  metadata: metadataField,
  ...idleFields,
});

const usageReply = z.looseObject({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() });

/** An answer that came at once, for the generated documents. */
export const chatReply = z
  .object({
    id: z.string(),
    object: z.literal('chat.completion'),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.literal(0),
        finish_reason: z.enum(['stop', 'length', 'tool_calls', 'content_filter']),
        logprobs: z.null(),
        message: z.looseObject({
          role: z.literal('assistant'),
          content: z.string().nullable(),
          refusal: z.null(),
          tool_calls: z.array(callField).optional(),
        }),
      }),
    ),
    usage: usageReply,
  })
  .meta({ id: 'ChatCompletion' });
