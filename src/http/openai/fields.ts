import { z } from 'zod';
import { parseId, prefixOf, type OpenaiKind } from './ids.js';

/** Characters, pairs and items that the original allows. */
const most = {
  tools: 128,
  metadataPairs: 16,
  metadataKey: 64,
  metadataValue: 512,
  formatName: 64,
  hostedFiles: 20,
  vectorStores: 1,
  storeFiles: 10_000,
} as const;

const functionName = /^[a-zA-Z0-9_-]{1,64}$/u;

/** An id in any spelling, as the id inside. What is no id of its kind is refused by its prefix. */
export function idField(kind: OpenaiKind) {
  return z.string().transform((text, context) => {
    const id = parseId(kind, text);
    if (id !== null) return id;
    const message = `Invalid '{param}': '${text.slice(0, 100)}'. Expected an ID that begins with '${prefixOf(kind)}'.`;
    context.addIssue({ code: 'custom', message, params: { code: 'invalid_value' } });
    return z.NEVER;
  });
}

/** Free pairs of text. Absent keeps or leaves empty, null clears. */
export const metadataField = z
  .record(z.string(), z.string().max(most.metadataValue))
  .superRefine((pairs, context) => {
    const keys = Object.keys(pairs);
    if (keys.length > most.metadataPairs) {
      const message = `Invalid '{param}': too many properties. Expected an object with at most ${most.metadataPairs} properties, but got an object with ${keys.length} properties instead.`;
      context.addIssue({ code: 'custom', message, params: { code: 'object_above_max_properties' } });
    }
    const long = keys.find((key) => key.length > most.metadataKey);
    if (long === undefined) return;
    const message = `Invalid '{param}': property name too long. Expected a property name with maximum length ${most.metadataKey}, but got a property name with length ${long.length} instead.`;
    context.addIssue({ code: 'custom', message, params: { code: 'property_name_above_max_length' } });
  })
  .nullish();

/** A whole number between two bounds, told of as one. */
export function integerField(least: number, greatest = Number.MAX_SAFE_INTEGER) {
  return z.int('integer').min(least).max(greatest);
}

/** A number between two bounds, told of as a decimal. */
function decimalField(least: number, greatest: number) {
  return z.number().min(least, 'decimal').max(greatest, 'decimal').nullish();
}

/** Settings of the model call that assistants and runs share. */
export const samplingFields = {
  temperature: decimalField(0, 2),
  top_p: decimalField(0, 1),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
};

const jsonSchemaFormat = z.strictObject({
  name: z.string().regex(functionName),
  description: z.string().nullish(),
  schema: z.record(z.string(), z.unknown()).nullish(),
  strict: z.boolean().nullish(),
});

/** What the reply must look like. `none` is what the second version called `auto` besides in its first months. */
export const responseFormatField = z
  .preprocess(
    (value) => (value === 'none' ? 'auto' : value),
    z.union([
      z.literal('auto'),
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('text') }),
        z.strictObject({ type: z.literal('json_object') }),
        z.strictObject({ type: z.literal('json_schema'), json_schema: jsonSchemaFormat }),
      ]),
    ]),
  )
  .nullish();

const fileSearchOptions = z.strictObject({
  max_num_results: integerField(1, 50).nullish(),
  ranking_options: z
    .strictObject({
      ranker: z.enum(['auto', 'default_2024_08_21']).nullish(),
      score_threshold: z.number().min(0, 'decimal').max(1, 'decimal'),
    })
    .nullish(),
});

/** One tool. `retrieval` is the name that `file_search` had in the first version. */
export const toolField = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('code_interpreter') }),
  z.strictObject({ type: z.enum(['file_search', 'retrieval']), file_search: fileSearchOptions.nullish() }),
  z.strictObject({
    type: z.literal('function'),
    function: z.strictObject({
      name: z.string().regex(functionName),
      description: z.string().nullish(),
      parameters: z.record(z.string(), z.unknown()).nullish(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

/** A list of tools in which every function has a name of its own. */
export const toolsField = z
  .array(toolField)
  .max(most.tools)
  .superRefine((tools, context) => {
    const names = tools.flatMap((tool) => (tool.type === 'function' ? [tool.function.name] : []));
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice === undefined) return;
    const message = `Invalid '{param}': the name of a function must be unique, and '${twice}' is not.`;
    context.addIssue({ code: 'custom', message, params: { code: 'invalid_value' } });
  });

/** How files are cut. */
export const chunkingField = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('auto') }),
    z.strictObject({
      type: z.literal('static'),
      static: z
        .strictObject({ max_chunk_size_tokens: integerField(100, 4_096), chunk_overlap_tokens: integerField(0) })
        .superRefine(({ max_chunk_size_tokens, chunk_overlap_tokens }, context) => {
          if (chunk_overlap_tokens <= max_chunk_size_tokens / 2) return;
          const message = `Invalid '{param}': chunk_overlap_tokens must not be more than half of max_chunk_size_tokens.`;
          context.addIssue({ code: 'custom', message, params: { code: 'invalid_value' } });
        }),
    }),
  ])
  .nullish();

/** The files and vector stores that hosted tools may read. */
export const toolResourcesField = z
  .strictObject({
    code_interpreter: z.strictObject({ file_ids: z.array(idField('file')).max(most.hostedFiles).nullish() }).nullish(),
    file_search: z
      .strictObject({
        vector_store_ids: z.array(idField('library')).max(most.vectorStores).nullish(),
        vector_stores: z
          .array(
            z.strictObject({
              file_ids: z.array(idField('file')).max(most.storeFiles).nullish(),
              chunking_strategy: chunkingField,
              metadata: metadataField,
            }),
          )
          .max(most.vectorStores)
          .nullish(),
      })
      .superRefine((given, context) => {
        if ((given.vector_store_ids ?? []).length === 0 || (given.vector_stores ?? []).length === 0) return;
        const message = "Invalid '{param}': 'vector_store_ids' and 'vector_stores' must not be given together.";
        context.addIssue({ code: 'custom', message, params: { code: 'invalid_value' } });
      })
      .nullish(),
  })
  .nullish();
