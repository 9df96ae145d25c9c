import { z } from 'zod';
import {
  idField,
  integerField,
  metadataField,
  responseFormatField,
  samplingFields,
  toolResourcesField,
  toolsField,
} from './fields.js';
import { listFields, messageField, threadField, threadPath } from './schemas.js';

/** Tools that may be named for one run. */
const toolsPerRun = 20;
/** The least a run may be told to make do with. */
const tokensLeast = 256;

const { reasoning_effort: effortField, ...sharedSampling } = samplingFields;

const tokenField = integerField(tokensLeast).nullish();

/** The contract lets `auto` come with a number, which means nothing then. */
const truncationField = z
  .discriminatedUnion('type', [
    z
      .strictObject({ type: z.literal('auto'), last_messages: integerField(1).nullish() })
      .transform(({ type }) => ({ type, last_messages: null })),
    z.strictObject({ type: z.literal('last_messages'), last_messages: integerField(1) }),
  ])
  .nullish();

const toolChoiceField = z
  .union([
    z.enum(['none', 'auto', 'required']),
    z.discriminatedUnion('type', [
      z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: z.string().min(1) }) }),
      z.strictObject({ type: z.literal('code_interpreter') }),
      z.strictObject({ type: z.literal('file_search') }),
    ]),
  ])
  .nullish();

const runFields = {
  assistant_id: idField('agent'),
  model: z.string().min(1).nullish(),
  instructions: z.string().max(256_000).nullish(),
  tools: toolsField.max(toolsPerRun).nullish(),
  metadata: metadataField,
  ...sharedSampling,
  stream: z.boolean().nullish(),
  max_prompt_tokens: tokenField,
  max_completion_tokens: tokenField,
  truncation_strategy: truncationField,
  tool_choice: toolChoiceField,
  parallel_tool_calls: z.boolean().nullish(),
  response_format: responseFormatField,
};

/** The body that makes a run on a thread. */
export const createRunBody = z.strictObject({
  ...runFields,
  reasoning_effort: effortField,
  additional_instructions: z.string().max(256_000).nullish(),
  additional_messages: z.array(messageField).nullish(),
});

/** The body that makes a thread and a run on it. */
export const createThreadAndRunBody = z.strictObject({
  ...runFields,
  thread: threadField.nullish(),
  tool_resources: toolResourcesField,
});

/** What either body says of the run itself. */
export type RunFields = z.output<z.ZodObject<typeof runFields>> &
  Partial<Pick<z.output<typeof createRunBody>, 'reasoning_effort' | 'additional_instructions' | 'additional_messages'>>;

/** The outputs of the calls a run waits for. */
export const submitBody = z.strictObject({
  tool_outputs: z.array(z.object({ tool_call_id: z.string(), output: z.string().nullish() })),
  stream: z.boolean().nullish(),
});

/** Cancelling says nothing more; what is sent all the same is read and left alone. */
export const cancelBody = z.unknown();

/** The parameters of a path with a run. */
export const runPath = threadPath.extend({ run_id: idField('run') });

/** The parameters of a path with a run step. */
export const stepPath = runPath.extend({ step_id: idField('step') });

/** The query of the list of runs. */
export const runListQuery = z.object(listFields('run'));

/** Asks for the text of what was found in files, which is left out otherwise. */
export const searchContent = 'step_details.tool_calls[*].file_search.results[*].content';

/**
 * What answers may hold besides the usual. The first is the original's; `memory` shows the agent's own tools among the
 * steps, `event_ids` numbers the events of a stream.
 */
export const includes = [searchContent, 'memory', 'event_ids'] as const;

/** One of the things that may be included. */
export type Include = (typeof includes)[number];

/** The spellings under which arrays come in queries. */
const includeName = /^include(?:\[\d*\])?$/u;

const includeField = z
  .array(z.unknown())
  .transform((names, context) =>
    names.map((name): Include => {
      const known = includes.find((include) => include === name);
      if (known !== undefined) return known;
      const options = includes.map((include) => `'${include}'`).join(', ');
      const message = `Invalid value: '${String(name).slice(0, 100)}'. Supported values are: ${options}.`;
      context.addIssue({ code: 'custom', message, params: { code: 'invalid_value' } });
      return z.NEVER;
    }),
  )
  .default([]);

function gatherIncludes(query: unknown): unknown {
  const entries = Object.entries(query as Record<string, unknown>);
  const include = entries.flatMap(([name, value]) => (includeName.test(name) ? [value].flat() : []));
  return { ...Object.fromEntries(entries.filter(([name]) => !includeName.test(name))), include };
}

/** A query that says only what to include. */
export const includeQuery = z.preprocess(gatherIncludes, z.object({ include: includeField }));

/** The query of the list of steps. */
export const stepListQuery = z.preprocess(gatherIncludes, z.object({ ...listFields('step'), include: includeField }));

const numberField = z.preprocess(
  (value) => (typeof value === 'string' && /^\d+$/u.test(value) ? Number(value) : value),
  z.int().min(0).optional(),
);

/** The query of a run's stream, read again or from a number onward. */
export const eventsQuery = z.preprocess(
  gatherIncludes,
  z.object({ starting_after: numberField, include: includeField }),
);

const time = z.int().describe('Seconds since 1970.');
const anything = z.record(z.string(), z.unknown()).nullable();
const usageReply = z
  .looseObject({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() })
  .nullable();
const faultReply = z.object({ code: z.string(), message: z.string() }).nullable();

/** A run, for the generated documents. */
export const runReply = z
  .object({
    id: z.string(),
    object: z.literal('thread.run'),
    created_at: time,
    thread_id: z.string(),
    assistant_id: z.string(),
    status: z.enum([
      'queued',
      'in_progress',
      'requires_action',
      'cancelling',
      'cancelled',
      'failed',
      'completed',
      'incomplete',
      'expired',
    ]),
    started_at: time.nullable(),
    expires_at: time.nullable(),
    cancelled_at: time.nullable(),
    failed_at: time.nullable(),
    completed_at: time.nullable(),
    required_action: anything,
    last_error: faultReply,
    incomplete_details: z.object({ reason: z.string() }).nullable(),
    model: z.string(),
    instructions: z.string(),
    tools: z.array(z.record(z.string(), z.unknown())),
    metadata: z.record(z.string(), z.string()).nullable(),
    usage: usageReply,
    temperature: z.number().nullable(),
    top_p: z.number().nullable(),
    reasoning_effort: z.string().nullable(),
    max_prompt_tokens: z.int().nullable(),
    max_completion_tokens: z.int().nullable(),
    truncation_strategy: anything,
    tool_choice: z.unknown(),
    parallel_tool_calls: z.boolean(),
    response_format: z.unknown(),
  })
  .meta({ id: 'Run' });

/** A run step, for the generated documents. */
export const stepReply = z
  .object({
    id: z.string(),
    object: z.literal('thread.run.step'),
    created_at: time,
    assistant_id: z.string(),
    thread_id: z.string(),
    run_id: z.string(),
    type: z.enum(['message_creation', 'tool_calls']),
    status: z.enum(['in_progress', 'cancelled', 'failed', 'completed', 'expired']),
    step_details: z.record(z.string(), z.unknown()),
    last_error: faultReply,
    expired_at: time.nullable(),
    cancelled_at: time.nullable(),
    failed_at: time.nullable(),
    completed_at: time.nullable(),
    metadata: z.record(z.string(), z.string()).nullable(),
    usage: usageReply,
  })
  .meta({ id: 'RunStep' });
